//! One sentence for each policy.

use super::outline::Node;
use super::page::Item;
use super::retries::{short_schedule, times};
use super::steps_more::{cache, guard, limit, side_call, transform};
use super::teller::Teller;
use crate::policy::operations::Record;
use crate::policy::{ExistsAction, Op, Operand, Pc, Program, ReturnResponse, Section, SetHeader, Text};
use crate::wording::{list, quoted_text};

/// A list with an entry for each node.
pub(super) fn items(teller: &Teller<'_>, nodes: &[Node]) -> Vec<Item> {
    nodes.iter().map(|node| item(teller, node)).collect()
}

fn item(teller: &Teller<'_>, node: &Node) -> Item {
    match node {
        Node::Step(pc) => Item::at(sentence(teller, *pc), teller.at(*pc)),
        Node::Choose { branches, otherwise } => choose(teller, branches, otherwise),
        Node::Around(pc, children) => {
            Item::at(sentence(teller, *pc), teller.at(*pc)).with(items(teller, children))
        }
    }
}

/// A single `when` is an item of its own; several are alternatives below one.
fn choose(teller: &Teller<'_>, branches: &[(Pc, Vec<Node>)], otherwise: &[Node]) -> Item {
    let mut told: Vec<Item> = Vec::new();
    alternatives(teller, branches, otherwise, &mut told);
    match told.as_slice() {
        [only] => only.clone(),
        _ => Item::plain("The first of these that fits:").with(told),
    }
}

fn alternatives(teller: &Teller<'_>, branches: &[(Pc, Vec<Node>)], otherwise: &[Node], told: &mut Vec<Item>) {
    for (pc, children) in branches {
        let condition = match teller.subject.program.op(*pc) {
            Some(Op::Branch { condition, .. }) => teller.condition(condition),
            _ => "its condition holds".to_owned(),
        };
        let word = if told.is_empty() { "If" } else { "Otherwise, if" };
        told.push(nothing_or(&format!("{word} {condition}"), teller.at(*pc), items(teller, children)));
    }
    match otherwise {
        [] => {}
        // An `otherwise` that only chooses again goes on with the list.
        [Node::Choose { branches, otherwise }] => alternatives(teller, branches, otherwise, told),
        _ => told.push(Item::plain("Otherwise:").with(items(teller, otherwise))),
    }
}

fn nothing_or(words: &str, at: Option<super::page::Reference>, children: Vec<Item>) -> Item {
    if children.is_empty() {
        Item::at(format!("{words}: nothing is done."), at)
    } else {
        Item::at(format!("{words}:"), at).with(children)
    }
}

/// What the operation at `pc` does.
fn sentence(teller: &Teller<'_>, pc: Pc) -> String {
    let program: &Program = teller.subject.program;
    let Some(op) = program.op(pc) else { return String::new() };
    let is_request =
        program.place(pc).is_some_and(|place| matches!(place.section, Section::Inbound | Section::Backend));
    match op {
        Op::ManagedIdentity { resource, client_id, output, ignore_error } => {
            let whose = client_id.as_ref().map_or_else(
                || "the gateway's own identity".to_owned(),
                |id| format!("the assigned identity {}", quoted_text(id)),
            );
            let where_to = output.map_or_else(
                || "send it in the `Authorization` header".to_owned(),
                |slot| format!("keep it in the variable {}", teller.variable(slot)),
            );
            let after = if *ignore_error { " If there is none, go on without it." } else { "" };
            let resource = teller.text(resource);
            format!("Get a token for {resource} with {whose} (managed identity), and {where_to}.{after}")
        }
        Op::SetHeader(header) => set_header(teller, header, is_request),
        Op::SetVariable { slot, value } => {
            format!("Set the variable {} to {}.", teller.variable(*slot), teller.value(value))
        }
        Op::SetBackendService(target) => {
            format!("From here on the request is meant for {}.", teller.target(target))
        }
        Op::ForwardRequest(forward) => {
            let timeout = teller.time(&forward.timeout);
            let mut text = format!(
                "Send the request to the backend and wait at most {timeout} for its answer to begin."
            );
            if matches!(forward.fail_on_error_status_code, Operand::Literal(true)) {
                text.push_str(" An answer of 400 or more counts as an error.");
            }
            if !forward.buffer_response {
                text.push_str(" The answer is passed on piece by piece as it arrives.");
            }
            text
        }
        Op::Retry(retry) if sends(program, pc, retry) => {
            let times = times(teller, retry);
            format!("Do what follows, and again {times} under the conditions that are told below:")
        }
        Op::Retry(retry) => {
            let condition = teller.condition(&retry.condition);
            let times = times(teller, retry);
            let schedule = short_schedule(teller, retry);
            format!("Do what follows, then again {times} while {condition}; {schedule}:")
        }
        Op::ReturnResponse(response) => return_response(teller, response),
        Op::SetStatus { code, reason } => {
            let reason = match reason {
                Operand::Literal(text) if text.is_empty() => String::new(),
                reason => format!(" with the text {}", teller.text(reason)),
            };
            format!("Set the status of the answer to {}{reason}.", teller.status(code))
        }
        Op::Unsupported if is_fragment(program, pc) => {
            "Include a fragment that is not among the inputs: what it does is not told here.".to_owned()
        }
        Op::Unsupported => {
            format!("{}: not simulated; a request that gets here ends in an error.", teller.policy(pc))
        }
        Op::Limit(policy) => limit(teller, policy),
        Op::Cache(policy) => cache(teller, policy),
        Op::Call(policy) => side_call(teller, policy, pc),
        Op::Transform(policy) => transform(teller, policy, pc, is_request),
        Op::Guard(policy) => guard(teller, policy, pc),
        Op::Record(record) => recorded(teller, record, pc),
        Op::RetryEnd(_) | Op::Branch { .. } | Op::Jump(_) | Op::SectionEnd(_) => String::new(),
    }
}

/// Whether the request is sent inside of a retry, which is then told in a section of its own.
fn sends(program: &Program, pc: Pc, retry: &crate::policy::Retry) -> bool {
    (pc.0..retry.end.0).any(|at| matches!(program.op(Pc(at)), Some(Op::ForwardRequest(_))))
}

/// Whether the operation stands for a fragment that nobody gave.
pub(super) fn is_fragment(program: &Program, pc: Pc) -> bool {
    program.place(pc).is_some_and(|place| place.policy.as_str() == "include-fragment")
}

fn set_header(teller: &Teller<'_>, header: &SetHeader, is_request: bool) -> String {
    let whose = if is_request { "request" } else { "response" };
    header_words(teller, header, &format!("the {whose} header"))
}

/// What `set-header` does, with the header called `what`.
pub(super) fn header_words(teller: &Teller<'_>, header: &SetHeader, what: &str) -> String {
    let name = teller.text(&header.name);
    let values: Vec<String> = header.values.iter().map(|value| teller.text(value)).collect();
    let values = match (values.is_empty(), teller.subject.missing.is_empty()) {
        (false, _) => list(&values, "and"),
        (true, true) => "nothing".to_owned(),
        // The text of a named value nobody gave.
        (true, false) => "a value that is not among the inputs".to_owned(),
    };
    if let Some(action) = &header.computed_action {
        let action = teller.text(action);
        return format!("Change {what} {name} with {values}, in the way that is {action}.");
    }
    match header.exists_action {
        ExistsAction::Override => format!("Set {what} {name} to {values}."),
        ExistsAction::Skip => format!("Set {what} {name} to {values}, unless it is there already."),
        ExistsAction::Append => format!("Add {values} to {what} {name}."),
        ExistsAction::Delete => format!("Remove {what} {name}."),
    }
}

fn return_response(teller: &Teller<'_>, response: &ReturnResponse) -> String {
    let mut answer = match (&response.status, response.variable) {
        (Some((code, reason)), _) => match (code, reason) {
            (Operand::Literal(code), Operand::Literal(reason)) => crate::wording::status(*code, reason),
            (code, _) => teller.status(code),
        },
        (None, Some(slot)) => format!("the response in the variable {}", teller.variable(slot)),
        (None, None) => "200 OK".to_owned(),
    };
    if !response.headers.is_empty() {
        let plural = if response.headers.len() == 1 { "header" } else { "headers" };
        let names: Vec<String> = response.headers.iter().map(|header| teller.text(&header.name)).collect();
        answer.push_str(&format!(", {plural} {}", list(&names, "and")));
    }
    match &response.body {
        Some(Operand::Literal(text)) => answer.push_str(&format!(", body {}", quoted_text(text))),
        Some(Operand::Expression(_)) => answer.push_str(", a body that is computed"),
        None => {}
    }
    format!("Answer the client at once with {answer}. Nothing after this runs.")
}

fn recorded(teller: &Teller<'_>, record: &Record, pc: Pc) -> String {
    let policy = teller.policy(pc);
    match &record.trace {
        Some(trace) => match &trace.message {
            Operand::Literal(text) if !text.is_empty() => {
                format!("Write {} to the trace: recorded only, routing does not change.", quoted_text(text))
            }
            _ => "Write a line to the trace: recorded only, routing does not change.".to_owned(),
        },
        None if record.may_refuse => format!(
            "{policy}: recorded only. In the service it can refuse or change a request; here every request passes."
        ),
        None => format!("{policy}: recorded only, it does not change routing."),
    }
}

/// A text that is not empty, in words.
pub(super) fn optional(teller: &Teller<'_>, operand: Option<&Operand<Text>>) -> Option<String> {
    operand.map(|operand| teller.text(operand))
}
