//! A pool with several members is used without a retry.

use crate::diagnostics::Severity;
use crate::rules::PolicyFile;
use crate::rules::together::pools::{pool_of, trips_on};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1204",
    name: "pool-without-retry",
    severity: Severity::Warning,
    summary: "a pool with several members is used without a retry",
    why: "A pool does not repeat a request: it only keeps later requests away from a member that has tripped. The request whose answer trips a breaker gets that answer, and so do all that fail before the breaker has counted enough: callers see the 429 of one member while others are free.",
    fix: "put a `retry` around `forward-request` in the backend section, with `buffer-request-body=\"true\"`",
    source: "AI-Gateway pull request 47; apim-genai-gateway-toolkit issue 29: callers see 429 under load",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
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
    // A retry of any policy may be around it: an outer scope, a fragment.
    let has_retry =
        |policy: &PolicyFile| policy.text.contains("<retry") || policy.text.contains("<include-fragment");
    if setup.policies.iter().any(has_retry) || setup.policies.iter().any(|policy| !policy.is_whole) {
        return;
    }
    for sites in report.files() {
        let Some(pool) = pool_of(setup, sites) else { continue };
        if pool.members.len() < 2
            || trips_on(setup, &pool, 429).is_none() && trips_on(setup, &pool, 500).is_none()
        {
            continue;
        }
        let Some((id, span)) = sites
            .file
            .references
            .iter()
            .find(|(id, _)| setup.backend(id).is_some_and(|backend| backend.pool().is_some()))
        else {
            continue;
        };
        report
            .add(*span, format!("nothing repeats a request that fails at a member of `{id}`"))
            .label(format!("a pool of {} members", pool.members.len()))
            .place(pool.span, "its members");
    }
}
