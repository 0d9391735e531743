//! Members that collections share, in the tables of their interfaces.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, json, sequence, take};
use super::{find, items_mut, maps};

/// `ICollection<T>`
pub(super) const COLLECTION: Table = Table {
    class: Class::ICollection,
    parameters: &["T"],
    rows: &[
        call("int Count { get; }", count),
        call("bool IsReadOnly { get; }", |machine, call| {
            Ok(Value::Bool(matches!(machine.object(call.get(0)), Some(Object::Array { .. }))))
        }),
        call("void Add(T item)", add),
        call("void Clear()", clear),
        call("bool Contains(T item)", contains),
        call("bool Remove(T item)", remove),
        call("void CopyTo(T[] array, int arrayIndex)", copy_to),
    ],
    denied: &[],
};

/// `IReadOnlyCollection<T>`
pub(super) const READ_ONLY_COLLECTION: Table = Table {
    class: Class::IReadOnlyCollection,
    parameters: &["T"],
    rows: &[call("int Count { get; }", count)],
    denied: &[],
};

/// `IList<T>`
pub(super) const LIST: Table = Table {
    class: Class::IList,
    parameters: &["T"],
    rows: &[
        call("T this[int index] { get; }", get),
        call("T this[int index] { set; }", set),
        call("int IndexOf(T item)", index_of),
        call("void Insert(int index, T item)", insert),
        call("void RemoveAt(int index)", remove_at),
    ],
    denied: &[],
};

/// `IReadOnlyList<T>`
pub(super) const READ_ONLY_LIST: Table = Table {
    class: Class::IReadOnlyList,
    parameters: &["T"],
    rows: &[call("T this[int index] { get; }", get)],
    denied: &[],
};

/// `ISet<T>`: what `HashSet<T>` has beside the members of `ICollection<T>` is in its own table.
pub(super) const SET: Table = Table {
    class: Class::ISet,
    parameters: &["T"],
    rows: &[
        call("bool Add(T item)", super::sets::add),
        call("bool SetEquals(IEnumerable<T> other)", super::sets::set_equals),
        call("bool IsSubsetOf(IEnumerable<T> other)", super::sets::is_subset),
        call("bool IsSupersetOf(IEnumerable<T> other)", super::sets::is_superset),
        call("bool Overlaps(IEnumerable<T> other)", super::sets::overlaps),
        call("void UnionWith(IEnumerable<T> other)", super::sets::union_with),
        call("void IntersectWith(IEnumerable<T> other)", super::sets::intersect_with),
        call("void ExceptWith(IEnumerable<T> other)", super::sets::except_with),
        call("void SymmetricExceptWith(IEnumerable<T> other)", super::sets::symmetric_except_with),
    ],
    denied: &[],
};

/// Number of elements of a collection.
pub(super) fn len(machine: &mut Machine<'_, '_>, collection: &Value) -> Result<usize, Fault> {
    Ok(match machine.object(collection) {
        Some(
            Object::List { items, .. }
            | Object::Array { items, .. }
            | Object::Set { items, .. }
            | Object::Ordered { items, .. }
            | Object::Grouping { items, .. },
        ) => items.len(),
        Some(Object::Map { entries, .. } | Object::SortedMap { entries, .. }) => entries.len(),
        Some(Object::Json(_)) => json::children(machine, collection).len(),
        _ => sequence::items(machine, collection)?.len(),
    })
}

pub(super) fn count(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    len(machine, call.get(0)).map(take::count)
}

pub(super) fn get(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let at = usize::try_from(take::int(call, 1)).ok();
    let found = match machine.object(call.get(0)) {
        Some(Object::List { items, .. } | Object::Array { items, .. } | Object::Ordered { items, .. }) => {
            at.and_then(|at| items.get(at)).cloned()
        }
        Some(Object::Json(_)) => at.and_then(|at| json::children(machine, call.get(0)).get(at).cloned()),
        _ => return Err(Fault::unsupported("this index")),
    };
    found.ok_or_else(|| take::out_of_range("index"))
}

pub(super) fn set(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let at = usize::try_from(take::int(call, 1)).ok();
    let value = call.get(2).clone();
    match at.and_then(|at| items_mut(machine, call.get(0)).ok()?.get_mut(at)) {
        Some(slot) => {
            *slot = value;
            Ok(Value::Null)
        }
        None => Err(take::out_of_range("index")),
    }
}

pub(super) fn add(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.pay(32)?;
    match machine.object(call.get(0)) {
        Some(Object::Set { .. }) => super::sets::add(machine, call).map(|_| Value::Null),
        Some(Object::Map { .. } | Object::SortedMap { .. }) => {
            let Some(Object::Pair { entry, .. }) = machine.object(call.get(1)) else {
                return Err(Fault::null_argument("key"));
            };
            let (key, value) = (**entry).clone();
            maps::add(machine, call.get(0), key, value)?;
            Ok(Value::Null)
        }
        Some(Object::Array { .. }) => {
            Err(Fault::new(Class::NotSupportedException, "Collection was of a fixed size."))
        }
        _ => {
            let item = call.get(1).clone();
            items_mut(machine, call.get(0))?.push(item);
            Ok(Value::Null)
        }
    }
}

pub(super) fn clear(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    match machine.heap().object_mut(call.get(0)) {
        Some(Object::Map { entries, .. } | Object::SortedMap { entries, .. }) => entries.clear(),
        _ => items_mut(machine, call.get(0))?.clear(),
    }
    Ok(Value::Null)
}

/// The items and whether strings among them compare without case.
fn searchable(machine: &mut Machine<'_, '_>, collection: &Value) -> Result<(Vec<Value>, bool), Fault> {
    let ignore_case = matches!(machine.object(collection), Some(Object::Set { ignore_case: true, .. }));
    Ok((sequence::items(machine, collection)?, ignore_case))
}

pub(super) fn contains(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (items, ignore_case) = searchable(machine, call.get(0))?;
    Ok(Value::Bool(find(machine, &items, call.get(1), ignore_case)?.is_some()))
}

pub(super) fn index_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (items, ignore_case) = searchable(machine, call.get(0))?;
    Ok(find(machine, &items, call.get(1), ignore_case)?.map_or(Value::Int(-1), take::count))
}

pub(super) fn remove(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (items, ignore_case) = searchable(machine, call.get(0))?;
    match find(machine, &items, call.get(1), ignore_case)? {
        Some(at) => {
            let items = items_mut(machine, call.get(0))?;
            if at < items.len() {
                items.remove(at);
            }
            Ok(Value::Bool(true))
        }
        None => Ok(Value::Bool(false)),
    }
}

pub(super) fn insert(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.pay(32)?;
    let item = call.get(2).clone();
    let items = items_mut(machine, call.get(0))?;
    match usize::try_from(take::int(call, 1)) {
        Ok(at) if at <= items.len() => {
            items.insert(at, item);
            Ok(Value::Null)
        }
        _ => Err(take::argument_range("Index must be within the bounds of the List.", "index")),
    }
}

pub(super) fn remove_at(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = items_mut(machine, call.get(0))?;
    match usize::try_from(take::int(call, 1)) {
        Ok(at) if at < items.len() => {
            items.remove(at);
            Ok(Value::Null)
        }
        _ => Err(take::out_of_range("index")),
    }
}

pub(super) fn copy_to(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let source = sequence::items(machine, call.get(0))?;
    let target = items_mut(machine, call.get(1))?;
    let start = usize::try_from(take::int(call, 2)).unwrap_or(usize::MAX);
    if start.saturating_add(source.len()) > target.len() {
        let message = "Destination array was not long enough. Check the destination index, length, and the \
                       array's lower bounds. (Parameter 'destinationArray')";
        return Err(take::argument(message));
    }
    for (slot, item) in target.iter_mut().skip(start).zip(source) {
        *slot = item;
    }
    Ok(Value::Null)
}
