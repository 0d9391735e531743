//! UTC times in configuration files.

use super::json::{Node, shorten};
use crate::diagnostics::{Diagnostic, Diagnostics};

/// When a run starts that does not say it.
pub(crate) const DEFAULT_START: &str = "2026-01-01T00:00:00Z";

/// `start` of `tree`, or the default. `None`, with the problem told, when it is no time.
pub(crate) fn read_start(tree: &Node, diagnostics: &mut Diagnostics) -> Option<String> {
    let Some(node) = tree.get("start") else { return Some(DEFAULT_START.to_owned()) };
    let text = node.text()?;
    if unix_seconds(text).is_some() {
        return Some(text.to_owned());
    }
    let message = format!("`start` is not a UTC time: `{}`", shorten(text));
    diagnostics.push(
        Diagnostic::error("bad-start", node.mark(), message)
            .label(format!("expected a time such as `{DEFAULT_START}`")),
    );
    None
}

/// Seconds from 1970 to a time of the form `YYYY-MM-DDTHH:MM:SSZ`, from 1970 on.
pub(crate) fn unix_seconds(text: &str) -> Option<u64> {
    let form = "0000-00-00T00:00:00Z";
    let same_form = text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(b, f)| if f == b'0' { b.is_ascii_digit() } else { b == f });
    if !same_form {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let in_range = year >= 1970
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range {
        return None;
    }
    let years: u64 = (1970..year).map(|year| (1..=12).map(|month| days_in(year, month)).sum::<u64>()).sum();
    let months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    Some((((years + months + day - 1) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days of a month of the Gregorian calendar.
fn days_in(year: u64, month: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_1970() {
        // `date -u -d ... +%s` of GNU coreutils.
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2026-01-01T00:00:00Z", Some(1_767_225_600)),
            ("2026-12-31T23:59:59Z", Some(1_798_761_599)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-01 00:00:00Z", None),
            ("2026-01-01T00:00:00+01:00", None),
            ("é026-01-01T00:00:0Z", None),
        ] {
            assert_eq!(unix_seconds(text), seconds, "{text}");
        }
    }
}
