//! A policy names one member of a pool, and none names the pool.

use crate::diagnostics::Severity;
use crate::resources::Pool;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1202",
    name: "member-instead-of-pool",
    severity: Severity::Info,
    summary: "a policy names one member of a pool, and none names the pool",
    why: "A request to a member goes to that endpoint alone: there is no fail-over, and the pool that holds it is not used.",
    fix: "name the pool with `backend-id`, or leave the pool out",
    source: "Backends in API Management (2025-05-20)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="east" /></inbound>
  <backend><base /></backend>
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
  <backend><base /></backend>
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

/// References of one policy that are looked at: each may take a look at all backends and texts.
const MOST: usize = 200;

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        for (id, span) in policy.references.iter().take(MOST) {
            let holds = |pool: &Pool| {
                pool.members
                    .iter()
                    .any(|member| member.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(id)))
            };
            let mut holders =
                setup.backends.iter().filter(|backend| backend.pool().is_some_and(holds)).peekable();
            let Some(first) = holders.peek().copied() else { continue };
            let is_used = |name: &str| setup.policies.iter().any(|other| other.text.contains(name));
            let is_idle = holders.all(|backend| backend.name.as_deref().is_some_and(|name| !is_used(name)));
            // A name that is computed may be that of the pool.
            let is_computed = setup.policies.iter().any(|other| {
                crate::policy::document::expressions(&other.document.roots)
                    .iter()
                    .any(|site| site.attribute == Some("backend-id"))
            });
            if is_idle && !is_computed {
                report
                    .add(
                        *span,
                        format!("`{id}` is a member of the pool `{}`, which nothing uses", first.called()),
                    )
                    .label("goes to this endpoint alone")
                    .place(first.span, "the pool");
            }
        }
    }
}
