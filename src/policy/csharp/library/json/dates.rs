//! Dates in JSON: which strings are dates, and how dates are written.
//!
//! Strings are dates when they are ISO 8601 with a `T` (19 to 40 characters: `2024-05-01T12:00:00`,
//! optional fraction, optional `Z` or offset) or `/Date(1700000000000)/`. An offset makes a local time, and
//! the gateway's zone is UTC.

use super::super::super::value::{DateTime, DateTimeKind, DateTimeOffset, Value};

const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_DAY: i64 = 864_000_000_000;
const MAX_TICKS: i64 = 3_155_378_975_999_999_999;
const UNIX_TICKS: i64 = 621_355_968_000_000_000;

/// The date that a string is, if it is one.
pub(super) fn parse(text: &str) -> Option<Value> {
    let bytes = text.as_bytes();
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        return microsoft(inner);
    }
    let is_candidate = (19..=40).contains(&bytes.len())
        && bytes.first().is_some_and(u8::is_ascii_digit)
        && bytes.get(10) == Some(&b'T');
    if is_candidate { iso(bytes) } else { None }
}

/// `/Date(ms)/`, with an offset that makes the time local.
fn microsoft(inner: &str) -> Option<Value> {
    let sign = inner.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map(|(at, _)| at);
    let (number, kind) = match sign {
        Some(at) => (inner.get(..at)?, DateTimeKind::Local),
        None => (inner, DateTimeKind::Utc),
    };
    let ms: i64 = number.parse().ok()?;
    let ticks = ms.checked_mul(10_000)?.checked_add(UNIX_TICKS)?;
    (0..=MAX_TICKS).contains(&ticks).then_some(Value::DateTime(DateTime { ticks, kind }))
}

fn iso(bytes: &[u8]) -> Option<Value> {
    let number = |from: usize, len: usize| -> Option<i64> {
        let digits = bytes.get(from..from.checked_add(len)?)?;
        digits.iter().try_fold(0_i64, |sum, b| {
            b.is_ascii_digit()
                .then(|| sum.saturating_mul(10).saturating_add(i64::from(b.saturating_sub(b'0'))))
        })
    };
    let sign = |at: usize, wanted: u8| (bytes.get(at) == Some(&wanted)).then_some(());
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    sign(4, b'-')?;
    sign(7, b'-')?;
    sign(13, b':')?;
    sign(16, b':')?;
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let days = days_before(year, month, day)?;
    let whole_day = hour == 24 && minute == 0 && second == 0;
    if !((hour < 24 || whole_day) && minute < 60 && second < 60) {
        return None;
    }
    let mut rest = bytes.get(19..)?;
    let mut fraction = 0_i64;
    if let Some((b'.', digits)) = rest.split_first() {
        let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if len == 0 {
            return None;
        }
        let mut unit = 1_000_000_i64;
        for (at, digit) in digits.iter().take(len).enumerate() {
            let digit = i64::from(digit.saturating_sub(b'0'));
            if at < 7 {
                fraction = fraction.saturating_add(digit.saturating_mul(unit));
                unit = unit.checked_div(10)?;
            } else if at == 7 && digit >= 5 {
                fraction = fraction.saturating_add(1);
            }
        }
        rest = digits.get(len..)?;
    }
    if whole_day && fraction > 0 {
        return None;
    }
    let seconds = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
    let clock = days
        .saturating_mul(TICKS_PER_DAY)
        .saturating_add(seconds.saturating_mul(TICKS_PER_SECOND))
        .saturating_add(fraction);
    let (kind, offset) = zone(rest)?;
    let ticks = clock.saturating_sub(offset.saturating_mul(60).saturating_mul(TICKS_PER_SECOND));
    let ticks = ticks.clamp(0, MAX_TICKS);
    Some(Value::DateTime(DateTime { ticks, kind }))
}

/// The kind and the offset in minutes that the end of a date says.
fn zone(rest: &[u8]) -> Option<(DateTimeKind, i64)> {
    let (sign, digits) = match rest.split_first() {
        None => return Some((DateTimeKind::Unspecified, 0)),
        Some((b'Z' | b'z', [])) => return Some((DateTimeKind::Utc, 0)),
        Some((b'+', digits)) => (1, digits),
        Some((b'-', digits)) => (-1, digits),
        Some(_) => return None,
    };
    let pair = |digits: &[u8]| match digits {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(
            i64::from(a.saturating_sub(b'0'))
                .saturating_mul(10)
                .saturating_add(i64::from(b.saturating_sub(b'0'))),
        ),
        _ => None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (pair(digits)?, 0),
        4 => (pair(digits.get(..2)?)?, pair(digits.get(2..)?)?),
        5 if digits.get(2) == Some(&b':') => (pair(digits.get(..2)?)?, pair(digits.get(3..)?)?),
        _ => return None,
    };
    if hours >= 24 || minutes >= 60 {
        return None;
    }
    let offset = hours.saturating_mul(60).saturating_add(minutes).saturating_mul(sign);
    Some((DateTimeKind::Local, offset))
}

/// Days from 0001-01-01 to a date of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31_i64];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    let length = *lengths.get(before)?;
    if year < 1 || day < 1 || day > length {
        return None;
    }
    let past = year.saturating_sub(1);
    let leaps = past.div_euclid(4).saturating_sub(past.div_euclid(100)).saturating_add(past.div_euclid(400));
    let months: i64 = lengths.iter().take(before).sum();
    Some(
        past.saturating_mul(365)
            .saturating_add(leaps)
            .saturating_add(months)
            .saturating_add(day)
            .saturating_sub(1),
    )
}

/// `2024-05-01T12:00:00.5Z`: a date as JSON has it, without quotes.
pub(super) fn write(date: DateTime) -> String {
    let zone = match date.kind {
        DateTimeKind::Unspecified => "",
        DateTimeKind::Utc => "Z",
        DateTimeKind::Local => "+00:00",
    };
    format!("{}{zone}", clock(date.ticks))
}

/// A date with an offset as JSON has it, without quotes.
pub(super) fn write_offset(date: DateTimeOffset) -> String {
    let sign = if date.offset_minutes < 0 { '-' } else { '+' };
    let minutes = date.offset_minutes.unsigned_abs();
    let (hours, minutes) = (minutes.div_euclid(60), minutes.rem_euclid(60));
    format!("{}{sign}{hours:02}:{minutes:02}", clock(date.ticks))
}

fn clock(ticks: i64) -> String {
    let (days, time) = (ticks.div_euclid(TICKS_PER_DAY), ticks.rem_euclid(TICKS_PER_DAY));
    let (year, month, day) = civil(days);
    let (seconds, fraction) = (time.div_euclid(TICKS_PER_SECOND), time.rem_euclid(TICKS_PER_SECOND));
    let (hour, minute) = (seconds.div_euclid(3600), seconds.div_euclid(60).rem_euclid(60));
    let second = seconds.rem_euclid(60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction > 0 {
        let digits = format!("{fraction:07}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

/// Year, month and day from days since 0001-01-01: by eras of 400 years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(306);
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let leaps = of_era
        .div_euclid(1460)
        .saturating_sub(of_era.div_euclid(36_524))
        .saturating_add(of_era.div_euclid(146_096));
    let year_of_era = of_era.saturating_sub(leaps).div_euclid(365);
    let before = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100));
    let day_of_year = of_era.saturating_sub(before);
    let march_month = day_of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let day = day_of_year
        .saturating_sub(march_month.saturating_mul(153).saturating_add(2).div_euclid(5))
        .saturating_add(1);
    let month = if march_month < 10 { march_month.saturating_add(3) } else { march_month.saturating_sub(9) };
    let year = era.saturating_mul(400).saturating_add(year_of_era).saturating_add(i64::from(month <= 2));
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        match parse(text)? {
            Value::DateTime(date) => Some(write(date)),
            _ => None,
        }
    }

    #[test]
    fn dates_go_round_and_offsets_become_local() {
        let rows = [
            ("2024-02-29T23:59:59Z", Some("2024-02-29T23:59:59Z")),
            ("0001-01-01T00:00:00", Some("0001-01-01T00:00:00")),
            ("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.9999999Z")),
            ("2024-05-01T10:00:00.120+02:00", Some("2024-05-01T08:00:00.12+00:00")),
            ("2024-05-01T10:00:00-0130", Some("2024-05-01T11:30:00+00:00")),
            ("2024-05-01T24:00:00", Some("2024-05-02T00:00:00")),
            ("/Date(0)/", Some("1970-01-01T00:00:00Z")),
            ("2023-02-29T00:00:00Z", None),
            ("2024-05-01 10:00:00", None),
            ("2024-05-01", None),
            ("2024-05-01T10:00:00Zz", None),
            ("2024-13-01T10:00:00Z", None),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
