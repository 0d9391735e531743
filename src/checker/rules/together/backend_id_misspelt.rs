//! A backend id that is almost another one.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::tree::hints::closest;

pub(super) static RULE: Rule = Rule {
    code: "PP1204",
    name: "backend-id-misspelt",
    severity: Severity::Warning,
    summary: "a backend id is not among the resources, and one like it is",
    why: "A policy that names a backend that is not there fails with every request that gets to it. The \
          files have one of almost the same name.",
    fix: "use the name that the resource has",
    source: "set-backend-service policy reference; an unknown id fails when the request arrives",
    applies: "all tiers and API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="openai-pol" />
    </inbound>
    <backend>
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
        ),
        (
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b",
  "properties": { "url": "https://b.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/openai-pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a" },
    { "id": "/backends/b" } ] } } }
]
"#,
        ),
    ])],
    good: &[
        Example(&[
            (
                "policy.xml",
                r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
            ),
            (
                "backends.json",
                r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b",
  "properties": { "url": "https://b.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a" },
    { "id": "/backends/b" } ] } } }
]
"#,
            ),
        ]),
        Example(&[
            (
                "policy.xml",
                r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="elsewhere" />
    </inbound>
    <backend>
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
            ),
            (
                "backends.json",
                r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b",
  "properties": { "url": "https://b.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/openai-pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a" },
    { "id": "/backends/b" } ] } } }
]
"#,
            ),
        ]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    if setup.is_partial() {
        return;
    }
    let names: Vec<&str> = setup.backends.iter().filter_map(|backend| backend.name.as_deref()).collect();
    for policy in &setup.policies {
        for (name, at) in policy.references.iter().filter(|(name, _)| setup.backend(name).is_none()) {
            if let Some(close) = closest(name, names.iter().copied()) {
                report
                    .add(*at, format!("there is no backend `{name}` in these files"))
                    .label(format!("did you mean `{close}`?"));
            }
        }
    }
}
