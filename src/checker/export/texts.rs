//! Texts in the spelling of each language, so that they are read as they are whatever is in them.

/// In the quotes of Bicep: `\`, `'`, `${` and control characters are escaped.
pub(super) fn bicep(text: &str) -> String {
    let mut out = String::from("'");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            c if is_invisible(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// In the quotes of JSON.
pub(super) fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_invisible(c) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text of an ARM template as JSON. One in brackets would be an expression: a bracket more says that it is none.
/// What begins with a bracket in another way is not documented; an expression gives it.
pub(super) fn arm(text: &str) -> String {
    if !text.trim().starts_with('[') {
        return json(text);
    }
    if text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']') {
        return json(&format!("[{text}"));
    }
    json(&format!("[concat({})]", arm_literal(text)))
}

/// A text inside of an ARM expression: quotes are doubled.
pub(super) fn arm_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// In the quotes of HCL. `${` and `%{` begin templates: a sign more says that they do not. After another such sign
/// that would be read in two ways, so signs before a bracket are written as numbers then.
pub(super) fn hcl(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if matches!(c, '$' | '%') {
            let after = rest.trim_start_matches(c);
            let count = rest.len().saturating_sub(after.len());
            let written = match (after.starts_with('{'), count) {
                (true, 1) => format!("{c}{c}"),
                (true, _) => format!("\\u{:04x}", u32::from(c)).repeat(count),
                (false, _) => c.to_string().repeat(count),
            };
            out.push_str(&written);
            rest = after;
            continue;
        }
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_invisible(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        let mut chars = rest.chars();
        chars.next();
        rest = chars.as_str();
    }
    out.push('"');
    out
}

/// A text of one line in a comment: without what ends a line.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect()
}

/// A path as a shell takes it for one word.
pub(super) fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Control characters, and separators that some readers take for the end of a line.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_by_the_rules_of_each_language() {
        for (text, in_bicep, in_arm, in_hcl) in [
            ("plain é 漢", "'plain é 漢'", "\"plain é 漢\"", "\"plain é 漢\""),
            ("it's", "'it\\'s'", "\"it's\"", "\"it's\""),
            ("'''", "'\\'\\'\\''", "\"'''\"", "\"'''\""),
            ("a\\b\"c", "'a\\\\b\"c'", "\"a\\\\b\\\"c\"", "\"a\\\\b\\\"c\""),
            ("${x} $y", "'\\${x} $y'", "\"${x} $y\"", "\"$${x} $y\""),
            ("%{if}", "'%{if}'", "\"%{if}\"", "\"%%{if}\""),
            ("$${x}", "'$\\${x}'", "\"$${x}\"", "\"\\u0024\\u0024{x}\""),
            ("%$%{", "'%$%{'", "\"%$%{\"", "\"%$%%{\""),
            ("[x]", "'[x]'", "\"[[x]\"", "\"[x]\""),
            ("[x's", "'[x\\'s'", "\"[concat('[x''s')]\"", "\"[x's\""),
            ("[[x]", "'[[x]'", "\"[concat('[[x]')]\"", "\"[[x]\""),
            ("a\nb\u{1}", "'a\\nb\\u{1}'", "\"a\\nb\\u0001\"", "\"a\\nb\\u0001\""),
        ] {
            assert_eq!(bicep(text), in_bicep, "{text}");
            assert_eq!(arm(text), in_arm, "{text}");
            assert_eq!(hcl(text), in_hcl, "{text}");
        }
        assert_eq!(comment("a\nb\u{2028}c"), "a b c");
        assert_eq!(shell("out/a b"), "'out/a b'");
        assert_eq!(shell("out/a-b"), "out/a-b");
    }
}
