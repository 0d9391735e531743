//! `semantics`: which readings of undocumented behaviour a scenario chooses.

use super::super::check::{Dialect, check, entries, is_note};
use super::super::hints::{did_you_mean, list};
use super::super::json::{Member, Node, Value, shorten};
use super::super::shape::Kind;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::semantics::{Semantics, Switch};

/// Older names of switches.
const ALIASES: &[(&str, &str)] =
    &[("breaker.inflight_failures_while_open", "breaker.inflight_failures_while_tripped")];

/// The present name of a switch.
pub(crate) fn canonical_name(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, present)| present)
}

/// Brings `semantics` of a scenario or patch into the flat form, `{"breaker": {"window": ...}}` into
/// `{"breaker.window": ...}`, so that patches of either form meet.
pub(crate) fn flatten_semantics(tree: &mut Node, diagnostics: &mut Diagnostics) {
    let Value::Object(members) = &mut tree.value else { return };
    let Some(member) = members.iter_mut().find(|member| member.name == "semantics") else { return };
    if member.value.members().is_none() {
        return;
    }
    let mut flat = Vec::new();
    flatten("", &member.value, &mut flat, diagnostics);
    member.value.value = Value::Object(flat);
}

fn flatten(prefix: &str, node: &Node, flat: &mut Vec<Member>, diagnostics: &mut Diagnostics) {
    for member in node.members().unwrap_or_default().iter().filter(|member| !is_note(member)) {
        let path = if prefix.is_empty() { member.name.clone() } else { format!("{prefix}.{}", member.name) };
        if member.value.members().is_some() {
            flatten(&path, &member.value, flat, diagnostics);
            continue;
        }
        let name = canonical_name(&path).to_owned();
        if flat.iter().any(|other| other.name == name) {
            diagnostics.push(
                Diagnostic::error(
                    "duplicate-name",
                    member.name_span,
                    format!("the switch `{}` is given twice", shorten(&name)),
                )
                .label("expected each switch once"),
            );
            continue;
        }
        flat.push(Member { name, name_span: member.name_span, value: member.value.clone() });
    }
}

/// The readings that `semantics` chooses, and which switches it names.
pub(crate) fn read_semantics(tree: &Node, diagnostics: &mut Diagnostics) -> (Semantics, Vec<Switch>) {
    let mut semantics = Semantics::default();
    let mut given = Vec::new();
    let Some(node) = tree.get("semantics") else { return (semantics, given) };
    if !check(node, Kind::Map(&Kind::Any), "semantics", Dialect::Scenario, diagnostics) {
        return (semantics, given);
    }
    for member in entries(node) {
        let paths = || Switch::ALL.iter().map(|switch| switch.info().path);
        let Some(switch) = Switch::ALL.iter().find(|switch| switch.info().path == member.name) else {
            let message = format!("there is no switch `{}`", shorten(&member.name));
            let mut diagnostic = Diagnostic::error("unknown-switch", member.name_span, message)
                .label("expected the name of a switch")
                .note(format!("switches: {}", list(paths())));
            diagnostic.help = did_you_mean(&member.name, paths());
            diagnostics.push(diagnostic);
            continue;
        };
        let reading = match &member.value.value {
            Value::Text(text) | Value::Number(text) => text.clone(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) | Value::Unknown(_) => String::new(),
        };
        let info = switch.info();
        if semantics.set(info.path, &reading) {
            given.push(*switch);
        } else {
            let message = format!("`{}` cannot be {}", info.path, member.value.describe());
            let mut diagnostic = Diagnostic::error("unknown-value", member.value.mark(), message)
                .label(format!("expected one of {}", list(info.readings.iter().copied())))
                .note(info.meaning);
            diagnostic.help = did_you_mean(&reading, info.readings.iter().copied());
            diagnostics.push(diagnostic);
        }
    }
    (semantics, given)
}
