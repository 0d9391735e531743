//! `DateTimeOffset`.

use std::cmp::Ordering;

use super::date_time::{checked, units};
use super::{calendar, exact, parse, utc_ticks};
use crate::policy::csharp::fault::Fault;
use crate::policy::csharp::library::{Table, args, call, common};
use crate::policy::csharp::machine::{Call, Machine};
use crate::policy::csharp::value::Value;
use crate::policy::csharp::{Class, DateTime, DateTimeKind, DateTimeOffset, TimeSpan};

fn value(ticks: i64, offset_minutes: i16) -> Value {
    Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes })
}

/// An offset in whole minutes of at most 14 hours.
fn minutes(span: i64) -> Result<i16, Fault> {
    if span % calendar::MINUTE != 0 {
        return Err(args::bad_argument("Offset must be specified in whole minutes. (Parameter 'offset')"));
    }
    i16::try_from(span.div_euclid(calendar::MINUTE))
        .ok()
        .filter(|minutes| minutes.abs() <= 840)
        .ok_or_else(|| args::out_of_range("Offset must be within plus or minus 14 hours.", "offset"))
}

/// A clock's reading at an offset, if the moment lies in the calendar.
fn at(ticks: i64, offset_minutes: i16) -> Result<Value, Fault> {
    let utc = utc_ticks(DateTimeOffset { ticks, offset_minutes });
    if !(0..=calendar::MAX_TICKS).contains(&utc) || !(0..=calendar::MAX_TICKS).contains(&ticks) {
        return Err(args::out_of_range(
            "The UTC time represented when the offset is applied must be between year 0 and 10,000.",
            "offset",
        ));
    }
    Ok(value(ticks, offset_minutes))
}

fn add(call: &Call<'_>, ticks: i64, parameter: &str) -> Result<Value, Fault> {
    let date = args::offset_date(call, 0);
    Ok(value(checked(date.ticks.checked_add(ticks), parameter)?, date.offset_minutes))
}

fn add_units(call: &Call<'_>, unit: i64) -> Result<Value, Fault> {
    add(call, units(args::double(call, 1), unit)?, "value")
}

fn add_months(call: &Call<'_>, per: i64, parameter: &str) -> Result<Value, Fault> {
    let date = args::offset_date(call, 0);
    let months = args::long(call, 1).saturating_mul(per);
    Ok(value(checked(calendar::add_months(date.ticks, months), parameter)?, date.offset_minutes))
}

fn part(call: &Call<'_>, part: fn(&calendar::Parts) -> i64) -> Result<Value, Fault> {
    let parts = calendar::parts(args::offset_date(call, 0).ticks);
    Ok(Value::Int(i32::try_from(part(&parts)).unwrap_or(0)))
}

/// Seconds (or milliseconds) since 1970.
fn since_epoch(call: &Call<'_>, unit: i64) -> Value {
    let utc = utc_ticks(args::offset_date(call, 0));
    // Floors on both sides of the epoch.
    Value::Long(utc.saturating_sub(calendar::UNIX_EPOCH).div_euclid(unit.max(1)))
}

fn from_epoch(call: &Call<'_>, unit: i64, name: &str) -> Result<Value, Fault> {
    let count = args::long(call, 0);
    let low = calendar::UNIX_EPOCH.saturating_neg().div_euclid(unit.max(1));
    let high = calendar::MAX_TICKS.saturating_sub(calendar::UNIX_EPOCH).div_euclid(unit.max(1));
    if !(low..=high).contains(&count) {
        return Err(args::out_of_range(
            &format!("Valid values are between {low} and {high}, inclusive."),
            name,
        ));
    }
    Ok(value(calendar::UNIX_EPOCH.saturating_add(count.saturating_mul(unit)), 0))
}

fn compare(call: &Call<'_>, holds: fn(Ordering) -> bool) -> Result<Value, Fault> {
    let (a, b) = (utc_ticks(args::offset_date(call, 0)), utc_ticks(args::offset_date(call, 1)));
    Ok(Value::Bool(holds(a.cmp(&b))))
}

fn difference(call: &Call<'_>) -> Result<Value, Fault> {
    let (a, b) = (utc_ticks(args::offset_date(call, 0)), utc_ticks(args::offset_date(call, 1)));
    Ok(Value::TimeSpan(TimeSpan(a.saturating_sub(b))))
}

fn minus_span(call: &Call<'_>) -> Result<Value, Fault> {
    let date = args::offset_date(call, 0);
    Ok(value(checked(date.ticks.checked_sub(args::span(call, 1)), "value")?, date.offset_minutes))
}

fn date_time(ticks: i64, kind: DateTimeKind) -> Value {
    Value::DateTime(DateTime { ticks, kind })
}

fn run_parse(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::required(call, 0, "input")?;
    let styles = if call.arguments.len() > 2 { args::member(call, 2) } else { 0 };
    parse::offset_date(machine, text, styles).map(Value::DateTimeOffset)
}

fn run_try_parse(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    styles: i32,
    out: usize,
) -> Result<Value, Fault> {
    let parsed = args::text(call, 0).and_then(|text| parse::offset_date(machine, text, styles).ok());
    machine.set_out(out, parsed.map_or(value(0, 0), Value::DateTimeOffset));
    Ok(Value::Bool(parsed.is_some()))
}

fn parsed_exactly(
    machine: &Machine<'_, '_>,
    call: &Call<'_>,
    styles: Option<usize>,
) -> Option<DateTimeOffset> {
    let (text, format) = (args::text(call, 0)?, args::text(call, 1)?);
    let styles = styles.map_or(0, |at| args::member(call, at));
    let today = super::now(machine).div_euclid(calendar::DAY).saturating_mul(calendar::DAY);
    parse::settle_offset(exact::scan(text, format, today)?, styles)
}

fn run_exact(machine: &mut Machine<'_, '_>, call: &Call<'_>, styles: Option<usize>) -> Result<Value, Fault> {
    let text = args::required(call, 0, "input")?;
    args::required(call, 1, "format")?;
    parsed_exactly(machine, call, styles)
        .map(Value::DateTimeOffset)
        .ok_or_else(|| args::format_fault(format!("String '{text}' was not recognized as a valid DateTime.")))
}

fn run_try_exact(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let parsed = parsed_exactly(machine, call, Some(3));
    machine.set_out(4, parsed.map_or(value(0, 0), Value::DateTimeOffset));
    Ok(Value::Bool(parsed.is_some()))
}

fn from_parts(call: &Call<'_>, count: usize) -> Result<Value, Fault> {
    let ticks = super::date_time::from_parts(call, count)?;
    at(ticks, minutes(args::span(call, count))?)
}

fn to_offset(call: &Call<'_>) -> Result<Value, Fault> {
    let offset = minutes(args::span(call, 1))?;
    let utc = utc_ticks(args::offset_date(call, 0));
    at(utc.saturating_add(i64::from(offset).saturating_mul(calendar::MINUTE)), offset)
}

fn in_utc(_: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(value(utc_ticks(args::offset_date(call, 0)), 0))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::DateTimeOffset,
    parameters: &[],
    rows: &[
        call("static DateTimeOffset UtcNow { get; }", |m, _| Ok(value(super::now(m), 0))),
        call("static DateTimeOffset Now { get; }", |m, _| Ok(value(super::now(m), 0))),
        call("static DateTimeOffset MinValue { get; }", |_, _| Ok(value(0, 0))),
        call("static DateTimeOffset MaxValue { get; }", |_, _| Ok(value(calendar::MAX_TICKS, 0))),
        call("static DateTimeOffset UnixEpoch { get; }", |_, _| Ok(value(calendar::UNIX_EPOCH, 0))),
        call("static DateTimeOffset FromUnixTimeSeconds(long seconds)", |_, c| {
            from_epoch(c, calendar::SECOND, "seconds")
        }),
        call("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", |_, c| {
            from_epoch(c, calendar::MILLISECOND, "milliseconds")
        }),
        call("static DateTimeOffset Parse(string input)", run_parse),
        call("static DateTimeOffset Parse(string input, CultureInfo formatProvider)", run_parse),
        call(
            "static DateTimeOffset Parse(string input, CultureInfo formatProvider, DateTimeStyles styles)",
            run_parse,
        ),
        call("static bool TryParse(string input, out DateTimeOffset result)", |m, c| {
            run_try_parse(m, c, 0, 1)
        }),
        call(
            "static bool TryParse(string input, CultureInfo formatProvider, DateTimeStyles styles, out DateTimeOffset \
             result)",
            |m, c| run_try_parse(m, c, args::member(c, 2), 3),
        ),
        call(
            "static DateTimeOffset ParseExact(string input, string format, CultureInfo formatProvider)",
            |m, c| run_exact(m, c, None),
        ),
        call(
            "static DateTimeOffset ParseExact(string input, string format, CultureInfo formatProvider, DateTimeStyles \
             styles)",
            |m, c| run_exact(m, c, Some(3)),
        ),
        call(
            "static bool TryParseExact(string input, string format, CultureInfo formatProvider, DateTimeStyles styles, \
             out DateTimeOffset result)",
            run_try_exact,
        ),
        call("static int Compare(DateTimeOffset first, DateTimeOffset second)", common::run_compare),
        call("static bool Equals(DateTimeOffset first, DateTimeOffset second)", common::run_equals),
        call("new()", |_, _| Ok(value(0, 0))),
        call("new(DateTime dateTime)", |_, c| Ok(value(args::date(c, 0).ticks, 0))),
        call("new(DateTime dateTime, TimeSpan offset)", |_, c| {
            let date = args::date(c, 0);
            let offset = minutes(args::span(c, 1))?;
            if date.kind != DateTimeKind::Unspecified && offset != 0 {
                return Err(args::bad_argument(if date.kind == DateTimeKind::Utc {
                    "The UTC Offset for Utc DateTime instances must be 0. (Parameter 'offset')"
                } else {
                    "The UTC Offset of the local dateTime parameter does not match the offset argument. (Parameter \
                     'offset')"
                }));
            }
            at(date.ticks, offset)
        }),
        call("new(long ticks, TimeSpan offset)", |_, c| at(args::long(c, 0), minutes(args::span(c, 1))?)),
        call(
            "new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)",
            |_, c| from_parts(c, 6),
        ),
        call(
            "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)",
            |_, c| from_parts(c, 7),
        ),
        call("int Year { get; }", |_, c| part(c, |p| p.year)),
        call("int Month { get; }", |_, c| part(c, |p| p.month)),
        call("int Day { get; }", |_, c| part(c, |p| p.day)),
        call("int Hour { get; }", |_, c| part(c, |p| p.hour)),
        call("int Minute { get; }", |_, c| part(c, |p| p.minute)),
        call("int Second { get; }", |_, c| part(c, |p| p.second)),
        call("int Millisecond { get; }", |_, c| part(c, |p| p.fraction.div_euclid(calendar::MILLISECOND))),
        call("int DayOfYear { get; }", |_, c| part(c, |p| p.day_of_year)),
        call("DayOfWeek DayOfWeek { get; }", |_, c| {
            let weekday = calendar::parts(args::offset_date(c, 0).ticks).weekday;
            Ok(Value::Enum(Class::DayOfWeek, i32::try_from(weekday).unwrap_or(0)))
        }),
        call("long Ticks { get; }", |_, c| Ok(Value::Long(args::offset_date(c, 0).ticks))),
        call("long UtcTicks { get; }", |_, c| Ok(Value::Long(utc_ticks(args::offset_date(c, 0))))),
        call("TimeSpan Offset { get; }", |_, c| {
            let minutes = i64::from(args::offset_date(c, 0).offset_minutes);
            Ok(Value::TimeSpan(TimeSpan(minutes.saturating_mul(calendar::MINUTE))))
        }),
        call("TimeSpan TimeOfDay { get; }", |_, c| {
            Ok(Value::TimeSpan(TimeSpan(args::offset_date(c, 0).ticks.rem_euclid(calendar::DAY))))
        }),
        call("DateTime Date { get; }", |_, c| {
            let ticks = args::offset_date(c, 0).ticks;
            Ok(date_time(ticks.saturating_sub(ticks.rem_euclid(calendar::DAY)), DateTimeKind::Unspecified))
        }),
        call("DateTime DateTime { get; }", |_, c| {
            Ok(date_time(args::offset_date(c, 0).ticks, DateTimeKind::Unspecified))
        }),
        call("DateTime UtcDateTime { get; }", |_, c| {
            Ok(date_time(utc_ticks(args::offset_date(c, 0)), DateTimeKind::Utc))
        }),
        call("DateTime LocalDateTime { get; }", |_, c| {
            Ok(date_time(utc_ticks(args::offset_date(c, 0)), DateTimeKind::Local))
        }),
        call("DateTimeOffset Add(TimeSpan timeSpan)", |_, c| add(c, args::span(c, 1), "value")),
        call("DateTimeOffset AddTicks(long ticks)", |_, c| add(c, args::long(c, 1), "value")),
        call("DateTimeOffset AddMilliseconds(double milliseconds)", |_, c| {
            add_units(c, calendar::MILLISECOND)
        }),
        call("DateTimeOffset AddSeconds(double seconds)", |_, c| add_units(c, calendar::SECOND)),
        call("DateTimeOffset AddMinutes(double minutes)", |_, c| add_units(c, calendar::MINUTE)),
        call("DateTimeOffset AddHours(double hours)", |_, c| add_units(c, calendar::HOUR)),
        call("DateTimeOffset AddDays(double days)", |_, c| add_units(c, calendar::DAY)),
        call("DateTimeOffset AddMonths(int months)", |_, c| add_months(c, 1, "months")),
        call("DateTimeOffset AddYears(int years)", |_, c| add_months(c, 12, "value")),
        call("TimeSpan Subtract(DateTimeOffset value)", |_, c| difference(c)),
        call("DateTimeOffset Subtract(TimeSpan value)", |_, c| minus_span(c)),
        call("long ToUnixTimeSeconds()", |_, c| Ok(since_epoch(c, calendar::SECOND))),
        call("long ToUnixTimeMilliseconds()", |_, c| Ok(since_epoch(c, calendar::MILLISECOND))),
        call("DateTimeOffset ToUniversalTime()", in_utc),
        call("DateTimeOffset ToLocalTime()", in_utc),
        call("DateTimeOffset ToOffset(TimeSpan offset)", |_, c| to_offset(c)),
        call("int CompareTo(DateTimeOffset other)", common::run_compare),
        call("bool Equals(DateTimeOffset other)", common::run_equals),
        call("bool EqualsExact(DateTimeOffset other)", |_, c| {
            Ok(Value::Bool(args::offset_date(c, 0) == args::offset_date(c, 1)))
        }),
        call("string ToString()", common::run_display),
        call("string ToString(string format)", common::run_format),
        call("string ToString(CultureInfo formatProvider)", common::run_display),
        call("string ToString(string format, CultureInfo formatProvider)", common::run_format),
        call("static implicit operator DateTimeOffset(DateTime dateTime)", |_, c| {
            Ok(value(args::date(c, 0).ticks, 0))
        }),
        call("static DateTimeOffset operator +(DateTimeOffset a, TimeSpan b)", |_, c| {
            add(c, args::span(c, 1), "value")
        }),
        call("static DateTimeOffset operator -(DateTimeOffset a, TimeSpan b)", |_, c| minus_span(c)),
        call("static TimeSpan operator -(DateTimeOffset left, DateTimeOffset right)", |_, c| difference(c)),
        call("static bool operator ==(DateTimeOffset a, DateTimeOffset b)", |_, c| {
            compare(c, Ordering::is_eq)
        }),
        call("static bool operator !=(DateTimeOffset a, DateTimeOffset b)", |_, c| {
            compare(c, Ordering::is_ne)
        }),
        call("static bool operator <(DateTimeOffset a, DateTimeOffset b)", |_, c| {
            compare(c, Ordering::is_lt)
        }),
        call("static bool operator <=(DateTimeOffset a, DateTimeOffset b)", |_, c| {
            compare(c, Ordering::is_le)
        }),
        call("static bool operator >(DateTimeOffset a, DateTimeOffset b)", |_, c| {
            compare(c, Ordering::is_gt)
        }),
        call("static bool operator >=(DateTimeOffset a, DateTimeOffset b)", |_, c| {
            compare(c, Ordering::is_ge)
        }),
    ],
    denied: &["FromFileTime", "ToFileTime"],
}];
