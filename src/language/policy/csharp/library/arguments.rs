//! Taking arguments apart and making the values that members give: what several families share.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::{DateTime, DateTimeKind, Value};
use crate::policy::Text;

/// The string argument at `index`; null throws `ArgumentNullException` for the parameter `name`.
pub fn text(call: &Call<'_>, index: usize, name: &str) -> Result<Text, Fault> {
    optional_text(call, index).ok_or_else(|| Fault::null_argument(name))
}

/// The string argument at `index`, `None` for null.
pub fn optional_text(call: &Call<'_>, index: usize) -> Option<Text> {
    match call.get(index) {
        Value::Str(text) => Some(text.clone()),
        _ => None,
    }
}

/// The `int` argument at `index`; an enumeration's number counts as one.
pub fn int(call: &Call<'_>, index: usize) -> i32 {
    match call.get(index) {
        Value::Int(number) | Value::Enum(_, number) => *number,
        _ => 0,
    }
}

/// The `bool` argument at `index`.
pub fn bool(call: &Call<'_>, index: usize) -> bool {
    matches!(call.get(index), Value::Bool(true))
}

/// A string or null.
pub fn nullable(text: Option<&Text>) -> Value {
    text.map_or(Value::Null, |text| Value::Str(text.clone()))
}

/// A new `string[]`.
pub fn strings(machine: &mut Machine<'_, '_>, texts: impl IntoIterator<Item = Text>) -> Result<Value, Fault> {
    let items: Vec<Value> = texts.into_iter().map(Value::Str).collect();
    array(machine, Type::STRING, items)
}

/// A new sequence, as lists are seen by those who may only read them.
pub fn sequence(machine: &mut Machine<'_, '_>, element: Type, items: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::List { class: Class::IEnumerableOf, element, items })
}

/// A new sequence of strings.
pub fn string_sequence(
    machine: &mut Machine<'_, '_>,
    texts: impl IntoIterator<Item = Text>,
) -> Result<Value, Fault> {
    let items: Vec<Value> = texts.into_iter().map(Value::Str).collect();
    sequence(machine, Type::STRING, items)
}

/// A new array.
pub fn array(machine: &mut Machine<'_, '_>, element: Type, items: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::Array { element, items })
}

/// A new object that is a few values.
pub fn record(machine: &mut Machine<'_, '_>, class: Class, fields: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(fields.len().saturating_mul(32))?;
    machine.add(Object::Record { class, fields })
}

/// Field `index` of a record.
pub fn field(machine: &Machine<'_, '_>, record: &Value, index: usize) -> Value {
    match machine.object(record) {
        Some(Object::Record { fields, .. }) => fields.get(index).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

/// Replaces field `index` of a record.
pub fn set_field(machine: &mut Machine<'_, '_>, record: &Value, index: usize, value: Value) {
    if let Some(Object::Record { fields, .. }) = machine.heap().object_mut(record)
        && let Some(field) = fields.get_mut(index)
    {
        *field = value;
    }
}

/// A `DateTime` of UTC.
pub const fn utc(ticks: i64) -> Value {
    Value::DateTime(DateTime { ticks, kind: DateTimeKind::Utc })
}

/// `KeyNotFoundException`
#[cold]
pub fn no_key(key: &str) -> Fault {
    Fault::new(
        Class::KeyNotFoundException,
        format!("The given key '{key}' was not present in the dictionary."),
    )
}
