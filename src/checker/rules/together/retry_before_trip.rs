//! Retries may meet the same member, as its breaker trips later.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::sites::number;
use crate::rules::together::pools::pool_of;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1207",
    name: "retry-before-trip",
    severity: Severity::Warning,
    summary: "retries may meet the same member, as its breaker trips later",
    why: "A retry goes to another member for sure only when the breaker of the first has tripped. With a count above the number of attempts the breaker has not tripped by then, and the pool may choose the same member again, always so when it is alone in its priority.",
    fix: "let the breaker trip at the first failure (`count` 1), with a short `tripDuration` or the `Retry-After` of the backend",
    source: "Apim-Samples (2026-08): with a count of 1 the next attempt avoids the member; Backends in API Management (2025-05-20)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "backends.json",
            r#"[
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east", "properties": {"url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 10, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
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
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
        for retry in sites.failover_retries() {
            let Some(attempts) = number(retry.element, "count").map(|count| count.saturating_add(1)) else {
                continue;
            };
            let rules = pool.members.iter().filter_map(|member| {
                let backend = setup.backend(member.name.as_deref()?)?;
                let rule = backend.single()?.rules().first()?;
                let Given::Known(count, span) = rule.count else { return None };
                (count > attempts).then_some((backend, count, span))
            });
            // One place is enough: members of a pool are mostly alike.
            let Some((backend, count, span)) = rules.into_iter().next() else { continue };
            report
                .add(
                    span,
                    format!(
                        "`{}` trips after {count} failures, and a request has {attempts} attempts",
                        backend.called()
                    ),
                )
                .label(format!("expected at most {attempts}"))
                .place(retry.element.name_span, "may go to the same member each time");
        }
    }
}
