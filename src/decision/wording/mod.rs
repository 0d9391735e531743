//! Numbers, times, lists and names as people write them, for every text that tells of configurations.
//!
//! Rules
//! - What somebody else wrote stands in backticks, on one line, and is cut where it is long.
//!
//! Rooms: `layout` puts texts into lines and makes them safe for Markdown. Deliberately not here: what is told.

mod layout;

pub use layout::{outside_code, wrapped};

use crate::policy::Text;
use crate::units::{Duration, StatusCode};

/// Longest piece of code that is quoted whole, in characters.
const MOST_CODE: usize = 90;

/// `1 retry`, `2 retries`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `a`, `a and b`, `a, b and c`; for an empty list nothing.
pub fn list(parts: &[String], last: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// `1 min 30 s`; zero is `0 s`. Milliseconds and less are rounded away above a second.
pub fn time(duration: Duration) -> String {
    const UNITS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
    let nanos = duration.as_nanos();
    if nanos > 0 && nanos < 1_000_000 {
        return "less than 1 ms".to_owned();
    }
    let mut left = nanos / 1_000_000;
    // A fraction of a second beside whole ones reads better as one number.
    if left > 1_000 && left < 60_000 && !left.is_multiple_of(1_000) {
        let fraction = format!("{:03}", left % 1_000);
        return format!("{}.{} s", left / 1_000, fraction.trim_end_matches('0'));
    }
    let mut parts = Vec::new();
    for (unit, length) in UNITS {
        if left >= length {
            parts.push(format!("{} {unit}", left / length));
            left %= length;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// `503 Service Unavailable`, with another reason than the usual one if there is one.
pub fn status(code: StatusCode, reason: &str) -> String {
    match (reason.is_empty(), code.reason()) {
        (false, _) => format!("{code} {}", clean(reason)),
        (true, "Unknown") => code.to_string(),
        (true, usual) => format!("{code} {usual}"),
    }
}

/// Status ranges as `429` or `500 to 599`, bounds included.
pub fn ranges(ranges: &[(u16, u16)]) -> String {
    let parts: Vec<String> = ranges
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from} to {to}") })
        .collect();
    list(&parts, "or")
}

/// A number with commas between thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (digit, place) in digits.chars().zip((0..digits.len()).rev()) {
        text.push(digit);
        if place > 0 && place.is_multiple_of(3) {
            text.push(',');
        }
    }
    text
}

/// Numbers in ascending order as ranges, bounds included.
pub fn as_ranges(numbers: &[u16]) -> Vec<(u16, u16)> {
    let mut found: Vec<(u16, u16)> = Vec::new();
    for number in numbers {
        match found.last_mut() {
            Some((_, to)) if to.saturating_add(1) == *number => *to = *number,
            _ => found.push((*number, *number)),
        }
    }
    found
}

/// A name or text in backticks, on one line and not too long.
pub fn quoted(text: &str) -> String {
    let text = shorten(text);
    if text.is_empty() { "an empty text".to_owned() } else { format!("`{text}`") }
}

/// The same of a text of a policy.
pub fn quoted_text(text: &Text) -> String {
    quoted(text.as_str())
}

/// On one line and not too long: what is cut off shows as `…`.
pub fn shorten(text: &str) -> String {
    let clean = clean(text);
    if clean.chars().count() <= MOST_CODE {
        return clean;
    }
    let start: String = clean.chars().take(MOST_CODE).collect();
    format!("{}…", start.trim_end())
}

/// A remark somebody else wrote, on one line.
pub fn remark(text: &str) -> String {
    clean(text)
}

/// Without line breaks, control characters and backticks; every run of white space is one blank.
fn clean(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().map(|c| if c == '`' { '\'' } else { c }));
    }
    out
}

/// With its first letter large.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// With its first letter small.
pub fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_people_say_them() {
        for (nanos, expected) in [
            (0, "0 s"),
            (999, "less than 1 ms"),
            (250_000_000, "250 ms"),
            (1_000_000_000, "1 s"),
            (1_500_000_000, "1.5 s"),
            (60_000_000_000, "1 min"),
            (90_000_000_000, "1 min 30 s"),
            (3_600_000_000_000, "1 h"),
            (90_061_000_000_000, "1 d 1 h 1 min 1 s"),
        ] {
            assert_eq!(time(Duration::from_nanos(nanos)), expected);
        }
    }

    #[test]
    fn lists_and_counts_agree_in_number() {
        let parts = |n: usize| ["a", "b", "c"].map(str::to_owned).into_iter().take(n).collect::<Vec<_>>();
        assert_eq!(list(&parts(0), "and"), "");
        assert_eq!(list(&parts(1), "and"), "a");
        assert_eq!(list(&parts(2), "or"), "a or b");
        assert_eq!(list(&parts(3), "and"), "a, b and c");
        assert_eq!(count(1, "retry", "retries"), "1 retry");
        assert_eq!(count(0, "retry", "retries"), "0 retries");
        assert_eq!(ranges(&[(429, 429), (500, 599)]), "429 or 500 to 599");
        assert_eq!(as_ranges(&[200, 201, 204, 400]), [(200, 201), (204, 204), (400, 400)]);
        assert_eq!(as_ranges(&[]), []);
    }

    #[test]
    fn names_and_numbers_are_as_people_write_them() {
        let code = |status| StatusCode::new(status).unwrap();
        assert_eq!(status(code(503), ""), "503 Service Unavailable");
        assert_eq!(status(code(503), "Try\nlater"), "503 Try later");
        assert_eq!(status(code(299), ""), "299");
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), expected);
        }
        assert_eq!(
            (capital("one two"), lower_first("One Two")),
            ("One two".to_owned(), "one Two".to_owned())
        );
        assert_eq!(
            (quoted_text(&"a b".into()), remark(" a\n`b` ")),
            ("`a b`".to_owned(), "a 'b'".to_owned())
        );
    }

    #[test]
    fn code_is_cut_honestly() {
        assert_eq!(quoted("a\n  b`c"), "`a b'c`");
        assert_eq!(quoted(""), "an empty text");
        let long = shorten(&"ä".repeat(200));
        assert_eq!(long.chars().count(), MOST_CODE + 1);
        assert!(long.ends_with('…'));
    }
}
