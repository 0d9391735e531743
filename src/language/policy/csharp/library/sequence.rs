//! Running over anything that can be run over.
//!
//! Rules
//! - A sequence is taken as it is when the run begins. `foreach` notices when its length has changed since;
//!   other changes, which .NET notices too, it does not.
//! - A `JObject` is a sequence of its properties here; as `KeyValuePair`s, which is what `foreach` over a
//!   variable of type `JObject` sees, it is [`items_of`] that type.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::Machine;
use super::super::types::Type;
use super::super::value::Value;
use super::json::{self, JsonKind};

/// The elements of any `IEnumerable`: arrays, lists, sets, maps (as pairs), strings (as chars), tokens,
/// and the dictionaries of the gateway.
pub fn items(machine: &mut Machine<'_, '_>, sequence: &Value) -> Result<Vec<Value>, Fault> {
    items_of(machine, sequence, &Type::Unknown)
}

/// The same, when the type of the elements is known.
pub fn items_of(
    machine: &mut Machine<'_, '_>,
    sequence: &Value,
    element: &Type,
) -> Result<Vec<Value>, Fault> {
    match sequence {
        Value::Null => return Err(Fault::null_reference()),
        Value::Str(text) => {
            machine.pay(text.len().saturating_mul(16))?;
            return Ok(text.encode_utf16().map(Value::Char).collect());
        }
        Value::Host(host) => return super::host_pairs(machine, *host),
        _ => {}
    }
    let items = match machine.object(sequence) {
        Some(Object::List { class: Class::Stack, items, .. }) => items.iter().rev().cloned().collect(),
        Some(
            Object::Array { items, .. }
            | Object::List { items, .. }
            | Object::Set { items, .. }
            | Object::Ordered { items, .. }
            | Object::Grouping { items, .. },
        ) => items.clone(),
        Some(Object::Map { key, value, entries, .. } | Object::SortedMap { key, value, entries, .. }) => {
            let (key, value, entries) = (key.clone(), value.clone(), entries.clone());
            let mut pairs = Vec::with_capacity(entries.len());
            for entry in entries {
                let types = Box::new((key.clone(), value.clone()));
                pairs.push(machine.add(Object::Pair { types, entry: Box::new(entry) })?);
            }
            return Ok(pairs);
        }
        Some(Object::Json(node)) => {
            if matches!(node.kind, JsonKind::Object(_)) && element.class() == Some(Class::KeyValuePair) {
                return json::pairs(machine, sequence);
            }
            json::children(machine, sequence)
        }
        Some(Object::Match(_) | Object::Record { .. } | Object::ResponsePart(..)) => {
            return super::object_items(machine, sequence);
        }
        _ => return Err(Fault::unsupported("running over this object")),
    };
    machine.pay(items.len().saturating_mul(16))?;
    Ok(items)
}

/// A new list object.
pub fn list(
    machine: &mut Machine<'_, '_>,
    class: Class,
    element: Type,
    items: Vec<Value>,
) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::List { class, element, items })
}
