//! Between tokens and other values: `JsonConvert.SerializeObject`, `JToken.FromObject`, `ToObject<T>`.
//!
//! Not modelled: attributes, converters, type names, exceptions and other objects with state of their own.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::{common, sequence};
use super::cast::explicit;
use super::tree::{self, MAX_NESTING, TokenType, too_deep};
use super::{JsonKind, dates};
use crate::policy::base64;

/// `JToken.FromObject(value)`; null becomes a null token. Tokens are themselves.
pub fn to_token(machine: &mut Machine<'_, '_>, value: &Value) -> Result<Value, Fault> {
    convert(machine, value, false, 0)
}

/// The same for `SerializeObject`; `skip_nulls`: members that are null are left out.
pub(super) fn serialize(
    machine: &mut Machine<'_, '_>,
    value: &Value,
    skip_nulls: bool,
) -> Result<Value, Fault> {
    convert(machine, value, skip_nulls, 0)
}

fn convert(
    machine: &mut Machine<'_, '_>,
    value: &Value,
    skip_nulls: bool,
    depth: u32,
) -> Result<Value, Fault> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    if tree::node(machine, value).is_some() {
        return Ok(value.clone());
    }
    if tree::value_type(machine, value).is_some() {
        return tree::value(machine, value.clone());
    }
    let deeper = depth.saturating_add(1);
    let members = match machine.object(value) {
        Some(Object::Map { entries, .. } | Object::SortedMap { entries, .. }) => {
            let entries = entries.clone();
            let mut members = Vec::new();
            for (key, value) in entries {
                members.push((key_text(machine, &key)?, value));
            }
            members
        }
        Some(Object::Anonymous { ty: Type::Anonymous(fields), values }) => {
            let names = fields.iter().map(|(name, _)| name.to_string());
            names.zip(values.iter().cloned()).collect()
        }
        Some(Object::Pair { entry, .. }) => {
            vec![("Key".to_owned(), entry.0.clone()), ("Value".to_owned(), entry.1.clone())]
        }
        Some(Object::Tuple { items, .. }) => {
            let named = items.iter().enumerate();
            named.map(|(at, item)| (format!("Item{}", at.saturating_add(1)), item.clone())).collect()
        }
        _ => {
            let items = sequence::items(machine, value)?;
            let pairs = if matches!(value, Value::Host(_)) { pairs(machine, &items) } else { None };
            if let Some(members) = pairs {
                return members_of(machine, members, skip_nulls, deeper);
            }
            let made = tree::make(machine, JsonKind::Array(Vec::new()))?;
            for item in items {
                let token = convert(machine, &item, skip_nulls, deeper)?;
                tree::insert(machine, &made, None, token)?;
            }
            return Ok(made);
        }
    };
    members_of(machine, members, skip_nulls, deeper)
}

/// The entries of a dictionary of the gateway.
fn pairs(machine: &Machine<'_, '_>, items: &[Value]) -> Option<Vec<(String, Value)>> {
    let entries = items.iter().map(|item| match machine.object(item) {
        Some(Object::Pair { entry, .. }) => match &entry.0 {
            Value::Str(name) => Some((name.to_string(), entry.1.clone())),
            _ => None,
        },
        _ => None,
    });
    entries.collect()
}

/// A `JObject` with these members.
fn members_of(
    machine: &mut Machine<'_, '_>,
    members: Vec<(String, Value)>,
    skip_nulls: bool,
    depth: u32,
) -> Result<Value, Fault> {
    let made = tree::make(machine, JsonKind::Object(Vec::new()))?;
    for (name, value) in members {
        if skip_nulls && value == Value::Null {
            continue;
        }
        let token = convert(machine, &value, skip_nulls, depth)?;
        let property = tree::property(machine, name.into(), token)?;
        tree::insert(machine, &made, None, property)?;
    }
    Ok(made)
}

/// A key of a dictionary as the name of a property.
fn key_text(machine: &mut Machine<'_, '_>, key: &Value) -> Result<String, Fault> {
    match key {
        Value::DateTime(date) => Ok(dates::write(*date)),
        Value::DateTimeOffset(date) => Ok(dates::write_offset(*date)),
        other => common::display(machine, other).map(|text| text.to_string()),
    }
}

/// `token.ToObject<T>()`
pub fn from_token(machine: &mut Machine<'_, '_>, token: &Value, ty: &Type) -> Result<Value, Fault> {
    read(machine, token, ty, 0)
}

fn read(machine: &mut Machine<'_, '_>, token: &Value, ty: &Type, depth: u32) -> Result<Value, Fault> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    let deeper = depth.saturating_add(1);
    let is_null = matches!(tree::token_type(machine, token), TokenType::Null | TokenType::Undefined);
    match ty {
        Type::Array(element) if **element == Type::BYTE => read_bytes(machine, token),
        Type::Array(element) => {
            if is_null {
                return Ok(Value::Null);
            }
            let items = read_items(machine, token, ty, element, deeper)?;
            machine.add(Object::Array { element: (**element).clone(), items })
        }
        Type::Generic(Class::Nullable, _) => {
            if is_null {
                return Ok(Value::Null);
            }
            let inner = ty.nullable_of().cloned().unwrap_or(Type::Unknown);
            read(machine, token, &inner, deeper)
        }
        Type::Generic(class, arguments) => {
            if is_null {
                return Ok(Value::Null);
            }
            let first = arguments.first().cloned().unwrap_or(Type::Unknown);
            match class {
                Class::Dictionary | Class::IDictionary | Class::IReadOnlyDictionary => {
                    let value_type = arguments.get(1).cloned().unwrap_or(Type::Unknown);
                    read_map(machine, token, ty, first, value_type, deeper)
                }
                Class::HashSet | Class::ISet => {
                    let items = read_items(machine, token, ty, &first, deeper)?;
                    let mut unique = Vec::new();
                    for item in items {
                        if !unique.contains(&item) {
                            unique.push(item);
                        }
                    }
                    machine.add(Object::Set { element: first, items: unique, ignore_case: false })
                }
                Class::List
                | Class::IList
                | Class::ICollection
                | Class::IReadOnlyList
                | Class::IReadOnlyCollection
                | Class::IEnumerableOf => {
                    let items = read_items(machine, token, ty, &first, deeper)?;
                    sequence::list(machine, Class::List, first, items)
                }
                _ => Err(Fault::unsupported(format!("reading JSON as `{ty}`"))),
            }
        }
        Type::Plain(class) => read_plain(machine, token, *class, is_null),
        Type::Unknown => read_plain(machine, token, Class::Object, is_null),
        Type::Anonymous(_) | Type::Null | Type::Void | Type::Variable(_) => {
            Err(Fault::unsupported(format!("reading JSON as `{ty}`")))
        }
    }
}

fn read_plain(
    machine: &mut Machine<'_, '_>,
    token: &Value,
    class: Class,
    is_null: bool,
) -> Result<Value, Fault> {
    let own = tree::node(machine, token).map_or(Class::JToken, super::JsonNode::class);
    if class.derives_from(Class::JToken) {
        return if own.derives_from(class) {
            Ok(token.clone())
        } else if is_null {
            Ok(Value::Null)
        } else {
            let (own, class) = (own.full_name(), class.full_name());
            let message = format!("Unable to cast object of type '{own}' to type '{class}'.");
            Err(Fault::new(Class::InvalidCastException, message))
        };
    }
    if class == Class::Object {
        return match tree::kind(machine, token).cloned() {
            Some(JsonKind::Value(value)) => Ok(value),
            Some(JsonKind::Raw(text)) => Ok(Value::Str(text)),
            _ => Ok(token.clone()),
        };
    }
    explicit(machine, token, class, false)
}

fn read_bytes(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Value, Fault> {
    match tree::kind(machine, token).cloned() {
        Some(JsonKind::Value(bytes @ (Value::Null | Value::Ref(_)))) => Ok(bytes),
        Some(JsonKind::Array(items)) => {
            let mut bytes = Vec::new();
            for item in items {
                match explicit(machine, &item, Class::Byte, false)? {
                    Value::Byte(byte) => bytes.push(byte),
                    _ => bytes.push(0),
                }
            }
            super::super::arrays::byte_array(machine, &bytes)
        }
        Some(JsonKind::Value(Value::Str(text))) => match base64::decode(&text) {
            Some(bytes) => super::super::arrays::byte_array(machine, &bytes),
            None => Err(Fault::new(
                Class::FormatException,
                "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two \
                 padding characters, or an illegal character among the padding characters.",
            )),
        },
        _ => Err(wrong_shape(machine, token, &Type::array(Type::BYTE), "array")),
    }
}

fn read_items(
    machine: &mut Machine<'_, '_>,
    token: &Value,
    ty: &Type,
    element: &Type,
    depth: u32,
) -> Result<Vec<Value>, Fault> {
    if tree::token_type(machine, token) != TokenType::Array {
        return Err(wrong_shape(machine, token, ty, "array"));
    }
    let mut items = Vec::new();
    for child in tree::children(machine, token) {
        items.push(read(machine, &child, element, depth)?);
    }
    Ok(items)
}

fn read_map(
    machine: &mut Machine<'_, '_>,
    token: &Value,
    ty: &Type,
    key: Type,
    value: Type,
    depth: u32,
) -> Result<Value, Fault> {
    if tree::token_type(machine, token) != TokenType::Object {
        return Err(wrong_shape(machine, token, ty, "object"));
    }
    let mut entries = Vec::new();
    for (name, child) in tree::entries(machine, token) {
        let name = tree::value(machine, Value::Str(name))?;
        let name = read(machine, &name, &key, depth)?;
        entries.push((name, read(machine, &child, &value, depth)?));
    }
    machine.add(Object::Map { key, value, entries, ignore_case: false })
}

#[cold]
fn wrong_shape(machine: &Machine<'_, '_>, token: &Value, ty: &Type, wanted: &str) -> Fault {
    let has = tree::token_type(machine, token).name().to_lowercase();
    let name = ty.full_name();
    let message = format!(
        "Cannot deserialize the current JSON {has} into type '{name}' because the type requires a JSON \
         {wanted} to deserialize correctly."
    );
    Fault::new(Class::JsonSerializationException, message)
}
