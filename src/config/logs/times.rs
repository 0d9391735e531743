//! Times of logs: as Azure Monitor writes them, and as its portal shows them.

use crate::workload::unix_ns;

/// Nanoseconds since 1970 of a time such as `2026-03-02T09:15:00.1234567Z`, or `3/2/2026, 9:15:00.123 AM` (month
/// first), both UTC. The second value tells that the month was taken to come first.
pub(super) fn parse(text: &str) -> Option<(i64, bool)> {
    if let Some(ns) = unix_ns(text) {
        return Some((i64::try_from(ns).ok()?, false));
    }
    let (date, clock) = text.split_once(", ").or_else(|| text.split_once(' '))?;
    let (clock, half) = clock.trim().rsplit_once([' ', '\u{202f}'])?;
    let mut parts = date.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (hour, rest) = clock.split_once(':')?;
    let hour: u32 = number(hour, 12)?;
    let after_noon = match half {
        half if half.eq_ignore_ascii_case("AM") => 0,
        half if half.eq_ignore_ascii_case("PM") => 12,
        _ => return None,
    };
    let hour = hour.checked_rem(12)?.saturating_add(after_noon);
    let (month, day) = (number(month, 12)?, number(day, 31)?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let ns = unix_ns(&format!("{year}-{month:02}-{day:02} {hour:02}:{rest}"))?;
    Some((i64::try_from(ns).ok()?, true))
}

/// A time in UTC with seven digits of a second, as .NET writes it.
pub(super) fn show(ns: i64) -> String {
    let (seconds, below) = (ns.div_euclid(1_000_000_000), ns.rem_euclid(1_000_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March put the leap day at their end; 719,468 days lie between 0000-03-01 and 1970.
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:07}Z",
        second.rem_euclid(60),
        below / 100
    )
}

/// One or two digits, 1 to `most`.
fn number(digits: &str, most: u32) -> Option<u32> {
    let is_good = (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let value: u32 = digits.parse().ok().filter(|_| is_good)?;
    (1..=most).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_ways_to_write_a_time_mean_the_same() {
        // 2024-02-29 is day 19,782 since 1970.
        let noon = (19_782 * 86_400 + 43_200) * 1_000_000_000;
        for (text, expected) in [
            ("2024-02-29T12:00:00Z", Some((noon, false))),
            ("2024-02-29 12:00:00.0000000", Some((noon, false))),
            ("2/29/2024, 12:00:00.000 PM", Some((noon, true))),
            ("2/29/2024 12:00:00 PM", Some((noon, true))),
            ("02/29/2024, 12:00:00.0000001 PM", Some((noon + 100, true))),
            ("2/29/2024, 12:00:00.000 AM", Some((noon - 43_200_000_000_000, true))),
            ("2/29/2024, 1:30:00.5 pm", Some((noon + 5_400_500_000_000, true))),
            ("29/2/2024, 12:00:00 PM", None),
            ("2/29/2023, 12:00:00 PM", None),
            ("2/29/2024, 13:00:00 PM", None),
            ("2/29/2024, 0:00:00 AM", None),
            ("2/29/24, 1:00:00 AM", None),
            ("2/29/2024, 1:00:00", None),
            ("2/29/2024", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(show(noon), "2024-02-29T12:00:00.0000000Z");
        assert_eq!(show(-100), "1969-12-31T23:59:59.9999999Z");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(ticks in -30_000_000_000_000_000_i64..90_000_000_000_000_000) {
            let ns = ticks * 100;
            prop_assert_eq!(parse(&show(ns)), Some((ns, false)));
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}", odd in "[0-9]{0,3}/[0-9]{0,3}/[0-9]{0,5}[, ]{0,2}[0-9:.]{0,12} [AaPp]?[Mm]?") {
            let _ = (parse(&text), parse(&odd));
        }
    }
}
