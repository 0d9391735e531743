//! Evaluated resources as the inventory holds them.
//!
//! A name of which a part is unknown keeps that part in braces, and so does an id, so that references are found.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::machine::Machine;
use super::value::{Field, V, Val};
use crate::diagnostics::Span;
use crate::resources::plain::last_segment;
use crate::resources::{Embedded, Found, Inventory, Kind};
use crate::tree::json::{Member, Node, Value};

/// What was evaluated of a resource.
pub(super) struct Evaluated<'v> {
    pub(super) type_text: &'v str,
    pub(super) type_span: Span,
    /// With the names of its parents.
    pub(super) name: V,
    pub(super) version: Option<Val>,
    /// Its members but those that are read apart.
    pub(super) body: Vec<Field>,
}

/// Adds a resource of which everything is evaluated.
pub(super) fn add(
    machine: &mut Machine<'_>,
    mut found: Found,
    what: &Evaluated<'_>,
    inventory: &mut Inventory,
) {
    let Evaluated { type_text, type_span, name, version, body } = what;
    let V::Text(name) = name else { return };
    let last = last_segment(&name.text);
    // What others refer to by a name that is not fully known may be this one.
    let is_sought = matches!(found.kind, Kind::Backend | Kind::Fragment | Kind::NamedValue);
    inventory.is_partial |= is_sought && name.is_opaque && last.contains('{');
    found.name = Some(last).filter(|last| !last.is_empty()).map(Arc::from);
    if matches!(found.kind, Kind::Policy | Kind::Fragment) {
        inventory.policies.extend(policy(body, type_text, found.name.clone()));
    }
    let size: u64 = body.iter().map(|field| field.value.value.size()).sum();
    if !machine.spend(size) {
        return;
    }
    let member =
        |name: &str, name_span: Span, value: Node| Member { name: name.to_owned(), name_span, value };
    let text = |text: &str, span: Span| Node::new(Value::Text(text.to_owned()), span);
    let mut members = vec![member("type", *type_span, text(type_text, *type_span))];
    if let Some(version) = version {
        members.push(member("apiVersion", version.span, node(version, "", &mut false)));
    }
    members.push(member("name", found.name_span, text(&name.text, found.name_span)));
    let mut seen: BTreeSet<&str> = BTreeSet::from(["type", "apiVersion", "name"]);
    for field in body {
        if field.name.eq_ignore_ascii_case("name") {
            continue;
        }
        let mut has_open_ids = false;
        let value = match &field.value.value {
            // `scope` is a resource in Bicep, and its id when deployed.
            V::Resource(reference) if reference.path.is_empty() => {
                let id = machine.id_of(reference);
                node(&Val::new(id, field.value.span), "id", &mut has_open_ids)
            }
            _ => node(&field.value, &field.name, &mut has_open_ids),
        };
        inventory.is_partial |= has_open_ids && found.kind == Kind::Backend;
        if seen.insert(&field.name) {
            members.push(member(&field.name, field.name_span, value));
        }
    }
    found.node = Node::new(Value::Object(members), found.node.span);
    inventory.resources.push(found);
}

fn policy(body: &[Field], resource_type: &str, name: Option<Arc<str>>) -> Option<Embedded> {
    let properties = &body.iter().find(|field| field.name.eq_ignore_ascii_case("properties"))?.value;
    let value = properties.get("value")?;
    let format = properties.get("format").and_then(|format| format.value.known_text()).map(Arc::from);
    let mut embedded = Embedded {
        text: None,
        span: value.span,
        is_verbatim: false,
        format,
        resource_type: Arc::from(resource_type.to_ascii_lowercase()),
        name: name.filter(|name| !name.contains('{')),
        file: None,
    };
    match &value.value {
        V::Text(text) => {
            embedded.file.clone_from(&text.file);
            if !text.is_opaque {
                embedded.text = Some(Arc::clone(&text.text));
                embedded.is_verbatim = text.content.is_some();
                embedded.span = text.content.unwrap_or(value.span);
            }
        }
        V::Unknown(unknown) => embedded.file.clone_from(&unknown.file),
        _ => {}
    }
    Some(embedded)
}

/// A value as JSON. Of texts with unknown parts only ids are kept: what they end with is what they are about.
fn node(value: &Val, name: &str, is_partial: &mut bool) -> Node {
    let unknown = |why: &str| Value::Unknown(Arc::from(why));
    let json = match &value.value {
        V::Null => Value::Null,
        V::Bool(value) => Value::Bool(*value),
        V::Number(text) => Value::Number(text.to_string()),
        V::Text(text) if !text.is_opaque => Value::Text(text.text.to_string()),
        V::Text(text) => {
            let is_open = last_segment(&text.text).contains('{');
            let name = name.to_ascii_lowercase();
            if matches!(name.as_str(), "id" | "scope") {
                *is_partial |= is_open;
                Value::Text(text.text.to_string())
            } else if name.ends_with("id") && text.text.starts_with('/') && !is_open {
                Value::Text(text.text.to_string())
            } else {
                unknown("a part of it is known only when deployed")
            }
        }
        V::Array(list) => {
            Value::Array(list.elements.iter().map(|element| node(element, "", is_partial)).collect())
        }
        V::Object(fields) => Value::Object(
            fields
                .members
                .iter()
                .map(|field| Member {
                    name: field.name.to_string(),
                    name_span: field.name_span,
                    value: node(&field.value, &field.name, is_partial),
                })
                .collect(),
        ),
        V::Unknown(why) => Value::Unknown(Arc::clone(&why.why)),
        V::Resource(_) | V::Loop(_) => unknown("a resource"),
    };
    Node::new(json, value.span)
}
