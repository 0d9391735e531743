//! Days, months and years of the Gregorian calendar, from 0001 to 9999, in .NET ticks of 100 ns.

/// Ticks of a millisecond.
pub const MILLISECOND: i64 = 10_000;
/// Ticks of a second.
pub const SECOND: i64 = 10_000_000;
/// Ticks of a minute.
pub const MINUTE: i64 = 600_000_000;
/// Ticks of an hour.
pub const HOUR: i64 = 36_000_000_000;
/// Ticks of a day.
pub const DAY: i64 = 864_000_000_000;
/// The last tick of 9999.
pub const MAX_TICKS: i64 = 3_155_378_975_999_999_999;
/// 1970-01-01T00:00:00.
pub const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// Names of months.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of days, Sunday first.
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days of a year before each month, and after the last.
const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// A moment in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// 1 to 9999
    pub year: i64,
    /// 1 to 12
    pub month: i64,
    /// 1 to 31
    pub day: i64,
    /// 0 to 23
    pub hour: i64,
    /// 0 to 59
    pub minute: i64,
    /// 0 to 59
    pub second: i64,
    /// Ticks of the second, 0 to 9,999,999
    pub fraction: i64,
    /// Sunday is 0.
    pub weekday: i64,
    /// 1 to 366
    pub day_of_year: i64,
}

/// Whether February has 29 days.
pub const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a year before `month` (1 to 13).
fn days_before(year: i64, month: i64) -> i64 {
    let index = usize::try_from(month.saturating_sub(1)).unwrap_or(0);
    let days = BEFORE.get(index).copied().unwrap_or(365);
    days.saturating_add(i64::from(month > 2 && is_leap(year)))
}

/// Days of a month.
pub fn days_in(year: i64, month: i64) -> i64 {
    days_before(year, month.saturating_add(1)).saturating_sub(days_before(year, month))
}

/// Days from 0001-01-01 to the first day of `year`.
fn days_to_year(year: i64) -> i64 {
    let past = year.saturating_sub(1);
    past.saturating_mul(365)
        .saturating_add(past.div_euclid(4))
        .saturating_sub(past.div_euclid(100))
        .saturating_add(past.div_euclid(400))
}

/// Ticks of midnight of a date, if there is such a date.
pub fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists =
        (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    exists.then(|| {
        let days = days_to_year(year).saturating_add(days_before(year, month)).saturating_add(day);
        days.saturating_sub(1).saturating_mul(DAY)
    })
}

/// Ticks of a time of day, if there is such a time.
pub fn time(hour: i64, minute: i64, second: i64) -> Option<i64> {
    let exists = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    exists.then(|| {
        hour.saturating_mul(HOUR)
            .saturating_add(minute.saturating_mul(MINUTE))
            .saturating_add(second.saturating_mul(SECOND))
    })
}

/// The parts of a moment.
pub fn parts(ticks: i64) -> Parts {
    let days = ticks.div_euclid(DAY);
    let rest = ticks.rem_euclid(DAY);
    // A guess that is right or one too high.
    let mut year = days.saturating_mul(400).div_euclid(146_097).saturating_add(1);
    if days_to_year(year) > days {
        year = year.saturating_sub(1);
    }
    if days_to_year(year.saturating_add(1)) <= days {
        year = year.saturating_add(1);
    }
    let in_year = days.saturating_sub(days_to_year(year));
    let month = (1..=12).rev().find(|month| days_before(year, *month) <= in_year).unwrap_or(1);
    Parts {
        year,
        month,
        day: in_year.saturating_sub(days_before(year, month)).saturating_add(1),
        hour: rest.div_euclid(HOUR),
        minute: rest.div_euclid(MINUTE).rem_euclid(60),
        second: rest.div_euclid(SECOND).rem_euclid(60),
        fraction: rest.rem_euclid(SECOND),
        // 0001-01-01 was a Monday.
        weekday: days.saturating_add(1).rem_euclid(7),
        day_of_year: in_year.saturating_add(1),
    }
}

/// `AddMonths`: the day is kept as far as the month has it; `None` outside of the calendar.
pub fn add_months(ticks: i64, months: i64) -> Option<i64> {
    let parts = parts(ticks);
    let index = parts.year.checked_mul(12)?.checked_add(parts.month)?.checked_sub(1)?.checked_add(months)?;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12).saturating_add(1));
    if !(1..=9999).contains(&year) {
        return None;
    }
    let day = parts.day.min(days_in(year, month));
    Some(date(year, month, day)?.saturating_add(ticks.rem_euclid(DAY)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        assert_eq!(date(1970, 1, 1), Some(UNIX_EPOCH));
        assert_eq!(date(9999, 12, 31).map(|day| day + DAY - 1), Some(MAX_TICKS));
        assert_eq!(date(2023, 2, 29), None);
        let leap = parts(date(2024, 2, 29).unwrap());
        assert_eq!((leap.year, leap.month, leap.day, leap.weekday, leap.day_of_year), (2024, 2, 29, 4, 60));
        assert_eq!(add_months(date(2024, 1, 31).unwrap(), 1), date(2024, 2, 29));
        assert_eq!(add_months(date(2024, 1, 31).unwrap(), -2), date(2023, 11, 30));
        assert_eq!(add_months(0, -1), None);
    }

    proptest! {
        #[test]
        fn parts_make_the_same_moment(ticks in 0..=MAX_TICKS) {
            let p = parts(ticks);
            let again = date(p.year, p.month, p.day).unwrap() + time(p.hour, p.minute, p.second).unwrap();
            prop_assert_eq!(again + p.fraction, ticks);
        }
    }
}
