//! Entries of dictionaries: finding and changing them.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::{common, take};
use super::{order, same};

/// Entries of a map, to change them.
pub(super) fn entries_mut<'m>(
    machine: &'m mut Machine<'_, '_>,
    map: &Value,
) -> Result<&'m mut Vec<(Value, Value)>, Fault> {
    match machine.heap().object_mut(map) {
        Some(Object::Map { entries, .. } | Object::SortedMap { entries, .. }) => Ok(entries),
        _ => Err(Fault::null_reference()),
    }
}

/// Entries of a map.
pub(super) fn entries<'m>(machine: &'m Machine<'_, '_>, map: &Value) -> &'m [(Value, Value)] {
    match machine.object(map) {
        Some(Object::Map { entries, .. } | Object::SortedMap { entries, .. }) => entries,
        _ => &[],
    }
}

/// The place of a key.
pub(super) fn place(machine: &mut Machine<'_, '_>, map: &Value, key: &Value) -> Result<Option<usize>, Fault> {
    if *key == Value::Null {
        return Err(Fault::null_argument("key"));
    }
    let ignore_case = matches!(machine.object(map), Some(Object::Map { ignore_case: true, .. }));
    // Strings and numbers are compared in place; anything else by its `Equals`.
    let simple = matches!(key, Value::Str(_) | Value::Int(_) | Value::Char(_) | Value::Long(_));
    if simple && !ignore_case {
        let entries = entries(machine, map);
        let found = entries.iter().position(|(other, _)| other == key);
        let visited = found.unwrap_or(entries.len()) as u64;
        machine.spend(visited)?;
        return Ok(found);
    }
    let keys: Vec<Value> = entries(machine, map).iter().map(|(key, _)| key.clone()).collect();
    for (at, other) in keys.iter().enumerate() {
        machine.spend(1)?;
        if same(machine, other, key, ignore_case)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The value of a key.
pub fn get(machine: &mut Machine<'_, '_>, map: &Value, key: &Value) -> Result<Option<Value>, Fault> {
    let found = place(machine, map, key)?;
    Ok(found.and_then(|at| entries(machine, map).get(at)).map(|(_, value)| value.clone()))
}

/// Sets the value of a key, new or not.
pub fn set(machine: &mut Machine<'_, '_>, map: &Value, key: Value, value: Value) -> Result<(), Fault> {
    let found = place(machine, map, &key)?;
    if let Some(at) = found {
        if let Some(entry) = entries_mut(machine, map)?.get_mut(at) {
            entry.1 = value;
        }
        return Ok(());
    }
    push(machine, map, key, value)
}

/// Adds a key that must be new.
pub fn add(machine: &mut Machine<'_, '_>, map: &Value, key: Value, value: Value) -> Result<(), Fault> {
    if place(machine, map, &key)?.is_some() {
        let shown = common::display(machine, &key)?;
        let message = format!("An item with the same key has already been added. Key: {shown}");
        return Err(take::argument(message));
    }
    push(machine, map, key, value)
}

fn push(machine: &mut Machine<'_, '_>, map: &Value, key: Value, value: Value) -> Result<(), Fault> {
    machine.pay(64)?;
    let mut at = entries(machine, map).len();
    if matches!(machine.object(map), Some(Object::SortedMap { .. })) {
        let keys: Vec<Value> = entries(machine, map).iter().map(|(key, _)| key.clone()).collect();
        machine.spend(keys.len() as u64)?;
        for (before, other) in keys.iter().enumerate() {
            if order(machine, other, &key)?.is_gt() {
                at = before;
                break;
            }
        }
    }
    let entries = entries_mut(machine, map)?;
    entries.insert(at.min(entries.len()), (key, value));
    Ok(())
}

/// Removes a key; its value if it was there.
pub(super) fn remove(
    machine: &mut Machine<'_, '_>,
    map: &Value,
    key: &Value,
) -> Result<Option<Value>, Fault> {
    let found = place(machine, map, key)?;
    let entries = entries_mut(machine, map)?;
    Ok(found.filter(|at| *at < entries.len()).map(|at| entries.remove(at).1))
}

/// The exception of a key that is not there.
#[cold]
pub(super) fn missing(machine: &mut Machine<'_, '_>, key: &Value) -> Fault {
    match common::display(machine, key) {
        Ok(shown) => Fault::new(
            Class::KeyNotFoundException,
            format!("The given key '{shown}' was not present in the dictionary."),
        ),
        Err(fault) => fault,
    }
}
