//! `context.Variables`.
//!
//! `GetValueOrDefault<T>` throws `InvalidCastException` when the value is not a `T`: "throws an exception if
//! `T` does not match the type of the returned variable" ("policy expressions" page). Nothing is converted:
//! an `int` is not a `long`, and a text of digits is neither.

use super::super::super::Class;
use super::super::super::eval::is_of;
use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::arguments::{no_key, sequence, string_sequence, text};
use super::super::{Table, arrays, call, common};
use crate::policy::Text;

pub(super) const VARIABLES: Table = Table {
    class: Class::IVariables,
    parameters: &[],
    rows: &[
        call("object this[string key] { get; }", |machine, call| {
            let key = text(call, 1, "key")?;
            lookup(machine, &key).ok_or_else(|| no_key(&key))
        }),
        call("bool ContainsKey(string key)", |machine, call| {
            let key = text(call, 1, "key")?;
            Ok(Value::Bool(lookup(machine, &key).is_some()))
        }),
        call("bool TryGetValue(string key, out object value)", |machine, call| {
            let key = text(call, 1, "key")?;
            let value = lookup(machine, &key);
            let found = value.is_some();
            machine.set_out(2, value.unwrap_or(Value::Null));
            Ok(Value::Bool(found))
        }),
        call("T GetValueOrDefault<T>(string variableName)", |machine, call| {
            let key = text(call, 1, "key")?;
            match lookup(machine, &key) {
                Some(value) => cast(machine, value, call.ty(0)),
                None => Ok(arrays::default_value(call.ty(0))),
            }
        }),
        call("T GetValueOrDefault<T>(string variableName, T defaultValue)", |machine, call| {
            let key = text(call, 1, "key")?;
            match lookup(machine, &key) {
                Some(value) => cast(machine, value, call.ty(0)),
                None => Ok(call.get(2).clone()),
            }
        }),
        call("object GetValueOrDefault(string variableName)", |machine, call| {
            let key = text(call, 1, "key")?;
            Ok(lookup(machine, &key).unwrap_or(Value::Null))
        }),
        call("object GetValueOrDefault(string variableName, object defaultValue)", |machine, call| {
            let key = text(call, 1, "key")?;
            Ok(lookup(machine, &key).unwrap_or_else(|| call.get(2).clone()))
        }),
        call("IEnumerable<string> Keys { get; }", |machine, _| {
            let keys: Vec<Text> = entries(machine).map(|(name, _)| name.clone()).collect();
            string_sequence(machine, keys)
        }),
        call("IEnumerable<object> Values { get; }", |machine, _| {
            let values: Vec<Value> = entries(machine).map(|(_, value)| value.clone()).collect();
            sequence(machine, Type::OBJECT, values)
        }),
        call("int Count { get; }", |machine, _| {
            Ok(Value::Int(i32::try_from(entries(machine).count()).unwrap_or(i32::MAX)))
        }),
    ],
    denied: &[],
};

/// The variables that are set, as keys and values in the order of their slots.
pub(super) fn present(machine: &Machine<'_, '_>) -> Vec<(Value, Value)> {
    entries(machine).map(|(name, value)| (Value::Str(name.clone()), value.clone())).collect()
}

fn entries<'m>(machine: &'m Machine<'_, '_>) -> impl Iterator<Item = (&'m Text, &'m Value)> {
    let slots = machine.scope.names.iter().zip(machine.scope.variables);
    slots.filter_map(|(name, value)| value.as_ref().map(|value| (name, value)))
}

fn lookup(machine: &Machine<'_, '_>, key: &str) -> Option<Value> {
    let slot = machine.scope.names.iter().position(|name| name.as_str() == key)?;
    machine.scope.variables.get(slot)?.clone()
}

fn cast(machine: &Machine<'_, '_>, value: Value, ty: &Type) -> Result<Value, Fault> {
    let is_good = match &value {
        Value::Null => ty.takes_null(),
        value => is_of(machine.scope.heap, value, ty),
    };
    if is_good {
        return Ok(value);
    }
    let found = match common::type_of(machine, &value) {
        Type::Null => "null".to_owned(),
        ty => ty.full_name(),
    };
    Err(Fault::new(
        Class::InvalidCastException,
        format!("Unable to cast object of type '{found}' to type '{}'.", ty.full_name()),
    ))
}
