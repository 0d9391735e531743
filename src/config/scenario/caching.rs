//! `promptCaching` of a backend: how its deployment caches the beginnings of prompts.

use super::super::check::{Dialect, entries};
use super::super::json::Node;
use super::super::shape::{Field, Kind, Shape};
use super::assume::{Assumption, Assumptions};
use crate::backend::CachingSpec;

pub(super) const CACHING_FIELD: Field = Field::optional(
    "promptCaching",
    Kind::Object(&CACHING),
    "How it caches prompts that begin alike; default: as documented, if the model does.",
);

pub(crate) static CACHING: Shape = Shape {
    name: "promptCaching",
    what: "prompt caching",
    fields: &[
        Field::optional(
            "enabled",
            Kind::Flag,
            "Whether it caches at all; default: gpt-4o and later models do, and servers of your own do not.",
        ),
        Field::optional(
            "minTokens",
            Kind::integer(1, 10_000_000),
            "Tokens that must be the same; default 1024.",
        ),
        Field::optional(
            "stepTokens",
            Kind::integer(1, 10_000_000),
            "Steps in which further ones count; default 128.",
        ),
        Field::optional("idle", Kind::TIME, "How long a beginning is kept without being used; default 10m."),
        Field::optional("lifetime", Kind::TIME, "How long it is kept at most; default 24h."),
        Field::optional(
            "perMinute",
            Kind::integer(0, 1_000_000_000),
            "Requests with the same beginning that one machine takes in a minute before another gets them; 0: any \
             number. Default 15.",
        ),
    ],
};

/// How the deployment of a checked entry caches; `None`: it does not.
pub(super) fn read_caching(entry: &Node, model: &str, is_servers: bool) -> Option<CachingSpec> {
    let node = entry.get("promptCaching");
    let field = |name: &str| node.and_then(|node| node.get(name));
    let enabled = field("enabled").and_then(|flag| flag.flag(Dialect::Scenario));
    if !enabled.unwrap_or(!is_servers && model_caches(model)) {
        return None;
    }
    let default = CachingSpec::DEFAULT;
    let number = |name: &str, default| field(name).and_then(Node::integer).unwrap_or(default);
    let time = |name: &str, default| field(name).and_then(Node::time).unwrap_or(default);
    Some(CachingSpec {
        min_tokens: number("minTokens", default.min_tokens),
        step_tokens: number("stepTokens", default.step_tokens),
        idle: time("idle", default.idle),
        lifetime: time("lifetime", default.lifetime),
        per_minute: number("perMinute", default.per_minute),
    })
}

/// Adds what is assumed about the caches of a checked tree.
pub(super) fn assume_caching(tree: &Node, assumptions: &mut Assumptions) {
    let deployments = ["backends", "spilloverDeployments"].into_iter().filter_map(|name| tree.get(name));
    let all: Vec<&Node> = deployments.flat_map(entries).map(|member| &member.value).collect();
    let is_open = |field: &str| {
        all.iter().any(|entry| {
            let node = entry.get("promptCaching");
            let is_off = node.and_then(|node| node.get("enabled")?.flag(Dialect::Scenario)) == Some(false);
            !is_off && node.and_then(|node| node.get(field)).is_none()
        })
    };
    let default = CachingSpec::DEFAULT;
    if is_open("idle") {
        let source = "the prompt caching page (2026-03-19) says only that it is cleared within 24 hours";
        let value = default.idle.to_string();
        assumptions.add(Assumption::new("how long an unused prefix stays cached", value, source, 2));
    }
    if is_open("perMinute") {
        let source = "about 15 a minute overflow to machines without it (prompt caching page, 2026-03-19); that those \
                      have it from then on is assumed";
        let value = format!("{} requests a minute", default.per_minute);
        assumptions.add(Assumption::new("when one prefix overflows to another machine", value, source, 2));
    }
}

/// gpt-4o and later; a model that nobody knows does.
fn model_caches(model: &str) -> bool {
    let earlier = ["gpt-3", "gpt-4-", "text-embedding"];
    model != "gpt-4" && !earlier.iter().any(|earlier| model.starts_with(earlier))
}
