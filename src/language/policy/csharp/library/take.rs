//! Taking arguments apart. The binder has checked types, so what does not fit here came through a value
//! whose type is known only at run time, and reads as the zero of the wanted type.

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::Call;
use super::super::value::Value;
use crate::policy::Text;

pub use super::args::{integer, number as double};
pub use super::common::type_of;

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

/// Whether two values are one and the same object.
pub fn same(a: &Value, b: &Value) -> bool {
    matches!((a, b), (Value::Ref(a), Value::Ref(b)) if a == b)
}
