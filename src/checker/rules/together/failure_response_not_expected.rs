//! A status of an exhausted pool that the policy does not know.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::resources::Given;
use crate::rules::documents::{named, pools_of, section};
use crate::rules::truth::Truth;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1203",
    name: "failure-response-not-expected",
    severity: Severity::Warning,
    summary: "a pool answers with its own status and the policy tests for 503",
    why: "With `failureResponse` an exhausted pool answers with that status instead of 503. Conditions on \
          503 no longer see it: it is not handled, or is retried like the answer of a backend.",
    fix: "test for the status of `failureResponse` too",
    source: "resource schema 2024-10-01-preview: the response when all backends in the pool are inactive",
    applies: "all tiers and API versions",
    bad: &[Example(&[
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
        <choose>
            <when condition="@(context.Response != null && context.Response.StatusCode == 503)">
                <set-header name="x-a" exists-action="override">
                    <value>b</value>
                </set-header>
            </when>
        </choose>
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-10-01-preview", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a" },
    { "id": "/backends/b" } ], "failureResponse": { "statusCode": 429 } } } }
]
"#,
        ),
    ])],
    good: &[Example(&[
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
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        for (owner, pool) in pools_of(policy, setup) {
            let Given::Known(status, at) = &pool.failure_status else { continue };
            let Ok(status) = u16::try_from(*status) else { continue };
            let handles = section(policy, Section::OnError).unwrap_or_default();
            for when in named(handles, "when") {
                let Some(condition) = when.attribute("condition") else { continue };
                let Some(truth) = Truth::of(&condition.value) else { continue };
                if status != 503 && truth.says(503) == Some(true) && truth.says(status) == Some(false) {
                    report
                        .add(
                            condition.value.span,
                            format!("the exhausted pool `{}` answers {status}, not 503", owner.called()),
                        )
                        .label(format!("false for {status}"))
                        .place(*at, "its answer");
                }
            }
        }
    }
}
