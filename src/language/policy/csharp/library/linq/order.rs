//! `OrderBy` and `ThenBy`.

use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::collections::{order_by as by_comparer, sort};
use super::super::{Table, call};
use super::{Class, Type, function, map, source};

/// `IOrderedEnumerable<T>`; its own methods are extension methods in .NET too.
pub(super) const TABLE: Table = Table {
    class: Class::IOrderedEnumerable,
    parameters: &["T"],
    rows: &[call("IOrderedEnumerable<T> CreateOrdered()", |_, call| Ok(call.get(0).clone()))],
    denied: &[],
};

/// An element with its key.
type Keyed = (Value, Value);

/// `OrderBy`, `OrderByDescending`: key selector in argument 1, perhaps a comparer behind it.
pub(super) fn order_by(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    descending: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let runs = vec![items.len()];
    sort_runs(machine, call, items, &runs, descending, true)
}

/// `Order`, `OrderDescending`: elements are their own keys.
pub(super) fn order_self(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    descending: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let runs = vec![items.len()];
    sort_runs(machine, call, items, &runs, descending, false)
}

/// `ThenBy`, `ThenByDescending`
pub(super) fn then_by(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    descending: bool,
) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let runs = match machine.object(call.get(0)) {
        Some(Object::Ordered { runs, .. }) => runs.clone(),
        _ => vec![items.len()],
    };
    sort_runs(machine, call, items, &runs, descending, true)
}

fn sort_runs(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    items: Vec<Value>,
    runs: &[usize],
    descending: bool,
    keyed: bool,
) -> Result<Value, Fault> {
    let comparer = call.get(if keyed { 2 } else { 1 });
    let mut compare = |machine: &mut Machine<'_, '_>, a: &Keyed, b: &Keyed| {
        let found = by_comparer(machine, comparer, &a.0, &b.0)?;
        Ok(if descending { found.reverse() } else { found })
    };
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let key = if keyed { map(machine, function(call, 1, "keySelector")?, &item)? } else { item.clone() };
        pairs.push((key, item));
    }
    let mut rest = pairs.into_iter();
    let mut sorted = Vec::new();
    let mut new_runs = Vec::new();
    for run in runs {
        let part: Vec<Keyed> = rest.by_ref().take(*run).collect();
        let part = sort(machine, part, &mut compare)?;
        let mut length = 0_usize;
        for (at, pair) in part.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| part.get(before));
            if let Some(before) = before
                && compare(machine, before, pair)?.is_ne()
            {
                new_runs.push(length);
                length = 0;
            }
            length = length.saturating_add(1);
        }
        new_runs.push(length);
        sorted.extend(part.into_iter().map(|(_, item)| item));
    }
    machine.pay(sorted.len().saturating_mul(40))?;
    let element: Type = call.ty(0).clone();
    machine.add(Object::Ordered { element, items: sorted, runs: new_runs })
}
