//! From tokens to values: explicit conversions (`(int)token`), `Value<T>` and `ToObject<T>` of simple types.
//!
//! The two ways differ as they do in Newtonsoft: a cast asks whether the token's type fits and fails with
//! `ArgumentException`; `Value<T>` is `Convert.ChangeType`.

use super::super::super::Class;
use super::super::super::bind::relations::is_number;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::{DateTime, DateTimeKind, DateTimeOffset, FloatBits, TimeSpan, Value};
use super::super::dates::parse as date_parse;
use super::super::{arrays, convert, guid, numbers, take};
use super::JsonKind;
use super::reader::big;
use super::tree::{self, TokenType};

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
        JsonKind::NullText => Ok(if may_be_null { Value::Null } else { convert::default_of(class) }),
        JsonKind::Big(digits) => from_big(&digits, class),
        JsonKind::Raw(text) => change(machine, &Value::Str(text), class),
        JsonKind::Value(value) => match class {
            Class::String if token_type == TokenType::Bytes => {
                let mut text = super::print(machine, &token, false)?;
                text.retain(|c| c != '"');
                Ok(Value::from(text))
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
        JsonKind::Undefined | JsonKind::NullText | JsonKind::Value(Value::Null) => {
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
            let convertible = is_number(class)
                || matches!(class, Class::Bool | Class::Char | Class::DateTime | Class::String);
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
        Type::Plain(class) => convert::default_of(*class),
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
    match (value, class) {
        (Value::DateTime(date), Class::DateTimeOffset) => {
            Ok(Value::DateTimeOffset(DateTimeOffset { ticks: date.ticks, offset_minutes: 0 }))
        }
        (Value::DateTimeOffset(date), Class::DateTime) => {
            Ok(Value::DateTime(DateTime { ticks: date.ticks, kind: DateTimeKind::Unspecified }))
        }
        (Value::Str(text), Class::DateTimeOffset) => {
            // DateTimeStyles.None: without an offset the time is local, and that is UTC.
            date_parse::offset_date(machine, text, 0).map(Value::DateTimeOffset)
        }
        (Value::Str(text), Class::TimeSpan) => {
            date_parse::span(text).map(|ticks| Value::TimeSpan(TimeSpan(ticks)))
        }
        (Value::Str(text), Class::Guid) => match guid::parse(text) {
            Some(number) => Ok(Value::Guid(number)),
            None => Err(Fault::new(Class::FormatException, "Unrecognized Guid format.")),
        },
        (Value::Str(text), Class::Uri) => machine.add(Object::Uri(text.clone())),
        (Value::Ref(_), Class::Guid) => {
            let bytes = arrays::bytes(machine, value)?;
            let number = guid::from_bytes(&bytes);
            number.map(Value::Guid).ok_or_else(|| {
                take::argument("Byte array for Guid must be exactly 16 bytes long. (Parameter 'b')")
            })
        }
        (Value::Ref(_), Class::Uri) => Ok(value.clone()),
        _ => convert::convert(machine, value, class),
    }
}

/// Of an integer too wide for a `long`.
fn narrow(number: i128, class: Class) -> Result<Value, Fault> {
    numbers::integer_value(class, number).ok_or_else(|| overflow(class))
}

#[cold]
fn overflow(class: Class) -> Fault {
    let what = match class {
        Class::Decimal => "a Decimal",
        Class::Char => "a character",
        _ => numbers::integer_type(class).article,
    };
    numbers::overflow(what)
}
