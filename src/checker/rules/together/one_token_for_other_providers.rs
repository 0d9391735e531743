//! A token of Azure is sent to members of other providers.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::sites::literal;
use crate::rules::together::pools::pool_of;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1208",
    name: "one-token-for-other-providers",
    severity: Severity::Warning,
    summary: "a token of Azure is sent to members of other providers",
    why: "A policy sets one `Authorization` header before the pool chooses a member. Members that do not take tokens of Azure answer 401, a status that trips no breaker as a rule: a fixed share of the requests fails. And a foreign service gets to see a token.",
    fix: "give members their own `credentials`, or make one pool for each provider",
    source: "authentication-managed-identity policy reference; Backends in API Management (2025-05-20): credentials of a backend",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-backend-service backend-id="openai-pool" /></inbound>
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
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/other", "properties": {"url": "https://api.openai.com/v1", "protocol": "http", "circuitBreaker": {"rules": [{"name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": {"count": 1, "interval": "PT1M", "statusCodeRanges": [{"min": 429, "max": 429}, {"min": 500, "max": 503}]}}]}}},
{"type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-10-01-preview", "name": "apim/openai-pool", "properties": {"type": "Pool", "pool": {"services": [{"id": "/backends/east", "priority": 1}, {"id": "/backends/other", "priority": 1}]}}}
]
"#,
        ),
    ])],
    good: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-backend-service backend-id="openai-pool" /></inbound>
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
        let Some(token) = sites.named("authentication-managed-identity").find(|site| {
            literal(site.element, "resource")
                .is_some_and(|audience| audience.contains("cognitiveservices.azure.com"))
                && sites.around(site).next().is_none()
        }) else {
            continue;
        };
        for member in &pool.members {
            let Some(single) = member.name.as_deref().and_then(|name| setup.backend(name)?.single()) else {
                continue;
            };
            let Given::Known(url, span) = &single.url else { continue };
            let lower = url.to_ascii_lowercase();
            let foreign =
                ["api.openai.com", "api.anthropic.com", "googleapis.com", "amazonaws.com", "api.mistral.ai"]
                    .into_iter()
                    .find(|host| lower.contains(host));
            if foreign.is_some() && single.credentials.is_absent() {
                report
                    .add(*span, "this endpoint gets a token that it does not take")
                    .label("not a service of Azure")
                    .place(token.element.name_span, "sets `Authorization` for all members");
            }
        }
    }
}
