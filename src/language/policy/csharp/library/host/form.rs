//! `application/x-www-form-urlencoded`: form bodies and query strings.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::web;
use crate::policy::Text;

/// Names and values in order, decoded; a name without `=` has the empty value.
pub(super) fn pairs(text: &str) -> Vec<(Text, Text)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (Text::from(web::url_decode(name)), Text::from(web::url_decode(value)))
        })
        .collect()
}

/// `ToFormUrlEncodedContent`: the text of a form, one `name=value` for each value.
pub(super) fn encoded(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Err(Fault::null_argument("content"));
    }
    let mut out = String::new();
    for pair in super::super::sequence::items(machine, call.get(0))? {
        let Some(Object::Pair { entry, .. }) = machine.object(&pair) else { continue };
        let (Value::Str(name), values) = (entry.0.clone(), entry.1.clone()) else { continue };
        for value in super::super::sequence::items(machine, &values)? {
            let value = if let Value::Str(value) = value { value } else { Text::EMPTY };
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&format!("{}={}", web::url_encode(&name), web::url_encode(&value)));
        }
        machine.spend(out.len() as u64 >> 4)?;
    }
    machine.text(out)
}

/// `IDictionary<string, IList<string>>` of a form.
pub(super) fn dictionary(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    machine.pay(text.len().saturating_mul(16))?;
    let mut grouped: Vec<(Text, Vec<Value>)> = Vec::new();
    let mut at = std::collections::BTreeMap::<Text, usize>::new();
    for (name, value) in pairs(text) {
        let index = *at.entry(name.clone()).or_insert_with(|| {
            grouped.push((name, Vec::new()));
            grouped.len().saturating_sub(1)
        });
        if let Some((_, values)) = grouped.get_mut(index) {
            values.push(Value::Str(value));
        }
    }
    let mut entries = Vec::with_capacity(grouped.len());
    for (name, items) in grouped {
        let list = machine.add(Object::List { class: Class::List, element: Type::STRING, items })?;
        entries.push((Value::Str(name), list));
    }
    machine.add(Object::Map {
        key: Type::STRING,
        value: Type::generic(Class::IList, [Type::STRING]),
        entries,
        ignore_case: false,
    })
}
