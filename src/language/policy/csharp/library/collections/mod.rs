//! `System.Collections.Generic`: lists, dictionaries, sets, queues and stacks.
//!
//! Rules
//! - Dictionaries and sets run in order of insertion, as .NET's do until something is removed; then .NET
//!   fills the gap first.
//! - Keys are compared by `object.Equals`, strings without case when the collection was made with a
//!   comparer that ignores it.
//! - Members of interfaces are in the interfaces' tables, so that they are found through any type.
//!
//! Not modelled: comparers written by users, capacity.

mod comparers;
mod dictionaries;
mod interfaces;
mod lists;
mod maps;
mod queues;
mod sets;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::Machine;
use super::super::value::Value;
use super::super::{Class, Type};
use super::{Table, collation, common};

/// Members of the family.
pub const TABLES: &[Table] = &[
    interfaces::COLLECTION,
    interfaces::READ_ONLY_COLLECTION,
    interfaces::LIST,
    interfaces::READ_ONLY_LIST,
    interfaces::SET,
    lists::TABLE,
    dictionaries::INTERFACE,
    dictionaries::READ_ONLY,
    dictionaries::TABLE,
    dictionaries::SORTED,
    dictionaries::PAIR,
    sets::TABLE,
    queues::QUEUE,
    queues::STACK,
    comparers::TABLE,
];

pub(super) use comparers::order_by;
pub use maps::{add as map_add, get as map_get, set as map_set};
pub(super) use sets::{among, unique};

/// `EqualityComparer<T>.Default.Equals`, with a short way for what keys mostly are.
pub(super) fn same(
    machine: &mut Machine<'_, '_>,
    a: &Value,
    b: &Value,
    ignore_case: bool,
) -> Result<bool, Fault> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) if ignore_case => Ok(collation::same_ignoring_case(a, b)),
        (Value::Str(a), Value::Str(b)) => Ok(a == b),
        (Value::Int(a), Value::Int(b)) => Ok(a == b),
        (Value::Null, other) | (other, Value::Null) => Ok(*other == Value::Null),
        _ => common::equals(machine, a, b),
    }
}

/// The place of an item.
pub(super) fn find(
    machine: &mut Machine<'_, '_>,
    items: &[Value],
    item: &Value,
    ignore_case: bool,
) -> Result<Option<usize>, Fault> {
    for (at, other) in items.iter().enumerate() {
        machine.spend(1)?;
        if same(machine, other, item, ignore_case)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The items of a list or an array, to change them.
pub(super) fn items_mut<'m>(
    machine: &'m mut Machine<'_, '_>,
    list: &Value,
) -> Result<&'m mut Vec<Value>, Fault> {
    match machine.heap().object_mut(list) {
        Some(Object::List { items, .. } | Object::Array { items, .. } | Object::Set { items, .. }) => {
            Ok(items)
        }
        _ => Err(Fault::new(Class::NotSupportedException, "Collection is read-only.")),
    }
}

/// Whether a comparer argument ignores case.
pub(super) fn ignores_case(machine: &Machine<'_, '_>, comparer: &Value) -> bool {
    // Odd numbers of `StringComparison` do.
    comparers::comparison(machine, comparer).rem_euclid(2) == 1
}

/// Sorts stably by a comparison that may fail. An inconsistent comparison gives some order.
pub(super) fn sort<T: Clone>(
    machine: &mut Machine<'_, '_>,
    items: Vec<T>,
    compare: &mut dyn FnMut(&mut Machine<'_, '_>, &T, &T) -> Result<Ordering, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut runs: Vec<Vec<T>> = items.into_iter().map(|item| vec![item]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut pairs = runs.into_iter();
        while let Some(left) = pairs.next() {
            match pairs.next() {
                Some(right) => merged.push(merge(machine, left, right, compare)?),
                None => merged.push(left),
            }
        }
        runs = merged;
    }
    Ok(runs.pop().unwrap_or_default())
}

fn merge<T>(
    machine: &mut Machine<'_, '_>,
    left: Vec<T>,
    right: Vec<T>,
    compare: &mut dyn FnMut(&mut Machine<'_, '_>, &T, &T) -> Result<Ordering, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut merged = Vec::with_capacity(left.len().saturating_add(right.len()));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        machine.spend(2)?;
        let take_right = compare(machine, a, b)? == Ordering::Greater;
        merged.extend(if take_right { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// Compares by the default order; null comes first.
pub(super) fn order(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<Ordering, Fault> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Ok(a.cmp(b)),
        (Value::Null, Value::Null) => Ok(Ordering::Equal),
        (Value::Null, _) => Ok(Ordering::Less),
        (_, Value::Null) => Ok(Ordering::Greater),
        _ => common::compare(machine, a, b),
    }
}

/// A new array.
pub(super) fn array(machine: &mut Machine<'_, '_>, element: Type, items: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::Array { element, items })
}
