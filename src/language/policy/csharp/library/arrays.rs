//! Arrays of one dimension, and byte arrays as bytes.
//!
//! Not modelled: several dimensions, `Array.Resize` (its argument is by reference), lower bounds.

use std::cmp::Ordering;

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::Value;
use super::{Table, args, call, common, convert};

/// The bytes of a `byte[]`.
pub fn bytes(machine: &Machine<'_, '_>, value: &Value) -> Result<Vec<u8>, Fault> {
    match machine.object(value) {
        Some(Object::Array { items, .. }) => {
            Ok(items.iter().map(|item| if let Value::Byte(byte) = item { *byte } else { 0 }).collect())
        }
        _ => Err(Fault::null_argument("bytes")),
    }
}

/// A new `byte[]`.
pub fn byte_array(machine: &mut Machine<'_, '_>, bytes: &[u8]) -> Result<Value, Fault> {
    machine.pay(bytes.len().saturating_mul(32))?;
    let items = bytes.iter().map(|byte| Value::Byte(*byte)).collect();
    machine.add(Object::Array { element: Type::BYTE, items })
}

/// The exception of an index that the array does not have.
#[cold]
pub fn out_of_bounds() -> Fault {
    Fault::new(Class::IndexOutOfRangeException, "Index was outside the bounds of the array.")
}

/// `array[index]`
pub fn element(machine: &Machine<'_, '_>, array: &Value, index: i64) -> Result<Value, Fault> {
    match machine.object(array) {
        Some(Object::Array { items, .. }) => {
            usize::try_from(index).ok().and_then(|at| items.get(at)).cloned().ok_or_else(out_of_bounds)
        }
        _ => Err(Fault::null_reference()),
    }
}

/// `array[index] = value`
pub fn set_element(
    machine: &mut Machine<'_, '_>,
    array: &Value,
    index: i64,
    value: Value,
) -> Result<(), Fault> {
    match machine.heap().object_mut(array) {
        Some(Object::Array { items, .. }) => {
            let place = usize::try_from(index).ok().and_then(|at| items.get_mut(at));
            *place.ok_or_else(out_of_bounds)? = value;
            Ok(())
        }
        _ => Err(Fault::null_reference()),
    }
}

/// `default(T)`: zero for value types, null for others.
pub fn default_value(ty: &Type) -> Value {
    match ty {
        Type::Plain(class) => convert::default_of(*class),
        _ => Value::Null,
    }
}

/// Sorts with a comparison that can fail; equal elements keep their order.
pub fn sort_by(
    machine: &mut Machine<'_, '_>,
    items: Vec<Value>,
    compare: &mut dyn FnMut(&mut Machine<'_, '_>, &Value, &Value) -> Result<Ordering, Fault>,
) -> Result<Vec<Value>, Fault> {
    machine.pay(items.len().saturating_mul(16))?;
    let mut runs: Vec<Vec<Value>> = items.into_iter().map(|item| vec![item]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut pairs = runs.into_iter();
        while let Some(left) = pairs.next() {
            let Some(right) = pairs.next() else {
                merged.push(left);
                break;
            };
            merged.push(merge(machine, left, right, compare)?);
        }
        runs = merged;
    }
    Ok(runs.pop().unwrap_or_default())
}

fn merge(
    machine: &mut Machine<'_, '_>,
    left: Vec<Value>,
    right: Vec<Value>,
    compare: &mut dyn FnMut(&mut Machine<'_, '_>, &Value, &Value) -> Result<Ordering, Fault>,
) -> Result<Vec<Value>, Fault> {
    let mut result = Vec::with_capacity(left.len().saturating_add(right.len()));
    let mut left = left.into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        machine.spend(1)?;
        let next = if compare(machine, a, b)?.is_le() { left.next() } else { right.next() };
        result.extend(next);
    }
    result.extend(left);
    result.extend(right);
    Ok(result)
}

/// The items of the array in argument `index`; null throws.
fn items(machine: &mut Machine<'_, '_>, call: &Call<'_>, index: usize) -> Result<Vec<Value>, Fault> {
    let items = args::array(machine, call.get(index)).ok_or_else(|| Fault::null_argument("array"))?;
    machine.spend((items.len() as u64) >> 2)?;
    Ok(items)
}

fn replace(machine: &mut Machine<'_, '_>, array: &Value, new: Vec<Value>) {
    if let Some(Object::Array { items, .. }) = machine.heap().object_mut(array) {
        *items = new;
    }
}

fn element_type(machine: &Machine<'_, '_>, array: &Value) -> Type {
    match machine.object(array) {
        Some(Object::Array { element, .. }) => element.clone(),
        _ => Type::OBJECT,
    }
}

/// Whether `function` says yes to `item`.
fn holds(machine: &mut Machine<'_, '_>, function: &Value, item: &Value) -> Result<bool, Fault> {
    if matches!(function, Value::Null) {
        return Err(Fault::null_argument("match"));
    }
    machine.spend(1)?;
    Ok(machine.invoke(function, std::slice::from_ref(item))? == Value::Bool(true))
}

/// The first (or last) item that the predicate in argument 1 accepts.
fn find(machine: &mut Machine<'_, '_>, call: &Call<'_>, last: bool) -> Result<Option<(usize, Value)>, Fault> {
    let mut all: Vec<(usize, Value)> = items(machine, call, 0)?.into_iter().enumerate().collect();
    if last {
        all.reverse();
    }
    for (at, item) in all {
        if holds(machine, call.get(1), &item)? {
            return Ok(Some((at, item)));
        }
    }
    Ok(None)
}

fn index(found: Option<usize>) -> Value {
    Value::Int(found.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1))
}

fn find_item(machine: &mut Machine<'_, '_>, call: &Call<'_>, last: bool) -> Result<Value, Fault> {
    let element = element_type(machine, call.get(0));
    Ok(find(machine, call, last)?.map_or_else(|| default_value(&element), |(_, item)| item))
}

fn find_index(machine: &mut Machine<'_, '_>, call: &Call<'_>, last: bool) -> Result<Value, Fault> {
    Ok(index(find(machine, call, last)?.map(|(at, _)| at)))
}

fn index_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let all = items(machine, call, 0)?;
    let start = if call.arguments.len() > 2 { args::int(call, 2) } else { 0 };
    let start = usize::try_from(start).ok().filter(|start| *start <= all.len()).ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
            "startIndex",
        )
    })?;
    let end = match call.arguments.len() {
        0..=3 => all.len(),
        _ => start.saturating_add(usize::try_from(args::int(call, 3)).unwrap_or(0)).min(all.len()),
    };
    let part = all.get(start..end).unwrap_or_default();
    let found = common::position(machine, part, call.get(1), false)?;
    Ok(index(found.map(|at| at.saturating_add(start))))
}

fn last_index_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut all = items(machine, call, 0)?;
    let last = all.len().saturating_sub(1);
    all.reverse();
    let found = common::position(machine, &all, call.get(1), false)?;
    Ok(index(found.map(|at| last.saturating_sub(at))))
}

fn sort(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let all = items(machine, call, 0)?;
    let function = call.arguments.get(1).cloned();
    let sorted = match function {
        None | Some(Value::Null) => sort_by(machine, all, &mut common::compare).map_err(wrap_order),
        Some(function) => sort_by(machine, all, &mut |machine, a, b| {
            let order = machine.invoke(&function, &[a.clone(), b.clone()])?;
            Ok(args::integer(&order).unwrap_or(0).cmp(&0))
        }),
    }?;
    replace(machine, call.get(0), sorted);
    Ok(Value::Null)
}

/// What .NET makes of elements without an order.
fn wrap_order(fault: Fault) -> Fault {
    if fault.kind() == super::super::FaultKind::Exception(Class::ArgumentException) {
        return Fault::new(Class::InvalidOperationException, "Failed to compare two elements in the array.");
    }
    fault
}

/// `Sort(keys, items)`: both in the order of the keys.
fn sort_pairs(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let keys = items(machine, call, 0)?;
    let values = items(machine, call, 1)?;
    if values.len() < keys.len() {
        return Err(args::bad_argument("Keys and items must have the same length."));
    }
    let places = (0..keys.len()).map(|at| Value::Int(i32::try_from(at).unwrap_or(0))).collect();
    let at = |list: &[Value], place: &Value| {
        let place = args::integer(place).and_then(|place| usize::try_from(place).ok()).unwrap_or(0);
        list.get(place).cloned().unwrap_or(Value::Null)
    };
    let order = sort_by(machine, places, &mut |machine, a, b| {
        common::compare(machine, &at(&keys, a), &at(&keys, b)).map_err(wrap_order)
    })?;
    let new_keys = order.iter().map(|place| at(&keys, place)).collect();
    let mut new_values: Vec<Value> = order.iter().map(|place| at(&values, place)).collect();
    new_values.extend(values.iter().skip(keys.len()).cloned());
    replace(machine, call.get(0), new_keys);
    replace(machine, call.get(1), new_values);
    Ok(Value::Null)
}

/// A range of an array given by two arguments; everything when they are missing.
fn range(call: &Call<'_>, first: usize, len: usize) -> Result<std::ops::Range<usize>, Fault> {
    if call.arguments.len() <= first {
        return Ok(0..len);
    }
    let start = usize::try_from(args::int(call, first)).ok();
    let count = usize::try_from(args::int(call, first.saturating_add(1))).ok();
    let range = start.zip(count).and_then(|(start, count)| Some(start..start.checked_add(count)?));
    range.filter(|range| range.end <= len).ok_or_else(|| {
        args::bad_argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from \
             index to the end of the source collection.",
        )
    })
}

fn reverse(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut all = items(machine, call, 0)?;
    machine.spend(all.len() as u64)?;
    let range = range(call, 1, all.len())?;
    if let Some(part) = all.get_mut(range) {
        part.reverse();
    }
    replace(machine, call.get(0), all);
    Ok(Value::Null)
}

fn clear(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut all = items(machine, call, 0)?;
    let zero = default_value(&element_type(machine, call.get(0)));
    let range = range(call, 1, all.len())?;
    if let Some(part) = all.get_mut(range) {
        part.fill(zero);
    }
    replace(machine, call.get(0), all);
    Ok(Value::Null)
}

/// Copies `count` items from one array into another.
fn copy_items(
    machine: &mut Machine<'_, '_>,
    from: (&Value, i64),
    to: (&Value, i64),
    count: i64,
) -> Result<Value, Fault> {
    let size = length(machine, from.0).saturating_add(length(machine, to.0));
    machine.spend((size as u64) >> 2)?;
    let source = args::array(machine, from.0).ok_or_else(|| Fault::null_argument("sourceArray"))?;
    let target = args::array(machine, to.0).ok_or_else(|| Fault::null_argument("destinationArray"))?;
    let place = |value: i64, name: &str| usize::try_from(value).map_err(|_| args::negative(value, name));
    let start = place(from.1, "sourceIndex")?;
    let goal = place(to.1, "destinationIndex")?;
    let count = place(count, "length")?;
    let too_short = |which: &str, name: &str| {
        args::bad_argument(format!(
            "{which} array was not long enough. Check the {} index, length, and the array's lower bounds. \
             (Parameter '{name}')",
            which.to_ascii_lowercase()
        ))
    };
    let part = start.checked_add(count).and_then(|end| source.get(start..end));
    let part = part.ok_or_else(|| too_short("Source", "sourceArray"))?.to_vec();
    let end = goal.checked_add(count).filter(|end| *end <= target.len());
    let end = end.ok_or_else(|| too_short("Destination", "destinationArray"))?;
    machine.spend(count as u64)?;
    let wanted = element_type(machine, to.0);
    let mut new = target;
    for (place, item) in new.iter_mut().take(end).skip(goal).zip(part) {
        *place = convert::widen(&wanted, item).ok_or_else(|| {
            Fault::new(
                Class::ArrayTypeMismatchException,
                "Source array type cannot be assigned to destination array type.",
            )
        })?;
    }
    replace(machine, to.0, new);
    Ok(Value::Null)
}

fn copy(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if call.arguments.len() > 3 {
        let (from, to) = (args::long(call, 1), args::long(call, 3));
        return copy_items(machine, (call.get(0), from), (call.get(2), to), args::long(call, 4));
    }
    copy_items(machine, (call.get(0), 0), (call.get(1), 0), args::long(call, 2))
}

fn copy_to(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let count = i64::try_from(items(machine, call, 0)?.len()).unwrap_or(i64::MAX);
    copy_items(machine, (call.get(0), 0), (call.get(1), args::long(call, 2)), count)
}

fn clone(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let element = element_type(machine, call.get(0));
    let all = items(machine, call, 0)?;
    args::new_array(machine, element, all)
}

fn find_all(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut kept = Vec::new();
    for item in items(machine, call, 0)? {
        if holds(machine, call.get(1), &item)? {
            kept.push(item);
        }
    }
    let element = element_type(machine, call.get(0));
    args::new_array(machine, element, kept)
}

fn convert_all(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut converted = Vec::new();
    for item in items(machine, call, 0)? {
        machine.spend(1)?;
        converted.push(machine.invoke(call.get(1), &[item])?);
    }
    let element = match call.ty(1) {
        Type::Unknown => converted.first().map_or(Type::OBJECT, |item| common::type_of(machine, item)),
        known => known.clone(),
    };
    args::new_array(machine, element, converted)
}

fn binary_search(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let all = items(machine, call, 0)?;
    let (mut low, mut high) = (0_usize, all.len());
    while low < high {
        let middle = low.midpoint(high);
        let item = all.get(middle).cloned().unwrap_or(Value::Null);
        match common::compare(machine, &item, call.get(1)).map_err(wrap_order)? {
            Ordering::Equal => return Ok(index(Some(middle))),
            Ordering::Less => low = middle.saturating_add(1),
            Ordering::Greater => high = middle,
        }
    }
    Ok(Value::Int(!i32::try_from(low).unwrap_or(i32::MAX)))
}

fn length(machine: &Machine<'_, '_>, array: &Value) -> usize {
    match machine.object(array) {
        Some(Object::Array { items, .. }) => items.len(),
        _ => 0,
    }
}

fn int_length(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Int(i32::try_from(length(machine, call.get(0))).unwrap_or(i32::MAX)))
}

fn fill(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut all = items(machine, call, 0)?;
    let range = range(call, 2, all.len())?;
    if let Some(part) = all.get_mut(range) {
        part.fill(call.get(1).clone());
    }
    replace(machine, call.get(0), all);
    Ok(Value::Null)
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Array,
    parameters: &[],
    rows: &[
        call("int Length { get; }", int_length),
        call("long LongLength { get; }", |m, c| {
            Ok(Value::Long(i64::try_from(length(m, c.get(0))).unwrap_or(i64::MAX)))
        }),
        call("int Rank { get; }", |_, _| Ok(Value::Int(1))),
        call("int GetLength(int dimension)", int_length),
        call("int GetLowerBound(int dimension)", |_, _| Ok(Value::Int(0))),
        call("int GetUpperBound(int dimension)", |m, c| {
            let length = i32::try_from(length(m, c.get(0))).unwrap_or(i32::MAX);
            Ok(Value::Int(length.saturating_sub(1)))
        }),
        call("object GetValue(int index)", |m, c| element(m, c.get(0), args::long(c, 1))),
        call("void SetValue(object value, int index)", |m, c| {
            set_element(m, c.get(0), args::long(c, 2), c.get(1).clone())?;
            Ok(Value::Null)
        }),
        call("void CopyTo(Array array, int index)", copy_to),
        call("object Clone()", clone),
        call("static int IndexOf<T>(T[] array, T value)", index_of),
        call("static int IndexOf<T>(T[] array, T value, int startIndex)", index_of),
        call("static int IndexOf<T>(T[] array, T value, int startIndex, int count)", index_of),
        call("static int LastIndexOf<T>(T[] array, T value)", last_index_of),
        call("static bool Exists<T>(T[] array, Predicate<T> match)", |m, c| {
            Ok(Value::Bool(find(m, c, false)?.is_some()))
        }),
        call("static T Find<T>(T[] array, Predicate<T> match)", |m, c| find_item(m, c, false)),
        call("static T FindLast<T>(T[] array, Predicate<T> match)", |m, c| find_item(m, c, true)),
        call("static int FindIndex<T>(T[] array, Predicate<T> match)", |m, c| find_index(m, c, false)),
        call("static int FindLastIndex<T>(T[] array, Predicate<T> match)", |m, c| find_index(m, c, true)),
        call("static T[] FindAll<T>(T[] array, Predicate<T> match)", find_all),
        call("static bool TrueForAll<T>(T[] array, Predicate<T> match)", |m, c| {
            for item in items(m, c, 0)? {
                if !holds(m, c.get(1), &item)? {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }),
        call("static void ForEach<T>(T[] array, Action<T> action)", |m, c| {
            for item in items(m, c, 0)? {
                m.spend(1)?;
                m.invoke(c.get(1), &[item])?;
            }
            Ok(Value::Null)
        }),
        call("static R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)", convert_all),
        call("static void Sort<T>(T[] array)", sort),
        call("static void Sort<T>(T[] array, Comparison<T> comparison)", sort),
        call("static void Sort<K, V>(K[] keys, V[] items)", sort_pairs),
        call("static void Reverse<T>(T[] array)", reverse),
        call("static void Reverse<T>(T[] array, int index, int length)", reverse),
        call("static void Copy(Array sourceArray, Array destinationArray, int length)", copy),
        call(
            "static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int \
             length)",
            copy,
        ),
        call("static void Clear(Array array)", clear),
        call("static void Clear(Array array, int index, int length)", clear),
        call("static void Fill<T>(T[] array, T value)", fill),
        call("static void Fill<T>(T[] array, T value, int startIndex, int count)", fill),
        call("static int BinarySearch<T>(T[] array, T value)", binary_search),
        call("static T[] Empty<T>()", |m, c| {
            let element = c.ty(0).clone();
            args::new_array(m, element, Vec::new())
        }),
    ],
    denied: &["CreateInstance", "Resize", "AsReadOnly", "ConstrainedCopy"],
}];
