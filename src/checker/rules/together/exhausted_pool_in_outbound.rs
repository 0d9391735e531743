//! An exhausted pool is looked for in outbound only.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::together::pools::pool_of;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1211",
    name: "exhausted-pool-in-outbound",
    severity: Severity::Info,
    summary: "an exhausted pool is looked for in outbound only",
    why: "It is not documented whether the 503 of an exhausted pool is an answer, after which `outbound` runs, or an error, after which `on-error` runs. A policy that handles it in one of them alone may never see it.",
    fix: "handle it in both sections, by a fragment for example",
    source: "not documented; the switch `pool.exhausted_as` holds both readings",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /><choose><when condition="@(context.Response.StatusCode == 503)"><set-header name="x-busy" exists-action="override"><value>yes</value></set-header></when></choose></outbound>
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
    for sites in report.files() {
        if pool_of(setup, sites).is_none() || sites.includes_fragments() {
            continue;
        }
        let handles =
            sites.all().any(|site| site.section == Some(Section::OnError) && site.element.name != "base");
        let test = sites.named("when").find_map(|when| {
            let condition = &when.element.attribute("condition")?.value;
            (when.section == Some(Section::Outbound) && condition.text.contains("503"))
                .then_some(condition.span)
        });
        if let Some(span) = test.filter(|_| !handles) {
            report
                .add(span, "this does not see an exhausted pool if that is an error")
                .label("`on-error` does nothing with it")
                .only_under("pool.exhausted_as", "error");
        }
    }
}
