//! Wall-clock times of trace files.
//!
//! The only place that knows a calendar: the proleptic Gregorian one, without leap seconds, UTC only. A
//! run sees differences of such times.

/// Nanoseconds between 0000-03-01 and the time that `text` names, or `None` when it is not of the form
/// `YYYY-MM-DD HH:MM:SS`, with `T` for the space, a fraction of a second and `Z` or `+00:00` at will.
/// Digits below a nanosecond are cut off.
pub(super) fn parse(text: &str) -> Option<i128> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T'])?;
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, digits)) => (clock, fraction_ns(digits)?),
        None => (time, 0),
    };
    let [hour, minute, second] = fields(clock, ':', [2, 2, 2])?;
    let days = days(year, month, day)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(i128::from(seconds) * 1_000_000_000 + i128::from(fraction))
}

/// Nanoseconds since 1970-01-01T00:00:00Z of the time that `text` names, read as in traces.
pub fn unix_ns(text: &str) -> Option<i128> {
    const EPOCH: &str = "1970-01-01T00:00:00Z";
    Some(parse(text)? - parse(EPOCH)?)
}

/// Three numbers of exactly `widths` digits with `separator` between them.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[i64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The digits after the point, as nanoseconds.
fn fraction_ns(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let nine = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(nine.fold(0, |ns, digit| ns * 10 + i64::from(digit - b'0')))
}

/// Days from 0000-03-01. Years are taken to begin in March, which puts the leap day at their end.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day < 1 || day > length {
        return None;
    }
    let march_year = if month > 2 { year } else { year - 1 };
    let months_since_march = (month + 9) % 12;
    let leap_days = march_year.div_euclid(4) - march_year.div_euclid(100) + march_year.div_euclid(400);
    // 153 days in five months from March on: 31, 30, 31, 30, 31, and the same again.
    let before_month = (153 * months_since_march + 2) / 5;
    Some(march_year * 365 + leap_days + before_month + day - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY_NS: i128 = 86_400_000_000_000;

    fn between(a: &str, b: &str) -> i128 {
        parse(b).unwrap() - parse(a).unwrap()
    }

    #[test]
    fn differences_are_exact() {
        for (a, b, expected) in [
            ("2023-11-16 18:15:46.6805900", "2023-11-16 18:15:50.9951690", 4_314_579_000),
            ("2023-11-16 23:59:59.9999999", "2023-11-17T00:00:00Z", 100),
            ("2024-02-28 00:00:00", "2024-03-01 00:00:00+00:00", 2 * DAY_NS),
            ("2023-02-28 00:00:00", "2023-03-01 00:00:00", DAY_NS),
            ("2000-02-28 00:00:00", "2000-03-01 00:00:00", 2 * DAY_NS),
            ("1900-02-28 00:00:00", "1900-03-01 00:00:00", DAY_NS),
            ("2023-12-31 00:00:00", "2024-01-01 00:00:00", DAY_NS),
            ("1970-01-01 00:00:00", "2001-09-09 01:46:40", 1_000_000_000_000_000_000),
            ("2024-05-10 00:00:00.0", "2024-05-10 00:00:00.0000000019", 1),
        ] {
            assert_eq!(between(a, b), expected, "{a} to {b}");
        }
    }

    #[test]
    fn each_day_follows_the_last() {
        let mut expected = days(1899, 1, 1).unwrap();
        for year in 1899..=2101 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(number) = days(year, month, day) {
                        assert_eq!(number, expected, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "2023-11-16",
            "2023-02-29 00:00:00",
            "2023-13-01 00:00:00",
            "2023-00-01 00:00:00",
            "2023-01-00 00:00:00",
            "2023-01-01 24:00:00",
            "2023-01-01 00:60:00",
            "2023-01-01 00:00:60",
            "2023-01-01 00:00:00.",
            "2023-01-01 00:00:00.1x",
            "2023-1-1 0:00:00",
            "23-01-01 00:00:00",
            "2023-01-01 00:00",
            "2023-01-01 00:00:00:00",
            "2023-01-01 00:00:00+02:00",
            "2023-01-01  00:00:00",
            "+023-01-01 00:00:00",
            "１２３-01-01 00:00:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn near_times_are_survived(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,12})?(Z|\\+00:00)?") {
            let _ = parse(&text);
        }
    }
}
