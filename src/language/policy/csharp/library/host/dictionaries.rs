//! Headers and query parameters: dictionaries from a name, whose case does not matter, to its values.

use super::super::super::Class;
use super::super::super::eval::host_class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::{Host, Value};
use super::super::arguments::{no_key, sequence, string_sequence, strings, text};
use super::super::{Table, call};
use super::{entry, form, messages, parameters, url, variables};
use crate::policy::Text;

pub(super) const HEADERS: Table = Table {
    class: Class::IHeaders,
    parameters: &[],
    rows: &[
        call("string[] this[string key] { get; }", index),
        call("bool ContainsKey(string key)", contains),
        call("bool TryGetValue(string key, out string[] value)", try_get),
        call("string GetValueOrDefault(string headerName)", get_or_default),
        call("string GetValueOrDefault(string headerName, string defaultValue)", get_or_default),
        call("IEnumerable<string> Keys { get; }", keys),
        call("IEnumerable<string[]> Values { get; }", values),
        call("int Count { get; }", count),
    ],
    denied: &[],
};

pub(super) const QUERY: Table = Table {
    class: Class::IQuery,
    parameters: &[],
    rows: &[
        call("string[] this[string key] { get; }", index),
        call("bool ContainsKey(string key)", contains),
        call("bool TryGetValue(string key, out string[] value)", try_get),
        call("string GetValueOrDefault(string queryParameterName)", get_or_default),
        call("string GetValueOrDefault(string queryParameterName, string defaultValue)", get_or_default),
        call("IEnumerable<string> Keys { get; }", keys),
        call("IEnumerable<string[]> Values { get; }", values),
        call("int Count { get; }", count),
    ],
    denied: &[],
};

/// The entries of a gateway's dictionary as `KeyValuePair` objects; empty for what is none.
pub fn pairs(machine: &mut Machine<'_, '_>, dictionary: &Value) -> Result<Vec<Value>, Fault> {
    let class = match dictionary {
        Value::Host(host) => host_class(*host),
        _ => match machine.object(dictionary) {
            Some(Object::ResponsePart(class, _) | Object::Record { class, .. }) => *class,
            _ => return Ok(Vec::new()),
        },
    };
    let entries: Vec<(Value, Value)> = match class {
        Class::IHeaders | Class::IQuery => {
            let grouped = grouped(machine, dictionary)?;
            let mut entries = Vec::with_capacity(grouped.len());
            for (name, values) in grouped {
                let values = strings(machine, values)?;
                entries.push((Value::Str(name), values));
            }
            entries
        }
        Class::IParameters => parameters::parameters(machine),
        Class::IVariables => variables::present(machine),
        Class::ICertificates => parameters::certificates(machine)?,
        _ => return Ok(Vec::new()),
    };
    let Some(types) = entry(class) else { return Ok(Vec::new()) };
    machine.pay(entries.len().saturating_mul(128))?;
    entries
        .into_iter()
        .map(|entry| machine.add(Object::Pair { types: Box::new(types.clone()), entry: Box::new(entry) }))
        .collect()
}

/// Names with their values, in the order of first appearance.
fn grouped(machine: &mut Machine<'_, '_>, dictionary: &Value) -> Result<Vec<(Text, Vec<Text>)>, Fault> {
    let all = all(machine, dictionary)?;
    let mut at = std::collections::BTreeMap::<String, usize>::new();
    let mut grouped: Vec<(Text, Vec<Text>)> = Vec::new();
    for (name, value) in all {
        let index = *at.entry(name.to_ascii_lowercase()).or_insert_with(|| {
            grouped.push((name, Vec::new()));
            grouped.len().saturating_sub(1)
        });
        if let Some((_, values)) = grouped.get_mut(index) {
            values.push(value);
        }
    }
    Ok(grouped)
}

/// Every name with one value, in order.
fn all(machine: &mut Machine<'_, '_>, dictionary: &Value) -> Result<Vec<(Text, Text)>, Fault> {
    let pairs: Vec<(Text, Text)> = match messages::headers(machine, dictionary) {
        Some(headers) if !is_query(dictionary, machine) => {
            headers.iter().map(|header| (header.name.clone(), header.value.to_text())).collect()
        }
        _ => {
            let query = url::query_text(machine, dictionary);
            machine.pay(query.len())?;
            form::pairs(&query)
        }
    };
    machine.pay(pairs.len().saturating_mul(64))?;
    Ok(pairs)
}

fn is_query(dictionary: &Value, machine: &Machine<'_, '_>) -> bool {
    match dictionary {
        Value::Host(host) => matches!(host, Host::Query | Host::OriginalQuery),
        _ => matches!(machine.object(dictionary), Some(Object::Record { class: Class::IQuery, .. })),
    }
}

/// The values of `key`, `None` without any.
fn lookup(machine: &mut Machine<'_, '_>, dictionary: &Value, key: &str) -> Result<Option<Vec<Text>>, Fault> {
    machine.spend(8)?;
    let values: Vec<Text> = if is_query(dictionary, machine) {
        let all = all(machine, dictionary)?;
        all.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value).collect()
    } else {
        let headers = messages::headers(machine, dictionary).ok_or_else(Fault::null_reference)?;
        headers.values(key).map(crate::policy::HeaderValue::to_text).collect()
    };
    Ok(if values.is_empty() { None } else { Some(values) })
}

fn index(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let key = text(call, 1, "key")?;
    let values = lookup(machine, call.get(0), &key)?.ok_or_else(|| no_key(&key))?;
    strings(machine, values)
}

fn contains(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let key = text(call, 1, "key")?;
    machine.spend(8)?;
    let found = if is_query(call.get(0), machine) {
        lookup(machine, call.get(0), &key)?.is_some()
    } else {
        messages::headers(machine, call.get(0)).ok_or_else(Fault::null_reference)?.contains(&key)
    };
    Ok(Value::Bool(found))
}

fn try_get(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let key = text(call, 1, "key")?;
    let values = lookup(machine, call.get(0), &key)?;
    let found = values.is_some();
    let value = match values {
        Some(values) => strings(machine, values)?,
        None => Value::Null,
    };
    machine.set_out(2, value);
    Ok(Value::Bool(found))
}

fn get_or_default(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let key = text(call, 1, "key")?;
    machine.spend(8)?;
    if !is_query(call.get(0), machine) {
        let headers = messages::headers(machine, call.get(0)).ok_or_else(Fault::null_reference)?;
        return Ok(match headers.joined(&key) {
            Some(joined) => Value::Str(joined),
            None => call.get(2).clone(),
        });
    }
    match lookup(machine, call.get(0), &key)? {
        Some(values) => machine.text(join(&values)),
        None => Ok(call.get(2).clone()),
    }
}

fn join(values: &[Text]) -> String {
    let texts: Vec<&str> = values.iter().map(Text::as_str).collect();
    texts.join(",")
}

fn keys(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let grouped = grouped(machine, call.get(0))?;
    string_sequence(machine, grouped.into_iter().map(|(name, _)| name))
}

fn values(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut items = Vec::new();
    for (_, values) in grouped(machine, call.get(0))? {
        items.push(strings(machine, values)?);
    }
    sequence(machine, Type::array(Type::STRING), items)
}

fn count(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let count = grouped(machine, call.get(0))?.len();
    Ok(Value::Int(i32::try_from(count).unwrap_or(i32::MAX)))
}
