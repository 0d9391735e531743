//! Casts of elements and attributes: `(string)element`, `(int?)attribute`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::tree::text;

/// Reads a number, date or the like from text.
type Read = fn(&mut Machine<'_, '_>, &str) -> Result<Value, Fault>;

/// `(string)x`: null stays null.
pub(super) fn to_string(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Ok(Value::Null);
    }
    let text = text(machine, call.get(0))?;
    machine.text(text)
}

/// `(T)x` of an element: null throws.
pub(super) fn element(machine: &mut Machine<'_, '_>, call: &Call<'_>, read: Read) -> Result<Value, Fault> {
    value(machine, call, read, "element")
}

/// `(T)x` of an attribute: null throws.
pub(super) fn attribute(machine: &mut Machine<'_, '_>, call: &Call<'_>, read: Read) -> Result<Value, Fault> {
    value(machine, call, read, "attribute")
}

fn value(machine: &mut Machine<'_, '_>, call: &Call<'_>, read: Read, what: &str) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Err(Fault::null_argument(what));
    }
    nullable(machine, call, read)
}

/// `(T?)x`: null stays null.
pub(super) fn nullable(machine: &mut Machine<'_, '_>, call: &Call<'_>, read: Read) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Ok(Value::Null);
    }
    let text = text(machine, call.get(0))?;
    read(machine, text.trim())
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a reading function")]
fn parsed(value: Value) -> Result<Value, Fault> {
    Ok(value)
}

fn number<T: std::str::FromStr>(text: &str, wrap: fn(T) -> Value) -> Result<Value, Fault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::bad_format(text));
    }
    text.parse().map(wrap).map_err(|_| {
        let name = std::any::type_name::<T>();
        let name = if name == "i64" { "an Int64" } else { "an Int32" };
        Fault::new(Class::OverflowException, format!("Value was either too large or too small for {name}."))
    })
}

pub(super) fn int(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    number::<i32>(text, Value::Int)
}

pub(super) fn long(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    number::<i64>(text, Value::Long)
}

pub(super) fn double(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    let named = match text {
        "INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        _ => None,
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match named.or_else(|| text.parse().ok().filter(|_| is_plain)) {
        Some(number) => parsed(Value::from(number)),
        None => Err(Fault::bad_format(text)),
    }
}

pub(super) fn decimal(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    match text.parse::<rust_decimal::Decimal>() {
        Ok(number) => parsed(Value::from(number)),
        Err(_) => Err(Fault::bad_format(text)),
    }
}

pub(super) fn bool(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => parsed(Value::Bool(true)),
        "false" | "0" => parsed(Value::Bool(false)),
        _ => Err(Fault::new(
            Class::FormatException,
            format!("The string '{text}' is not a valid Boolean value."),
        )),
    }
}

/// Ticks of `yyyy-MM-dd[THH:mm:ss[.fffffff]][Z]`, which is how XML writes dates.
pub(super) fn date(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    read_date(text).ok_or_else(|| {
        Fault::new(Class::FormatException, format!("The string '{text}' is not a valid AllXsd value."))
    })
}

fn read_date(text: &str) -> Option<Value> {
    use super::super::super::value::{DateTime, DateTimeKind};
    let (text, kind) = match text.strip_suffix('Z') {
        Some(text) => (text, DateTimeKind::Utc),
        None => (text, DateTimeKind::Unspecified),
    };
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let mut parts = day.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let in_range = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second)
        && fraction.len() <= 7;
    if !in_range {
        return None;
    }
    let days = days_before(year, month)?.saturating_add(day.saturating_sub(1));
    let next = if month == 12 {
        days_before(year.saturating_add(1), 1)
    } else {
        days_before(year, month.saturating_add(1))
    };
    if days >= next? {
        return None;
    }
    let seconds = days.saturating_mul(86_400).saturating_add(hour.saturating_mul(3600));
    let seconds = seconds.saturating_add(minute.saturating_mul(60)).saturating_add(second);
    let fraction: i64 = format!("{fraction:0<7}").parse().ok()?;
    Some(Value::DateTime(DateTime {
        ticks: seconds.saturating_mul(10_000_000).saturating_add(fraction),
        kind,
    }))
}

/// Days from 0001-01-01 to the first of a month.
fn days_before(year: i64, month: i64) -> Option<i64> {
    let before = year.saturating_sub(1);
    let leaps = (before / 4).saturating_sub(before / 100).saturating_add(before / 400);
    let cumulative = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let in_year = *cumulative.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let leap_day = i64::from(is_leap && month > 2);
    Some(before.saturating_mul(365).saturating_add(leaps).saturating_add(in_year).saturating_add(leap_day))
}

pub(super) fn guid(_: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    match u128::from_str_radix(&digits, 16) {
        Ok(number) if digits.len() == 32 => parsed(Value::Guid(number)),
        _ => Err(Fault::new(Class::FormatException, "Unrecognized Guid format.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::csharp::value::{DateTime, DateTimeKind};

    #[test]
    fn dates_of_xml() {
        // 2020-01-02T03:04:05Z: 737,425 days after 0001-01-01.
        let ticks = ((737_425_i64 * 86_400) + 11_045) * 10_000_000;
        let utc = Value::DateTime(DateTime { ticks, kind: DateTimeKind::Utc });
        assert_eq!(read_date("2020-01-02T03:04:05Z"), Some(utc));
        for bad in ["", "2020", "2020-02-30", "2020-01-02T25:00:00", "2021-02-29", "x-y-z"] {
            assert_eq!(read_date(bad), None, "{bad}");
        }
    }
}
