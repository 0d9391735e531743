//! What must come out.

use super::super::check::entries;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Node, Value, shorten};
use super::answers::read_status;
use super::json::{compact, to_json};
use super::world::World;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::Text;
use crate::suite::{BodyExpectation, Expectation, ExpectedError, HeaderExpectation};

/// The expectation at `node`; names that nothing has are told.
pub(super) fn read_expectation(node: &Node, world: &World, diagnostics: &mut Diagnostics) -> Expectation {
    let text = |node: &Node| node.text().map(str::to_owned);
    let texts = |name: &str| {
        let list = node.get(name)?.elements()?;
        Some(list.iter().filter_map(text).collect::<Vec<_>>())
    };
    let sent = node.get("sent");
    Expectation {
        status: node.get("status").and_then(read_status),
        reason: node.get("reason").and_then(text),
        headers: read_headers(node.get("headers")),
        body: node.get("body").map(read_body),
        backends: read_backends(node, world, diagnostics),
        waits: node
            .get("waits")
            .and_then(Node::elements)
            .map(|waits| waits.iter().filter_map(Node::time).collect()),
        variables: read_variables(node, world, diagnostics),
        trace: texts("trace"),
        calls: texts("calls"),
        error: node.get("error").map(read_error),
        sent_headers: read_headers(sent.and_then(|sent| sent.get("headers"))),
        sent_path: sent.and_then(|sent| sent.get("path")).and_then(text),
        sent_body: sent.and_then(|sent| sent.get("body")).map(read_body),
        elapsed: node.get("elapsed").and_then(Node::time),
    }
}

/// Whether anything is expected at all.
pub(super) fn expects(node: Option<&Node>) -> bool {
    node.into_iter().flat_map(entries).any(|member| {
        // An object without entries says nothing.
        member.value.members().is_none_or(|members| !members.is_empty())
    })
}

fn read_backends(node: &Node, world: &World, diagnostics: &mut Diagnostics) -> Option<Vec<String>> {
    let names = node.get("backends")?.elements()?;
    let mut read = Vec::new();
    for node in names {
        let Some(name) = node.text() else { continue };
        if name.contains("://") {
            read.push(name.to_owned());
        } else {
            read.extend(world.backend(name, node.span, diagnostics));
        }
    }
    Some(read)
}

fn read_variables(
    node: &Node,
    world: &World,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, serde_json::Value)> {
    let mut read = Vec::new();
    for member in node.get("variables").into_iter().flat_map(entries) {
        let is_null = matches!(member.value.value, Value::Null);
        if let Some(known) = world.variables().filter(|_| !is_null)
            && !known.iter().any(|name| name.as_str() == member.name)
        {
            let names = || known.iter().map(Text::as_str);
            let message = format!("the policy has no variable `{}`", shorten(&member.name));
            let mut diagnostic = Diagnostic::error("unknown-variable", member.name_span, message)
                .label("expected a variable that the policy sets")
                .note(format!("variables there: {}", list(names())));
            diagnostic.help = did_you_mean(&member.name, names());
            diagnostics.push(diagnostic);
        }
        read.push((member.name.clone(), to_json(&member.value)));
    }
    read
}

fn read_headers(node: Option<&Node>) -> Vec<(String, HeaderExpectation)> {
    let headers = node.into_iter().flat_map(entries).filter_map(|member| {
        let expected = match &member.value.value {
            Value::Null | Value::Bool(false) => HeaderExpectation::Absent,
            Value::Bool(true) => HeaderExpectation::Present,
            Value::Text(text) | Value::Number(text) => HeaderExpectation::Is(text.clone()),
            Value::Object(_) => HeaderExpectation::Contains(member.value.get("contains")?.text()?.to_owned()),
            Value::Array(_) | Value::Unknown(_) => return None,
        };
        Some((member.name.clone(), expected))
    });
    headers.collect()
}

fn read_body(node: &Node) -> BodyExpectation {
    if let Some([only]) = node.members() {
        match (only.name.as_str(), only.value.text()) {
            ("contains", Some(part)) => return BodyExpectation::Contains(part.to_owned()),
            ("json", _) => return BodyExpectation::Json(to_json(&only.value)),
            _ => {}
        }
    }
    match &node.value {
        Value::Null | Value::Unknown(_) => BodyExpectation::Absent,
        Value::Text(text) => BodyExpectation::Text(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            BodyExpectation::Json(serde_json::from_str(&compact(node)).unwrap_or_default())
        }
    }
}

fn read_error(node: &Node) -> ExpectedError {
    let text = |name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
    ExpectedError {
        none: matches!(node.value, Value::Null),
        source: text("source"),
        reason: text("reason"),
        message_contains: text("messageContains"),
        section: text("section"),
        path: text("path"),
    }
}
