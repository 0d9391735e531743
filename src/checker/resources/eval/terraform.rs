//! Resources of Terraform: what expressions take of them, and what becomes of them when they are evaluated.
//!
//! Rules
//! - A resource has the attributes that are written in it, and an id; what the service adds is unknown.
//! - Attributes are evaluated one by one, so that two resources may speak of each other as long as their attributes
//!   do not.
//! - What an update holds counts beside what it updates.

use std::sync::Arc;

use super::access::{GROUP, id_text};
use super::emit::MAX_RESOURCES;
use super::found::{Evaluated, add};
use super::loops::{Rounds, number_of};
use super::machine::{MAX_DEPTH, Machine, Scope};
use super::syntax::{Filling, Resource};
use super::value::{Field, Reference, Unknown, V, Val};
use crate::diagnostics::Span;
use crate::resources::terraform::{Arm, arm, identity};
use crate::resources::{Form, Found, Inventory, Kind};
use crate::tree::json::{Member, Node, Value};

impl Machine<'_> {
    /// Whether a template is a module of Terraform.
    pub(super) fn is_terraform(&self, frame: usize) -> bool {
        self.frames.get(frame).is_some_and(|frame| frame.template.form == Form::Terraform)
    }

    /// `resource.name` or the output of a module.
    pub(super) fn attribute(&mut self, reference: &Reference, name: &str, span: Span) -> Val {
        let Some(resource) = self.resource(reference) else {
            return Val::unknown("it is not known", name, span);
        };
        // What a deployment gives back is a text of JSON that only it knows.
        let is_module = resource.resource_type.literal() == Some("module");
        if resource.inner.is_some() && is_module {
            return self.output(reference, name, span);
        }
        // No name of a declaration has a space.
        let key = format!("{} {:?} {name}", reference.resource, reference.round);
        match self.frames.get(reference.frame).and_then(|frame| frame.values.get(&key)) {
            Some(Some(value)) => return value.clone(),
            Some(None) => {
                self.tell_cycle(name, span);
                return Val::unknown("it is defined by itself", name, span);
            }
            None => {}
        }
        let keep = |machine: &mut Self, value: Option<Val>| {
            if let Some(frame) = machine.frames.get_mut(reference.frame) {
                frame.values.insert(key.clone(), value);
            }
        };
        keep(self, None);
        let value = match resource.body.member(name) {
            _ if name == "id" => Val::new(self.id_of(reference), span),
            Some(value) => self.in_resource(reference, |machine, scope| machine.eval(value, scope)),
            None => {
                let label = format!("{}.{name}", resource.symbol.as_deref().unwrap_or("resource"));
                Val::unknown("only the deployed resource has it", &label, span)
            }
        };
        keep(self, Some(value.clone()));
        value
    }

    /// The id of a resource, as far as its type and names are known.
    pub(super) fn terraform_id(&mut self, reference: &Reference, resource: &Resource) -> V {
        let unknown = || {
            let label = format!("{}.id", resource.symbol.as_deref().unwrap_or("resource"));
            V::Unknown(Unknown::new("only the deployed resource has it", &label))
        };
        let resource_type = resource.resource_type.literal().unwrap_or_default();
        let has = |name: &str| resource.body.member(name).is_some();
        let mut attribute = |name: &str| {
            has(name)
                .then(|| self.attribute(reference, name, resource.span))
                .filter(|value| !matches!(value.value, V::Null))
        };
        let Some(identity) = identity(resource_type, resource.span, &mut attribute) else { return unknown() };
        let names: Vec<V> = identity.names.iter().map(|name| self.join(std::slice::from_ref(name))).collect();
        let text = |name: &V| match name {
            V::Text(text) => text.text.to_string(),
            other => format!("{{{}}}", other.label()),
        };
        let names: Vec<String> = names.iter().map(text).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        V::opaque(&id_text(GROUP, &identity.type_text, &names))
    }

    /// One resource of a loop: by its key, or by its place.
    pub(super) fn element_of(&mut self, reference: &Reference, index: &Val, span: Span) -> Val {
        let rounds = self.rounds_of(reference);
        let Rounds::Known(rounds) = rounds.as_ref() else {
            // Whatever it is, it is like the one that stands for all.
            return Val::new(V::Resource(reference.at(0)), span);
        };
        let round = rounds.iter().find(|round| {
            let own = round.key.as_ref().map_or_else(|| number_of(round.index), |key| key.value.clone());
            own.same(&index.value) == Some(true)
        });
        match round {
            Some(round) => Val::new(V::Resource(reference.at(round.index)), span),
            None if matches!(index.value, V::Unknown(_)) => {
                Val::unknown("which resource is known only when deployed", "resource", span)
            }
            None => Val::failure("there is no such resource", "resource", span),
        }
    }

    /// A value with the members that its type adds.
    pub(super) fn filled(&mut self, value: Val, filling: &Filling, scope: Scope<'_>) -> Val {
        if !self.spend(1) || self.depth >= MAX_DEPTH {
            return value;
        }
        self.depth += 1;
        let filled = match (filling, &value.value) {
            (Filling::Each(inner), V::Array(list)) => {
                let each = list.elements.iter().map(|element| self.filled(element.clone(), inner, scope));
                Val::new(V::array(each.collect()), value.span)
            }
            (Filling::Each(inner), V::Object(fields)) => {
                let each = fields.members.iter().map(|field| Field {
                    value: self.filled(field.value.clone(), inner, scope),
                    ..field.clone()
                });
                Val::new(V::object(each.collect()), value.span)
            }
            (Filling::Members(members), V::Object(fields)) => {
                let mut all = fields.members.clone();
                for member in members {
                    let place = all.iter().position(|field| field.name == member.name);
                    let known = place.and_then(|place| all.get(place)).map(|field| field.value.clone());
                    let given = known.filter(|value| !matches!(value.value, V::Null));
                    let default = member.default.as_ref().filter(|_| given.is_none());
                    let own = match (given, default) {
                        (Some(given), _) => given,
                        (None, Some(default)) => self.eval(default, scope),
                        (None, None) if member.is_optional => Val::new(V::Null, value.span),
                        (None, None) => continue,
                    };
                    let own = match &member.inner {
                        Some(inner) => self.filled(own, inner, scope),
                        None => own,
                    };
                    let field = Field { name: Arc::clone(&member.name), name_span: own.span, value: own };
                    match place.and_then(|place| all.get_mut(place)) {
                        Some(known) => *known = Field { name_span: known.name_span, ..field },
                        None => all.push(field),
                    }
                }
                Val::new(V::object(all), value.span)
            }
            _ => value,
        };
        self.depth -= 1;
        filled
    }
}

/// Adds a resource of a module.
pub(super) fn emit_resource(
    machine: &mut Machine<'_>,
    reference: &Reference,
    resource: &Resource,
    is_conditional: bool,
    inventory: &mut Inventory,
) {
    if inventory.resources.len() >= MAX_RESOURCES {
        machine.exhaust(Some(resource.span));
        return;
    }
    let body = machine.in_resource(reference, |machine, scope| machine.eval(&resource.body, scope));
    let resource_type = resource.resource_type.literal().unwrap_or_default();
    let Some(made) = arm(resource_type, resource.resource_type.span, &body) else {
        // A template that is a file of its own is read as such, if it is there.
        let content = body.get("template_content").map(|content| &content.value);
        let is_read = matches!(content, Some(V::Text(text)) if text.file.is_some() && text.content.is_some());
        inventory.is_partial |= !is_read;
        return;
    };
    let origin = Origin {
        form: Form::Terraform,
        span: resource.span,
        is_conditional,
        is_reference: resource.is_existing,
    };
    add_arm(machine, &made, origin, inventory);
}

/// Where a resource comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) form: Form,
    pub(crate) span: Span,
    pub(crate) is_conditional: bool,
    pub(crate) is_reference: bool,
}

/// Adds a resource as the resource manager takes it, if its type is one that is looked at.
pub(crate) fn add_arm(machine: &mut Machine<'_>, made: &Arm, origin: Origin, inventory: &mut Inventory) {
    let Arm { identity, version, body, is_update } = made;
    let Some(kind) = Kind::of(&identity.type_text) else { return };
    let slash = Val::new(V::text("/"), origin.span);
    let mut parts = Vec::new();
    for name in &identity.names {
        if !parts.is_empty() {
            parts.push(slash.clone());
        }
        parts.push(name.clone());
    }
    let name = machine.join(&parts);
    let found = Found {
        kind,
        name: None,
        name_span: identity.names.last().map_or(origin.span, |name| name.span),
        api_version: version.as_ref().and_then(|v| Some((Arc::from(v.value.known_text()?), v.span))),
        form: origin.form,
        node: Node::new(Value::Null, origin.span),
        is_conditional: origin.is_conditional,
        is_reference: origin.is_reference,
    };
    let (type_text, type_span) = (&*identity.type_text, identity.type_span);
    let what = Evaluated { type_text, type_span, name, version: version.clone(), body: body.clone() };
    if *is_update {
        let mut updates = std::mem::take(&mut machine.updates);
        add(machine, found, &what, &mut updates);
        machine.updates = updates;
    } else {
        add(machine, found, &what, inventory);
    }
}

/// Brings updates to what they update.
pub(crate) fn apply_updates(machine: &mut Machine<'_>, inventory: &mut Inventory) {
    let updates = std::mem::take(&mut machine.updates);
    inventory.is_partial |= updates.is_partial;
    inventory.policies.extend(updates.policies);
    for mut update in updates.resources {
        let is_it = |found: &&mut Found| {
            found.kind == update.kind
                && !found.is_reference
                && found
                    .name
                    .as_deref()
                    .zip(update.name.as_deref())
                    .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        };
        if let Some(target) = inventory.resources.iter_mut().find(is_it) {
            merge(&mut target.node, update.node);
            target.api_version = target.api_version.take().or(update.api_version);
            continue;
        }
        // What is updated has a URL, if it is no pool.
        let span = update.node.span;
        if let Value::Object(members) = &mut update.node.value
            && let Some(properties) = members.iter_mut().find(|member| member.name == "properties")
            && let Value::Object(properties) = &mut properties.value.value
            && !properties.iter().any(|member| matches!(member.name.as_str(), "url" | "pool"))
        {
            let value = Node::new(Value::Unknown(Arc::from("the resource that is updated has it")), span);
            properties.push(Member { name: "url".to_owned(), name_span: span, value });
        }
        inventory.resources.push(update);
    }
}

/// Members of both, those of `other` before those of `node`.
fn merge(node: &mut Node, other: Node) {
    let (Value::Object(own), Value::Object(others)) = (&mut node.value, other.value.clone()) else {
        *node = other;
        return;
    };
    for member in others.into_iter().filter(|member| !matches!(member.name.as_str(), "type" | "name")) {
        match own.iter_mut().find(|known| known.name == member.name) {
            Some(known) => merge(&mut known.value, member.value),
            None => own.push(member),
        }
    }
}
