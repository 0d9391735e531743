//! `Where`, `Select` and what else keeps, changes or rearranges elements.

use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{sequence, take};
use super::{function, holds, map, result, source};
use crate::policy::csharp::{Class, Type};

/// An index as `int`.
fn index(at: usize) -> Value {
    take::count(at)
}

pub(super) fn keep(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let predicate = function(call, 1, "predicate")?;
    let mut kept = Vec::new();
    for item in items {
        if holds(machine, predicate, &item)? {
            kept.push(item);
        }
    }
    result(machine, call.ty(0), kept)
}

pub(super) fn keep_indexed(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let predicate = function(call, 1, "predicate")?;
    let mut kept = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        machine.spend(1)?;
        if machine.invoke(predicate, &[item.clone(), index(at)])? == Value::Bool(true) {
            kept.push(item);
        }
    }
    result(machine, call.ty(0), kept)
}

pub(super) fn select(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let selector = function(call, 1, "selector")?;
    let mut selected = Vec::with_capacity(items.len());
    for item in &items {
        selected.push(map(machine, selector, item)?);
    }
    result(machine, call.ty(1), selected)
}

pub(super) fn select_indexed(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let selector = function(call, 1, "selector")?;
    let mut selected = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        machine.spend(1)?;
        selected.push(machine.invoke(selector, &[item, index(at)])?);
    }
    result(machine, call.ty(1), selected)
}

pub(super) fn select_many(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let selector = function(call, 1, "selector")?;
    let mut selected = Vec::new();
    for item in &items {
        let inner = map(machine, selector, item)?;
        selected.extend(sequence::items_of(machine, &inner, call.ty(1))?);
    }
    result(machine, call.ty(1), selected)
}

pub(super) fn select_many_indexed(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let selector = function(call, 1, "selector")?;
    let mut selected = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        machine.spend(1)?;
        let inner = machine.invoke(selector, &[item, index(at)])?;
        selected.extend(sequence::items_of(machine, &inner, call.ty(1))?);
    }
    result(machine, call.ty(1), selected)
}

pub(super) fn select_many_pairs(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let collection = function(call, 1, "collectionSelector")?;
    let selector = function(call, 2, "resultSelector")?;
    let mut selected = Vec::new();
    for item in &items {
        let inner = map(machine, collection, item)?;
        for other in sequence::items_of(machine, &inner, call.ty(1))? {
            machine.spend(1)?;
            selected.push(machine.invoke(selector, &[item.clone(), other])?);
        }
    }
    result(machine, call.ty(2), selected)
}

pub(super) fn skip(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    let count = usize::try_from(take::int(call, 1)).unwrap_or(0).min(items.len());
    items.drain(..count);
    result(machine, call.ty(0), items)
}

pub(super) fn limit(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    items.truncate(usize::try_from(take::int(call, 1)).unwrap_or(0));
    result(machine, call.ty(0), items)
}

pub(super) fn skip_last(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    let count = usize::try_from(take::int(call, 1)).unwrap_or(0);
    items.truncate(items.len().saturating_sub(count));
    result(machine, call.ty(0), items)
}

pub(super) fn take_last(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    let count = usize::try_from(take::int(call, 1)).unwrap_or(0);
    items.drain(..items.len().saturating_sub(count));
    result(machine, call.ty(0), items)
}

/// How many elements from the start fulfil the predicate of argument 1.
fn prefix(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    items: &[Value],
    indexed: bool,
) -> Result<usize, Fault> {
    let predicate = function(call, 1, "predicate")?;
    for (at, item) in items.iter().enumerate() {
        machine.spend(1)?;
        let holds = if indexed {
            machine.invoke(predicate, &[item.clone(), index(at)])?
        } else {
            machine.invoke(predicate, std::slice::from_ref(item))?
        };
        if holds != Value::Bool(true) {
            return Ok(at);
        }
    }
    Ok(items.len())
}

pub(super) fn skip_while(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    indexed: bool,
) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    let count = prefix(machine, call, &items, indexed)?;
    items.drain(..count);
    result(machine, call.ty(0), items)
}

pub(super) fn take_while(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    indexed: bool,
) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    let count = prefix(machine, call, &items, indexed)?;
    items.truncate(count);
    result(machine, call.ty(0), items)
}

pub(super) fn concat(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    take::needed(call, 0, "first")?;
    take::needed(call, 1, "second")?;
    let mut items = source(machine, call)?;
    items.extend(sequence::items_of(machine, call.get(1), call.ty(0))?);
    result(machine, call.ty(0), items)
}

pub(super) fn append(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    items.push(call.get(1).clone());
    result(machine, call.ty(0), items)
}

pub(super) fn prepend(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    items.insert(0, call.get(1).clone());
    result(machine, call.ty(0), items)
}

pub(super) fn reverse(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    items.reverse();
    result(machine, call.ty(0), items)
}

pub(super) fn zip(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    take::needed(call, 0, "first")?;
    take::needed(call, 1, "second")?;
    let first = source(machine, call)?;
    let second = sequence::items_of(machine, call.get(1), call.ty(1))?;
    let selector = function(call, 2, "resultSelector")?;
    let mut zipped = Vec::new();
    for (a, b) in first.into_iter().zip(second) {
        machine.spend(1)?;
        zipped.push(machine.invoke(selector, &[a, b])?);
    }
    result(machine, call.ty(2), zipped)
}

pub(super) fn default_if_empty(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    value: Value,
) -> Result<Value, Fault> {
    let mut items = source(machine, call)?;
    if items.is_empty() {
        items.push(value);
    }
    result(machine, call.ty(0), items)
}

/// `OfType<T>()`: the elements that are of the type.
pub(super) fn of_type(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    take::needed(call, 0, "source")?;
    let items = sequence::items_of(machine, call.get(0), call.ty(0))?;
    let fits = |item: &Value| *item != Value::Null && is_of(machine, item, call.ty(0));
    let kept = items.into_iter().filter(fits).collect();
    result(machine, call.ty(0), kept)
}

/// `Cast<T>()`: the elements, all of which must be of the type.
pub(super) fn cast(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    take::needed(call, 0, "source")?;
    let items = sequence::items_of(machine, call.get(0), call.ty(0))?;
    for item in &items {
        if *item == Value::Null && !call.ty(0).takes_null() {
            return Err(Fault::null_reference());
        }
        if *item != Value::Null && !is_of(machine, item, call.ty(0)) {
            let (from, to) = (take::type_of(machine, item).full_name(), call.ty(0).full_name());
            let message = format!("Unable to cast object of type '{from}' to type '{to}'.");
            return Err(Fault::new(Class::InvalidCastException, message));
        }
    }
    result(machine, call.ty(0), items)
}

/// Whether a value that is not null is of a type; type arguments do not count.
fn is_of(machine: &Machine<'_, '_>, item: &Value, ty: &Type) -> bool {
    let wanted = ty.nullable_of().unwrap_or(ty);
    match (take::type_of(machine, item).class(), wanted.class()) {
        (Some(own), Some(wanted)) => own.derives_from(wanted),
        (None, Some(wanted)) => wanted == Class::Object,
        (_, None) => true,
    }
}
