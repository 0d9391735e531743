//! Members of dictionaries and of their entries.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, common, linq, sequence, take};
use super::interfaces::{clear, count};
use super::{ignores_case, maps};

/// `IDictionary<K, V>`
pub(super) const INTERFACE: Table = Table {
    class: Class::IDictionary,
    parameters: &["K", "V"],
    rows: &[
        call("int Count { get; }", count),
        call("V this[K key] { get; }", get),
        call("V this[K key] { set; }", set),
        call("ICollection<K> Keys { get; }", keys),
        call("ICollection<V> Values { get; }", values),
        call("bool ContainsKey(K key)", contains_key),
        call("bool TryGetValue(K key, out V value)", try_get),
        call("void Add(K key, V value)", add),
        call("bool Remove(K key)", remove),
        call("void Clear()", clear),
        call("bool IsReadOnly { get; }", |_, _| Ok(Value::Bool(false))),
    ],
    denied: &[],
};

/// `IReadOnlyDictionary<K, V>`
pub(super) const READ_ONLY: Table = Table {
    class: Class::IReadOnlyDictionary,
    parameters: &["K", "V"],
    rows: &[
        call("int Count { get; }", count),
        call("V this[K key] { get; }", get),
        call("IEnumerable<K> Keys { get; }", keys),
        call("IEnumerable<V> Values { get; }", values),
        call("bool ContainsKey(K key)", contains_key),
        call("bool TryGetValue(K key, out V value)", try_get),
    ],
    denied: &[],
};

/// `Dictionary<K, V>`
pub(super) const TABLE: Table = Table {
    class: Class::Dictionary,
    parameters: &["K", "V"],
    rows: &[
        call("new()", |machine, call| make(machine, call, false)),
        call("new(int capacity)", |machine, call| {
            if take::int(call, 0) < 0 {
                return Err(take::argument_range("Non-negative number required.", "capacity"));
            }
            make(machine, call, false)
        }),
        call("new(StringComparer comparer)", |machine, call| {
            let ignore_case = ignores_case(machine, call.get(0));
            make(machine, call, ignore_case)
        }),
        call("new(int capacity, StringComparer comparer)", |machine, call| {
            let ignore_case = ignores_case(machine, call.get(1));
            make(machine, call, ignore_case)
        }),
        call("new(IDictionary<K, V> dictionary)", |machine, call| copy(machine, call, false)),
        call("new(IDictionary<K, V> dictionary, StringComparer comparer)", |machine, call| {
            let ignore_case = ignores_case(machine, call.get(1));
            copy(machine, call, ignore_case)
        }),
        call("new(IEnumerable<KeyValuePair<K, V>> collection)", |machine, call| copy(machine, call, false)),
        call("int Count { get; }", count),
        call("V this[K key] { get; }", get),
        call("V this[K key] { set; }", set),
        call("ICollection<K> Keys { get; }", keys),
        call("ICollection<V> Values { get; }", values),
        call("bool ContainsKey(K key)", contains_key),
        call("bool ContainsValue(V value)", |machine, call| {
            let items: Vec<Value> = maps::entries(machine, call.get(0)).iter().map(|e| e.1.clone()).collect();
            Ok(Value::Bool(super::find(machine, &items, call.get(1), false)?.is_some()))
        }),
        call("bool TryGetValue(K key, out V value)", try_get),
        call("bool TryAdd(K key, V value)", |machine, call| {
            if maps::place(machine, call.get(0), call.get(1))?.is_some() {
                return Ok(Value::Bool(false));
            }
            maps::add(machine, call.get(0), call.get(1).clone(), call.get(2).clone())?;
            Ok(Value::Bool(true))
        }),
        call("void Add(K key, V value)", add),
        call("bool Remove(K key)", remove),
        call("bool Remove(K key, out V value)", |machine, call| {
            let removed = maps::remove(machine, call.get(0), call.get(1))?;
            let found = removed.is_some();
            machine.set_out(2, removed.unwrap_or_else(|| linq::default(call.ty(1))));
            Ok(Value::Bool(found))
        }),
        call("void Clear()", clear),
    ],
    denied: &[],
};

/// `SortedDictionary<K, V>`
pub(super) const SORTED: Table = Table {
    class: Class::SortedDictionary,
    parameters: &["K", "V"],
    rows: &[
        call("new()", sorted),
        call("new(IDictionary<K, V> dictionary)", |machine, call| {
            take::needed(call, 0, "dictionary")?;
            let made = sorted(machine, call)?;
            fill(machine, &made, call.get(0))?;
            Ok(made)
        }),
        call("int Count { get; }", count),
        call("V this[K key] { get; }", get),
        call("V this[K key] { set; }", set),
        call("ICollection<K> Keys { get; }", keys),
        call("ICollection<V> Values { get; }", values),
        call("bool ContainsKey(K key)", contains_key),
        call("bool TryGetValue(K key, out V value)", try_get),
        call("void Add(K key, V value)", add),
        call("bool Remove(K key)", remove),
        call("void Clear()", clear),
    ],
    denied: &[],
};

/// `KeyValuePair<K, V>`
pub(super) const PAIR: Table = Table {
    class: Class::KeyValuePair,
    parameters: &["K", "V"],
    rows: &[
        call("new(K key, V value)", |machine, call| {
            let types = Box::new((call.ty(0).clone(), call.ty(1).clone()));
            let entry = Box::new((call.get(0).clone(), call.get(1).clone()));
            machine.add(Object::Pair { types, entry })
        }),
        call("K Key { get; }", |machine, call| Ok(entry(machine, call.get(0)).0)),
        call("V Value { get; }", |machine, call| Ok(entry(machine, call.get(0)).1)),
        call("void Deconstruct(out K key, out V value)", |machine, call| {
            let (key, value) = entry(machine, call.get(0));
            machine.set_out(1, key);
            machine.set_out(2, value);
            Ok(Value::Null)
        }),
        call("string ToString()", |machine, call| {
            let (key, value) = entry(machine, call.get(0));
            let (key, value) = (common::display(machine, &key)?, common::display(machine, &value)?);
            machine.text(format!("[{key}, {value}]"))
        }),
    ],
    denied: &[],
};

fn entry(machine: &Machine<'_, '_>, pair: &Value) -> (Value, Value) {
    match machine.object(pair) {
        Some(Object::Pair { entry, .. }) => (**entry).clone(),
        _ => (Value::Null, Value::Null),
    }
}

fn make(machine: &mut Machine<'_, '_>, call: &Call<'_>, ignore_case: bool) -> Result<Value, Fault> {
    let (key, value) = (call.ty(0).clone(), call.ty(1).clone());
    machine.add(Object::Map { key, value, entries: Vec::new(), ignore_case })
}

fn sorted(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (key, value) = (call.ty(0).clone(), call.ty(1).clone());
    machine.add(Object::SortedMap { key, value, entries: Vec::new() })
}

fn copy(machine: &mut Machine<'_, '_>, call: &Call<'_>, ignore_case: bool) -> Result<Value, Fault> {
    take::needed(call, 0, "dictionary")?;
    let made = make(machine, call, ignore_case)?;
    fill(machine, &made, call.get(0))?;
    Ok(made)
}

fn fill(machine: &mut Machine<'_, '_>, map: &Value, source: &Value) -> Result<(), Fault> {
    for pair in sequence::items(machine, source)? {
        let (key, value) = entry(machine, &pair);
        maps::add(machine, map, key, value)?;
    }
    Ok(())
}

fn get(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    match maps::get(machine, call.get(0), call.get(1))? {
        Some(value) => Ok(value),
        None => Err(maps::missing(machine, call.get(1))),
    }
}

fn set(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    maps::set(machine, call.get(0), call.get(1).clone(), call.get(2).clone())?;
    Ok(Value::Null)
}

fn add(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    maps::add(machine, call.get(0), call.get(1).clone(), call.get(2).clone())?;
    Ok(Value::Null)
}

fn remove(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Bool(maps::remove(machine, call.get(0), call.get(1))?.is_some()))
}

fn contains_key(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Bool(maps::place(machine, call.get(0), call.get(1))?.is_some()))
}

fn try_get(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let found = maps::get(machine, call.get(0), call.get(1))?;
    let is_there = found.is_some();
    machine.set_out(2, found.unwrap_or_else(|| linq::default(call.ty(1))));
    Ok(Value::Bool(is_there))
}

fn keys(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let keys = maps::entries(machine, call.get(0)).iter().map(|(key, _)| key.clone()).collect();
    sequence::list(machine, Class::ICollection, call.ty(0).clone(), keys)
}

fn values(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let values = maps::entries(machine, call.get(0)).iter().map(|(_, value)| value.clone()).collect();
    sequence::list(machine, Class::ICollection, call.ty(1).clone(), values)
}
