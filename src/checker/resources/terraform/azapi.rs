//! Resources of the provider `azapi`, which takes what the resource manager takes: in an object, or as JSON.

use std::sync::Arc;

use super::shape::{Arm, Identity, field, known, names_in, unnamed};
use crate::diagnostics::Span;
use crate::resources::eval::{Field, V, Val, parsed};

/// Those that are read.
pub(super) const TYPES: &[&str] = &["azapi_resource", "azapi_update_resource"];

/// Attributes that stand beside `body`, and beside `properties` there.
const BESIDE: &[&str] = &["location", "tags"];

/// Which resource it is, by what `attribute` says.
pub(super) fn identity(
    resource_type: &str,
    span: Span,
    attribute: &mut dyn FnMut(&str) -> Option<Val>,
) -> Option<Identity> {
    if !TYPES.contains(&resource_type) {
        return None;
    }
    let declared = attribute("type")?;
    let type_text = declared.value.known_text()?.split('@').next().unwrap_or_default();
    let around = type_text.split('/').count().saturating_sub(2);
    let names = if let Some(id) = attribute("resource_id") {
        names_in(&id, around.saturating_add(1))
    } else {
        // A parent may also be a group or subscription, which is no part of a name.
        let parent = attribute("parent_id").filter(|_| around > 0);
        let mut names = parent.map(|parent| names_in(&parent, around)).unwrap_or_default();
        names.push(attribute("name").unwrap_or_else(|| unnamed("name", span)));
        names
    };
    Some(Identity { type_text: Arc::from(type_text), type_span: declared.span, names })
}

/// A resource with these attributes.
pub(super) fn arm(resource_type: &str, identity: Identity, body: &Val) -> Arm {
    let declared = body.get("type");
    let version = declared.and_then(|declared| {
        let version = declared.value.known_text()?.split_once('@')?.1;
        Some(Val::new(V::text(version), declared.span))
    });
    let mut fields: Vec<Field> = Vec::new();
    match body.get("body").map(|own| (own, object_of(own))) {
        None => {}
        Some((_, Some(object))) => fields.extend(object.value.members().unwrap_or_default().iter().cloned()),
        Some((own, None)) => {
            let why = "what it holds is known only when deployed";
            fields.push(field("properties", own.span, Val::unknown(why, "properties", own.span)));
        }
    }
    for name in BESIDE {
        if let Some(value) = known(body.get(name)) {
            fields.push(field(name, value.span, value));
        }
    }
    Arm { identity, version, body: fields, is_update: resource_type == "azapi_update_resource" }
}

/// The object that it is, or whose JSON it is.
fn object_of(value: &Val) -> Option<Val> {
    let object = match &value.value {
        V::Text(text) => match &text.encodes {
            Some(encoded) => Val::clone(encoded),
            None => Val::new(parsed(value.value.known_text()?, value)?, value.span),
        },
        _ => value.clone(),
    };
    object.value.members().is_some().then_some(object)
}
