//! `traffic` of the kind `scripted`: requests one by one.

use std::sync::Arc;

use super::super::json::Node;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::units::{Chars, Demand, Duration, Prefix, Timestamp, Tokens};
use crate::workload::{ScriptedRequest, Service, Start, messages, one_message};

/// The requests of a checked script; `max_tokens` is that of requests that give none.
pub(super) fn read_script(
    node: &Node,
    max_tokens: Option<Tokens>,
    diagnostics: &mut Diagnostics,
) -> Option<Arc<[ScriptedRequest]>> {
    let mut requests = Some(Vec::new());
    for request in node.get("requests")?.elements()? {
        // Each is read, so that the problems of all are told.
        match (&mut requests, read_request(request, max_tokens, diagnostics)) {
            (Some(all), Some(one)) => all.push(one),
            (all, _) => *all = None,
        }
    }
    requests.map(Arc::from)
}

fn read_request(
    node: &Node,
    max_tokens: Option<Tokens>,
    diagnostics: &mut Diagnostics,
) -> Option<ScriptedRequest> {
    let start = read_start(node, diagnostics);
    let prompt_tokens = node.get("promptTokens").and_then(Node::integer).map(Tokens);
    let prompt = match (node.get("messages"), prompt_tokens) {
        (Some(list), tokens) => {
            let sizes =
                list.elements()?.iter().map(|message| message.get("characters")?.integer().map(Chars));
            let (prompt, estimated) = messages(sizes.collect::<Option<Arc<[Chars]>>>()?);
            Some((prompt, tokens.unwrap_or(estimated)))
        }
        (None, Some(tokens)) => Some(one_message(tokens)),
        (None, None) => {
            if node.get("promptTokens").is_none() {
                diagnostics.push(
                    Diagnostic::error(
                        "prompt-size",
                        node.mark(),
                        "the request has no `messages` and no `promptTokens`",
                    )
                    .label("expected one of the two, or both"),
                );
            }
            None
        }
    };
    let service = read_service(node, diagnostics)?;
    let completion_tokens = Tokens(node.get("completionTokens")?.integer()?);
    let max_tokens = node.get("maxTokens").and_then(Node::integer).map(Tokens).or(max_tokens);
    let (prompt, prompt_tokens) = prompt?;
    let prefix = match (node.get("prefix").and_then(Node::integer), node.get("prefixTokens")) {
        (Some(key), tokens) => {
            Some(Prefix { key, tokens: tokens.and_then(Node::integer).map_or(prompt_tokens, Tokens) })
        }
        (None, Some(tokens)) => {
            let message = "`prefixTokens` is given without `prefix`";
            let label = "expected `prefix` beside it";
            diagnostics.push(Diagnostic::error("prefix", tokens.mark(), message).label(label));
            return None;
        }
        (None, None) => None,
    };
    let demand = Demand { prompt, prompt_tokens, completion_tokens, max_tokens, prefix };
    Some(ScriptedRequest { start: start?, demand, service })
}

fn read_start(node: &Node, diagnostics: &mut Diagnostics) -> Option<Start> {
    match (node.get("at"), node.get("pause")) {
        (Some(at), None) => Some(Start::At(Timestamp::ZERO.saturating_add(at.time()?))),
        (None, Some(pause)) => Some(Start::After(pause.time()?)),
        (both, pause) => {
            let message = match both {
                Some(_) => "both `at` and `pause` are given",
                None => "the request has no `at` and no `pause`",
            };
            diagnostics.push(
                Diagnostic::error("request-start", pause.unwrap_or(node).mark(), message)
                    .label("expected one of the two"),
            );
            None
        }
    }
}

/// `Some(None)` when the request does not say it.
#[expect(clippy::option_option, reason = "what is wrong and what is not given differ")]
fn read_service(node: &Node, diagnostics: &mut Diagnostics) -> Option<Option<Service>> {
    let first = node.get("firstToken");
    let Some(total) = node.get("service") else {
        if let Some(first) = first {
            diagnostics.push(
                Diagnostic::error("first-token", first.mark(), "`firstToken` is given without `service`")
                    .label("expected `service` beside it"),
            );
            return None;
        }
        return Some(None);
    };
    let total: Duration = total.time()?;
    let first_token = match first {
        Some(first) => first.time()?,
        None => total,
    };
    if let Some(place) = first.filter(|_| first_token > total) {
        diagnostics.push(
            Diagnostic::error("first-token", place.mark(), "the first token comes after the last")
                .label("expected at most the value of `service`"),
        );
        return None;
    }
    Some(Some(Service { first_token, total }))
}
