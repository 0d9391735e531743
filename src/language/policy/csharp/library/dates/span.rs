//! `TimeSpan`.

use std::cmp::Ordering;

use rust_decimal::prelude::ToPrimitive as _;

use super::{calendar, parse};
use crate::policy::csharp::fault::Fault;
use crate::policy::csharp::library::{Table, args, call, common, constant};
use crate::policy::csharp::machine::{Call, Machine};
use crate::policy::csharp::value::Value;
use crate::policy::csharp::{Class, TimeSpan};

#[cold]
fn too_long() -> Fault {
    Fault::new(Class::OverflowException, "TimeSpan overflowed because the duration is too long.")
}

fn value(ticks: i64) -> Value {
    Value::TimeSpan(TimeSpan(ticks))
}

fn checked(ticks: Option<i64>) -> Result<Value, Fault> {
    ticks.map(value).ok_or_else(too_long)
}

/// A number of ticks that may be no number or out of range.
fn from_double(ticks: f64) -> Result<Value, Fault> {
    if ticks.is_nan() {
        return Err(args::bad_argument("TimeSpan does not accept floating point Not-a-Number values."));
    }
    // 2^63 itself is out of range and has no exact neighbour below.
    if ticks.abs() >= 9_223_372_036_854_775_808.0 {
        return Err(too_long());
    }
    checked(ticks.trunc().to_i64())
}

fn from_units(call: &Call<'_>, unit: i64) -> Result<Value, Fault> {
    from_double(args::double(call, 0) * unit as f64)
}

fn total(call: &Call<'_>, unit: i64) -> Value {
    (args::span(call, 0) as f64 / unit as f64).into()
}

/// A part of the duration: whole units, beyond the next larger unit.
fn part(call: &Call<'_>, unit: i64, of: i64) -> Value {
    let units = args::span(call, 0).checked_div(unit).unwrap_or(0);
    Value::Int(i32::try_from(units.checked_rem(of).unwrap_or(0)).unwrap_or(0))
}

/// Days, hours, minutes, seconds, milliseconds.
fn from_parts(parts: [i64; 5]) -> Result<Value, Fault> {
    let units = [calendar::DAY, calendar::HOUR, calendar::MINUTE, calendar::SECOND, calendar::MILLISECOND];
    let ticks = parts.into_iter().zip(units).try_fold(0_i128, |sum, (count, unit)| {
        sum.checked_add(i128::from(count).checked_mul(i128::from(unit))?)
    });
    checked(ticks.and_then(|ticks| i64::try_from(ticks).ok()))
}

fn sum(call: &Call<'_>) -> Result<Value, Fault> {
    checked(args::span(call, 0).checked_add(args::span(call, 1)))
}

fn difference(call: &Call<'_>) -> Result<Value, Fault> {
    checked(args::span(call, 0).checked_sub(args::span(call, 1)))
}

fn negated(call: &Call<'_>) -> Result<Value, Fault> {
    args::span(call, 0).checked_neg().map(value).ok_or_else(|| {
        Fault::new(
            Class::OverflowException,
            "Negating the minimum value of a twos complement number is invalid.",
        )
    })
}

/// `span * factor`, rounded to a tick.
fn scaled(span: i64, factor: f64) -> Result<Value, Fault> {
    if factor.is_nan() {
        return Err(args::bad_argument("Argument cannot be NaN. (Parameter 'factor')"));
    }
    from_double((span as f64 * factor).round_ties_even())
}

fn divided(span: i64, divisor: f64) -> Result<Value, Fault> {
    if divisor.is_nan() {
        return Err(args::bad_argument("Argument cannot be NaN. (Parameter 'divisor')"));
    }
    from_double((span as f64 / divisor).round_ties_even())
}

fn compare(call: &Call<'_>, holds: fn(Ordering) -> bool) -> Result<Value, Fault> {
    Ok(Value::Bool(holds(args::span(call, 0).cmp(&args::span(call, 1)))))
}

fn run_parse(_: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    parse::span(args::required(call, 0, "s")?).map(value)
}

fn run_try_parse(machine: &mut Machine<'_, '_>, call: &Call<'_>, out: usize) -> Result<Value, Fault> {
    let parsed = args::text(call, 0).and_then(|text| parse::span(text).ok());
    machine.set_out(out, value(parsed.unwrap_or(0)));
    Ok(Value::Bool(parsed.is_some()))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::TimeSpan,
    parameters: &[],
    rows: &[
        call("static TimeSpan Zero { get; }", |_, _| Ok(value(0))),
        call("static TimeSpan MinValue { get; }", |_, _| Ok(value(i64::MIN))),
        call("static TimeSpan MaxValue { get; }", |_, _| Ok(value(i64::MAX))),
        constant("const long TicksPerDay", calendar::DAY),
        constant("const long TicksPerHour", calendar::HOUR),
        constant("const long TicksPerMinute", calendar::MINUTE),
        constant("const long TicksPerSecond", calendar::SECOND),
        constant("const long TicksPerMillisecond", calendar::MILLISECOND),
        call("static TimeSpan FromDays(double value)", |_, c| from_units(c, calendar::DAY)),
        call("static TimeSpan FromHours(double value)", |_, c| from_units(c, calendar::HOUR)),
        call("static TimeSpan FromMinutes(double value)", |_, c| from_units(c, calendar::MINUTE)),
        call("static TimeSpan FromSeconds(double value)", |_, c| from_units(c, calendar::SECOND)),
        call("static TimeSpan FromMilliseconds(double value)", |_, c| from_units(c, calendar::MILLISECOND)),
        call("static TimeSpan FromTicks(long value)", |_, c| Ok(value(args::long(c, 0)))),
        call("static TimeSpan Parse(string s)", run_parse),
        call("static TimeSpan Parse(string input, CultureInfo formatProvider)", run_parse),
        call("static bool TryParse(string s, out TimeSpan result)", |m, c| run_try_parse(m, c, 1)),
        call(
            "static bool TryParse(string input, CultureInfo formatProvider, out TimeSpan result)",
            |m, c| run_try_parse(m, c, 2),
        ),
        call("static int Compare(TimeSpan t1, TimeSpan t2)", common::run_compare),
        call("static bool Equals(TimeSpan t1, TimeSpan t2)", common::run_equals),
        call("new()", |_, _| Ok(value(0))),
        call("new(long ticks)", |_, c| Ok(value(args::long(c, 0)))),
        call("new(int hours, int minutes, int seconds)", |_, c| {
            from_parts([0, args::long(c, 0), args::long(c, 1), args::long(c, 2), 0])
        }),
        call("new(int days, int hours, int minutes, int seconds)", |_, c| {
            from_parts([args::long(c, 0), args::long(c, 1), args::long(c, 2), args::long(c, 3), 0])
        }),
        call("new(int days, int hours, int minutes, int seconds, int milliseconds)", |_, c| {
            from_parts([
                args::long(c, 0),
                args::long(c, 1),
                args::long(c, 2),
                args::long(c, 3),
                args::long(c, 4),
            ])
        }),
        call("long Ticks { get; }", |_, c| Ok(Value::Long(args::span(c, 0)))),
        call("int Days { get; }", |_, c| Ok(part(c, calendar::DAY, i64::MAX))),
        call("int Hours { get; }", |_, c| Ok(part(c, calendar::HOUR, 24))),
        call("int Minutes { get; }", |_, c| Ok(part(c, calendar::MINUTE, 60))),
        call("int Seconds { get; }", |_, c| Ok(part(c, calendar::SECOND, 60))),
        call("int Milliseconds { get; }", |_, c| Ok(part(c, calendar::MILLISECOND, 1000))),
        call("double TotalDays { get; }", |_, c| Ok(total(c, calendar::DAY))),
        call("double TotalHours { get; }", |_, c| Ok(total(c, calendar::HOUR))),
        call("double TotalMinutes { get; }", |_, c| Ok(total(c, calendar::MINUTE))),
        call("double TotalSeconds { get; }", |_, c| Ok(total(c, calendar::SECOND))),
        call("double TotalMilliseconds { get; }", |_, c| Ok(total(c, calendar::MILLISECOND))),
        call("TimeSpan Add(TimeSpan ts)", |_, c| sum(c)),
        call("TimeSpan Subtract(TimeSpan ts)", |_, c| difference(c)),
        call("TimeSpan Negate()", |_, c| negated(c)),
        call("TimeSpan Duration()", |_, c| {
            args::span(c, 0).checked_abs().map(value).ok_or_else(|| {
                Fault::new(
                    Class::OverflowException,
                    "The duration cannot be returned for TimeSpan.MinValue because the absolute value of \
                     TimeSpan.MinValue exceeds the value of TimeSpan.MaxValue.",
                )
            })
        }),
        call("TimeSpan Multiply(double factor)", |_, c| scaled(args::span(c, 0), args::double(c, 1))),
        call("TimeSpan Divide(double divisor)", |_, c| divided(args::span(c, 0), args::double(c, 1))),
        call("double Divide(TimeSpan ts)", |_, c| {
            Ok((args::span(c, 0) as f64 / args::span(c, 1) as f64).into())
        }),
        call("int CompareTo(TimeSpan value)", common::run_compare),
        call("int CompareTo(object value)", common::run_compare),
        call("bool Equals(TimeSpan obj)", common::run_equals),
        call("string ToString()", common::run_display),
        call("string ToString(string format)", common::run_format),
        call("string ToString(string format, CultureInfo formatProvider)", common::run_format),
        call("static TimeSpan operator +(TimeSpan t)", |_, c| Ok(c.get(0).clone())),
        call("static TimeSpan operator -(TimeSpan t)", |_, c| negated(c)),
        call("static TimeSpan operator +(TimeSpan t1, TimeSpan t2)", |_, c| sum(c)),
        call("static TimeSpan operator -(TimeSpan t1, TimeSpan t2)", |_, c| difference(c)),
        call("static TimeSpan operator *(TimeSpan timeSpan, double factor)", |_, c| {
            scaled(args::span(c, 0), args::double(c, 1))
        }),
        call("static TimeSpan operator *(double factor, TimeSpan timeSpan)", |_, c| {
            scaled(args::span(c, 1), args::double(c, 0))
        }),
        call("static TimeSpan operator /(TimeSpan timeSpan, double divisor)", |_, c| {
            divided(args::span(c, 0), args::double(c, 1))
        }),
        call("static double operator /(TimeSpan t1, TimeSpan t2)", |_, c| {
            Ok((args::span(c, 0) as f64 / args::span(c, 1) as f64).into())
        }),
        call("static bool operator ==(TimeSpan t1, TimeSpan t2)", |_, c| compare(c, Ordering::is_eq)),
        call("static bool operator !=(TimeSpan t1, TimeSpan t2)", |_, c| compare(c, Ordering::is_ne)),
        call("static bool operator <(TimeSpan t1, TimeSpan t2)", |_, c| compare(c, Ordering::is_lt)),
        call("static bool operator <=(TimeSpan t1, TimeSpan t2)", |_, c| compare(c, Ordering::is_le)),
        call("static bool operator >(TimeSpan t1, TimeSpan t2)", |_, c| compare(c, Ordering::is_gt)),
        call("static bool operator >=(TimeSpan t1, TimeSpan t2)", |_, c| compare(c, Ordering::is_ge)),
    ],
    denied: &[],
}];
