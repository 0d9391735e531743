//! `TimeZoneInfo`.
//!
//! Rules
//! - Identifiers of the IANA database and those of Windows; the database is the one that the `jiff` crate
//!   carries, not that of the machine, so that results do not depend on where this runs.
//! - A time that a clock shows twice is taken as the later one (standard time); one that it skips is
//!   invalid, as in .NET.
//!
//! Not modelled: adjustment rules as objects, names in other languages.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use super::{calendar, windows};
use crate::policy::csharp::fault::Fault;
use crate::policy::csharp::heap::Object;
use crate::policy::csharp::library::{Table, args, call, common};
use crate::policy::csharp::machine::{Call, Machine};
use crate::policy::csharp::value::Value;
use crate::policy::csharp::{Class, DateTime, DateTimeKind, DateTimeOffset, TimeSpan};

/// .NET's words for a date whose kind contradicts the zone.
const WRONG_KIND: &str = "The conversion could not be completed because the supplied DateTime did not have the Kind \
     property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be \
     TimeZoneInfo.Local. (Parameter 'sourceTimeZone')";

fn object(machine: &mut Machine<'_, '_>, id: &str) -> Result<Value, Fault> {
    machine.add(Object::Record { class: Class::TimeZoneInfo, fields: vec![Value::from(id.to_owned())] })
}

fn id(machine: &Machine<'_, '_>, value: &Value, name: &str) -> Result<String, Fault> {
    match machine.object(value) {
        Some(Object::Record { fields, .. }) => match fields.first() {
            Some(Value::Str(id)) => Ok(id.to_string()),
            _ => Ok("UTC".to_owned()),
        },
        _ => Err(Fault::null_argument(name)),
    }
}

fn load(name: &str) -> Option<TimeZone> {
    let iana = windows::iana(name).unwrap_or(name);
    TimeZoneDatabase::bundled().get(iana).ok()
}

fn zone(name: &str) -> Result<TimeZone, Fault> {
    load(name).ok_or_else(|| {
        Fault::new(
            Class::TimeZoneNotFoundException,
            format!("The time zone ID '{name}' was not found on the local computer."),
        )
    })
}

fn find(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = args::required(call, 0, "id")?;
    machine.spend(1000)?;
    zone(name)?;
    object(machine, name)
}

fn instant(utc: i64) -> Timestamp {
    let second = utc.saturating_sub(calendar::UNIX_EPOCH).div_euclid(calendar::SECOND);
    Timestamp::from_second(second).unwrap_or_default()
}

/// Ticks to add to UTC at a moment of UTC.
fn offset_at(zone: &TimeZone, utc: i64) -> i64 {
    i64::from(zone.to_offset(instant(utc)).seconds()).saturating_mul(calendar::SECOND)
}

/// What a clock's reading in a zone may mean, in seconds to add to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Once(i64),
    /// Shown twice: summer time first, then standard time.
    Twice(i64, i64),
    Skipped(i64),
}

fn read(zone: &TimeZone, ticks: i64) -> Reading {
    let parts = calendar::parts(ticks);
    let small = |value: i64| i8::try_from(value).unwrap_or(0);
    let year = i16::try_from(parts.year).unwrap_or(1);
    let local = civil::DateTime::new(
        year,
        small(parts.month),
        small(parts.day),
        small(parts.hour),
        small(parts.minute),
        small(parts.second),
        0,
    );
    let Ok(local) = local else { return Reading::Once(0) };
    let seconds = |offset: jiff::tz::Offset| i64::from(offset.seconds());
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Reading::Once(seconds(offset)),
        AmbiguousOffset::Gap { before, .. } => Reading::Skipped(seconds(before)),
        AmbiguousOffset::Fold { before, after } => Reading::Twice(seconds(before), seconds(after)),
    }
}

/// UTC of a clock's reading in a zone.
fn to_utc(zone: &TimeZone, ticks: i64) -> Result<i64, Fault> {
    let seconds = match read(zone, ticks) {
        Reading::Once(seconds) | Reading::Twice(_, seconds) => seconds,
        Reading::Skipped(_) => {
            return Err(args::bad_argument(
                "The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, \
                 any time in the period that is skipped is invalid. (Parameter 'dateTime')",
            ));
        }
    };
    let utc = ticks.saturating_sub(seconds.saturating_mul(calendar::SECOND));
    Ok(utc.clamp(0, calendar::MAX_TICKS))
}

fn is_utc(name: &str) -> bool {
    name.eq_ignore_ascii_case("UTC") || name == "Etc/UTC"
}

/// A moment of UTC as the clock of a zone shows it.
fn shown(name: &str, utc: i64) -> Result<Value, Fault> {
    let zone = zone(name)?;
    let ticks = utc.saturating_add(offset_at(&zone, utc)).clamp(0, calendar::MAX_TICKS);
    let kind = if is_utc(name) { DateTimeKind::Utc } else { DateTimeKind::Unspecified };
    Ok(Value::DateTime(DateTime { ticks, kind }))
}

/// UTC of a date: by its kind, in `source` when it has none.
fn utc_of(date: DateTime, source: Option<&str>) -> Result<i64, Fault> {
    match source {
        Some(name) => {
            let mismatch = match date.kind {
                // Local time is UTC here.
                DateTimeKind::Utc | DateTimeKind::Local => !is_utc(name),
                DateTimeKind::Unspecified => false,
            };
            if mismatch {
                return Err(args::bad_argument(WRONG_KIND));
            }
            to_utc(&zone(name)?, date.ticks)
        }
        None => Ok(date.ticks),
    }
}

fn convert(call: &Call<'_>, source: Option<&str>, target: &str) -> Result<Value, Fault> {
    match call.get(0) {
        Value::DateTimeOffset(date) => {
            let utc = super::utc_ticks(*date);
            let offset = offset_at(&zone(target)?, utc);
            let minutes = i16::try_from(offset.div_euclid(calendar::MINUTE)).unwrap_or(0);
            Ok(Value::DateTimeOffset(DateTimeOffset {
                ticks: utc.saturating_add(offset).clamp(0, calendar::MAX_TICKS),
                offset_minutes: minutes,
            }))
        }
        _ => shown(target, utc_of(args::date(call, 0), source)?),
    }
}

/// Converts to the zone in argument 1, or from that in argument 1 to that in argument 2.
fn run_convert(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.spend(1000)?;
    if call.arguments.len() > 2 {
        let source = id(machine, call.get(1), "sourceTimeZone")?;
        let target = id(machine, call.get(2), "destinationTimeZone")?;
        return convert(call, Some(&source), &target);
    }
    let target = id(machine, call.get(1), "destinationTimeZone")?;
    convert(call, None, &target)
}

fn run_convert_by_id(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.spend(1000)?;
    if call.arguments.len() > 2 {
        let source = args::required(call, 1, "sourceTimeZoneId")?;
        return convert(call, Some(source), args::required(call, 2, "destinationTimeZoneId")?);
    }
    convert(call, None, args::required(call, 1, "destinationTimeZoneId")?)
}

fn run_from_utc(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.spend(1000)?;
    let target = id(machine, call.get(1), "destinationTimeZone")?;
    let date = args::date(call, 0);
    if date.kind == DateTimeKind::Local {
        return Err(args::bad_argument(WRONG_KIND));
    }
    shown(&target, date.ticks)
}

fn run_to_utc(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.spend(1000)?;
    let source = match call.arguments.len() {
        0 | 1 => None,
        _ => Some(id(machine, call.get(1), "sourceTimeZone")?),
    };
    let ticks = utc_of(args::date(call, 0), source.as_deref())?;
    Ok(Value::DateTime(DateTime { ticks, kind: DateTimeKind::Utc }))
}

/// The zone of `this`, and the seconds to add to UTC at the time in argument 1.
fn this_reading(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<(TimeZone, Reading), Fault> {
    machine.spend(1000)?;
    let zone = zone(&id(machine, call.get(0), "this")?)?;
    let seconds = |utc| Reading::Once(offset_at(&zone, utc).div_euclid(calendar::SECOND));
    let date = args::date(call, 1);
    let reading = match call.get(1) {
        Value::DateTimeOffset(date) => seconds(super::utc_ticks(*date)),
        _ if date.kind == DateTimeKind::Unspecified => read(&zone, date.ticks),
        _ => seconds(date.ticks),
    };
    Ok((zone, reading))
}

fn run_offset(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (zone, reading) = this_reading(machine, call)?;
    let seconds = match reading {
        Reading::Once(seconds) | Reading::Twice(_, seconds) => seconds,
        Reading::Skipped(_) => base_offset(&zone).div_euclid(calendar::SECOND),
    };
    Ok(Value::TimeSpan(TimeSpan(seconds.saturating_mul(calendar::SECOND))))
}

fn run_is_summer(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (zone, reading) = this_reading(machine, call)?;
    let (Reading::Once(seconds) | Reading::Twice(_, seconds) | Reading::Skipped(seconds)) = reading;
    let is_summer = match call.get(1) {
        Value::DateTimeOffset(date) => is_summer_at(&zone, super::utc_ticks(*date)),
        _ if matches!(reading, Reading::Skipped(_)) => false,
        _ => {
            let date = args::date(call, 1);
            let utc = match date.kind {
                DateTimeKind::Unspecified => {
                    date.ticks.saturating_sub(seconds.saturating_mul(calendar::SECOND))
                }
                _ => date.ticks,
            };
            is_summer_at(&zone, utc)
        }
    };
    Ok(Value::Bool(is_summer))
}

fn is_summer_at(zone: &TimeZone, utc: i64) -> bool {
    zone.to_offset_info(instant(utc)).dst().is_dst()
}

/// The offset of standard time: the lesser one of a recent January and July.
fn base_offset(zone: &TimeZone) -> i64 {
    let at = |month: i64| offset_at(zone, calendar::date(2024, month, 1).unwrap_or(calendar::UNIX_EPOCH));
    at(1).min(at(7))
}

fn has_summer(zone: &TimeZone) -> bool {
    let at = |month: i64| offset_at(zone, calendar::date(2024, month, 1).unwrap_or(calendar::UNIX_EPOCH));
    at(1) != at(7)
}

/// `(UTC+01:00) name`
fn display_name(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = id(machine, call.get(0), "this")?;
    if is_utc(&name) {
        return Ok("(UTC) Coordinated Universal Time".into());
    }
    let minutes = base_offset(&zone(&name)?).div_euclid(calendar::MINUTE);
    let sign = if minutes < 0 { '-' } else { '+' };
    let size = minutes.saturating_abs();
    machine.text(format!("(UTC{sign}{:02}:{:02}) {name}", size.div_euclid(60), size.rem_euclid(60)))
}

fn name(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = id(machine, call.get(0), "this")?;
    machine.text(name)
}

/// The tables of this file.
pub const TABLES: &[Table] = &[
    Table {
        class: Class::TimeZoneInfo,
        parameters: &[],
        rows: &[
            call("static TimeZoneInfo Utc { get; }", |m, _| object(m, "UTC")),
            call("static TimeZoneInfo Local { get; }", |m, _| object(m, "UTC")),
            call("static TimeZoneInfo FindSystemTimeZoneById(string id)", find),
            call(
                "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)",
                run_convert,
            ),
            call(
                "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo \
                 destinationTimeZone)",
                run_convert,
            ),
            call(
                "static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)",
                run_convert,
            ),
            call(
                "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)",
                run_convert_by_id,
            ),
            call(
                "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string sourceTimeZoneId, string \
                 destinationTimeZoneId)",
                run_convert_by_id,
            ),
            call(
                "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, string \
                 destinationTimeZoneId)",
                run_convert_by_id,
            ),
            call(
                "static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)",
                run_from_utc,
            ),
            call("static DateTime ConvertTimeToUtc(DateTime dateTime)", run_to_utc),
            call(
                "static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)",
                run_to_utc,
            ),
            call("string Id { get; }", name),
            call("string StandardName { get; }", name),
            call("string DaylightName { get; }", name),
            call("string DisplayName { get; }", display_name),
            call("string ToString()", display_name),
            call("TimeSpan BaseUtcOffset { get; }", |m, c| {
                let zone = zone(&id(m, c.get(0), "this")?)?;
                Ok(Value::TimeSpan(TimeSpan(base_offset(&zone))))
            }),
            call("bool SupportsDaylightSavingTime { get; }", |m, c| {
                let zone = zone(&id(m, c.get(0), "this")?)?;
                Ok(Value::Bool(has_summer(&zone)))
            }),
            call("TimeSpan GetUtcOffset(DateTime dateTime)", run_offset),
            call("TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)", run_offset),
            call("bool IsDaylightSavingTime(DateTime dateTime)", run_is_summer),
            call("bool IsDaylightSavingTime(DateTimeOffset dateTimeOffset)", run_is_summer),
            call("bool IsAmbiguousTime(DateTime dateTime)", |m, c| {
                Ok(Value::Bool(matches!(this_reading(m, c)?.1, Reading::Twice(..))))
            }),
            call("bool IsInvalidTime(DateTime dateTime)", |m, c| {
                Ok(Value::Bool(matches!(this_reading(m, c)?.1, Reading::Skipped(_))))
            }),
            call("bool Equals(TimeZoneInfo other)", |m, c| {
                let equal = matches!(c.get(1), Value::Ref(_))
                    && id(m, c.get(0), "this")? == id(m, c.get(1), "other")?;
                Ok(Value::Bool(equal))
            }),
            call("bool HasSameRules(TimeZoneInfo other)", |m, c| {
                Ok(Value::Bool(load(&id(m, c.get(0), "this")?) == load(&id(m, c.get(1), "other")?)))
            }),
        ],
        denied: &["CreateCustomTimeZone", "GetSystemTimeZones", "GetAdjustmentRules", "FromSerializedString"],
    },
    Table {
        class: Class::TimeZone,
        parameters: &[],
        rows: &[
            call("static TimeZone CurrentTimeZone { get; }", |m, _| {
                m.add(Object::Record { class: Class::TimeZone, fields: vec!["UTC".into()] })
            }),
            call("string StandardName { get; }", |_, _| Ok("UTC".into())),
            call("string DaylightName { get; }", |_, _| Ok("UTC".into())),
            call("TimeSpan GetUtcOffset(DateTime time)", |_, _| Ok(Value::TimeSpan(TimeSpan(0)))),
            call("bool IsDaylightSavingTime(DateTime time)", |_, _| Ok(Value::Bool(false))),
            call("DateTime ToUniversalTime(DateTime time)", |_, c| {
                let ticks = args::date(c, 1).ticks;
                Ok(Value::DateTime(DateTime { ticks, kind: DateTimeKind::Utc }))
            }),
            call("DateTime ToLocalTime(DateTime time)", |_, c| {
                let ticks = args::date(c, 1).ticks;
                Ok(Value::DateTime(DateTime { ticks, kind: DateTimeKind::Local }))
            }),
            call("string ToString()", common::run_display),
        ],
        denied: &[],
    },
];
