//! Single elements, and questions about all of them.

use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::collections::{find, ignores_case, same};
use super::super::{sequence, take};
use super::{default, function, holds, map, sequence_error, source};

/// Which element is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    First,
    Last,
    Single,
}

/// `First`, `Last`, `Single` with or without predicate, and their `OrDefault` forms. The arguments behind
/// the source are the predicate, if there is one, and the default of the newer overloads.
pub(super) fn pick(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    which: Which,
    or_default: bool,
    filtered: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let mut found: Option<Value> = None;
    let mut count = 0_usize;
    let ordered: Vec<Value> = if which == Which::Last { items.into_iter().rev().collect() } else { items };
    for item in ordered {
        if filtered && !holds(machine, function(call, 1, "predicate")?, &item)? {
            continue;
        }
        count = count.saturating_add(1);
        found.get_or_insert(item);
        if which != Which::Single || count > 1 {
            break;
        }
    }
    if which == Which::Single && count > 1 {
        return Err(sequence_error(if filtered {
            "more than one matching element"
        } else {
            "more than one element"
        }));
    }
    match found {
        Some(item) => Ok(item),
        None if or_default => {
            let given = call.arguments.get(if filtered { 2 } else { 1 });
            Ok(given.cloned().unwrap_or_else(|| default(call.ty(0))))
        }
        None => Err(sequence_error(if filtered { "no matching element" } else { "no elements" })),
    }
}

pub(super) fn element_at(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    or_default: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let found = usize::try_from(take::int(call, 1)).ok().and_then(|at| items.get(at));
    match found {
        Some(item) => Ok(item.clone()),
        None if or_default => Ok(default(call.ty(0))),
        None => Err(take::out_of_range("index")),
    }
}

/// Number of elements that fulfil the predicate, if there is one.
pub(super) fn tally(machine: &mut Machine<'_, '_>, call: &Call<'_>, filtered: bool) -> Result<usize, Fault> {
    let items = source(machine, call)?;
    if !filtered {
        return Ok(items.len());
    }
    let predicate = function(call, 1, "predicate")?;
    let mut count = 0_usize;
    for item in &items {
        count = count.saturating_add(usize::from(holds(machine, predicate, item)?));
    }
    Ok(count)
}

pub(super) fn any(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let predicate = function(call, 1, "predicate")?;
    for item in &items {
        if holds(machine, predicate, item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub(super) fn all(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let predicate = function(call, 1, "predicate")?;
    for item in &items {
        if !holds(machine, predicate, item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

pub(super) fn contains(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let ignore_case = ignores_case(machine, call.get(2));
    Ok(Value::Bool(find(machine, &items, call.get(1), ignore_case)?.is_some()))
}

pub(super) fn sequence_equal(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    take::needed(call, 0, "first")?;
    take::needed(call, 1, "second")?;
    let first = source(machine, call)?;
    let second = sequence::items_of(machine, call.get(1), call.ty(0))?;
    let ignore_case = ignores_case(machine, call.get(2));
    if first.len() != second.len() {
        return Ok(Value::Bool(false));
    }
    for (a, b) in first.iter().zip(&second) {
        machine.spend(1)?;
        if !same(machine, a, b, ignore_case)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

pub(super) fn aggregate(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = source(machine, call)?.into_iter();
    let function = function(call, 1, "func")?;
    let Some(mut sum) = items.next() else { return Err(sequence_error("no elements")) };
    for item in items {
        machine.spend(1)?;
        sum = machine.invoke(function, &[sum, item])?;
    }
    Ok(sum)
}

pub(super) fn aggregate_from(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let folder = function(call, 2, "func")?;
    let mut sum = call.get(1).clone();
    for item in items {
        machine.spend(1)?;
        sum = machine.invoke(folder, &[sum, item])?;
    }
    match call.arguments.get(3) {
        Some(selector) => map(machine, selector, &sum),
        None => Ok(sum),
    }
}
