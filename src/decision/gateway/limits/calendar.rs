//! Windows of wall-clock time, in nanoseconds and seconds since 0001-01-01T00:00:00Z (Gregorian calendar, no
//! leap seconds, as .NET counts).

use crate::policy::TokenPeriod;
use crate::units::{Duration, Timestamp};

/// Seconds from 0001-01-01T00:00:00Z to 1970-01-01T00:00:00Z.
const UNIX_EPOCH_S: u64 = 62_135_596_800;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const NANOS: i128 = 1_000_000_000;

/// A fixed window: its number, and how long it still lasts; `None`: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Tells windows of one counter apart.
    pub(super) number: i64,
    pub(super) left: Option<Duration>,
}

/// The window of a quota at `now`, in a run that began `start_unix_s` seconds after 1970. Windows follow each
/// other from `first_s` on, and back from there.
pub(super) fn fixed(now: Timestamp, start_unix_s: u64, first_s: u64, period: Duration) -> Window {
    if period == Duration::ZERO {
        return Window { number: 0, left: None };
    }
    let start = i128::from(UNIX_EPOCH_S).saturating_add(i128::from(start_unix_s));
    let since = start.saturating_sub(i128::from(first_s)).saturating_mul(NANOS);
    let since = since.saturating_add(i128::from(now.as_nanos()));
    let period = i128::from(period.as_nanos());
    let number = since.checked_div_euclid(period).unwrap_or(0);
    let into = since.checked_rem_euclid(period).unwrap_or(0);
    let left = u64::try_from(period.saturating_sub(into)).unwrap_or(u64::MAX);
    Window { number: i64::try_from(number).unwrap_or(i64::MAX), left: Some(Duration::from_nanos(left)) }
}

/// The calendar window of a token quota at `now`.
pub(super) fn calendar(now: Timestamp, start_unix_s: u64, period: TokenPeriod) -> Window {
    let second = now.as_nanos().checked_div(1_000_000_000).unwrap_or(0);
    let second = UNIX_EPOCH_S.saturating_add(start_unix_s).saturating_add(second);
    let day = second.checked_div(DAY).unwrap_or(0);
    let (start, end) = match period {
        TokenPeriod::Hourly => around(second, HOUR),
        TokenPeriod::Daily => around(second, DAY),
        // 0001-01-01 was a Monday.
        TokenPeriod::Weekly => around(second, DAY.saturating_mul(7)),
        TokenPeriod::Monthly => days(month(day)),
        TokenPeriod::Yearly => {
            let (first, length) = year(day);
            days((first, first.saturating_add(length)))
        }
    };
    let run_start = UNIX_EPOCH_S.saturating_add(start_unix_s);
    let ends_at = Timestamp::ZERO.saturating_add(Duration::from_secs(end.saturating_sub(run_start)));
    Window { number: i64::try_from(start).unwrap_or(i64::MAX), left: Some(ends_at.since(now)) }
}

fn around(second: u64, length: u64) -> (u64, u64) {
    let start = second.saturating_sub(second.checked_rem(length).unwrap_or(0));
    (start, start.saturating_add(length))
}

fn days((first, end): (u64, u64)) -> (u64, u64) {
    (first.saturating_mul(DAY), end.saturating_mul(DAY))
}

/// The first day of the year of `day`, and how many days the year has. Days count from 0001-01-01.
fn year(day: u64) -> (u64, u64) {
    let mut first = day;
    let mut rest = day.checked_rem(146_097).unwrap_or(0);
    first = first.saturating_sub(rest);
    let mut take = |length: u64, most: u64| {
        let count = rest.checked_div(length).unwrap_or(0).min(most);
        rest = rest.saturating_sub(count.saturating_mul(length));
        first = first.saturating_add(count.saturating_mul(length));
        count
    };
    let centuries = take(36_524, 3);
    let fours = take(1_461, 24);
    let years = take(365, 3);
    // The last year of four is a leap year, but for that of a century that is not the fourth.
    let is_leap = years == 3 && (fours != 24 || centuries == 3);
    (first, if is_leap { 366 } else { 365 })
}

/// The first day of the month of `day` and of the next month.
fn month(day: u64) -> (u64, u64) {
    let (mut first, length) = year(day);
    let february = if length == 366 { 29 } else { 28 };
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        let next = first.saturating_add(days);
        if day < next {
            return (first, next);
        }
        first = next;
    }
    (first, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `date -u -d 2024-02-29T13:14:15Z +%s`
    const LEAP_DAY: u64 = 1_709_212_455;

    fn left(now_s: u64, period: TokenPeriod) -> u64 {
        let window = calendar(Timestamp::from_nanos(now_s * 1_000_000_000), LEAP_DAY, period);
        window.left.unwrap().as_nanos() / 1_000_000_000
    }

    #[test]
    fn calendar_windows_end_with_their_unit() {
        assert_eq!(left(0, TokenPeriod::Hourly), 45 * 60 + 45);
        assert_eq!(left(0, TokenPeriod::Daily), 10 * 3600 + 45 * 60 + 45);
        // A Thursday: three more days until Monday.
        assert_eq!(left(0, TokenPeriod::Weekly), 3 * 86_400 + 10 * 3600 + 45 * 60 + 45);
        assert_eq!(left(0, TokenPeriod::Monthly), left(0, TokenPeriod::Daily), "the last day of February");
        assert_eq!(left(0, TokenPeriod::Yearly), (366 - 60) * 86_400 + left(0, TokenPeriod::Daily));
        let to_march = left(0, TokenPeriod::Monthly);
        assert_eq!(left(to_march - 1, TokenPeriod::Monthly), 1);
        assert_eq!(left(to_march, TokenPeriod::Monthly), 31 * 86_400);
    }

    #[test]
    fn every_year_has_its_length() {
        let mut first = 0;
        for number in 1u64..=2_400 {
            let is_leap = number % 4 == 0 && (number % 100 != 0 || number % 400 == 0);
            let length = if is_leap { 366 } else { 365 };
            assert_eq!(year(first), (first, length), "year {number}");
            assert_eq!(year(first + length - 1), (first, length), "year {number}");
            first += length;
        }
    }

    #[test]
    fn fixed_windows_begin_at_multiples_from_the_first() {
        let period = Duration::from_secs(300);
        let first = UNIX_EPOCH_S + 1_000;
        let window = |now_s: u64| fixed(Timestamp::from_nanos(now_s * 1_000_000_000), 900, first, period);
        assert_eq!(window(0), Window { number: -1, left: Some(Duration::from_secs(100)) });
        assert_eq!(window(99).number, -1);
        assert_eq!(window(100), Window { number: 0, left: Some(Duration::from_secs(300)) });
        assert_eq!(window(400).number, 1);
        assert_eq!(fixed(Timestamp::ZERO, 0, 0, Duration::ZERO).left, None);
    }
}
