//! Members of `HashSet<T>`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, sequence, take};
use super::interfaces::{clear, contains, copy_to, count, remove};
use super::lists::holds;
use super::{find, ignores_case, items_mut};

/// `HashSet<T>`
pub(super) const TABLE: Table = Table {
    class: Class::HashSet,
    parameters: &["T"],
    rows: &[
        call("new()", |machine, call| make(machine, call, None, false)),
        call("new(IEnumerable<T> collection)", |machine, call| make(machine, call, Some(0), false)),
        call("new(StringComparer comparer)", |machine, call| {
            let ignore_case = ignores_case(machine, call.get(0));
            make(machine, call, None, ignore_case)
        }),
        call("new(IEnumerable<T> collection, StringComparer comparer)", |machine, call| {
            let ignore_case = ignores_case(machine, call.get(1));
            make(machine, call, Some(0), ignore_case)
        }),
        call("int Count { get; }", count),
        call("bool Add(T item)", add),
        call("bool Remove(T item)", remove),
        call("bool Contains(T item)", contains),
        call("void Clear()", clear),
        call("int RemoveWhere(Predicate<T> match)", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            let before = items.len();
            let mut kept = Vec::new();
            for item in items {
                if !holds(machine, call.get(1), &item)? {
                    kept.push(item);
                }
            }
            let removed = before.saturating_sub(kept.len());
            *items_mut(machine, call.get(0))? = kept;
            Ok(take::count(removed))
        }),
        call("void UnionWith(IEnumerable<T> other)", union_with),
        call("void IntersectWith(IEnumerable<T> other)", intersect_with),
        call("void ExceptWith(IEnumerable<T> other)", except_with),
        call("void SymmetricExceptWith(IEnumerable<T> other)", symmetric_except_with),
        call("bool SetEquals(IEnumerable<T> other)", set_equals),
        call("bool IsSubsetOf(IEnumerable<T> other)", is_subset),
        call("bool IsSupersetOf(IEnumerable<T> other)", is_superset),
        call("bool IsProperSubsetOf(IEnumerable<T> other)", |machine, call| {
            let (own, other, ignore_case) = both(machine, call)?;
            let inside = all_in(machine, &own, &other, ignore_case)?;
            Ok(Value::Bool(inside && !all_in(machine, &other, &own, ignore_case)?))
        }),
        call("bool IsProperSupersetOf(IEnumerable<T> other)", |machine, call| {
            let (own, other, ignore_case) = both(machine, call)?;
            let inside = all_in(machine, &other, &own, ignore_case)?;
            Ok(Value::Bool(inside && !all_in(machine, &own, &other, ignore_case)?))
        }),
        call("bool Overlaps(IEnumerable<T> other)", overlaps),
        call("void CopyTo(T[] array, int arrayIndex)", copy_to),
    ],
    denied: &[],
};

fn make(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    source: Option<usize>,
    ignore_case: bool,
) -> Result<Value, Fault> {
    let mut items = Vec::new();
    if let Some(index) = source {
        take::needed(call, index, "collection")?;
        let all = sequence::items_of(machine, call.get(index), call.ty(0))?;
        items = unique(machine, all, ignore_case)?;
    }
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::Set { element: call.ty(0).clone(), items, ignore_case })
}

/// Each item once, where it stands first.
pub(in super::super) fn unique(
    machine: &mut Machine<'_, '_>,
    items: Vec<Value>,
    ignore_case: bool,
) -> Result<Vec<Value>, Fault> {
    let mut unique: Vec<Value> = Vec::new();
    for item in items {
        if find(machine, &unique, &item, ignore_case)?.is_none() {
            unique.push(item);
        }
    }
    Ok(unique)
}

pub(super) fn add(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.pay(32)?;
    if contains(machine, call)? == Value::Bool(true) {
        return Ok(Value::Bool(false));
    }
    let item = call.get(1).clone();
    items_mut(machine, call.get(0))?.push(item);
    Ok(Value::Bool(true))
}

/// The own items, the other ones, and whether case is ignored.
fn both(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<(Vec<Value>, Vec<Value>, bool), Fault> {
    take::needed(call, 1, "other")?;
    let ignore_case = matches!(machine.object(call.get(0)), Some(Object::Set { ignore_case: true, .. }));
    let own = sequence::items(machine, call.get(0))?;
    Ok((own, sequence::items(machine, call.get(1))?, ignore_case))
}

fn all_in(
    machine: &mut Machine<'_, '_>,
    items: &[Value],
    others: &[Value],
    ignore_case: bool,
) -> Result<bool, Fault> {
    for item in items {
        if find(machine, others, item, ignore_case)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Those items that are (or are not) among others.
pub(in super::super) fn among(
    machine: &mut Machine<'_, '_>,
    items: Vec<Value>,
    others: &[Value],
    wanted: bool,
    ignore_case: bool,
) -> Result<Vec<Value>, Fault> {
    let mut kept = Vec::new();
    for item in items {
        if find(machine, others, &item, ignore_case)?.is_some() == wanted {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn store(machine: &mut Machine<'_, '_>, call: &Call<'_>, items: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    *items_mut(machine, call.get(0))? = items;
    Ok(Value::Null)
}

pub(super) fn union_with(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (mut own, other, ignore_case) = both(machine, call)?;
    own.extend(other);
    let items = unique(machine, own, ignore_case)?;
    store(machine, call, items)
}

pub(super) fn intersect_with(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    let items = among(machine, own, &other, true, ignore_case)?;
    store(machine, call, items)
}

pub(super) fn except_with(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    let items = among(machine, own, &other, false, ignore_case)?;
    store(machine, call, items)
}

pub(super) fn symmetric_except_with(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    let other = unique(machine, other, ignore_case)?;
    let mut items = among(machine, own.clone(), &other, false, ignore_case)?;
    items.extend(among(machine, other, &own, false, ignore_case)?);
    store(machine, call, items)
}

pub(super) fn set_equals(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    let inside = all_in(machine, &own, &other, ignore_case)?;
    Ok(Value::Bool(inside && all_in(machine, &other, &own, ignore_case)?))
}

pub(super) fn is_subset(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    all_in(machine, &own, &other, ignore_case).map(Value::Bool)
}

pub(super) fn is_superset(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    all_in(machine, &other, &own, ignore_case).map(Value::Bool)
}

pub(super) fn overlaps(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (own, other, ignore_case) = both(machine, call)?;
    Ok(Value::Bool(!among(machine, own, &other, true, ignore_case)?.is_empty()))
}
