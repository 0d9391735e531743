//! A breaker trips on a status after which the retry does not repeat.

use crate::diagnostics::Severity;
use crate::diagnostics::Span;
use crate::rules::together::pools::{pool_of, trips_on};
use crate::rules::truth::{Answer, Condition, literals};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1203",
    name: "retry-misses-breaker-statuses",
    severity: Severity::Warning,
    summary: "a breaker trips on a status after which the retry does not repeat",
    why: "The attempt whose answer trips a breaker gets that answer itself; only later ones go elsewhere. If the retry stops at this status the caller gets an error although other members are free.",
    fix: "let the condition be true for every status that the breakers of the pool trip on",
    source: "Backends in API Management (2025-05-20); Apim-Samples (2026-08): which answers trip and which are repeated",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode == 503)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "backends.json",
            r#"[
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east", "properties": {"url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west", "properties": {"url": "https://west.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-10-01-preview", "name": "apim/openai-pool", "properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/east", "priority": 1}, {"id": "/backends/west", "priority": 1}]}}}
]
"#,
        ),
    ])],
    good: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "backends.json",
            r#"[
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east", "properties": {"url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west", "properties": {"url": "https://west.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-10-01-preview", "name": "apim/openai-pool", "properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/east", "priority": 1}, {"id": "/backends/west", "priority": 1}]}}}
]
"#,
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let Some(pool) = pool_of(setup, sites) else { continue };
        if pool.members.len() < 2 {
            continue;
        }
        let known = literals(sites);
        for retry in sites.failover_retries() {
            let Some(attribute) = retry.element.attribute("condition") else { continue };
            let condition = Condition::read(&attribute.value, &known);
            // A retry for another purpose says nothing of fail-over.
            if !(400..600).any(|status| condition.at_status(status) == Answer::Yes) {
                continue;
            }
            let missing: Vec<(u16, Span)> = worth_repeating()
                .filter_map(|status| Some((status, trips_on(setup, &pool, status)?)))
                .filter(|(status, _)| condition.at_status(*status) == Answer::No)
                .collect();
            let Some((_, place)) = missing.first() else { continue };
            let names: Vec<u16> = missing.iter().map(|(status, _)| *status).collect();
            let names = ranges(&names);
            report
                .add(
                    attribute.value.span,
                    format!("this retry does not repeat after {names}, on which breakers trip"),
                )
                .label(format!("false for {names}"))
                .place(*place, "trips on it")
                .note("the caller gets the answer that trips the breaker, although other members are free");
        }
    }
}

/// Statuses after which another attempt may succeed.
fn worth_repeating() -> impl Iterator<Item = u16> {
    [408, 429, 499].into_iter().chain(500..600)
}

/// `429, 500-503`
fn ranges(statuses: &[u16]) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for status in statuses {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*status) => *last = *status,
            _ => runs.push((*status, *status)),
        }
    }
    let text = |(first, last): &(u16, u16)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(text).collect::<Vec<_>>().join(", ")
}
