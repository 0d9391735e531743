//! A retry goes on when the pool is exhausted.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::sites::number;
use crate::rules::together::pools::pool_of;
use crate::rules::truth::{Answer, Case, Condition, OLD_REASON, literals};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1209",
    name: "retries-exhausted-pool",
    severity: Severity::Info,
    summary: "a retry goes on when the pool is exhausted",
    why: "When all members have tripped the gateway answers 503 at once. A retry that repeats after 503 uses up its attempts on a pool that cannot answer before a member resets. With an interval it holds the client meanwhile.",
    fix: "give the pool a `failureResponse` status of its own and do not repeat after it, or keep count and interval small",
    source: "AI-Gateway labs: comment on the retry condition; resource schema of backends, 2024-10-01-preview",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="5" interval="2"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="1" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
        let status = match pool.failure_status {
            Given::Absent => 503,
            Given::Known(status, _) => u16::try_from(status).unwrap_or(503),
            Given::Unknown(_) => continue,
        };
        let known = literals(sites);
        for retry in sites.failover_retries() {
            let waits = number(retry.element, "interval").is_some_and(|interval| interval > 0);
            let is_long = number(retry.element, "count").is_some_and(|count| count > 2);
            let Some(attribute) = retry.element.attribute("condition").filter(|_| waits || is_long) else {
                continue;
            };
            let condition = Condition::read(&attribute.value, &known);
            if condition.at_status(status) != Answer::Yes {
                continue;
            }
            let old = Case { reason: Some(OLD_REASON), ..Case::status(status) };
            let finding = report
                .add(attribute.value.span, "this retry repeats when the pool is exhausted")
                .label(format!("true for the {status} of the pool"))
                .place(pool.span, "the pool");
            if condition.at(&old) == Answer::No {
                finding.only_under("pool.exhausted_reason", "current");
            }
        }
    }
}
