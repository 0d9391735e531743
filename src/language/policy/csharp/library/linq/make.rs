//! Collections from sequences, and sequences from nothing.

use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::collections::{array, ignores_case, map_add, unique};
use super::super::{sequence, take};
use super::{Class, Type, function, map, result, source};

pub(super) fn to_list(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    sequence::list(machine, Class::List, call.ty(0).clone(), items)
}

pub(super) fn to_array(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    array(machine, call.ty(0).clone(), items)
}

pub(super) fn to_set(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let ignore_case = ignores_case(machine, call.get(1));
    let items = unique(machine, items, ignore_case)?;
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::Set { element: call.ty(0).clone(), items, ignore_case })
}

/// `ToDictionary(source, key)` and, `with_element`, `ToDictionary(source, key, element)`.
pub(super) fn to_dictionary(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    with_element: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let key = function(call, 1, "keySelector")?;
    let element = if with_element { Some(function(call, 2, "elementSelector")?) } else { None };
    let ignore_case = ignores_case(machine, call.get(if with_element { 3 } else { 2 }));
    let (key_type, value_type) = (call.ty(1).clone(), call.ty(if with_element { 2 } else { 0 }).clone());
    let made =
        machine.add(Object::Map { key: key_type, value: value_type, entries: Vec::new(), ignore_case })?;
    for item in items {
        let key = map(machine, key, &item)?;
        let value = match element {
            Some(element) => map(machine, element, &item)?,
            None => item,
        };
        map_add(machine, &made, key, value)?;
    }
    Ok(made)
}

pub(super) fn range(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (start, count) = (take::int(call, 0), take::int(call, 1));
    let last = i64::from(start).saturating_add(i64::from(count)).saturating_sub(1);
    if count < 0 || (count > 0 && last > i64::from(i32::MAX)) {
        let message = "Specified argument was out of the range of valid values.";
        return Err(take::argument_range(message, "count"));
    }
    machine.pay(usize::try_from(count).unwrap_or(0).saturating_mul(32))?;
    let items = (0..count).map(|at| Value::Int(start.saturating_add(at))).collect();
    result(machine, &Type::INT, items)
}

pub(super) fn repeat(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let Ok(count) = usize::try_from(take::int(call, 1)) else {
        let message = "Specified argument was out of the range of valid values.";
        return Err(take::argument_range(message, "count"));
    };
    machine.pay(count.saturating_mul(32))?;
    let items = vec![call.get(0).clone(); count];
    result(machine, call.ty(0), items)
}
