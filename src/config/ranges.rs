//! Numbers and ranges of numbers as texts: `2`, `2-3`, `2-`.

/// First and last number of a range; the last is the largest there is when it is left open. `None` when the
/// text is no range, when a number is 0, and when the last comes before the first.
pub(super) fn number_range(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| is_plain && *number > 0)
    };
    let (from, to) = match text.trim().split_once('-') {
        None => (number(text.trim())?, number(text.trim())?),
        Some((from, "")) => (number(from.trim_end())?, u32::MAX),
        Some((from, to)) => (number(from.trim_end())?, number(to.trim_start())?),
    };
    (from <= to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        for (text, range) in [
            ("1", Some((1, 1))),
            (" 2 - 3 ", Some((2, 3))),
            ("2-", Some((2, u32::MAX))),
            ("0", None),
            ("3-2", None),
            ("-2", None),
            ("+1", None),
            ("1-2-3", None),
            ("", None),
            ("99999999999", None),
        ] {
            assert_eq!(number_range(text), range, "{text}");
        }
    }
}
