//! Dates in JSON: which strings are dates, and how dates are written.
//!
//! Strings are dates when they are ISO 8601 with a `T` (19 to 40 characters: `2024-05-01T12:00:00`,
//! optional fraction, optional `Z` or offset) or `/Date(1700000000000)/`. An offset makes a local time, and
//! the gateway's zone is UTC.

use super::super::super::value::{DateTime, DateTimeKind, DateTimeOffset, Value};
use super::super::dates::calendar;

const TICKS_PER_SECOND: i64 = 10_000_000;
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
    let midnight = calendar::date(year, month, day)?;
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
    let clock = midnight.saturating_add(seconds.saturating_mul(TICKS_PER_SECOND)).saturating_add(fraction);
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
    let at = calendar::parts(ticks);
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    );
    if at.fraction > 0 {
        let digits = format!("{:07}", at.fraction);
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
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
