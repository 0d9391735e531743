//! Resources as ARM JSON without a template: one, a list, what the management API returns, nested ones.

use std::sync::Arc;

use super::detect::Form;
use super::inventory::{Embedded, Found, Inventory, Kind};
use crate::tree::json::{Node, Value};

/// The resources below `root`, a document without expressions.
pub fn read_plain(root: &Node, form: Form) -> Inventory {
    let mut inventory = Inventory::default();
    collect(root, form, "", &mut inventory);
    inventory
}

fn collect(node: &Node, form: Form, parent_type: &str, inventory: &mut Inventory) {
    if let Some(elements) = node.elements() {
        for element in elements {
            collect(element, form, parent_type, inventory);
        }
        return;
    }
    if node.members().is_none() {
        return;
    }
    let own_type = full_type(node, parent_type);
    if let Some(kind) = kind_of(node, own_type.as_deref()) {
        add(node, kind, form, own_type.as_deref().unwrap_or_default(), inventory);
    }
    let below = own_type.unwrap_or_else(|| parent_type.to_owned());
    // Templates with symbolic names hold `resources` as an object.
    for list in [node.get("resources"), node.get("value")].into_iter().flatten() {
        match list.members() {
            Some(members) => {
                for member in members {
                    collect(&member.value, form, &below, inventory);
                }
            }
            None => collect(list, form, &below, inventory),
        }
    }
}

/// The type with that of the resource around it in front, when it is a child.
fn full_type(node: &Node, parent: &str) -> Option<String> {
    let own = node.get("type")?.text()?;
    Some(if own.contains('.') || parent.is_empty() { own.to_owned() } else { format!("{parent}/{own}") })
}

fn kind_of(node: &Node, own_type: Option<&str>) -> Option<Kind> {
    if let Some(found) = own_type.and_then(Kind::of) {
        return Some(found);
    }
    if own_type.is_some_and(|own| own.contains('.')) {
        return None;
    }
    // Files of APIOps and hand-written lists often have no type.
    let properties = node.get("properties")?;
    let is_backend = ["url", "pool", "circuitBreaker"].into_iter().any(|name| properties.get(name).is_some());
    is_backend.then_some(Kind::Backend)
}

/// Adds a resource in the shape of ARM JSON to what was found, and the policy in it, if there is one.
pub(super) fn add(node: &Node, kind: Kind, form: Form, resource_type: &str, inventory: &mut Inventory) {
    let name_node = node.get("name");
    let name = name_node.and_then(Node::text).and_then(known_name);
    let span = name_node.map_or_else(|| node.mark(), |name| name.span);
    let version = node.get("apiVersion").and_then(|node| Some((Arc::from(node.text()?), node.span)));
    let is_conditional = match node.get("condition").map(|condition| &condition.value) {
        None | Some(Value::Bool(true) | Value::Null) => false,
        Some(Value::Bool(false)) => return,
        Some(_) => true,
    };
    if matches!(kind, Kind::Policy | Kind::Fragment)
        && let Some(properties) = node.get("properties")
        && let Some(value) = properties.get("value")
    {
        inventory.policies.push(Embedded {
            text: value.text().map(Arc::from),
            span: value.span,
            is_verbatim: false,
            format: properties.get("format").and_then(Node::text).map(Arc::from),
            resource_type: Arc::from(resource_type.to_ascii_lowercase()),
            name: name.clone(),
            file: None,
        });
    }
    inventory.resources.push(Found {
        kind,
        name,
        name_span: span,
        api_version: version,
        form,
        node: node.clone(),
        is_conditional,
        is_reference: false,
    });
}

/// The last segment of a resource id or name: `/subscriptions/../backends/x`, `/backends/x` and `x` are all `x`.
pub(super) fn last_segment(id: &str) -> &str {
    let id = id.trim().trim_end_matches('/');
    id.rsplit('/').next().unwrap_or(id)
}

/// The last segment, if there is one.
pub(super) fn known_name(id: &str) -> Option<Arc<str>> {
    Some(last_segment(id)).filter(|name| !name.is_empty()).map(Arc::from)
}
