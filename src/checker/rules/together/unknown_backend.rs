//! A policy names a backend that is not among the resources.

use crate::diagnostics::Severity;
use crate::resources::{Form, Kind};
use crate::rules::Edit;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::tree::hints::{closest, list};

pub(super) static RULE: Rule = Rule {
    code: "PP1201",
    name: "unknown-backend",
    severity: Severity::Warning,
    summary: "a policy names a backend that is not among the resources",
    why: "A request that gets to this `set-backend-service` ends with a 500: the gateway finds no backend of this name. The service accepts the policy all the same, so it shows with the first request.",
    fix: "correct the name, or add the resource",
    source: "set-backend-service policy reference: backend-id is the name of a backend entity",
    applies: "all tiers, all API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pol" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500))" count="1" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500))" count="1" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
    // Only a list of what is there says what is not.
    let is_list =
        setup.inventory.of(Kind::Backend).all(|found| matches!(found.form, Form::Plain | Form::ApiOps));
    let is_known = setup.backends.iter().all(|backend| backend.name.is_some());
    if setup.is_partial() || setup.backends.is_empty() || !is_list || !is_known {
        return;
    }
    for policy in &setup.policies {
        for (id, span) in policy.references.iter().take(MOST) {
            if id.contains("{{") || setup.backend(id).is_some() {
                continue;
            }
            let names = setup.backends.iter().filter_map(|backend| backend.name.as_deref());
            let close = closest(id, names.clone());
            let finding = report
                .add(*span, format!("there is no backend `{id}` among the resources"))
                .label("expected the name of a backend or pool")
                .note(format!("backends: {}", list(names)));
            if let Some(close) = close {
                finding.help(format!("did you mean `{close}`?"));
                let edit = Edit { span: *span, text: close.to_owned() };
                finding.fix(format!("write `{close}`"), false, vec![edit]);
            }
        }
    }
}
