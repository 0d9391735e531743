//! What backends and endpoints answer.

use super::super::check::{Dialect, entries};
use super::super::json::{Node, Value, shorten};
use super::super::ranges::number_range;
use super::json::compact;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::{Header, HeaderValue, Text};
use crate::suite::{Answer, Outcome, Script};
use crate::units::{Duration, StatusCode};

/// The script at `node`: one answer or a list.
pub(in crate::config) fn read_script(node: &Node, diagnostics: &mut Diagnostics) -> Script {
    let Some(list) = node.elements() else {
        return Script { answers: vec![read_answer(node, diagnostics)] };
    };
    let mut answers: Vec<Answer> = list.iter().map(|answer| read_answer(answer, diagnostics)).collect();
    let count = answers.len();
    if list.iter().all(|answer| answer.get("call").is_none()) {
        for (call, answer) in (1..).zip(&mut answers).take(count.saturating_sub(1)) {
            answer.calls = Some((call, call));
        }
    } else if let Some(second) = list.iter().filter(|answer| answer.get("call").is_none()).nth(1) {
        diagnostics.push(
            Diagnostic::error("answer-without-call", second.mark(), "two answers are for all other calls")
                .label("expected `call`: one answer at most goes without it beside answers that have it"),
        );
    }
    Script { answers }
}

fn read_answer(node: &Node, diagnostics: &mut Diagnostics) -> Answer {
    let flag = |name: &str| node.get(name).and_then(|node| node.flag(Dialect::Scenario)).unwrap_or(false);
    let calls = node.get("call").and_then(|node| read_calls(node, diagnostics));
    let (timeout, failure) = (flag("timeout"), flag("connectionFailure"));
    for (name, is_set, without) in [
        (
            "timeout",
            timeout,
            &["connectionFailure", "delay", "status", "reason", "headers", "body", "breaksOff"][..],
        ),
        ("connectionFailure", failure, &["status", "reason", "headers", "body", "breaksOff"]),
    ] {
        let other = without.iter().find_map(|field| node.member(field)).filter(|_| is_set);
        if let Some(other) = other {
            let message = format!("`{}` beside `{name}`", other.name);
            diagnostics.push(
                Diagnostic::error("impossible-answer", other.name_span, message)
                    .label(format!("expected one of the two: `{name}` means that no response comes")),
            );
        }
    }
    let outcome = if timeout {
        Outcome::Timeout
    } else if failure {
        Outcome::ConnectionFailure
    } else {
        Outcome::Response {
            status: node.get("status").and_then(read_status).unwrap_or(StatusCode::OK),
            reason: node.get("reason").and_then(Node::text).map(|text| Text::from(text.to_owned())),
            headers: read_headers(node.get("headers")).into_iter().flat_map(|(_, headers)| headers).collect(),
            body: node.get("body").and_then(read_body),
            breaks_off: flag("breaksOff"),
        }
    };
    let delay = node.get("delay").and_then(Node::time).unwrap_or(Duration::ZERO);
    Answer { calls, delay, outcome }
}

/// `1`, `"1"`, `"2-3"`, `"2-"`.
fn read_calls(node: &Node, diagnostics: &mut Diagnostics) -> Option<(u32, u32)> {
    let calls = match node.text() {
        None => node.integer().and_then(|call| u32::try_from(call).ok()).map(|call| (call, call)),
        Some(text) => number_range(text),
    };
    if calls.is_none() && node.text().is_some_and(|text| !text.is_empty()) {
        let message = format!("not calls: {}", node.describe());
        diagnostics.push(
            Diagnostic::error("bad-calls", node.mark(), message)
                .label("expected a number from 1 on, or text such as `2-3` or `2-`"),
        );
    }
    calls
}

/// The status at `node`.
pub(super) fn read_status(node: &Node) -> Option<StatusCode> {
    StatusCode::new(u16::try_from(node.integer()?).ok()?)
}

/// A body: text as it is, nothing for null, any other value as JSON.
pub(super) fn read_body(node: &Node) -> Option<Text> {
    match &node.value {
        Value::Null | Value::Unknown(_) => None,
        Value::Text(text) => Some(Text::from(text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(Text::from(compact(node)))
        }
    }
}

/// Headers by name; none for null.
pub(super) fn read_headers(node: Option<&Node>) -> Vec<(String, Vec<Header>)> {
    let headers = node.into_iter().flat_map(entries).map(|member| {
        let header = |value: &str| Header {
            name: member.name.clone().into(),
            value: HeaderValue::Text(value.to_owned().into()),
        };
        let values = match &member.value.value {
            Value::Text(text) | Value::Number(text) => vec![header(text)],
            Value::Array(elements) => elements.iter().filter_map(Node::text).map(header).collect(),
            Value::Null | Value::Bool(_) | Value::Object(_) | Value::Unknown(_) => Vec::new(),
        };
        (member.name.clone(), values)
    });
    headers.collect()
}

/// Tells header names that cannot be sent.
pub(super) fn check_header_names(node: Option<&Node>, diagnostics: &mut Diagnostics) {
    for member in node.into_iter().flat_map(entries) {
        // RFC 9110, section 5.6.2: token.
        let is_token = |c: char| {
            c.is_ascii_alphanumeric()
                || matches!(c, '!' | '#'..='\'' | '*' | '+' | '-' | '.' | '^'..='`' | '|' | '~')
        };
        if member.name.is_empty() || !member.name.chars().all(is_token) {
            let message = format!("`{}` cannot be the name of a header", shorten(&member.name));
            diagnostics.push(
                Diagnostic::error("bad-header-name", member.name_span, message)
                    .label("expected letters, digits and `-`"),
            );
        }
    }
}

/// All scripts of an object, by name.
pub(super) fn scripts<'n>(
    defaults: Option<&'n Node>,
    own: Option<&'n Node>,
) -> impl Iterator<Item = &'n super::super::json::Member> {
    let is_own =
        move |name: &str| own.into_iter().flat_map(entries).any(|m| m.name.eq_ignore_ascii_case(name));
    let kept = defaults.into_iter().flat_map(entries).filter(move |member| !is_own(&member.name));
    kept.chain(own.into_iter().flat_map(entries))
}
