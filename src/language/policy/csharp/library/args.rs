//! Reading the arguments of a call.
//!
//! The binder has converted them to the types of the signature; these functions only unwrap. What does not
//! fit all the same gives zero or nothing instead of a panic.

use num_cast::{from_double, from_long};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::{DateTime, DateTimeOffset, TimeSpan, Value};
use crate::policy::Text;

/// Conversions between machine numbers that saturate, in one place.
mod num_cast {
    /// The nearest `i64`.
    #[expect(clippy::cast_possible_truncation, reason = "saturating is meant")]
    pub(super) fn from_double(value: f64) -> i64 {
        value as i64
    }

    /// The nearest `i32`.
    pub(super) fn from_long(value: i64) -> i32 {
        i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
    }
}

/// The string argument; `None` is null.
pub fn text<'a>(call: &'a Call<'_>, index: usize) -> Option<&'a str> {
    match call.get(index) {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

/// The string argument, shared; `None` is null.
pub fn shared_text(call: &Call<'_>, index: usize) -> Option<Text> {
    match call.get(index) {
        Value::Str(text) => Some(text.clone()),
        _ => None,
    }
}

/// The string argument `name`; null throws.
pub fn required<'a>(call: &'a Call<'_>, index: usize, name: &str) -> Result<&'a str, Fault> {
    text(call, index).ok_or_else(|| Fault::null_argument(name))
}

/// Pays for looking at the strings among the arguments of a call once, as fast as memory is read. Members
/// that do more pay for that themselves.
pub fn weigh(machine: &mut Machine<'_, '_>, arguments: &[Value]) -> Result<(), Fault> {
    let bytes = arguments.iter().map(|value| if let Value::Str(text) = value { text.len() } else { 0 });
    machine.spend((bytes.fold(0_usize, usize::saturating_add) as u64) >> 10)
}

/// `this` of a string member.
pub fn this<'a>(call: &'a Call<'_>) -> &'a str {
    text(call, 0).unwrap_or_default()
}

/// An `int`, or what fits one.
pub fn int(call: &Call<'_>, index: usize) -> i32 {
    from_long(long(call, index))
}

/// A `long`, or what fits one.
pub fn long(call: &Call<'_>, index: usize) -> i64 {
    integer(call.get(index)).and_then(|value| i64::try_from(value).ok()).unwrap_or_else(|| {
        match call.get(index) {
            Value::Float(_) | Value::Double(_) => from_double(double(call, index)),
            _ => 0,
        }
    })
}

/// The value of anything integral: integers, `char`, enumerations.
pub fn integer(value: &Value) -> Option<i128> {
    Some(match value {
        Value::SByte(v) => i128::from(*v),
        Value::Byte(v) => i128::from(*v),
        Value::Short(v) => i128::from(*v),
        Value::Char(v) | Value::UShort(v) => i128::from(*v),
        Value::Int(v) | Value::Enum(_, v) => i128::from(*v),
        Value::UInt(v) => i128::from(*v),
        Value::Long(v) => i128::from(*v),
        Value::ULong(v) => i128::from(*v),
        _ => return None,
    })
}

/// The value of any number, as a double.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(v) => Some(f64::from(v.get())),
        Value::Double(v) => Some(v.get()),
        Value::Decimal(v) => Some(decimal_to_double(v.get())),
        other => integer(other).map(|v| v as f64),
    }
}

/// `(double)decimal`: the nearest double.
pub fn decimal_to_double(value: Decimal) -> f64 {
    // The text is exact and reading it rounds once; dividing the mantissa would round twice.
    value.to_string().parse().unwrap_or_else(|_| value.to_f64().unwrap_or_default())
}

/// A `double`, or another number.
pub fn double(call: &Call<'_>, index: usize) -> f64 {
    number(call.get(index)).unwrap_or_default()
}

/// A `decimal`, or an integer.
pub fn decimal(call: &Call<'_>, index: usize) -> Decimal {
    match call.get(index) {
        Value::Decimal(value) => value.get(),
        other => {
            integer(other).and_then(|v| Decimal::try_from_i128_with_scale(v, 0).ok()).unwrap_or_default()
        }
    }
}

/// A `char`.
pub fn unit(call: &Call<'_>, index: usize) -> u16 {
    match call.get(index) {
        Value::Char(unit) => *unit,
        _ => 0,
    }
}

/// A `bool`.
pub fn flag(call: &Call<'_>, index: usize) -> bool {
    matches!(call.get(index), Value::Bool(true))
}

/// A member of an enumeration, by its number.
pub fn member(call: &Call<'_>, index: usize) -> i32 {
    match call.get(index) {
        Value::Enum(_, value) => *value,
        _ => int(call, index),
    }
}

/// A `TimeSpan` in ticks.
pub fn span(call: &Call<'_>, index: usize) -> i64 {
    match call.get(index) {
        Value::TimeSpan(TimeSpan(ticks)) => *ticks,
        _ => 0,
    }
}

/// A `DateTime`.
pub fn date(call: &Call<'_>, index: usize) -> DateTime {
    match call.get(index) {
        Value::DateTime(value) => *value,
        _ => DateTime { ticks: 0, kind: super::super::DateTimeKind::Unspecified },
    }
}

/// A `DateTimeOffset`.
pub fn offset_date(call: &Call<'_>, index: usize) -> DateTimeOffset {
    match call.get(index) {
        Value::DateTimeOffset(value) => *value,
        _ => DateTimeOffset { ticks: 0, offset_minutes: 0 },
    }
}

/// A `Guid`.
pub fn guid(call: &Call<'_>, index: usize) -> u128 {
    match call.get(index) {
        Value::Guid(value) => *value,
        _ => 0,
    }
}

/// The items of an array argument; `None` is null.
pub fn array(machine: &Machine<'_, '_>, value: &Value) -> Option<Vec<Value>> {
    match machine.object(value) {
        Some(Object::Array { items, .. }) => Some(items.clone()),
        _ => None,
    }
}

/// The elements of a `char[]`; null is none.
pub fn units(machine: &Machine<'_, '_>, value: &Value) -> Vec<u16> {
    match machine.object(value) {
        Some(Object::Array { items, .. }) => {
            items.iter().map(|item| if let Value::Char(unit) = item { *unit } else { 0 }).collect()
        }
        _ => Vec::new(),
    }
}

/// A new array.
pub fn new_array(machine: &mut Machine<'_, '_>, element: Type, items: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::Array { element, items })
}

/// `ArgumentOutOfRangeException`
#[cold]
pub fn out_of_range(message: &str, parameter: &str) -> Fault {
    Fault::new(Class::ArgumentOutOfRangeException, format!("{message} (Parameter '{parameter}')"))
}

/// `ArgumentOutOfRangeException` of a number that must not be negative.
#[cold]
pub fn negative(value: i64, parameter: &str) -> Fault {
    let message = format!(
        "{parameter} ('{value}') must be a non-negative value. (Parameter '{parameter}')\nActual value was {value}."
    );
    Fault::new(Class::ArgumentOutOfRangeException, message)
}

/// `ArgumentException`
#[cold]
pub fn bad_argument(message: impl Into<Text>) -> Fault {
    Fault::new(Class::ArgumentException, message)
}

/// `FormatException`
#[cold]
pub fn format_fault(message: impl Into<Text>) -> Fault {
    Fault::new(Class::FormatException, message)
}
