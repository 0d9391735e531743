//! `Regex.Escape` and `Regex.Unescape`.

/// `Regex.Escape`
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '+' | '?' | '|' | '{' | '[' | '(' | ')' | '^' | '$' | '.' | '#' | ' ' => {
                out.extend(['\\', c]);
            }
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            c => out.push(c),
        }
    }
    out
}

/// `Regex.Unescape`; an error is the offset in the text and what is wrong there.
pub(super) fn unescape(text: &str) -> Result<String, (usize, String)> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        // A backslash at the end is dropped.
        let Some((_, c)) = chars.next() else { break };
        let mut digits = |count: usize, radix: u32| {
            let mut number = 0_u32;
            let mut found = 0_usize;
            while let Some(digit) =
                chars.peek().and_then(|(_, c)| c.to_digit(radix)).filter(|_| found < count)
            {
                number = number.saturating_mul(radix).saturating_add(digit);
                found = found.saturating_add(1);
                chars.next();
            }
            (number, found)
        };
        let short = "Insufficient or invalid hexadecimal digits.";
        match c {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'e' => out.push('\u{1b}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            'x' | 'u' => {
                let wanted = if c == 'x' { 2 } else { 4 };
                let (number, found) = digits(wanted, 16);
                if found < wanted {
                    return Err((at.saturating_add(2).saturating_add(found), short.to_owned()));
                }
                out.push(char::from_u32(number).unwrap_or('\u{fffd}'));
            }
            '0'..='7' => {
                let first = c.to_digit(8).unwrap_or(0);
                let (number, found) = digits(2, 8);
                let shift = u32::try_from(found).unwrap_or(0).saturating_mul(3);
                let code = ((first << shift) | number) & 0xff;
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            c if c.is_alphanumeric() || c == '_' => {
                return Err((at.saturating_add(2), format!("Unrecognized escape sequence \\{c}.")));
            }
            c => out.push(c),
        }
    }
    Ok(out)
}
