//! Evaluated resources of Terraform as the resource manager takes them: source and plans alike.

use std::sync::Arc;

use super::azapi;
use super::tables::{DEPLOYMENTS, Own, Parent, ROWS, Row, Table, To};
use crate::diagnostics::Span;
use crate::resources::eval::{Field, V, Val};

/// A resource as the resource manager takes it.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) identity: Identity,
    /// Its API version, where the file says one.
    pub(crate) version: Option<Val>,
    /// Its members but type, version and name.
    pub(crate) body: Vec<Field>,
    /// Whether it changes a resource that something else creates.
    pub(crate) is_update: bool,
}

/// Which resource it is.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Its type, without a version.
    pub(crate) type_text: Arc<str>,
    pub(crate) type_span: Span,
    /// The names of what it is in and its own, to be joined by `/`.
    pub(crate) names: Vec<Val>,
}

/// Whether resources of this type are read.
pub(crate) fn is_read(resource_type: &str) -> bool {
    row(resource_type).is_some()
        || azapi::TYPES.contains(&resource_type)
        || DEPLOYMENTS.contains(&resource_type)
}

/// Which resource it is, by what `attribute` says; `None` when its type is not known.
pub(crate) fn identity(
    resource_type: &str,
    span: Span,
    attribute: &mut dyn FnMut(&str) -> Option<Val>,
) -> Option<Identity> {
    let Some(row) = row(resource_type) else { return azapi::identity(resource_type, span, attribute) };
    let mut names = Vec::new();
    for parent in row.parents {
        match parent {
            Parent::Name(name) => names.push(attribute(name).unwrap_or_else(|| unnamed(name, span))),
            Parent::Id(name) => {
                let id = attribute(name).unwrap_or_else(|| unnamed(name, span));
                names.extend(names_in(&id, row.arm.split('/').count().saturating_sub(2)));
            }
        }
    }
    names.push(match row.own {
        Own::In(name) => attribute(name).unwrap_or_else(|| unnamed(name, span)),
        Own::Always(name) => Val::new(V::text(name), span),
    });
    Some(Identity { type_text: Arc::from(row.arm), type_span: span, names })
}

/// A resource with these attributes and blocks.
pub(crate) fn arm(resource_type: &str, span: Span, body: &Val) -> Option<Arm> {
    let identity = identity(resource_type, span, &mut |name| known(body.get(name)))?;
    let Some(row) = row(resource_type) else { return Some(azapi::arm(resource_type, identity, body)) };
    let fields = body.value.members().unwrap_or_default();
    let mut properties = converted(fields, row.properties);
    for (name, text) in row.defaults {
        if !properties.iter().any(|field| &*field.name == *name) {
            properties.push(field(name, span, Val::new(V::text(text), span)));
        }
    }
    if properties.iter().any(|field| &*field.name == "pool") {
        properties.push(field("type", span, Val::new(V::text("Pool"), span)));
    }
    let mut body_fields = converted(fields, row.top);
    body_fields.push(field("properties", body.span, Val::new(V::object(properties), body.span)));
    Some(Arm { identity, version: None, body: body_fields, is_update: false })
}

/// The names in an id, as many as there should be; or what stands for all of them.
pub(super) fn names_in(id: &Val, count: usize) -> Vec<Val> {
    let V::Text(text) = &id.value else { return vec![id.clone()] };
    let part = |part: &str| {
        let value = if part.contains('{') { V::opaque(part) } else { V::text(part) };
        Val::new(value, id.span)
    };
    let Some((_, resource)) = text.text.rsplit_once("/providers/") else {
        let last = text.text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        return vec![part(last)];
    };
    // The provider, then a type and a name in turn.
    resource.split('/').skip(2).step_by(2).take(count).map(part).collect()
}

pub(super) fn field(name: &str, name_span: Span, value: Val) -> Field {
    Field { name: Arc::from(name), name_span, value }
}

/// A value that is given.
pub(super) fn known(value: Option<&Val>) -> Option<Val> {
    value.filter(|value| !is_nothing(value)).cloned()
}

pub(super) fn unnamed(attribute: &str, span: Span) -> Val {
    Val::unknown("it is known only when deployed", attribute, span)
}

fn row(resource_type: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == resource_type)
}

/// Null is nothing. So is an empty text: plans hold one for what is not given.
fn is_nothing(value: &Val) -> bool {
    matches!(value.value, V::Null) || value.value.known_text() == Some("")
}

fn converted(fields: &[Field], table: Table) -> Vec<Field> {
    let mut made = Vec::new();
    for own in fields {
        let Some((_, to)) = table.iter().find(|(name, _)| *name == &*own.name) else { continue };
        made.extend(convert(own, to));
    }
    made
}

fn convert(own: &Field, to: &To) -> Option<Field> {
    let object = |value: &Val, table: Table| match value.value.members() {
        Some(members) => Val::new(V::object(converted(members, table)), value.span),
        None => value.clone(),
    };
    if is_nothing(&own.value) {
        return None;
    }
    let (name, value) = match to {
        To::Member(name) => (*name, own.value.clone()),
        To::One(name, table) => {
            let value = match own.value.value.elements() {
                Some(blocks) => blocks.first()?,
                None => &own.value,
            };
            (*name, object(value, table))
        }
        To::Many(name, table) => {
            let value = match own.value.value.elements() {
                Some([]) => return None,
                Some(blocks) => {
                    let each = blocks.iter().map(|block| object(block, table)).collect();
                    Val::new(V::array(each), own.value.span)
                }
                // In JSON a block that is alone needs no list.
                None if own.value.value.members().is_some() => {
                    Val::new(V::array(vec![object(&own.value, table)]), own.value.span)
                }
                None => own.value.clone(),
            };
            (*name, value)
        }
        To::In(name, inner) => {
            let inner = convert(own, inner)?;
            let span = inner.value.span;
            (*name, Val::new(V::object(vec![inner]), span))
        }
        To::Sku => return Some(field("sku", own.name_span, sku(&own.value))),
    };
    Some(field(name, own.name_span, value))
}

/// `Developer_1`, or a name alone.
fn sku(value: &Val) -> Val {
    let Some(text) = value.value.known_text() else { return value.clone() };
    let (name, capacity) = text.split_once('_').unwrap_or((text, ""));
    let mut members = vec![field("name", value.span, Val::new(V::text(name), value.span))];
    if let Ok(capacity) = capacity.parse() {
        members.push(field("capacity", value.span, Val::new(V::int(capacity), value.span)));
    }
    Val::new(V::object(members), value.span)
}
