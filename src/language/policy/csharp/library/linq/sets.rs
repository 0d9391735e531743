//! `Distinct`, `Union`, `Intersect` and `Except`.

use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::collections::{among, find, ignores_case, unique};
use super::super::{sequence, take};
use super::{function, map, result, source};

pub(super) fn distinct(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let ignore_case = ignores_case(machine, call.get(1));
    let items = unique(machine, items, ignore_case)?;
    result(machine, call.ty(0), items)
}

pub(super) fn distinct_by(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = source(machine, call)?;
    let selector = function(call, 1, "keySelector")?;
    let (mut keys, mut kept) = (Vec::new(), Vec::new());
    for item in items {
        let key = map(machine, selector, &item)?;
        if find(machine, &keys, &key, false)?.is_none() {
            keys.push(key);
            kept.push(item);
        }
    }
    result(machine, call.ty(0), kept)
}

fn both(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<(Vec<Value>, Vec<Value>, bool), Fault> {
    take::needed(call, 0, "first")?;
    take::needed(call, 1, "second")?;
    let first = source(machine, call)?;
    let second = sequence::items_of(machine, call.get(1), call.ty(0))?;
    Ok((first, second, ignores_case(machine, call.get(2))))
}

pub(super) fn union(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (mut first, second, ignore_case) = both(machine, call)?;
    first.extend(second);
    let items = unique(machine, first, ignore_case)?;
    result(machine, call.ty(0), items)
}

pub(super) fn intersect(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (first, second, ignore_case) = both(machine, call)?;
    let first = unique(machine, first, ignore_case)?;
    let items = among(machine, first, &second, true, ignore_case)?;
    result(machine, call.ty(0), items)
}

pub(super) fn except(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (first, second, ignore_case) = both(machine, call)?;
    let first = unique(machine, first, ignore_case)?;
    let items = among(machine, first, &second, false, ignore_case)?;
    result(machine, call.ty(0), items)
}
