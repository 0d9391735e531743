//! Reading dates, with offsets and without, and durations.
//!
//! Rules
//! - Read as the invariant culture reads: ISO 8601, RFC 1123, month/day/year, names of months, a time of
//!   24 hours or with AM and PM, in either order, with an offset or `Z` or `GMT` at the end.
//! - A date with an offset is converted to local time, which is UTC here; its kind is `Local`, as in .NET.
//! - A time alone is a time of today, a date without a year is one of this year.
//!
//! Not modelled: eras, other calendars.

use super::calendar::{self, DAY, DAYS, MONTHS};
use crate::policy::csharp::fault::Fault;
use crate::policy::csharp::library::{args, utf16};
use crate::policy::csharp::machine::Machine;
use crate::policy::csharp::{Class, DateTime, DateTimeKind, DateTimeOffset};

/// `DateTimeStyles.NoCurrentDateDefault`
const NO_CURRENT_DATE: i32 = 8;
/// `DateTimeStyles.AdjustToUniversal`
const ADJUST_TO_UNIVERSAL: i32 = 16;
/// `DateTimeStyles.AssumeLocal`
const ASSUME_LOCAL: i32 = 32;
/// `DateTimeStyles.AssumeUniversal`
const ASSUME_UNIVERSAL: i32 = 64;
/// `DateTimeStyles.RoundtripKind`
const ROUND_TRIP: i32 = 128;

/// Longest text that can be a date.
const MAX_LEN: usize = 200;

/// A date as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// The clock's reading.
    pub(super) ticks: i64,
    /// Minutes to add to UTC, if the text has an offset.
    pub(super) offset: Option<i64>,
    /// The offset is written `Z` or `GMT`.
    pub(super) zulu: bool,
}

/// `FormatException` of a text that is no date, with the reason that .NET gives.
#[cold]
pub(super) fn bad_date(text: &str) -> Fault {
    let shown: String = text.chars().take(MAX_LEN).collect();
    let mut found = Finding::default();
    // No date is needed here, only the reason.
    let _ = scan_into(text, 0, &mut found);
    args::format_fault(match found.why {
        Why::Other => format!("String '{shown}' was not recognized as a valid DateTime."),
        Why::Word(at) => format!(
            "The string '{shown}' was not recognized as a valid DateTime. There is an unknown word starting at index \
             '{at}'."
        ),
        Why::Weekday => format!(
            "String '{shown}' was not recognized as a valid DateTime because the day of week was incorrect."
        ),
        Why::Range => format!(
            "The DateTime represented by the string '{shown}' is not supported in calendar \
             'System.Globalization.GregorianCalendar'."
        ),
    })
}

/// `DateTime.Parse(text)`.
pub fn date(machine: &Machine<'_, '_>, text: &str) -> Result<DateTime, Fault> {
    styled_date(machine, text, 0).ok_or_else(|| bad_date(text))
}

/// `DateTime.Parse(text, provider, styles)`.
pub fn date_by(machine: &Machine<'_, '_>, text: &str, styles: i32) -> Result<DateTime, Fault> {
    styled_date(machine, text, styles).ok_or_else(|| bad_date(text))
}

fn styled_date(machine: &Machine<'_, '_>, text: &str, styles: i32) -> Option<DateTime> {
    let today = super::now(machine).div_euclid(DAY).saturating_mul(DAY);
    let today = if styles & NO_CURRENT_DATE == 0 { today } else { 0 };
    settle(scan(text, today)?, styles)
}

/// The date that a reading means under the styles.
pub(super) fn settle(scanned: Scanned, styles: i32) -> Option<DateTime> {
    let has = |style: i32| styles & style != 0;
    let Some(offset) = scanned.offset else {
        let kind = match styles {
            _ if has(ASSUME_UNIVERSAL) && has(ADJUST_TO_UNIVERSAL) => DateTimeKind::Utc,
            _ if has(ASSUME_UNIVERSAL) => DateTimeKind::Local,
            _ if has(ASSUME_LOCAL) && has(ADJUST_TO_UNIVERSAL) => DateTimeKind::Utc,
            _ if has(ASSUME_LOCAL) => DateTimeKind::Local,
            _ => DateTimeKind::Unspecified,
        };
        return Some(DateTime { ticks: scanned.ticks, kind });
    };
    let ticks = scanned.ticks.checked_sub(offset.checked_mul(calendar::MINUTE)?)?;
    let is_utc = has(ADJUST_TO_UNIVERSAL) || (has(ROUND_TRIP) && scanned.zulu);
    let kind = if is_utc { DateTimeKind::Utc } else { DateTimeKind::Local };
    (0..=calendar::MAX_TICKS).contains(&ticks).then_some(DateTime { ticks, kind })
}

/// `DateTimeOffset.Parse(text)`: without an offset it is local time.
pub fn offset_date(machine: &Machine<'_, '_>, text: &str, styles: i32) -> Result<DateTimeOffset, Fault> {
    let today = super::now(machine).div_euclid(DAY).saturating_mul(DAY);
    scan(text, today).and_then(|scanned| settle_offset(scanned, styles)).ok_or_else(|| bad_date(text))
}

/// As [`settle`], for dates that keep their offset.
pub(super) fn settle_offset(scanned: Scanned, styles: i32) -> Option<DateTimeOffset> {
    let minutes = scanned.offset.unwrap_or(0);
    let value = DateTimeOffset { ticks: scanned.ticks, offset_minutes: i16::try_from(minutes).ok()? };
    let utc = super::utc_ticks(value);
    if !(0..=calendar::MAX_TICKS).contains(&utc) || minutes.abs() > 840 {
        return None;
    }
    let to_utc = styles & ADJUST_TO_UNIVERSAL != 0;
    Some(if to_utc { DateTimeOffset { ticks: utc, offset_minutes: 0 } } else { value })
}

/// Why a text is no date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Why {
    #[default]
    Other,
    /// A word that means nothing, at this unit.
    Word(usize),
    Weekday,
    /// A time that no day has.
    Range,
}

/// What has been found of a date so far.
#[derive(Debug, Default)]
struct Finding {
    /// Numbers of the date with their number of digits, in order.
    numbers: Vec<(i64, usize)>,
    /// A month by name, and how many numbers came before it.
    month: Option<(i64, usize)>,
    weekday: Option<i64>,
    time: Option<i64>,
    afternoon: Option<bool>,
    hour: i64,
    offset: Option<i64>,
    zulu: bool,
    why: Why,
}

/// Reads a date; `today` stands for what is missing.
pub(super) fn scan(text: &str, today: i64) -> Option<Scanned> {
    scan_into(text, today, &mut Finding::default())
}

fn scan_into(text: &str, today: i64, found: &mut Finding) -> Option<Scanned> {
    if text.len() > MAX_LEN {
        return None;
    }
    let mut rest = text.trim_matches(blank);
    if rest.is_empty() {
        return None;
    }
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '0'..='9' => read_number(rest, found)?,
            'a'..='z' | 'A'..='Z' => {
                let Some(tail) = read_word(rest, found) else {
                    let at = text.trim_end_matches(blank).len().saturating_sub(rest.len());
                    found.why = Why::Word(utf16::index_of_byte(text, at));
                    return None;
                };
                tail
            }
            '+' | '-' if found.time.is_some() && found.offset.is_none() => {
                let (minutes, tail) = read_offset(rest)?;
                found.offset = Some(minutes);
                tail
            }
            '/' | '-' | '.' if !found.numbers.is_empty() || found.month.is_some() => skip(rest),
            ',' => skip(rest),
            c if c.is_whitespace() => skip(rest),
            _ => return None,
        };
    }
    finish(found, today)
}

fn blank(c: char) -> bool {
    c.is_whitespace() || c == '\0'
}

fn skip(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

/// Digits at the start: their value, how many there are, and what follows.
fn digits(text: &str) -> Option<(i64, usize, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.parse().ok()?, count, rest))
}

fn read_number<'a>(text: &'a str, found: &mut Finding) -> Option<&'a str> {
    let (value, count, rest) = digits(text)?;
    let Some(after) = rest.strip_prefix(':') else {
        // An hour alone: `3 PM`.
        let word = rest.trim_start().as_bytes();
        let is_hour = matches!(word, [b'a' | b'A' | b'p' | b'P', b'm' | b'M', ..])
            && !word.get(2).is_some_and(u8::is_ascii_alphabetic);
        if is_hour && found.time.is_none() {
            found.time = Some(0);
            found.hour = value;
            return Some(rest);
        }
        // Dates have at most three numbers of at most four digits.
        if count > 4 || found.numbers.len() > 2 {
            return None;
        }
        found.numbers.push((value, count));
        return Some(rest);
    };
    if found.time.is_some() || count > 2 {
        return None;
    }
    let (minute, width, mut rest) = digits(after)?;
    let mut second = 0;
    let mut fraction = 0;
    if width > 2 {
        return None;
    }
    if let Some(after) = rest.strip_prefix(':') {
        let (value, width, tail) = digits(after)?;
        if width > 2 {
            return None;
        }
        second = value;
        rest = tail;
        if let Some(after) = rest.strip_prefix('.').or_else(|| rest.strip_prefix(',')) {
            let count = after.bytes().take_while(u8::is_ascii_digit).count();
            if count > 0 {
                let (part, tail) = after.split_at_checked(count)?;
                fraction = round_fraction(part)?;
                rest = tail;
            }
        }
    }
    if !(0..60).contains(&minute) || !(0..60).contains(&second) || value > 23 {
        found.why = Why::Range;
        return None;
    }
    found.hour = value;
    found.time = Some(calendar::time(0, minute, second)?.saturating_add(fraction));
    Some(rest)
}

/// Digits after the second as ticks, rounded.
pub(super) fn round_fraction(digits: &str) -> Option<i64> {
    let kept = digits.get(..digits.len().min(7))?;
    let ticks: i64 = format!("{kept:0<7}").parse().ok()?;
    let up = digits.as_bytes().get(7).is_some_and(|digit| *digit >= b'5');
    Some(ticks.saturating_add(i64::from(up)))
}

fn read_word<'a>(text: &'a str, found: &mut Finding) -> Option<&'a str> {
    let count = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, rest) = text.split_at_checked(count)?;
    let same = |name: &str| name.eq_ignore_ascii_case(word);
    let named = |names: &[&str]| {
        let at = names.iter().position(|name| same(name) || name.get(..3).is_some_and(same));
        at.and_then(|at| i64::try_from(at).ok())
    };
    // A time may follow the letter T at once.
    let before = found.numbers.len().saturating_add(usize::from(found.month.is_some()));
    if same("T") && before > 1 {
        return rest.starts_with(|c: char| c.is_ascii_digit()).then_some(rest);
    }
    if let Some(month) = named(&MONTHS) {
        if found.month.is_some() {
            return None;
        }
        found.month = Some((month.saturating_add(1), found.numbers.len()));
    } else if let Some(day) = named(&DAYS) {
        if found.weekday.is_some() {
            return None;
        }
        found.weekday = Some(day);
    } else if (same("AM") || same("A")) && found.time.is_some() && found.afternoon.is_none() {
        found.afternoon = Some(false);
    } else if (same("PM") || same("P")) && found.time.is_some() && found.afternoon.is_none() {
        found.afternoon = Some(true);
    } else if (same("Z") || same("GMT")) && found.time.is_some() && found.offset.is_none() {
        found.offset = Some(0);
        found.zulu = true;
    } else {
        return None;
    }
    Some(rest)
}

/// `+02:00`, `+0200`, `+02`, `-5` in minutes, and what follows.
pub(super) fn read_offset(text: &str) -> Option<(i64, &str)> {
    let negative = text.starts_with('-');
    let (number, count, mut rest) = digits(text.get(1..)?)?;
    let (hours, minutes) = match count {
        1 | 2 => match rest.strip_prefix(':') {
            Some(after) => {
                let (minutes, width, tail) = digits(after)?;
                rest = tail;
                (number, if width == 2 { minutes } else { return None })
            }
            None => (number, 0),
        },
        3 | 4 => (number.div_euclid(100), number.rem_euclid(100)),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let total = hours.saturating_mul(60).saturating_add(minutes);
    Some((if negative { total.saturating_neg() } else { total }, rest))
}

/// A year of two digits: up to 49 in this century.
pub(super) fn full_year(year: i64, digits: usize) -> i64 {
    match (digits, year) {
        (0..=2, 0..=49) => year.saturating_add(2000),
        (0..=2, 50..=99) => year.saturating_add(1900),
        _ => year,
    }
}

fn finish(found: &mut Finding, today: i64) -> Option<Scanned> {
    let now = calendar::parts(today);
    let is_year = |number: &(i64, usize)| number.1 > 2 || number.0 > 31;
    let year = |number: (i64, usize)| full_year(number.0, number.1);
    let day = match (found.month, found.numbers.as_slice()) {
        (None, []) => {
            // A time alone; an offset alone is nothing.
            found.time?;
            today
        }
        (None, [first, second]) if is_year(first) => calendar::date(year(*first), second.0, 1)?,
        (None, [first, second]) if is_year(second) => calendar::date(year(*second), first.0, 1)?,
        (None, [month, day]) => calendar::date(now.year, month.0, day.0)?,
        (None, [first, month, day]) if first.1 > 2 => calendar::date(year(*first), month.0, day.0)?,
        (None, [month, day, last]) => calendar::date(year(*last), month.0, day.0)?,
        (Some((month, _)), [only]) if is_year(only) => calendar::date(year(*only), month, 1)?,
        (Some((month, _)), [only]) => calendar::date(now.year, month, only.0)?,
        (Some((month, _)), [first, second]) if is_year(first) => {
            calendar::date(year(*first), month, second.0)?
        }
        (Some((month, _)), [first, second]) => calendar::date(year(*second), month, first.0)?,
        _ => return None,
    };
    let hour = match (found.afternoon, found.hour) {
        (Some(_), 13..) => return None,
        (Some(false), 12) => 0,
        (Some(true), 12) => 12,
        (None | Some(false), hour) => hour,
        (Some(true), hour) => hour.saturating_add(12),
    };
    if found.time.is_some() && !(0..24).contains(&hour) {
        return None;
    }
    let time = found.time.unwrap_or(0).saturating_add(hour.saturating_mul(calendar::HOUR));
    let ticks = day.saturating_add(time);
    if found.weekday.is_some_and(|weekday| weekday != calendar::parts(ticks).weekday) {
        found.why = Why::Weekday;
        return None;
    }
    Some(Scanned { ticks, offset: found.offset, zulu: found.zulu })
}

/// `TimeSpan.Parse`: `[-]d`, `[-][d.]hh:mm[:ss[.fffffff]]`, `[-]d:hh:mm:ss[.f]`.
pub fn span(text: &str) -> Result<i64, Fault> {
    let bad = || args::format_fault(format!("String '{text}' was not recognized as a valid TimeSpan."));
    let trimmed = text.trim();
    let (negative, body) = match trimmed.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, trimmed),
    };
    let (days, clock) = match body.split_once('.') {
        Some((days, clock)) if !days.contains(':') && clock.contains(':') => (Some(days), clock),
        _ => (None, body),
    };
    let mut fields: Vec<&str> = clock.split(':').collect();
    let days = match (days, fields.len()) {
        (Some(days), _) => days,
        // Four fields have the days in front; one is days alone.
        (None, 4) => fields.remove(0),
        (None, 1) => {
            let only = fields.remove(0);
            fields.push("0");
            fields.push("0");
            only
        }
        (None, _) => "0",
    };
    let number = |digits: &str| -> Option<i64> {
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if all_digits { digits.parse().ok() } else { None }
    };
    let (hours, minutes, seconds) = match fields.as_slice() {
        [hours, minutes] => (*hours, *minutes, "0"),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return Err(bad()),
    };
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    if fraction.is_empty() || fraction.len() > 7 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    let values =
        [number(days), number(hours), number(minutes), number(seconds), number(&format!("{fraction:0<7}"))];
    let [Some(days), Some(hours), Some(minutes), Some(seconds), Some(fraction)] = values else {
        return Err(bad());
    };
    let overflow = || {
        Fault::new(
            Class::OverflowException,
            format!(
                "The TimeSpan string '{text}' could not be parsed because at least one of the numeric components is \
                 out of range or contains too many digits."
            ),
        )
    };
    let time = calendar::time(hours, minutes, seconds).ok_or_else(overflow)?;
    let ticks = days.checked_mul(DAY).and_then(|ticks| ticks.checked_add(time)?.checked_add(fraction));
    let ticks = ticks.filter(|_| days <= 10_675_199).ok_or_else(overflow)?;
    Ok(if negative { ticks.saturating_neg() } else { ticks })
}
