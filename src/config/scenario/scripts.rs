//! `answers` of a backend: what it says to which call.

use std::sync::Arc;

use super::super::json::Node;
use super::super::shape::{Field, Kind, Shape};
use super::super::suite::read_script;
use crate::backend::{CallAnswer, CallScript, ScriptedOutcome};
use crate::diagnostics::Diagnostics;
use crate::suite::Outcome;

const HEADERS: Kind = Kind::Map(&Kind::Either(&[Kind::Characters, Kind::integer(0, u64::MAX)]));
const ANSWERS: Kind = Kind::Either(&[
    Kind::Object(&SCRIPTED_ANSWER),
    Kind::List { of: &Kind::Object(&SCRIPTED_ANSWER), min: 1, max: 10_000 },
]);

pub(super) const ANSWERS_FIELD: Field = Field::optional(
    "answers",
    ANSWERS,
    "What it answers whatever its quota says, as in files of tests: one answer for every call, or a list, for the 1st, \
     2nd, ... call, the last of which goes on. Calls that no answer names are answered as usual.",
);

pub(crate) static SCRIPTED_ANSWER: Shape = Shape {
    name: "scriptedAnswer",
    what: "a scripted answer",
    fields: &[
        Field::optional(
            "call",
            Kind::Either(&[Kind::integer(1, u32::MAX as u64), Kind::Text]),
            "The calls it is for, counted from 1: a number, or text such as `2-3` or `2-`.",
        ),
        Field::optional("status", Kind::integer(200, 599), "Status; default 200."),
        Field::optional("headers", HEADERS, "Headers, such as Retry-After."),
        Field::optional("body", Kind::Any, "Body: text, or a JSON value; default: the usual one."),
        Field::optional(
            "delay",
            Kind::TIME,
            "Time from sending the call until it is answered or has failed; default: as the deployment takes.",
        ),
        Field::optional("timeout", Kind::Flag, "Nothing ever comes."),
        Field::optional("connectionFailure", Kind::Flag, "There is no connection."),
        Field::optional("breaksOff", Kind::Flag, "The connection breaks after the headers."),
    ],
};

/// The checked `answers` of a backend.
pub(super) fn read_answers(entry: &Node, diagnostics: &mut Diagnostics) -> CallScript {
    let Some(node) = entry.get("answers") else { return CallScript::default() };
    let nodes = node.elements().unwrap_or(std::slice::from_ref(node));
    let read = read_script(node, diagnostics).answers;
    let answers = read.into_iter().zip(nodes).map(|(answer, node)| CallAnswer {
        calls: answer.calls.map(|(from, to)| (u64::from(from), u64::from(to))),
        delay: node.get("delay").and_then(Node::time),
        outcome: match answer.outcome {
            Outcome::Timeout => ScriptedOutcome::Silence,
            Outcome::ConnectionFailure => ScriptedOutcome::NoConnection,
            Outcome::Response { status, headers, body, breaks_off, .. } => ScriptedOutcome::Response {
                status,
                headers: headers
                    .iter()
                    .map(|header| (Arc::from(header.name.as_str()), Arc::from(&*header.value.to_text())))
                    .collect(),
                body: body.map(|body| Arc::from(body.as_str())),
                breaks_off,
            },
        },
    });
    CallScript { answers: answers.collect() }
}
