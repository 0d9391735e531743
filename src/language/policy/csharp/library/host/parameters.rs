//! `context.Request.MatchedParameters` and `context.Deployment.Certificates`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::arguments::{no_key, record, sequence, string_sequence, text};
use super::super::{Table, call};
use crate::policy::Text;

pub(super) const PARAMETERS: Table = Table {
    class: Class::IParameters,
    parameters: &[],
    rows: &[
        call("string this[string key] { get; }", |machine, call| {
            let key = text(call, 1, "key")?;
            lookup(machine, &key).map(Value::Str).ok_or_else(|| no_key(&key))
        }),
        call("bool ContainsKey(string key)", |machine, call| {
            let key = text(call, 1, "key")?;
            Ok(Value::Bool(lookup(machine, &key).is_some()))
        }),
        call("bool TryGetValue(string key, out string value)", |machine, call| {
            let key = text(call, 1, "key")?;
            let value = lookup(machine, &key);
            let found = value.is_some();
            machine.set_out(2, value.map_or(Value::Null, Value::Str));
            Ok(Value::Bool(found))
        }),
        call("string GetValueOrDefault(string parameterName)", get_or_default),
        call("string GetValueOrDefault(string parameterName, string defaultValue)", get_or_default),
        call("IEnumerable<string> Keys { get; }", |machine, _| {
            let facts = machine.scope.facts;
            string_sequence(machine, facts.matched_parameters.iter().map(|(name, _)| name.clone()))
        }),
        call("IEnumerable<string> Values { get; }", |machine, _| {
            let facts = machine.scope.facts;
            string_sequence(machine, facts.matched_parameters.iter().map(|(_, value)| value.clone()))
        }),
        call("int Count { get; }", |machine, _| {
            let count = machine.scope.facts.matched_parameters.len();
            Ok(Value::Int(i32::try_from(count).unwrap_or(i32::MAX)))
        }),
    ],
    denied: &[],
};

pub(super) const CERTIFICATES: Table = Table {
    class: Class::ICertificates,
    parameters: &[],
    rows: &[
        call("X509Certificate2 this[string key] { get; }", |machine, call| {
            let key = text(call, 1, "key")?;
            match certificate(machine, &key)? {
                Value::Null => Err(no_key(&key)),
                found => Ok(found),
            }
        }),
        call("bool ContainsKey(string key)", |machine, call| {
            let key = text(call, 1, "key")?;
            Ok(Value::Bool(machine.scope.facts.deployment.certificates.contains_key(&key)))
        }),
        call("bool TryGetValue(string key, out X509Certificate2 value)", |machine, call| {
            let key = text(call, 1, "key")?;
            let value = certificate(machine, &key)?;
            let found = value != Value::Null;
            machine.set_out(2, value);
            Ok(Value::Bool(found))
        }),
        call("X509Certificate2 GetValueOrDefault(string key)", |machine, call| {
            let key = text(call, 1, "key")?;
            certificate(machine, &key)
        }),
        call("IEnumerable<string> Keys { get; }", |machine, _| {
            let facts = machine.scope.facts;
            string_sequence(machine, facts.deployment.certificates.keys().cloned())
        }),
        call("IEnumerable<X509Certificate2> Values { get; }", |machine, _| {
            let items = certificates(machine)?.into_iter().map(|(_, value)| value).collect();
            sequence(machine, Type::Plain(Class::X509Certificate2), items)
        }),
        call("int Count { get; }", |machine, _| {
            let count = machine.scope.facts.deployment.certificates.len();
            Ok(Value::Int(i32::try_from(count).unwrap_or(i32::MAX)))
        }),
    ],
    denied: &[],
};

/// The matched parameters as keys and values.
pub(super) fn parameters(machine: &Machine<'_, '_>) -> Vec<(Value, Value)> {
    let all = machine.scope.facts.matched_parameters.iter();
    all.map(|(name, value)| (Value::Str(name.clone()), Value::Str(value.clone()))).collect()
}

/// The certificates as keys and values.
pub(super) fn certificates(machine: &mut Machine<'_, '_>) -> Result<Vec<(Value, Value)>, Fault> {
    let facts = machine.scope.facts;
    let mut entries = Vec::new();
    for (name, thumbprint) in &facts.deployment.certificates {
        let value = record(machine, Class::X509Certificate2, vec![Value::Str(thumbprint.clone())])?;
        entries.push((Value::Str(name.clone()), value));
    }
    Ok(entries)
}

fn lookup(machine: &Machine<'_, '_>, key: &str) -> Option<Text> {
    let mut all = machine.scope.facts.matched_parameters.iter();
    all.find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
}

fn get_or_default(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let key = text(call, 1, "key")?;
    Ok(lookup(machine, &key).map_or_else(|| call.get(2).clone(), Value::Str))
}

fn certificate(machine: &mut Machine<'_, '_>, key: &str) -> Result<Value, Fault> {
    let facts = machine.scope.facts;
    match facts.deployment.certificates.get(&Text::from(key.to_owned())) {
        Some(thumbprint) => record(machine, Class::X509Certificate2, vec![Value::Str(thumbprint.clone())]),
        None => Ok(Value::Null),
    }
}
