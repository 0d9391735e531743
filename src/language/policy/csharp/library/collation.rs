//! The order of strings that `CompareTo`, `Compare` and sorting use: that of the invariant culture.
//!
//! Rules: the order of ICU's root collation for the characters of Latin scripts: punctuation, then
//! symbols, digits, letters; accents count after letters, case after accents, lower case first. Other
//! characters follow in the order of their code points, which is not that of ICU.

use std::cmp::Ordering;

use super::utf16;

/// ASCII below letters and digits, in order.
const BEFORE_DIGITS: &str = "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// Letters of Latin-1 and Latin Extended-A with their base letters; the accent is the letter's own number.
const ACCENTED: &[(char, &str)] = &[
    ('a', "àáâãäåāăą"),
    ('c', "çćĉċč"),
    ('d', "ďđ"),
    ('e', "èéêëēĕėęě"),
    ('g', "ĝğġģ"),
    ('h', "ĥħ"),
    ('i', "ìíîïĩīĭįı"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺļľŀł"),
    ('n', "ñńņňŉ"),
    ('o', "òóôõöøōŏő"),
    ('r', "ŕŗř"),
    ('s', "śŝşš"),
    ('t', "ţťŧ"),
    ('u', "ùúûüũūŭůűų"),
    ('w', "ŵ"),
    ('y', "ýÿŷ"),
    ('z', "źżž"),
];

/// Weights of one character: base, accent, case.
fn weights(c: char) -> (u32, u32, u32) {
    let lower = utf16::lower(c);
    let case = u32::from(lower != c);
    let (base, accent) = if lower.is_ascii() {
        (lower, 0)
    } else {
        ACCENTED
            .iter()
            .find(|(_, letters)| letters.contains(lower))
            .map_or((lower, 0), |(base, _)| (*base, u32::from(lower)))
    };
    let primary = match base {
        '0'..='9' => 1_000_u32.saturating_add(u32::from(base)),
        'a'..='z' => 2_000_u32.saturating_add(u32::from(base)),
        other => match BEFORE_DIGITS.chars().position(|known| known == other) {
            Some(at) => u32::try_from(at).unwrap_or(0).saturating_add(1),
            None if other.is_ascii_control() => 0,
            None => 10_000_u32.saturating_add(u32::from(other)),
        },
    };
    (primary, accent, case)
}

/// `string.Compare(a, b)` under the invariant culture.
pub fn compare(a: &str, b: &str, ignore_case: bool) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let key = |text: &str, part: fn((u32, u32, u32)) -> u32| -> Vec<u32> {
        text.chars().map(weights).filter(|weights| weights.0 > 0).map(part).collect()
    };
    let by = |part: fn((u32, u32, u32)) -> u32| key(a, part).cmp(&key(b, part));
    let order = by(|w| w.0).then_with(|| by(|w| w.1));
    if ignore_case { order } else { order.then_with(|| by(|w| w.2)) }
}

/// `string.CompareOrdinal`: the difference of the first units that differ, or of the lengths.
pub fn ordinal(a: &str, b: &str) -> i32 {
    let mut left = a.encode_utf16();
    let mut right = b.encode_utf16();
    loop {
        match (left.next(), right.next()) {
            (Some(x), Some(y)) if x == y => {}
            (Some(x), Some(y)) => return i32::from(x).saturating_sub(i32::from(y)),
            (None, None) => return 0,
            _ => return utf16::length(a).saturating_sub(utf16::length(b)),
        }
    }
}

/// `Compare` under a `StringComparison`, by its number.
pub fn compare_by(a: &str, b: &str, comparison: i32) -> Ordering {
    match comparison {
        4 => ordinal(a, b).cmp(&0),
        5 => ordinal(&utf16::to_upper(a), &utf16::to_upper(b)).cmp(&0),
        other => compare(a, b, other & 1 == 1),
    }
}

/// `Equals` under a `StringComparison`, by its number.
pub fn equal_by(a: &str, b: &str, comparison: i32) -> bool {
    if comparison & 1 == 1 { same_ignoring_case(a, b) } else { a == b }
}

/// Equality under `OrdinalIgnoreCase`.
pub fn same_ignoring_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(utf16::upper).eq(b.chars().map(utf16::upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders as ICU's root collation has them (unicode.org, DUCET with CLDR tailoring).
    #[test]
    fn letters_before_case_and_accents() {
        let mut words = ["b", "A", "a", "B", "é", "e", "f", "_x", "1", "-", "co-op", "coop", "E"];
        words.sort_by(|a, b| compare(a, b, false));
        assert_eq!(words, ["_x", "-", "1", "a", "A", "b", "B", "co-op", "coop", "e", "E", "é", "f"]);
        assert_eq!(compare("abc", "ABC", true), Ordering::Equal);
        assert_eq!(compare("abc", "ABC", false), Ordering::Less);
        assert_eq!(ordinal("a", "B"), 31);
        assert!(same_ignoring_case("Éa", "éA"));
    }
}
