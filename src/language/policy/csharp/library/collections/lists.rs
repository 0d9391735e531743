//! Members of `List<T>`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::{Table, call, sequence, take};
use super::interfaces::{
    add, clear, contains, copy_to, count, get, index_of, insert, len, remove, remove_at, set,
};
use super::{array, find, items_mut, order, sort};

/// `List<T>`
pub(super) const TABLE: Table = Table {
    class: Class::List,
    parameters: &["T"],
    rows: &[
        call("new()", |machine, call| make(machine, call.ty(0), Vec::new())),
        call("new(int capacity)", |machine, call| {
            if take::int(call, 0) < 0 {
                return Err(take::argument_range("Non-negative number required.", "capacity"));
            }
            make(machine, call.ty(0), Vec::new())
        }),
        call("new(IEnumerable<T> collection)", |machine, call| {
            take::needed(call, 0, "collection")?;
            let items = sequence::items_of(machine, call.get(0), call.ty(0))?;
            make(machine, call.ty(0), items)
        }),
        call("int Count { get; }", count),
        call("int Capacity { get; }", count),
        call("T this[int index] { get; }", get),
        call("T this[int index] { set; }", set),
        call("void Add(T item)", add),
        call("void AddRange(IEnumerable<T> collection)", |machine, call| {
            take::needed(call, 1, "collection")?;
            let new = sequence::items_of(machine, call.get(1), call.ty(0))?;
            machine.pay(new.len().saturating_mul(32))?;
            items_mut(machine, call.get(0))?.extend(new);
            Ok(Value::Null)
        }),
        call("void Insert(int index, T item)", insert),
        call("void InsertRange(int index, IEnumerable<T> collection)", |machine, call| {
            take::needed(call, 2, "collection")?;
            let new = sequence::items_of(machine, call.get(2), call.ty(0))?;
            machine.pay(new.len().saturating_mul(32))?;
            let items = items_mut(machine, call.get(0))?;
            match usize::try_from(take::int(call, 1)) {
                Ok(at) if at <= items.len() => {
                    items.splice(at..at, new);
                    Ok(Value::Null)
                }
                _ => Err(take::out_of_range("index")),
            }
        }),
        call("bool Remove(T item)", remove),
        call("void RemoveAt(int index)", remove_at),
        call("void RemoveRange(int index, int count)", |machine, call| {
            let items = items_mut(machine, call.get(0))?;
            let range = part(take::int(call, 1), take::int(call, 2), items.len())?;
            items.drain(range);
            Ok(Value::Null)
        }),
        call("int RemoveAll(Predicate<T> match)", |machine, call| {
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
        call("void Clear()", clear),
        call("bool Contains(T item)", contains),
        call("int IndexOf(T item)", index_of),
        call("int IndexOf(T item, int index)", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            let Some(start) = usize::try_from(take::int(call, 2)).ok().filter(|at| *at <= items.len()) else {
                return Err(take::out_of_range("index"));
            };
            let found = find(machine, items.get(start..).unwrap_or_default(), call.get(1), false)?;
            Ok(found.map_or(Value::Int(-1), |at| take::count(at.saturating_add(start))))
        }),
        call("int LastIndexOf(T item)", |machine, call| {
            let mut items = sequence::items(machine, call.get(0))?;
            items.reverse();
            let found = find(machine, &items, call.get(1), false)?;
            let at = found.map(|at| items.len().saturating_sub(at).saturating_sub(1));
            Ok(at.map_or(Value::Int(-1), take::count))
        }),
        call("void Reverse()", |machine, call| {
            items_mut(machine, call.get(0))?.reverse();
            Ok(Value::Null)
        }),
        call("void Reverse(int index, int count)", |machine, call| {
            let items = items_mut(machine, call.get(0))?;
            let range = part(take::int(call, 1), take::int(call, 2), items.len())?;
            items.get_mut(range).unwrap_or_default().reverse();
            Ok(Value::Null)
        }),
        call("void Sort()", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            let sorted = sort(machine, items, &mut |machine, a, b| order(machine, a, b))?;
            *items_mut(machine, call.get(0))? = sorted;
            Ok(Value::Null)
        }),
        call("void Sort(Comparison<T> comparison)", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            let comparison = take::needed(call, 1, "comparison")?;
            let sorted = sort(machine, items, &mut |machine, a, b| {
                let result = machine.invoke(comparison, &[a.clone(), b.clone()])?;
                Ok(take::integer(&result).unwrap_or(0).cmp(&0))
            })?;
            *items_mut(machine, call.get(0))? = sorted;
            Ok(Value::Null)
        }),
        call("T[] ToArray()", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            array(machine, call.ty(0).clone(), items)
        }),
        call("List<T> GetRange(int index, int count)", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            let range = part(take::int(call, 1), take::int(call, 2), items.len())?;
            let items = items.get(range).unwrap_or_default().to_vec();
            make(machine, call.ty(0), items)
        }),
        call("IReadOnlyList<T> AsReadOnly()", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            sequence::list(machine, Class::IReadOnlyList, call.ty(0).clone(), items)
        }),
        call("bool Exists(Predicate<T> match)", |machine, call| {
            Ok(Value::Bool(first(machine, call, false)?.is_some()))
        }),
        call("bool TrueForAll(Predicate<T> match)", |machine, call| {
            for item in sequence::items(machine, call.get(0))? {
                if !holds(machine, call.get(1), &item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }),
        call("T Find(Predicate<T> match)", |machine, call| {
            let found = first(machine, call, false)?;
            Ok(found.map_or_else(|| super::super::linq::default(call.ty(0)), |(_, item)| item))
        }),
        call("T FindLast(Predicate<T> match)", |machine, call| {
            let found = first(machine, call, true)?;
            Ok(found.map_or_else(|| super::super::linq::default(call.ty(0)), |(_, item)| item))
        }),
        call("int FindIndex(Predicate<T> match)", |machine, call| {
            Ok(first(machine, call, false)?.map_or(Value::Int(-1), |(at, _)| take::count(at)))
        }),
        call("int FindLastIndex(Predicate<T> match)", |machine, call| {
            Ok(first(machine, call, true)?.map_or(Value::Int(-1), |(at, _)| take::count(at)))
        }),
        call("List<T> FindAll(Predicate<T> match)", |machine, call| {
            let mut found = Vec::new();
            for item in sequence::items(machine, call.get(0))? {
                if holds(machine, call.get(1), &item)? {
                    found.push(item);
                }
            }
            make(machine, call.ty(0), found)
        }),
        call("void ForEach(Action<T> action)", |machine, call| {
            let action = take::needed(call, 1, "action")?;
            for item in sequence::items(machine, call.get(0))? {
                machine.spend(1)?;
                machine.invoke(action, &[item])?;
            }
            Ok(Value::Null)
        }),
        call("List<U> ConvertAll<U>(Converter<T, U> converter)", |machine, call| {
            let converter = take::needed(call, 1, "converter")?;
            let mut items = Vec::new();
            for item in sequence::items(machine, call.get(0))? {
                machine.spend(1)?;
                items.push(machine.invoke(converter, &[item])?);
            }
            make(machine, call.ty(1), items)
        }),
        call("void CopyTo(T[] array)", |machine, call| {
            let arguments = [call.get(0).clone(), call.get(1).clone(), Value::Int(0)];
            copy_to(machine, &Call { arguments: &arguments, types: call.types })
        }),
        call("void CopyTo(T[] array, int arrayIndex)", copy_to),
        call("int BinarySearch(T item)", |machine, call| {
            let items = sequence::items(machine, call.get(0))?;
            let (mut low, mut high) = (0_usize, len(machine, call.get(0))?);
            while low < high {
                let middle = low.saturating_add(high.saturating_sub(low) >> 1);
                let Some(item) = items.get(middle) else { break };
                match order(machine, item, call.get(1))? {
                    std::cmp::Ordering::Equal => return Ok(take::count(middle)),
                    std::cmp::Ordering::Less => low = middle.saturating_add(1),
                    std::cmp::Ordering::Greater => high = middle,
                }
            }
            let at = i32::try_from(low).unwrap_or(i32::MAX);
            Ok(Value::Int(!at))
        }),
        call("void TrimExcess()", |_, _| Ok(Value::Null)),
    ],
    denied: &[],
};

fn make(machine: &mut Machine<'_, '_>, element: &Type, items: Vec<Value>) -> Result<Value, Fault> {
    sequence::list(machine, Class::List, element.clone(), items)
}

/// Whether a predicate holds.
pub(super) fn holds(machine: &mut Machine<'_, '_>, predicate: &Value, item: &Value) -> Result<bool, Fault> {
    if *predicate == Value::Null {
        return Err(Fault::null_argument("match"));
    }
    machine.spend(1)?;
    Ok(machine.invoke(predicate, std::slice::from_ref(item))? == Value::Bool(true))
}

/// The first (or last) item for which the predicate of argument 1 holds.
fn first(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    from_end: bool,
) -> Result<Option<(usize, Value)>, Fault> {
    let mut items: Vec<(usize, Value)> =
        sequence::items(machine, call.get(0))?.into_iter().enumerate().collect();
    if from_end {
        items.reverse();
    }
    for (at, item) in items {
        if holds(machine, call.get(1), &item)? {
            return Ok(Some((at, item)));
        }
    }
    Ok(None)
}

/// `index` and `count` as a range.
fn part(index: i32, count: i32, len: usize) -> Result<std::ops::Range<usize>, Fault> {
    let Ok(start) = usize::try_from(index) else {
        return Err(take::argument_range("Non-negative number required.", "index"));
    };
    let Ok(count) = usize::try_from(count) else {
        return Err(take::argument_range("Non-negative number required.", "count"));
    };
    let end = start.saturating_add(count);
    if end > len {
        return Err(take::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of \
             elements from index to the end of the source collection.",
        ));
    }
    Ok(start..end)
}
