//! `DateTime`, as far as the service allows it.

use rust_decimal::prelude::ToPrimitive as _;

use super::{calendar, parse};
use crate::policy::csharp::fault::Fault;
use crate::policy::csharp::library::{Table, args, call, common};
use crate::policy::csharp::machine::{Call, Machine};
use crate::policy::csharp::value::Value;
use crate::policy::csharp::{Class, DateTime, DateTimeKind, TimeSpan};

#[cold]
pub(super) fn out_of_calendar(parameter: &str) -> Fault {
    args::out_of_range("The added or subtracted value results in an un-representable DateTime.", parameter)
}

/// A date of these ticks if the calendar has it.
pub(super) fn checked(ticks: Option<i64>, parameter: &str) -> Result<i64, Fault> {
    ticks.filter(|ticks| (0..=calendar::MAX_TICKS).contains(ticks)).ok_or_else(|| out_of_calendar(parameter))
}

/// `value` units in ticks: whole units exactly, the fraction cut to a tick.
pub(super) fn units(value: f64, unit: i64) -> Result<i64, Fault> {
    let most = calendar::MAX_TICKS as f64 / unit as f64;
    if value.is_nan() || value.abs() > most {
        return Err(args::out_of_range("Value to add was out of range.", "value"));
    }
    let whole = value.trunc().to_i64().unwrap_or(0).saturating_mul(unit);
    let part = ((value - value.trunc()) * unit as f64).trunc().to_i64().unwrap_or(0);
    Ok(whole.saturating_add(part))
}

fn value(ticks: i64, kind: DateTimeKind) -> Value {
    Value::DateTime(DateTime { ticks, kind })
}

fn add(call: &Call<'_>, ticks: i64, parameter: &str) -> Result<Value, Fault> {
    let date = args::date(call, 0);
    Ok(value(checked(date.ticks.checked_add(ticks), parameter)?, date.kind))
}

fn add_units(call: &Call<'_>, unit: i64) -> Result<Value, Fault> {
    add(call, units(args::double(call, 1), unit)?, "value")
}

fn add_months(call: &Call<'_>, per: i64, parameter: &str) -> Result<Value, Fault> {
    let count = args::int(call, 1);
    let (most, message) = if per == 1 {
        (120_000, "Months value must be between +/-120000.")
    } else {
        (10_000, "Years value must be between +/-10000.")
    };
    if count.abs() > most {
        return Err(args::out_of_range(message, parameter));
    }
    let date = args::date(call, 0);
    let ticks = calendar::add_months(date.ticks, i64::from(count).saturating_mul(per));
    Ok(value(checked(ticks, parameter)?, date.kind))
}

/// Year, month, day and perhaps hour, minute, second, millisecond from argument 0 on.
pub(super) fn from_parts(call: &Call<'_>, count: usize) -> Result<i64, Fault> {
    let date =
        calendar::date(args::long(call, 0), args::long(call, 1), args::long(call, 2)).ok_or_else(|| {
            Fault::new(
                Class::ArgumentOutOfRangeException,
                "Year, Month, and Day parameters describe an un-representable DateTime.",
            )
        })?;
    if count < 6 {
        return Ok(date);
    }
    let time =
        calendar::time(args::long(call, 3), args::long(call, 4), args::long(call, 5)).ok_or_else(|| {
            Fault::new(
                Class::ArgumentOutOfRangeException,
                "Hour, Minute, and Second parameters describe an un-representable DateTime.",
            )
        })?;
    let millisecond = if count < 7 { 0 } else { args::long(call, 6) };
    if !(0..1000).contains(&millisecond) {
        return Err(args::out_of_range("Valid values are between 0 and 999, inclusive.", "millisecond"));
    }
    Ok(date.saturating_add(time).saturating_add(millisecond.saturating_mul(calendar::MILLISECOND)))
}

fn kind(call: &Call<'_>, index: usize) -> Result<DateTimeKind, Fault> {
    match args::member(call, index) {
        0 => Ok(DateTimeKind::Unspecified),
        1 => Ok(DateTimeKind::Utc),
        2 => Ok(DateTimeKind::Local),
        _ => Err(args::bad_argument("Invalid DateTimeKind value. (Parameter 'kind')")),
    }
}

fn from_ticks(call: &Call<'_>, kind: DateTimeKind) -> Result<Value, Fault> {
    let ticks = args::long(call, 0);
    if !(0..=calendar::MAX_TICKS).contains(&ticks) {
        return Err(args::out_of_range(
            "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.",
            "ticks",
        ));
    }
    Ok(value(ticks, kind))
}

/// A part of the date in argument 0 as an `int`.
fn part(call: &Call<'_>, part: fn(&calendar::Parts) -> i64) -> Result<Value, Fault> {
    let parts = calendar::parts(args::date(call, 0).ticks);
    Ok(Value::Int(i32::try_from(part(&parts)).unwrap_or(0)))
}

fn midnight(ticks: i64) -> i64 {
    ticks.saturating_sub(ticks.rem_euclid(calendar::DAY))
}

fn days_in_month(call: &Call<'_>) -> Result<Value, Fault> {
    let (year, month) = (args::long(call, 0), args::long(call, 1));
    if !(1..=12).contains(&month) {
        return Err(args::out_of_range("Month must be between one and twelve.", "month"));
    }
    check_year(year)?;
    Ok(Value::Int(i32::try_from(calendar::days_in(year, month)).unwrap_or(0)))
}

fn check_year(year: i64) -> Result<(), Fault> {
    if (1..=9999).contains(&year) {
        return Ok(());
    }
    Err(args::out_of_range("Year must be between 1 and 9999.", "year"))
}

fn run_parse(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::required(call, 0, "s")?;
    let styles = if call.arguments.len() > 2 { args::member(call, 2) } else { 0 };
    parse::date_by(machine, text, styles).map(Value::DateTime)
}

/// A comparison operator.
fn compare(call: &Call<'_>, holds: fn(std::cmp::Ordering) -> bool) -> Result<Value, Fault> {
    Ok(Value::Bool(holds(args::date(call, 0).ticks.cmp(&args::date(call, 1).ticks))))
}

fn difference(call: &Call<'_>) -> Result<Value, Fault> {
    let ticks = args::date(call, 0).ticks.saturating_sub(args::date(call, 1).ticks);
    Ok(Value::TimeSpan(TimeSpan(ticks)))
}

fn minus_span(call: &Call<'_>) -> Result<Value, Fault> {
    let date = args::date(call, 0);
    Ok(value(checked(date.ticks.checked_sub(args::span(call, 1)), "value")?, date.kind))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::DateTime,
    parameters: &[],
    rows: &[
        call("static DateTime UtcNow { get; }", |m, _| Ok(value(super::now(m), DateTimeKind::Utc))),
        call("static DateTime Now { get; }", |m, _| Ok(value(super::now(m), DateTimeKind::Local))),
        call("static DateTime Today { get; }", |m, _| {
            Ok(value(midnight(super::now(m)), DateTimeKind::Local))
        }),
        call("static DateTime MinValue { get; }", |_, _| Ok(value(0, DateTimeKind::Unspecified))),
        call("static DateTime MaxValue { get; }", |_, _| {
            Ok(value(calendar::MAX_TICKS, DateTimeKind::Unspecified))
        }),
        call("static DateTime Parse(string s)", run_parse),
        call("static DateTime Parse(string s, CultureInfo provider)", run_parse),
        call("static DateTime Parse(string s, CultureInfo provider, DateTimeStyles styles)", run_parse),
        call("static int DaysInMonth(int year, int month)", |_, c| days_in_month(c)),
        call("static bool IsLeapYear(int year)", |_, c| {
            check_year(args::long(c, 0))?;
            Ok(Value::Bool(calendar::is_leap(args::long(c, 0))))
        }),
        call("new(int year, int month, int day)", |_, c| {
            Ok(value(from_parts(c, 3)?, DateTimeKind::Unspecified))
        }),
        call("new(int year, int month, int day, int hour, int minute, int second)", |_, c| {
            Ok(value(from_parts(c, 6)?, DateTimeKind::Unspecified))
        }),
        call(
            "new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)",
            |_, c| Ok(value(from_parts(c, 6)?, kind(c, 6)?)),
        ),
        call(
            "new(int year, int month, int day, int hour, int minute, int second, int millisecond)",
            |_, c| Ok(value(from_parts(c, 7)?, DateTimeKind::Unspecified)),
        ),
        call(
            "new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)",
            |_, c| Ok(value(from_parts(c, 7)?, kind(c, 7)?)),
        ),
        call("new(long ticks)", |_, c| from_ticks(c, DateTimeKind::Unspecified)),
        call("new(long ticks, DateTimeKind kind)", |_, c| from_ticks(c, kind(c, 1)?)),
        call("new()", |_, _| Ok(value(0, DateTimeKind::Unspecified))),
        call("int Year { get; }", |_, c| part(c, |p| p.year)),
        call("int Month { get; }", |_, c| part(c, |p| p.month)),
        call("int Day { get; }", |_, c| part(c, |p| p.day)),
        call("int Hour { get; }", |_, c| part(c, |p| p.hour)),
        call("int Minute { get; }", |_, c| part(c, |p| p.minute)),
        call("int Second { get; }", |_, c| part(c, |p| p.second)),
        call("int Millisecond { get; }", |_, c| part(c, |p| p.fraction.div_euclid(calendar::MILLISECOND))),
        call("int DayOfYear { get; }", |_, c| part(c, |p| p.day_of_year)),
        call("DayOfWeek DayOfWeek { get; }", |_, c| {
            let weekday = calendar::parts(args::date(c, 0).ticks).weekday;
            Ok(Value::Enum(Class::DayOfWeek, i32::try_from(weekday).unwrap_or(0)))
        }),
        call("long Ticks { get; }", |_, c| Ok(Value::Long(args::date(c, 0).ticks))),
        call("TimeSpan TimeOfDay { get; }", |_, c| {
            Ok(Value::TimeSpan(TimeSpan(args::date(c, 0).ticks.rem_euclid(calendar::DAY))))
        }),
        call("DateTime Date { get; }", |_, c| {
            let date = args::date(c, 0);
            Ok(value(midnight(date.ticks), date.kind))
        }),
        call("bool IsDaylightSavingTime()", |_, _| Ok(Value::Bool(false))),
        call("DateTime Add(TimeSpan value)", |_, c| add(c, args::span(c, 1), "value")),
        call("DateTime AddTicks(long value)", |_, c| add(c, args::long(c, 1), "value")),
        call("DateTime AddMilliseconds(double value)", |_, c| add_units(c, calendar::MILLISECOND)),
        call("DateTime AddSeconds(double value)", |_, c| add_units(c, calendar::SECOND)),
        call("DateTime AddMinutes(double value)", |_, c| add_units(c, calendar::MINUTE)),
        call("DateTime AddHours(double value)", |_, c| add_units(c, calendar::HOUR)),
        call("DateTime AddDays(double value)", |_, c| add_units(c, calendar::DAY)),
        call("DateTime AddMonths(int months)", |_, c| add_months(c, 1, "months")),
        call("DateTime AddYears(int value)", |_, c| add_months(c, 12, "value")),
        call("TimeSpan Subtract(DateTime value)", |_, c| difference(c)),
        call("DateTime Subtract(TimeSpan value)", |_, c| minus_span(c)),
        call("string ToString()", common::run_display),
        call("string ToString(string format)", common::run_format),
        call("string ToString(CultureInfo provider)", common::run_display),
        call("string ToString(string format, CultureInfo provider)", common::run_format),
        call("static DateTime operator +(DateTime d, TimeSpan t)", |_, c| add(c, args::span(c, 1), "t")),
        call("static DateTime operator -(DateTime d, TimeSpan t)", |_, c| minus_span(c)),
        call("static TimeSpan operator -(DateTime d1, DateTime d2)", |_, c| difference(c)),
        call("static bool operator ==(DateTime d1, DateTime d2)", |_, c| {
            compare(c, std::cmp::Ordering::is_eq)
        }),
        call("static bool operator !=(DateTime d1, DateTime d2)", |_, c| {
            compare(c, std::cmp::Ordering::is_ne)
        }),
        call("static bool operator <(DateTime t1, DateTime t2)", |_, c| {
            compare(c, std::cmp::Ordering::is_lt)
        }),
        call("static bool operator <=(DateTime t1, DateTime t2)", |_, c| {
            compare(c, std::cmp::Ordering::is_le)
        }),
        call("static bool operator >(DateTime t1, DateTime t2)", |_, c| {
            compare(c, std::cmp::Ordering::is_gt)
        }),
        call("static bool operator >=(DateTime t1, DateTime t2)", |_, c| {
            compare(c, std::cmp::Ordering::is_ge)
        }),
    ],
    denied: &[
        "TryParse",
        "ParseExact",
        "TryParseExact",
        "ToUniversalTime",
        "ToLocalTime",
        "Kind",
        "SpecifyKind",
        "Compare",
        "CompareTo",
        "FromBinary",
        "FromFileTime",
        "FromFileTimeUtc",
        "FromOADate",
        "ToBinary",
        "ToFileTime",
        "ToFileTimeUtc",
        "ToOADate",
        "ToLongDateString",
        "ToLongTimeString",
        "ToShortDateString",
        "ToShortTimeString",
        "GetDateTimeFormats",
        "UnixEpoch",
        "AddMicroseconds",
        "Microsecond",
        "Nanosecond",
    ],
}];
