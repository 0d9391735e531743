//! Taking arguments apart. The binder has checked types, so what does not fit here came through a value
//! whose type is known only at run time, and reads as the zero of the wanted type.

use rust_decimal::prelude::ToPrimitive as _;

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::{Object, Ref};
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::Value;
use crate::policy::Text;

/// Any integer or character as a wide one.
pub fn integer(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Char(n) | Value::UShort(n) => i128::from(*n),
        Value::SByte(n) => i128::from(*n),
        Value::Byte(n) => i128::from(*n),
        Value::Short(n) => i128::from(*n),
        Value::Int(n) | Value::Enum(_, n) => i128::from(*n),
        Value::UInt(n) => i128::from(*n),
        Value::Long(n) => i128::from(*n),
        Value::ULong(n) => i128::from(*n),
        _ => return None,
    })
}

/// Any number as a double.
pub fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Float(n) => Some(f64::from(n.get())),
        Value::Double(n) => Some(n.get()),
        Value::Decimal(n) => n.get().to_f64(),
        other => integer(other).map(|n| n as f64),
    }
}

/// An `int` argument.
pub fn int(call: &Call<'_>, index: usize) -> i32 {
    integer(call.get(index))
        .map_or(0, |n| i32::try_from(n).unwrap_or(if n < 0 { i32::MIN } else { i32::MAX }))
}

/// A `bool` argument.
pub fn boolean(call: &Call<'_>, index: usize) -> bool {
    matches!(call.get(index), Value::Bool(true))
}

/// A `string` argument that may be null.
pub fn text(call: &Call<'_>, index: usize) -> Option<Text> {
    match call.get(index) {
        Value::Str(text) => Some(text.clone()),
        _ => None,
    }
}

/// A `string` argument that must not be null.
pub fn needed_text(call: &Call<'_>, index: usize, name: &str) -> Result<Text, Fault> {
    text(call, index).ok_or_else(|| Fault::null_argument(name))
}

/// A length as `int`.
pub fn count(len: usize) -> Value {
    Value::Int(i32::try_from(len).unwrap_or(i32::MAX))
}

/// `ArgumentOutOfRangeException` of lists and arrays.
#[cold]
pub fn out_of_range(name: &str) -> Fault {
    let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
    argument_range(message, name)
}

/// `ArgumentOutOfRangeException` with a message.
#[cold]
pub fn argument_range(message: &str, name: &str) -> Fault {
    Fault::new(Class::ArgumentOutOfRangeException, format!("{message} (Parameter '{name}')"))
}

/// `ArgumentException` with a message.
#[cold]
pub fn argument(message: impl Into<Text>) -> Fault {
    Fault::new(Class::ArgumentException, message)
}

/// `InvalidOperationException` with a message.
#[cold]
pub fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(Class::InvalidOperationException, message)
}

/// The argument unless it is null.
pub fn needed<'a>(call: &'a Call<'_>, index: usize, name: &str) -> Result<&'a Value, Fault> {
    match call.get(index) {
        Value::Null => Err(Fault::null_argument(name)),
        value => Ok(value),
    }
}

/// The object a value refers to, by number.
pub const fn reference(value: &Value) -> Option<Ref> {
    match value {
        Value::Ref(at) => Some(*at),
        _ => None,
    }
}

/// Whether two values are one and the same object.
pub fn same(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Ref(a), Value::Ref(b)) if a == b)
}

/// The type a value has at run time; `object` for null and for what has no class of its own.
pub fn type_of(machine: &Machine<'_, '_>, value: &Value) -> Type {
    let class = match value {
        Value::Null => Class::Object,
        Value::Bool(_) => Class::Bool,
        Value::Char(_) => Class::Char,
        Value::SByte(_) => Class::SByte,
        Value::Byte(_) => Class::Byte,
        Value::Short(_) => Class::Short,
        Value::UShort(_) => Class::UShort,
        Value::Int(_) => Class::Int,
        Value::UInt(_) => Class::UInt,
        Value::Long(_) => Class::Long,
        Value::ULong(_) => Class::ULong,
        Value::Float(_) => Class::Float,
        Value::Double(_) => Class::Double,
        Value::Decimal(_) => Class::Decimal,
        Value::Str(_) => Class::String,
        Value::DateTime(_) => Class::DateTime,
        Value::DateTimeOffset(_) => Class::DateTimeOffset,
        Value::TimeSpan(_) => Class::TimeSpan,
        Value::Guid(_) => Class::Guid,
        Value::Enum(class, _) => *class,
        Value::Type(_) => Class::Type,
        Value::Host(_) => Class::Object,
        Value::Ref(_) => return machine.object(value).map_or(Type::OBJECT, object_type),
    };
    Type::Plain(class)
}

fn object_type(object: &Object) -> Type {
    match object {
        Object::Array { element, .. } => Type::array(element.clone()),
        Object::List { class, element, .. } => Type::generic(*class, [element.clone()]),
        Object::Ordered { element, .. } => Type::generic(Class::IOrderedEnumerable, [element.clone()]),
        Object::Map { key, value, .. } => Type::generic(Class::Dictionary, [key.clone(), value.clone()]),
        Object::SortedMap { key, value, .. } => {
            Type::generic(Class::SortedDictionary, [key.clone(), value.clone()])
        }
        Object::Set { element, .. } => Type::generic(Class::HashSet, [element.clone()]),
        Object::Pair { types, .. } => Type::generic(Class::KeyValuePair, [types.0.clone(), types.1.clone()]),
        Object::Grouping { types, .. } => Type::generic(Class::IGrouping, [types.0.clone(), types.1.clone()]),
        Object::Tuple { class, types, .. } => Type::generic(*class, types.iter().cloned()),
        Object::Anonymous { ty, .. } | Object::Closure { ty, .. } => ty.clone(),
        Object::Json(node) => Type::Plain(node.class()),
        Object::Exception { class, .. } | Object::Builder { class, .. } | Object::Record { class, .. } => {
            Type::Plain(*class)
        }
        Object::Uri(_) => Type::Plain(Class::Uri),
        Object::Regex(_) => Type::Plain(Class::Regex),
        Object::ResponsePart(class, _) => Type::Plain(*class),
        Object::Random(_) | Object::FreeRandom => Type::Plain(Class::Random),
        Object::Xml(_) | Object::Match(_) | Object::Response(_) => Type::OBJECT,
    }
}
