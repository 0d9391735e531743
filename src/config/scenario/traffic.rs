//! `traffic`: arrivals and sizes.

use std::sync::Arc;

use super::super::check::Dialect;
use super::super::json::Node;
use super::library::{Library, Loaded};
use super::mix::read_mix;
use super::processes::read_process;
use super::retry::read_retry;
use super::scripted::read_script;
use super::servegen::read_servegen;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::units::{Chars, Duration, Tokens};
use crate::workload::{
    ArrivalSpec, Disconnects, PrefixSpec, PromptSpec, Quantiles, ReplaySpec, SessionBegin, SessionSpec,
    SizeSpec, TokenSpec, Trace, TrafficSpec,
};

/// The traffic that a checked tree describes, and the hashes of its traces.
pub(super) fn read_traffic(
    tree: &Node,
    library: &mut Library<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<(TrafficSpec, Vec<[u8; 32]>)> {
    let node = tree.get("traffic")?;
    let has_end = tree.get("horizon").is_some();
    let mut hashes = Vec::new();
    let requests = node.get("requests").and_then(Node::integer);
    let arrivals = match node.get("kind")?.text()? {
        "closed-loop" => ArrivalSpec::ClosedLoop {
            clients: match node.get("clients") {
                Some(clients) => u32::try_from(clients.integer()?).ok()?,
                None => 1,
            },
            requests: requests?,
            pause: node.get("pause").and_then(Node::time).unwrap_or(Duration::ZERO),
        },
        "servegen" => read_servegen(node, library, &mut hashes, diagnostics)?,
        "sessions" => ArrivalSpec::Sessions(read_sessions(node, diagnostics)?),
        "mix" => read_mix(node, has_end, library, &mut hashes, diagnostics)?,
        "scripted" => ArrivalSpec::Scripted(read_script(node, common_max_tokens(node), diagnostics)?),
        _ => {
            let traffic = read_open_loop(node, has_end, library, &mut hashes, diagnostics)?;
            check_disconnects(node, traffic.stream, diagnostics);
            return Some((traffic, hashes));
        }
    };
    let traffic = complete(node, arrivals, diagnostics)?;
    check_disconnects(node, traffic.stream, diagnostics);
    Some((traffic, hashes))
}

/// The traffic of a checked `traffic` of a kind that waits for no answer. `has_end` says whether the run ends
/// by itself; the hash of a trace goes to `hashes`.
pub(super) fn read_open_loop(
    node: &Node,
    has_end: bool,
    library: &mut Library<'_>,
    hashes: &mut Vec<[u8; 32]>,
    diagnostics: &mut Diagnostics,
) -> Option<TrafficSpec> {
    let arrivals = match node.get("kind")?.text()? {
        "replay" => {
            let Loaded { content, hash } = library.trace(node.get("trace")?, diagnostics)?;
            hashes.push(hash);
            ArrivalSpec::Replay(read_replay(node, content?, diagnostics)?)
        }
        kind => read_process(node, kind, has_end, diagnostics)?,
    };
    complete(node, arrivals, diagnostics)
}

/// Sessions of a checked `traffic`.
fn read_sessions(node: &Node, diagnostics: &mut Diagnostics) -> Option<SessionSpec> {
    let begin = match (node.get("users"), node.get("perSecond")) {
        (Some(users), None) => SessionBegin::Users(u32::try_from(users.integer()?).ok()?),
        (None, Some(rate)) => SessionBegin::PerSecond(rate.number()?),
        (both, rate) => {
            let (message, place) = match both {
                Some(_) => ("both `users` and `perSecond` are given", rate),
                None => ("there is no `users` and no `perSecond`", None),
            };
            diagnostics.push(
                Diagnostic::error("session-begin", place.unwrap_or(node).mark(), message)
                    .label("expected one of the two"),
            );
            return None;
        }
    };
    Some(SessionSpec {
        begin,
        sessions: u32::try_from(node.get("sessions")?.integer()?).ok()?,
        turns: read_tokens(node.get("turns")?, diagnostics)?,
        think: node.get("thinkTime").and_then(Node::time).unwrap_or(Duration::ZERO),
        history: node.get("history").and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(true),
        keep_cookies: node.get("keepCookies").map_or(Some(1.0), Node::number)?,
    })
}

/// What kinds of traffic have in common beside their arrivals.
fn complete(node: &Node, arrivals: ArrivalSpec, diagnostics: &mut Diagnostics) -> Option<TrafficSpec> {
    let sizes = read_sizes(node, &arrivals, diagnostics)?;
    read_patience(node, arrivals, sizes, diagnostics)
}

/// Traffic of these arrivals and sizes, with what clients want and how long they wait for it.
pub(super) fn read_patience(
    node: &Node,
    arrivals: ArrivalSpec,
    sizes: SizeSpec,
    diagnostics: &mut Diagnostics,
) -> Option<TrafficSpec> {
    let stream = node.get("request").and_then(|request| request.get("stream"));
    let retry = match node.get("clientRetry") {
        Some(node) => Some(read_retry(node, diagnostics)?),
        None => None,
    };
    Some(TrafficSpec {
        arrivals,
        sizes,
        stream: stream.and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(false),
        client_timeout: node.get("clientTimeout").and_then(Node::time),
        disconnects: match node.get("disconnects") {
            Some(node) => Some(Disconnects {
                share: node.get("share")?.number()?,
                after: read_tokens(node.get("afterTokens")?, diagnostics)?,
            }),
            None => None,
        },
        retry,
    })
}

/// Tells clients that leave streams where there are none.
pub(super) fn check_disconnects(node: &Node, streams: bool, diagnostics: &mut Diagnostics) {
    if let Some(disconnects) = node.get("disconnects").filter(|_| !streams) {
        diagnostics.push(
            Diagnostic::error("disconnects-without-stream", disconnects.mark(), "no answer is a stream")
                .label("expected only beside `stream` in `request`: other answers arrive whole")
                .help("a client that gives up is described by `clientTimeout`"),
        );
    }
}

/// Slice, speed and rounds of a replay.
fn read_replay(node: &Node, trace: Arc<Trace>, diagnostics: &mut Diagnostics) -> Option<ReplaySpec> {
    let place = |name: &str| node.get(name).unwrap_or(node).mark();
    let spec = ReplaySpec {
        from: node.get("from").and_then(Node::time).unwrap_or(Duration::ZERO),
        to: node.get("to").and_then(Node::time),
        speed: node.get("speed").map_or(Some(1.0), Node::number)?,
        rounds: node.get("rounds").map_or(Some(1), Node::integer)?,
        spread: node.get("spread").and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(true),
        trace,
    };
    if spec.rows().is_empty() {
        let name = if spec.to.is_some() { "to" } else { "from" };
        let last = spec.trace.rows.last().map_or(0.0, |row| row.at.as_nanos() as f64 / 1e9);
        diagnostics.push(
            Diagnostic::error("trace-slice", place(name), "the slice of the trace has no requests")
                .label("expected times between the first and the last request of the trace")
                .note(format!("the last request of the trace comes {last:.3} s after the first")),
        );
        return None;
    }
    if spec.rounds > 1 && spec.period() == Duration::ZERO {
        diagnostics.push(
            Diagnostic::error("trace-slice", place("rounds"), "all rounds of the trace come at one instant")
                .label("expected a slice that lasts")
                .help("say with `to` how long a round lasts"),
        );
        return None;
    }
    Some(spec)
}

/// `max_tokens` of all requests.
pub(super) fn common_max_tokens(node: &Node) -> Option<Tokens> {
    node.get("request")?.get("maxTokens")?.integer().map(Tokens)
}

fn read_sizes(node: &Node, arrivals: &ArrivalSpec, diagnostics: &mut Diagnostics) -> Option<SizeSpec> {
    let request = node.get("request");
    let max_tokens = common_max_tokens(node);
    let prefixes = match request.and_then(|request| request.get("sharedPrefixes")) {
        Some(node) => Some(read_prefixes(node)?),
        None => None,
    };
    if matches!(arrivals, ArrivalSpec::Replay(_) | ArrivalSpec::Scripted(_) | ArrivalSpec::Mix(_)) {
        // Rows of the trace, requests of the script and clients of the mix carry their sizes.
        let none = || TokenSpec::Fixed(1);
        let prompt = PromptSpec::Tokens(none());
        return Some(SizeSpec { prompt, completion: none(), max_tokens, prefixes });
    }
    let request = request?;
    let prompt = match (request.get("messages"), request.get("promptTokens")) {
        (Some(messages), None) => {
            let sizes = messages.elements()?.iter().map(|message| message.get("characters")?.integer());
            PromptSpec::Messages(sizes.map(|size| size.map(Chars)).collect::<Option<Arc<[Chars]>>>()?)
        }
        (None, Some(tokens)) => PromptSpec::Tokens(read_tokens(tokens, diagnostics)?),
        (both, _) => {
            let (message, place) = match both {
                Some(_) => ("both `messages` and `promptTokens` are given", request.get("promptTokens")),
                None => ("the request has no `messages` and no `promptTokens`", None),
            };
            diagnostics.push(
                Diagnostic::error("prompt-size", place.unwrap_or(request).mark(), message)
                    .label("expected one of the two"),
            );
            return None;
        }
    };
    let completion = read_tokens(request.get("completionTokens")?, diagnostics)?;
    Some(SizeSpec { prompt, completion, max_tokens, prefixes })
}

pub(super) fn read_prefixes(node: &Node) -> Option<PrefixSpec> {
    let number = |name: &str, default| node.get(name).map_or(Some(default), Node::number);
    Some(PrefixSpec {
        count: u32::try_from(node.get("count")?.integer()?).ok()?,
        tokens: Tokens(node.get("tokens")?.integer()?),
        share: number("share", 1.0)?,
        skew: number("zipf", 0.0)?,
    })
}

fn read_tokens(node: &Node, diagnostics: &mut Diagnostics) -> Option<TokenSpec> {
    if let Some(fixed) = node.integer() {
        return Some(TokenSpec::Fixed(fixed));
    }
    let Some(points) = node.elements() else {
        return Some(TokenSpec::LogNormal {
            median: node.get("median")?.number()?,
            sigma: node.get("sigma")?.number()?,
            max: node.get("max")?.integer()?,
        });
    };
    let point = |point: &Node| match point.elements()? {
        [share, tokens] => Some((share.number()?, tokens.number()?)),
        _ => None,
    };
    let points: Vec<(f64, f64)> = points.iter().map(point).collect::<Option<_>>()?;
    let quantiles = Quantiles::new(&points);
    if quantiles.is_none() {
        diagnostics.push(
            Diagnostic::error("quantiles", node.mark(), "these are no points of a distribution")
                .label("expected shares that rise from 0 to 1, and tokens that do not fall")
                .help("write `[[0, 3], [0.5, 1469], [0.9, 5188], [1, 7437]]` for a median of 1,469 tokens"),
        );
    }
    quantiles.map(TokenSpec::Empirical)
}
