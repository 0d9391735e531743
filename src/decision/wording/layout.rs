//! Paragraphs in lines, and text in Markdown.

/// `paragraph` in lines of at most `width` columns, a longer word apart: the first begins with `first`, others with
/// `rest`.
pub fn wrapped(paragraph: &str, first: &str, rest: &str, width: usize) -> String {
    let mut text = String::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    let mut words = paragraph.split(' ').filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let word = match word {
            // A place is not torn apart.
            "(line" => format!("{word} {}", words.next().unwrap_or_default()),
            _ => word.to_owned(),
        };
        let length = line.chars().count().saturating_add(word.chars().count());
        if !is_empty && length >= width {
            text.push_str(line.trim_end());
            text.push('\n');
            rest.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&word);
        is_empty = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
    text
}

/// `text` with characters that Markdown or HTML would take for their own made harmless outside of backticks.
pub fn outside_code(text: &str) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for character in text.chars() {
        match character {
            '`' => is_code = !is_code,
            '<' | '*' | '_' | '[' | '#' if !is_code => out.push('\\'),
            _ => {}
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_time_and_places_hold_together() {
        let text = wrapped("one two (line 3) four", "- ", "  ", 12);
        assert_eq!(text, "- one two\n  (line 3)\n  four\n");
        assert_eq!(wrapped("", "- ", "  ", 12), "-\n");
    }

    #[test]
    fn only_prose_is_escaped() {
        assert_eq!(outside_code("a_b `c_d` <e>"), "a\\_b `c_d` \\<e>");
    }
}
