//! Makes resources of an evaluated template: rounds of loops, conditions, deployments inside of it.
//!
//! Rules
//! - A loop over something unknown gives one resource, made of what is known in its body: it may be none or many.
//! - Where something is left out, the inventory is partial.

use std::sync::Arc;

use super::arguments::emit_arguments;
use super::found::{Evaluated, add};
use super::loops::Rounds;
use super::machine::{Machine, Scope};
use super::syntax::{ExprKind, Inner, Repeat, Resource};
use super::terraform::{apply_updates, emit_resource};
use super::value::{Field, Reference, Val};
use crate::resources::terraform::is_read;
use crate::resources::{Found, Inventory, Kind};
use crate::tree::json::{Node, Value};

/// Longest loop.
pub(super) const MAX_ROUNDS: u64 = 10_000;
/// Deepest deployments in deployments.
pub(super) const MAX_NESTING: u32 = 16;
/// Most evaluations of templates for one file.
pub(super) const MAX_FRAMES: usize = 2_000;
/// Most resources of one file.
pub(super) const MAX_RESOURCES: usize = 10_000;

/// All resources of the template of a frame.
pub(super) fn emit_all(machine: &mut Machine<'_>, frame: usize, inventory: &mut Inventory) {
    emit_frame(machine, frame, false, inventory);
    apply_updates(machine, inventory);
    inventory.templates.append(&mut machine.templates);
    inventory.is_partial |= machine.is_exhausted() || machine.is_open;
}

fn emit_frame(machine: &mut Machine<'_>, frame: usize, is_conditional: bool, inventory: &mut Inventory) {
    let Some(template) = machine.frames.get(frame).map(|frame| frame.template) else { return };
    inventory.is_partial |= template.is_fragment && template.form == crate::resources::Form::Bicep;
    let is_terraform = machine.is_terraform(frame);
    for (index, resource) in template.resources.iter().enumerate() {
        if machine.is_exhausted() {
            return;
        }
        let is_of_interest = resource.inner.is_some()
            || resource
                .resource_type
                .literal()
                .is_none_or(|name| if is_terraform { is_read(name) } else { Kind::of(name).is_some() });
        if !is_of_interest {
            continue;
        }
        let reference = Reference { frame, resource: index, round: None, path: Vec::new() };
        if resource.repeat.is_none() {
            emit_one(machine, &reference, resource, is_conditional, inventory);
            continue;
        }
        match machine.rounds_of(&reference).as_ref() {
            Rounds::Known(rounds) => {
                for round in 0..rounds.len() {
                    emit_one(machine, &reference.at(round), resource, is_conditional, inventory);
                }
            }
            Rounds::Unknown(_) => {
                inventory.is_partial = true;
                emit_one(machine, &reference.at(0), resource, true, inventory);
            }
        }
    }
}

fn emit_one(
    machine: &mut Machine<'_>,
    reference: &Reference,
    resource: &Resource,
    is_conditional: bool,
    inventory: &mut Inventory,
) {
    let holds = machine.in_resource(reference, |machine, scope| deployed(machine, resource, scope));
    if holds == Some(false) {
        return;
    }
    let is_conditional = is_conditional || holds.is_none();
    if let Some(inner) = &resource.inner {
        if let Some(frame) = machine.inner_frame(reference, resource.span) {
            emit_frame(machine, frame, is_conditional, inventory);
        } else {
            inventory.is_partial = true;
            if !matches!(inner, Inner::Template { .. }) && !machine.is_terraform(reference.frame) {
                emit_arguments(machine, reference, resource, is_conditional, inventory);
            }
        }
        return;
    }
    if machine.is_terraform(reference.frame) {
        emit_resource(machine, reference, resource, is_conditional, inventory);
        return;
    }
    if inventory.resources.len() >= MAX_RESOURCES {
        machine.exhaust(Some(resource.span));
        return;
    }
    let scope = Scope { frame: reference.frame, locals: None };
    let resource_type = machine.eval(&resource.resource_type, scope);
    let Some(type_text) = resource_type.value.known_text() else {
        inventory.is_partial = true;
        return;
    };
    let Some(kind) = Kind::of(type_text) else { return };
    let version = resource.api_version.as_ref().map(|version| machine.eval(version, scope));
    let body = machine.in_resource(reference, |machine, scope| {
        let ExprKind::Object(entries) = &resource.body.kind else {
            return vec![];
        };
        let wanted: Vec<_> = entries
            .iter()
            .filter_map(|entry| match entry {
                super::syntax::Entry::Member { name, value } => Some((name, value)),
                super::syntax::Entry::Spread(_) => None,
            })
            .filter(|(name, _)| {
                name.literal().is_some_and(|name| {
                    let is_of_template =
                        ["type", "apiVersion", "parent", "dependsOn", "condition", "copy", "resources"];
                    !is_of_template.iter().any(|other| other.eq_ignore_ascii_case(name))
                })
            })
            .collect();
        wanted
            .into_iter()
            .map(|(name, value)| Field {
                name: Arc::from(name.literal().unwrap_or_default()),
                name_span: name.span,
                value: machine.eval(value, scope),
            })
            .collect::<Vec<_>>()
    });
    let own_name = machine.own_name(reference);
    let name_span = own_name.span;
    let name = machine.full_name(reference);
    let name = machine.join(&[Val::new(name, name_span)]);
    let found = Found {
        kind,
        name: None,
        name_span,
        api_version: version.as_ref().and_then(|v| Some((Arc::from(v.value.known_text()?), v.span))),
        form: machine
            .frames
            .get(reference.frame)
            .map_or(crate::resources::Form::Template, |f| f.template.form),
        node: Node::new(Value::Null, resource.body.span),
        is_conditional,
        is_reference: resource.is_existing,
    };
    let what = Evaluated { type_text, type_span: resource_type.span, name, version, body };
    add(machine, found, &what, inventory);
}

/// Whether a resource is deployed; `None` when only the deployment knows.
fn deployed(machine: &mut Machine<'_>, resource: &Resource, scope: Scope<'_>) -> Option<bool> {
    let of_loop = match &resource.repeat {
        Some(repeat @ Repeat::Over { .. }) => machine.holds(repeat, scope),
        _ => Some(true),
    };
    let own = match &resource.condition {
        Some(condition) => machine.eval(condition, scope).value.as_bool(),
        None => Some(true),
    };
    let around = parent_deployed(machine, resource, scope);
    let all = [of_loop, own, around];
    if all.contains(&Some(false)) {
        return Some(false);
    }
    all.iter().all(Option::is_some).then_some(true)
}

/// In Bicep, what is inside of a resource shares its condition.
fn parent_deployed(machine: &mut Machine<'_>, resource: &Resource, scope: Scope<'_>) -> Option<bool> {
    let template = machine.frames.get(scope.frame)?.template;
    let mut at = resource.parent.filter(|_| template.form == crate::resources::Form::Bicep);
    let mut result = Some(true);
    while let Some(parent) = at.and_then(|parent| template.resources.get(parent)) {
        if let Some(condition) = &parent.condition {
            match machine.eval(condition, Scope { locals: None, ..scope }).value.as_bool() {
                Some(true) => {}
                Some(false) => return Some(false),
                None => result = None,
            }
        }
        at = parent.parent;
    }
    result
}
