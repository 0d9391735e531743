//! `GroupBy`, `ToLookup`, `Join` and `GroupJoin`.

use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::collections::{find, ignores_case};
use super::super::{Table, call, sequence, take};
use super::{Class, Type, function, map, result, source};

/// `IGrouping<K, T>`
pub(super) const GROUPING: Table = Table {
    class: Class::IGrouping,
    parameters: &["K", "T"],
    rows: &[call("K Key { get; }", |machine, call| match machine.object(call.get(0)) {
        Some(Object::Grouping { key, .. }) => Ok(key.clone()),
        _ => Ok(Value::Null),
    })],
    denied: &[],
};

/// `ILookup<K, T>`: a list of groups.
pub(super) const LOOKUP: Table = Table {
    class: Class::ILookup,
    parameters: &["K", "T"],
    rows: &[
        call("int Count { get; }", |machine, call| {
            Ok(take::count(sequence::items(machine, call.get(0))?.len()))
        }),
        call("IEnumerable<T> this[K key] { get; }", |machine, call| match lookup(machine, call)? {
            Some(group) => Ok(group),
            None => result(machine, call.ty(1), Vec::new()),
        }),
        call("bool Contains(K key)", |machine, call| Ok(Value::Bool(lookup(machine, call)?.is_some()))),
    ],
    denied: &[],
};

fn lookup(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Option<Value>, Fault> {
    let groups = sequence::items(machine, call.get(0))?;
    let keys: Vec<Value> = groups.iter().map(|group| key_of(machine, group)).collect();
    let found = find(machine, &keys, call.get(1), false)?;
    Ok(found.and_then(|at| groups.get(at)).cloned())
}

fn key_of(machine: &Machine<'_, '_>, group: &Value) -> Value {
    match machine.object(group) {
        Some(Object::Grouping { key, .. }) => key.clone(),
        _ => Value::Null,
    }
}

/// Keys in order of first sight, each with its elements.
fn partition(
    machine: &mut Machine<'_, '_>,
    items: Vec<Value>,
    key: &Value,
    element: Option<&Value>,
    ignore_case: bool,
) -> Result<Vec<(Value, Vec<Value>)>, Fault> {
    let mut keys: Vec<Value> = Vec::new();
    let mut groups: Vec<Vec<Value>> = Vec::new();
    for item in items {
        let key = map(machine, key, &item)?;
        let item = match element {
            Some(element) => map(machine, element, &item)?,
            None => item,
        };
        let at = find(machine, &keys, &key, ignore_case)?;
        if let Some(group) = at.and_then(|at| groups.get_mut(at)) {
            group.push(item);
        } else {
            keys.push(key);
            groups.push(vec![item]);
        }
    }
    Ok(keys.into_iter().zip(groups).collect())
}

fn grouping(
    machine: &mut Machine<'_, '_>,
    types: (Type, Type),
    key: Value,
    items: Vec<Value>,
) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::Grouping { types: Box::new(types), key, items })
}

/// `GroupBy(source, key)` and, `with_element`, `GroupBy(source, key, element)`; `class` is what holds the
/// groups. The types are those of element, key and selected element.
pub(super) fn group_by(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    with_element: bool,
    class: Class,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let key = function(call, 1, "keySelector")?;
    let element = if with_element { Some(function(call, 2, "elementSelector")?) } else { None };
    let ignore_case = ignores_case(machine, call.get(if with_element { 3 } else { 2 }));
    let types = (call.ty(1).clone(), call.ty(if with_element { 2 } else { 0 }).clone());
    let mut groups = Vec::new();
    for (key, items) in partition(machine, items, key, element, ignore_case)? {
        groups.push(grouping(machine, types.clone(), key, items)?);
    }
    let element = Type::generic(Class::IGrouping, [types.0, types.1]);
    sequence::list(machine, class, element, groups)
}

/// `GroupBy(source, key, result)` and, `with_element`, `GroupBy(source, key, element, result)`.
pub(super) fn group_results(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    with_element: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let key = function(call, 1, "keySelector")?;
    let element = if with_element { Some(function(call, 2, "elementSelector")?) } else { None };
    let last = if with_element { 3 } else { 2 };
    let selector = function(call, last, "resultSelector")?;
    let mut results = Vec::new();
    for (key, items) in partition(machine, items, key, element, false)? {
        let ty = call.ty(if with_element { 2 } else { 0 }).clone();
        let items = result(machine, &ty, items)?;
        results.push(machine.invoke(selector, &[key, items])?);
    }
    result(machine, call.ty(last), results)
}

/// `Join` (pairs) and `GroupJoin` (`grouped`: each outer element with all its inner ones).
pub(super) fn join(machine: &mut Machine<'_, '_>, call: &Call<'_>, grouped: bool) -> Result<Value, Fault> {
    take::needed(call, 0, "outer")?;
    take::needed(call, 1, "inner")?;
    let outer = source(machine, call)?;
    let inner = sequence::items_of(machine, call.get(1), call.ty(1))?;
    let outer_key = function(call, 2, "outerKeySelector")?;
    let inner_key = function(call, 3, "innerKeySelector")?;
    let selector = function(call, 4, "resultSelector")?;
    let groups = partition(machine, inner, inner_key, None, false)?;
    let (keys, groups): (Vec<Value>, Vec<Vec<Value>>) = groups.into_iter().unzip();
    let mut results = Vec::new();
    for item in outer {
        let key = map(machine, outer_key, &item)?;
        let found = if key == Value::Null { None } else { find(machine, &keys, &key, false)? };
        let matches = found.and_then(|at| groups.get(at)).cloned().unwrap_or_default();
        if grouped {
            let matches = result(machine, call.ty(1), matches)?;
            results.push(machine.invoke(selector, &[item, matches])?);
        } else {
            for other in matches {
                machine.spend(1)?;
                results.push(machine.invoke(selector, &[item.clone(), other])?);
            }
        }
    }
    result(machine, call.ty(3), results)
}
