//! A retry has fewer attempts than the pool has members.

use crate::diagnostics::Severity;
use crate::rules::sites::number;
use crate::rules::together::pools::pool_of;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1206",
    name: "fewer-attempts-than-members",
    severity: Severity::Info,
    summary: "a retry has fewer attempts than the pool has members",
    why: "When several members fail at once the retry may end before it has come to one that works. Each breaker that trips makes later requests safe, so this matters for the first requests only; more attempts cost time for every request when all members fail.",
    fix: "keep it if a few failed requests are acceptable; else raise `count`",
    source: "AI-Gateway labs: one less than the number of backends; Apim-Samples (2026-08): a bound of 2 that does not depend on it",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="1" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "backends.json",
            r#"[
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a", "properties": {"url": "https://a.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b", "properties": {"url": "https://b.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/c", "properties": {"url": "https://c.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-10-01-preview", "name": "apim/openai-pool", "properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/a", "priority": 1}, {"id": "/backends/b", "priority": 1}, {"id": "/backends/c", "priority": 1}]}}}
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
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a", "properties": {"url": "https://a.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b", "properties": {"url": "https://b.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/c", "properties": {"url": "https://c.openai.azure.com/openai", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-10-01-preview", "name": "apim/openai-pool", "properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/a", "priority": 1}, {"id": "/backends/b", "priority": 1}, {"id": "/backends/c", "priority": 1}]}}}
]
"#,
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let Some(pool) = pool_of(setup, sites) else { continue };
        for retry in sites.failover_retries() {
            let Some(count) = number(retry.element, "count") else { continue };
            let Some(attribute) = retry.element.attribute("count") else { continue };
            let attempts = count.saturating_add(1);
            let members = u64::try_from(pool.members.len()).unwrap_or(u64::MAX);
            if attempts < members {
                report
                    .add(attribute.value.span, format!("{attempts} attempts for a pool of {members} members"))
                    .label("cannot reach all of them in one request")
                    .place(pool.span, "its members");
            }
        }
    }
}
