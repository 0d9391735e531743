//! Puts the parts of an explanation together.

use std::collections::BTreeSet;

use super::cases::{Played, play};
use super::outline::{Node, outline};
use super::page::{Block, Item, Page, Section};
use super::pools::{breakers, choice, targets};
use super::retries::{MOST_RETRIES, Retried, blocks, in_short, retried};
use super::steps::items;
use super::teller::{Subject, Teller};
use crate::gateway::{BackendRef, retry_waits};
use crate::policy::{Op, Operand, SetBackend};
use crate::suite::RequestRecord;
use crate::units::Duration;
use crate::wording::{count, list, quoted, status, time};

/// Said in the place of "nothing" where policies are lacking.
const UNREAD: &str = "Nothing that could be read: see above what is left out.";

/// Explains `subject`.
pub fn explain(subject: &Subject<'_>) -> Page {
    let teller = Teller { subject };
    let program = subject.program;
    let sections = [program.inbound, program.backend, program.outbound, program.on_error]
        .map(|start| outline(program, start));
    let all: Vec<Node> = sections.iter().flatten().cloned().collect();
    let retries = retried(program, &all);
    let played = if subject.is_whole && !teller.has_gaps() { play(&teller, &all) } else { Played::default() };
    let [inbound, backend, outbound, on_error] = &sections;
    let mut page = Page { title: subject.title.clone(), ..Page::default() };
    page.summary = summary(&teller, &retries, &played);
    let mut add = |heading: &'static str, blocks: Vec<Block>| {
        if !blocks.is_empty() {
            page.sections.push(Section { heading, blocks });
        }
    };
    add("Not among the inputs", missing(&teller));
    add("On the way in", steps(&teller, inbound, "Nothing is done before the request is sent."));
    if subject.is_whole {
        add("How a backend is chosen", choice(&teller));
        add("What trips", breakers(&teller));
    }
    add("Sending", steps(&teller, backend, "Nothing is sent to a backend."));
    if subject.is_whole {
        let told = match (retries.is_empty(), teller.has_gaps()) {
            (true, true) => vec![Block::Text(UNREAD.to_owned())],
            _ => blocks(&teller, &retries, played.exhausted.as_ref()),
        };
        add("What is retried, and how long", told);
    }
    add("On the way out", steps(&teller, outbound, "The answer goes to the client as it is."));
    add("When an error occurs", errors(&teller, on_error));
    add("What the client sees", played.blocks);
    add("Taken for granted", open_points(subject));
    page
}

/// A section of the policy as a list. A fragment has but the section it fits into.
fn steps(teller: &Teller<'_>, nodes: &[Node], nothing: &str) -> Vec<Block> {
    match (nodes.is_empty(), teller.subject.is_whole) {
        (true, true) if teller.has_gaps() => vec![Block::Text(UNREAD.to_owned())],
        (true, true) => vec![Block::Text(nothing.to_owned())],
        (true, false) => Vec::new(),
        (false, _) => vec![Block::Items(items(teller, nodes))],
    }
}

fn errors(teller: &Teller<'_>, nodes: &[Node]) -> Vec<Block> {
    if !teller.subject.is_whole {
        return steps(teller, nodes, "");
    }
    let when = "When a policy fails (for example: a backend does not answer in time, an expression cannot be \
                computed, no backend is available), the rest is skipped, the way out too, and `on-error` runs";
    if nodes.is_empty() {
        let nothing =
            "which does nothing here: the client gets the last answer there was, or 500 without one.";
        return vec![Block::Text(format!("{when}, {nothing}"))];
    }
    vec![
        Block::Text(format!("{when}:")),
        Block::Items(items(teller, nodes)),
        Block::Text(
            "If nothing there answers, the client gets the last answer there was, or 500 without one."
                .to_owned(),
        ),
    ]
}

fn missing(teller: &Teller<'_>) -> Vec<Block> {
    let told: Vec<Item> = teller
        .subject
        .missing
        .iter()
        .map(|missing| Item::at(format!("{}.", missing.what), Some(teller.line(missing.span))))
        .collect();
    if told.is_empty() { Vec::new() } else { vec![Block::Items(told)] }
}

fn open_points(subject: &Subject<'_>) -> Vec<Block> {
    if subject.open.is_empty() {
        return Vec::new();
    }
    let intro = "Microsoft does not document the following, or not in full. Each is a switch with the reading in \
                 force; another reading can be tried in a scenario (`semantics`).";
    let told = subject.open.iter().map(|switch| {
        let info = switch.info();
        let reading = subject.gateway.semantics().get(*switch);
        let others: Vec<String> =
            info.readings.iter().filter(|r| **r != reading).map(|r| format!("`{r}`")).collect();
        let meaning = info.meaning.trim_end_matches('.');
        Item::plain(format!("`{}` is `{reading}` (or {}): {meaning}.", info.path, list(&others, "or")))
    });
    vec![Block::Text(intro.to_owned()), Block::Items(told.collect())]
}

fn summary(teller: &Teller<'_>, retries: &[Retried<'_>], played: &Played) -> Vec<String> {
    let subject = teller.subject;
    if !subject.is_whole {
        return vec![
            "This is a part of a policy (a fragment or a snippet): it is told as it stands, without what \
                     is around it."
                .to_owned(),
        ];
    }
    if teller.has_gaps() {
        return vec![
            "Some policies cannot be read without named values that are not among the inputs (see below): \
                     what follows is told without them, and no request is played. Give the values with \
                     `--named-value NAME=VALUE`."
                .to_owned(),
        ];
    }
    let mut text = vec![where_to(teller)];
    text.push(how_often(teller, retries));
    text.extend(in_the_end(played));
    vec![text.join(" ")]
}

fn where_to(teller: &Teller<'_>) -> String {
    let mut names: Vec<String> = Vec::new();
    for (_, target) in targets(teller) {
        let mut name = teller.target(target);
        if let SetBackend::Id(Operand::Literal(id)) = target
            && let Some(BackendRef::Pool(pool)) = teller.subject.gateway.find(id)
            && let Some(pool) = teller.subject.gateway.pool(pool)
        {
            let members = count(pool.members.len(), "backend", "backends");
            name.push_str(&format!(", a list of {members}"));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let all = targets(teller);
    let id = |target: &SetBackend| match target {
        SetBackend::Id(Operand::Literal(id)) => Some(quoted(id)),
        SetBackend::Id(Operand::Expression(_)) | SetBackend::Url(_) => None,
    };
    let ids: Option<BTreeSet<String>> = all.iter().map(|(_, target)| id(target)).collect();
    if let Some(ids) = ids.filter(|ids| ids.len() > 1 && teller.subject.is_alone) {
        let ids: Vec<String> = ids.into_iter().collect();
        return format!(
            "Depending on conditions, requests go to one of the backends or pools {}.",
            list(&ids, "or")
        );
    }
    let forwards = teller.subject.program.ops.iter().any(|op| matches!(op, Op::ForwardRequest(_)));
    match names.as_slice() {
        _ if !forwards => "Requests are not sent to any backend: the policy answers them itself.".to_owned(),
        [] if teller.subject.is_alone => "Requests go to the backend URL of the API.".to_owned(),
        [] => "The policy does not say where requests go.".to_owned(),
        [only] => format!("Requests go to {only}."),
        many => format!("Depending on conditions, requests go to {}.", list(many, "or")),
    }
}

fn how_often(teller: &Teller<'_>, retries: &[Retried<'_>]) -> String {
    let told = retries.iter().filter(|retried| retried.outer.is_none()).take(MOST_RETRIES).map(|retried| {
        let what = in_short(teller, retried);
        let waits = retry_waits(retried.retry, teller.subject.gateway.semantics());
        let waiting = match &waits {
            Some(waits) => {
                let most = waits.iter().fold(Duration::ZERO, |sum, wait| sum.saturating_add(wait.most));
                if most == Duration::ZERO {
                    "without waiting".to_owned()
                } else {
                    format!("with at most {} of waiting in all", time(most))
                }
            }
            None => "after waits that depend on the request".to_owned(),
        };
        match retried.retry.count {
            Operand::Literal(more) => {
                let attempts =
                    count(usize::try_from(more).unwrap_or(usize::MAX).saturating_add(1), "time", "times");
                format!("{what}, the request is sent again, at most {attempts} in all, {waiting}.")
            }
            Operand::Expression(_) => format!("{what}, the request is sent again, {waiting}."),
        }
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "Nothing is tried again.".to_owned() } else { told.join(" ") }
}

fn in_the_end(played: &Played) -> Vec<String> {
    let answer = |record: &RequestRecord| record.response.as_ref().map(|r| status(r.status, &r.reason));
    let mut told = Vec::new();
    let throttled = played.throttled.as_ref().and_then(answer);
    let exhausted = played.exhausted.as_ref().and_then(answer);
    let all = if played.is_many { "every backend" } else { "the backend" };
    let tripped = if played.is_many { "all are" } else { "it is" };
    match (&throttled, &exhausted) {
        (Some(throttled), Some(exhausted)) if throttled == exhausted => {
            told.push(format!(
                "If {all} is throttled, or {tripped} tripped already, the client gets {throttled}."
            ));
        }
        (Some(throttled), Some(exhausted)) => told.push(format!(
            "If {all} is throttled, the client gets {throttled}; if {tripped} tripped already, {exhausted}."
        )),
        (Some(throttled), None) => told.push(format!("If {all} is throttled, the client gets {throttled}.")),
        (None, _) => {}
    }
    told
}
