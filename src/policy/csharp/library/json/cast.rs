//! From tokens to values: explicit conversions (`(int)token`), `Value<T>` and `ToObject<T>` of simple types.
//!
//! The two ways differ as they do in Newtonsoft: a cast asks whether the token's type fits and fails with
//! `ArgumentException`; `Value<T>` is `Convert.ChangeType`.

use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use rust_decimal::{Decimal, RoundingStrategy};

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::{DateTime, DateTimeKind, DateTimeOffset, DecimalBits, FloatBits, Value};
use super::super::{arrays, common, take};
use super::reader::big;
use super::tree::{self, TokenType};
use super::{JsonKind, dates};

/// `(class)token` and, with `nullable`, `(class?)token`.
pub fn explicit(
    machine: &mut Machine<'_, '_>,
    token: &Value,
    class: Class,
    nullable: bool,
) -> Result<Value, Fault> {
    let may_be_null = nullable || class == Class::String;
    let mut token = token.clone();
    if tree::token_type(machine, &token) == TokenType::Property && token != Value::Null {
        token = tree::property_value(machine, &token);
    }
    let Some(kind) = tree::kind(machine, &token).cloned() else {
        return if may_be_null { Ok(Value::Null) } else { Err(Fault::null_argument("value")) };
    };
    let token_type = tree::token_type(machine, &token);
    let is_null = matches!(token_type, TokenType::Null | TokenType::Undefined);
    if !(casts(token_type, class) || (is_null && may_be_null)) {
        let (from, to) = (token_type.name(), class.name());
        return Err(take::argument(format!("Can not convert {from} to {to}.")));
    }
    match kind {
        _ if is_null => Ok(Value::Null),
        JsonKind::Big(digits) => from_big(&digits, class),
        JsonKind::Raw(text) => change(machine, &Value::Str(text), class),
        JsonKind::Value(value) => match class {
            Class::String if token_type == TokenType::Bytes => {
                let mut text = super::print(machine, &token, false)?;
                text.retain(|c| c != '"');
                Ok(Value::from(text))
            }
            Class::Guid | Class::TimeSpan | Class::Uri if token_type == TokenType::String => {
                parse_as(machine, &value, class)
            }
            _ => change(machine, &value, class),
        },
        _ => Ok(Value::Null),
    }
}

/// Whether tokens of a type can be cast to a class.
const fn casts(token: TokenType, class: Class) -> bool {
    use TokenType as T;
    match class {
        Class::String => !matches!(token, T::Object | T::Array | T::Property | T::Null | T::Undefined),
        Class::DateTime | Class::DateTimeOffset => matches!(token, T::Date | T::String | T::Raw),
        Class::Guid => matches!(token, T::String | T::Raw | T::Guid | T::Bytes),
        Class::TimeSpan => matches!(token, T::String | T::Raw | T::TimeSpan),
        Class::Uri => matches!(token, T::String | T::Raw | T::Uri),
        Class::Char => matches!(token, T::Integer | T::Float | T::String | T::Raw),
        Class::Array => matches!(token, T::Bytes | T::String | T::Raw | T::Integer),
        _ => matches!(token, T::Integer | T::Float | T::String | T::Raw | T::Boolean),
    }
}

/// `token.Value<T>(key)` behind the key, `token.Value<T>()`: null gives the default of the type.
pub fn as_type(machine: &mut Machine<'_, '_>, token: &Value, ty: &Type) -> Result<Value, Fault> {
    let Some(kind) = tree::kind(machine, token).cloned() else {
        return Ok(if *token == Value::Null { default(ty) } else { token.clone() });
    };
    let Some(class) = ty.nullable_of().unwrap_or(ty).class() else { return Ok(token.clone()) };
    if tree::node(machine, token).is_some_and(|node| node.class().derives_from(class))
        && class != Class::Object
    {
        return Ok(token.clone());
    }
    if class == Class::Object {
        return Ok(token.clone());
    }
    match kind {
        JsonKind::Big(digits) => from_big(&digits, class),
        JsonKind::Raw(text) => change(machine, &Value::Str(text), class),
        JsonKind::Undefined | JsonKind::Value(Value::Null) => {
            if ty.takes_null() {
                Ok(Value::Null)
            } else {
                let message = "Null object cannot be converted to a value type.";
                Err(Fault::new(Class::InvalidCastException, message))
            }
        }
        JsonKind::Value(value) => {
            if take::type_of(machine, &value) == *ty.nullable_of().unwrap_or(ty) {
                return Ok(value);
            }
            let convertible = matches!(
                class,
                Class::Bool
                    | Class::Char
                    | Class::SByte
                    | Class::Byte
                    | Class::Short
                    | Class::UShort
                    | Class::Int
                    | Class::UInt
                    | Class::Long
                    | Class::ULong
                    | Class::Float
                    | Class::Double
                    | Class::Decimal
                    | Class::DateTime
                    | Class::String
            );
            if convertible {
                return change(machine, &value, class);
            }
            let from = take::type_of(machine, &value).full_name();
            let to = ty.nullable_of().unwrap_or(ty).full_name();
            let message = format!("Invalid cast from '{from}' to '{to}'.");
            Err(Fault::new(Class::InvalidCastException, message))
        }
        JsonKind::Object(_) | JsonKind::Array(_) | JsonKind::Property(..) => {
            let from = take::type_of(machine, token).full_name();
            let message = format!("Cannot cast {from} to Newtonsoft.Json.Linq.JToken.");
            Err(Fault::new(Class::InvalidCastException, message))
        }
    }
}

/// `default(T)`
pub(super) fn default(ty: &Type) -> Value {
    match ty {
        Type::Plain(class) => match class {
            Class::Bool => Value::Bool(false),
            Class::Char => Value::Char(0),
            Class::SByte => Value::SByte(0),
            Class::Byte => Value::Byte(0),
            Class::Short => Value::Short(0),
            Class::UShort => Value::UShort(0),
            Class::Int => Value::Int(0),
            Class::UInt => Value::UInt(0),
            Class::Long => Value::Long(0),
            Class::ULong => Value::ULong(0),
            Class::Float => Value::Float(FloatBits::new(0.0)),
            Class::Double => Value::from(0.0),
            Class::Decimal => Value::from(Decimal::ZERO),
            Class::DateTime => Value::DateTime(DateTime { ticks: 0, kind: DateTimeKind::Unspecified }),
            Class::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset { ticks: 0, offset_minutes: 0 }),
            Class::TimeSpan => Value::TimeSpan(super::super::super::value::TimeSpan(0)),
            Class::Guid => Value::Guid(0),
            other if other.kind() == super::super::super::classes::Kind::Enum => Value::Enum(*other, 0),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

fn from_big(digits: &str, class: Class) -> Result<Value, Fault> {
    match class {
        Class::String => Ok(Value::from(digits.to_owned())),
        Class::Bool => Ok(Value::Bool(true)),
        Class::Double => Ok(Value::from(big::to_double(digits))),
        #[expect(clippy::cast_possible_truncation, reason = "the conversion is to the nearest float")]
        Class::Float => Ok(Value::Float(FloatBits::new(big::to_double(digits) as f32))),
        Class::Decimal => match big::to_decimal(digits) {
            Some(number) => Ok(Value::from(number)),
            None => Err(overflow(class)),
        },
        _ => match big::to_integer(digits) {
            Some(number) => narrow(number, class),
            None => Err(overflow(class)),
        },
    }
}

/// `Convert.ChangeType(value, class, InvariantCulture)` of values that JSON has.
pub(super) fn change(machine: &mut Machine<'_, '_>, value: &Value, class: Class) -> Result<Value, Fault> {
    if take::type_of(machine, value) == Type::Plain(class) {
        return Ok(value.clone());
    }
    match class {
        Class::String => common::display(machine, value).map(Value::Str),
        Class::Bool => to_bool(value),
        Class::Double => to_double(value).map(Value::from),
        #[expect(clippy::cast_possible_truncation, reason = "the conversion is to the nearest float")]
        Class::Float => Ok(Value::Float(FloatBits::new(to_double(value)? as f32))),
        Class::Decimal => to_decimal(value),
        Class::DateTime | Class::DateTimeOffset => to_date(machine, value, class),
        Class::Char => match value {
            Value::Str(text) => {
                let mut units = text.encode_utf16();
                match (units.next(), units.next()) {
                    (Some(unit), None) => Ok(Value::Char(unit)),
                    _ => {
                        Err(Fault::new(Class::FormatException, "String must be exactly one character long."))
                    }
                }
            }
            other => narrow(to_integer(other, class)?, class),
        },
        Class::SByte
        | Class::Byte
        | Class::Short
        | Class::UShort
        | Class::Int
        | Class::UInt
        | Class::Long
        | Class::ULong => narrow(to_integer(value, class)?, class),
        _ => parse_as(machine, value, class),
    }
}

fn to_bool(value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Str(text) => {
            let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
            if trimmed.eq_ignore_ascii_case("true") {
                Ok(Value::Bool(true))
            } else if trimmed.eq_ignore_ascii_case("false") {
                Ok(Value::Bool(false))
            } else {
                let message = format!("String '{text}' was not recognized as a valid Boolean.");
                Err(Fault::new(Class::FormatException, message))
            }
        }
        other => match take::double(other) {
            Some(number) => Ok(Value::Bool(number.abs() > 0.0 || number.is_nan())),
            None => Err(no_cast(other, Class::Bool)),
        },
    }
}

fn to_double(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Bool(value) => Ok(f64::from(u8::from(*value))),
        Value::Str(text) => {
            let cleaned = text.trim().replace(',', "");
            let plain = cleaned.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
            match cleaned.as_str() {
                "NaN" => Ok(f64::NAN),
                "Infinity" | "∞" => Ok(f64::INFINITY),
                "-Infinity" | "-∞" => Ok(f64::NEG_INFINITY),
                number if plain => number.parse().map_err(|_| Fault::bad_format(text)),
                _ => Err(Fault::bad_format(text)),
            }
        }
        other => take::double(other).ok_or_else(|| no_cast(other, Class::Double)),
    }
}

fn to_decimal(value: &Value) -> Result<Value, Fault> {
    let number = match value {
        Value::Decimal(_) => return Ok(value.clone()),
        Value::Bool(value) => Some(Decimal::from(u8::from(*value))),
        Value::Double(number) => Decimal::from_f64(number.get()).map(|number| number.normalize()),
        Value::Float(number) => Decimal::from_f32(number.get()).map(|number| number.normalize()),
        Value::Str(text) => {
            let cleaned = text.trim().replace(',', "");
            return match cleaned.parse::<Decimal>() {
                Ok(number) => Ok(Value::Decimal(DecimalBits::new(number))),
                Err(rust_decimal::Error::ExceedsMaximumPossibleValue) => Err(overflow(Class::Decimal)),
                Err(_) => Err(Fault::bad_format(text)),
            };
        }
        other => match take::integer(other) {
            Some(number) => Decimal::from_i128(number),
            None => return Err(no_cast(other, Class::Decimal)),
        },
    };
    number.map(Value::from).ok_or_else(|| overflow(Class::Decimal))
}

/// A whole number, halves to even.
fn to_integer(value: &Value, class: Class) -> Result<i128, Fault> {
    match value {
        Value::Bool(value) => Ok(i128::from(*value)),
        Value::Str(text) => {
            let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
            let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Fault::bad_format(text));
            }
            trimmed.parse::<i128>().map_err(|_| overflow(class))
        }
        Value::Decimal(number) => number
            .get()
            .round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)
            .to_i128()
            .ok_or_else(|| overflow(class)),
        Value::Float(_) | Value::Double(_) => {
            let number = take::double(value).unwrap_or(f64::NAN);
            let rounded = libm::rint(number);
            if rounded.abs() < 1e30 {
                #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
                return Ok(rounded as i128);
            }
            Err(overflow(class))
        }
        other => take::integer(other).ok_or_else(|| no_cast(other, class)),
    }
}

/// A whole number as the class, or `OverflowException`.
fn narrow(number: i128, class: Class) -> Result<Value, Fault> {
    let fits = match class {
        Class::Char => u16::try_from(number).ok().map(Value::Char),
        Class::SByte => i8::try_from(number).ok().map(Value::SByte),
        Class::Byte => u8::try_from(number).ok().map(Value::Byte),
        Class::Short => i16::try_from(number).ok().map(Value::Short),
        Class::UShort => u16::try_from(number).ok().map(Value::UShort),
        Class::Int => i32::try_from(number).ok().map(Value::Int),
        Class::UInt => u32::try_from(number).ok().map(Value::UInt),
        Class::Long => i64::try_from(number).ok().map(Value::Long),
        Class::ULong => u64::try_from(number).ok().map(Value::ULong),
        _ => None,
    };
    fits.ok_or_else(|| overflow(class))
}

#[cold]
fn overflow(class: Class) -> Fault {
    let what = match class {
        Class::Char => "a character",
        Class::SByte => "a signed byte",
        Class::Byte => "an unsigned byte",
        Class::Short => "an Int16",
        Class::UShort => "a UInt16",
        Class::Int => "an Int32",
        Class::UInt => "a UInt32",
        Class::Long => "an Int64",
        Class::ULong => "a UInt64",
        _ => "a Decimal",
    };
    Fault::new(Class::OverflowException, format!("Value was either too large or too small for {what}."))
}

#[cold]
fn no_cast(value: &Value, class: Class) -> Fault {
    let from = match value {
        Value::DateTime(_) => "DateTime",
        Value::DateTimeOffset(_) => "DateTimeOffset",
        Value::TimeSpan(_) => "TimeSpan",
        Value::Guid(_) => "Guid",
        _ => "Object",
    };
    Fault::new(Class::InvalidCastException, format!("Invalid cast from '{from}' to '{}'.", class.name()))
}

fn to_date(machine: &mut Machine<'_, '_>, value: &Value, class: Class) -> Result<Value, Fault> {
    match (value, class) {
        (Value::DateTime(date), Class::DateTimeOffset) => {
            Ok(Value::DateTimeOffset(DateTimeOffset { ticks: date.ticks, offset_minutes: 0 }))
        }
        (Value::DateTimeOffset(date), _) => {
            Ok(Value::DateTime(DateTime { ticks: date.ticks, kind: DateTimeKind::Unspecified }))
        }
        (Value::Str(text), _) => match dates::parse(text) {
            Some(date) if class == Class::DateTime => Ok(date),
            _ => parse_as(machine, value, class),
        },
        (other, _) => Err(no_cast(other, class)),
    }
}

/// What the class's own `Parse` makes of a string.
fn parse_as(machine: &mut Machine<'_, '_>, value: &Value, class: Class) -> Result<Value, Fault> {
    match (value, class) {
        (Value::Str(text), Class::Guid) => {
            let digits: String = text.trim().chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
            let is_guid = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            match u128::from_str_radix(&digits, 16) {
                Ok(number) if is_guid => Ok(Value::Guid(number)),
                _ => Err(Fault::new(Class::FormatException, "Unrecognized Guid format.")),
            }
        }
        (Value::Str(text), Class::Uri) => machine.add(super::super::super::heap::Object::Uri(text.clone())),
        (Value::Ref(_), Class::Guid) => {
            let bytes = arrays::bytes(machine, value)?;
            let number = bytes.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
            Ok(Value::Guid(number))
        }
        _ => {
            let from = take::type_of(machine, value).full_name();
            let to = class.full_name();
            let message = format!("Invalid cast from '{from}' to '{to}'.");
            Err(Fault::new(Class::InvalidCastException, message))
        }
    }
}
