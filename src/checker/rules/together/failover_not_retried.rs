//! Statuses that trip a member and reach the client all the same.

use crate::diagnostics::Severity;
use crate::rules::documents::{pools_of, retries, tripping_statuses};
use crate::rules::truth::Truth;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1201",
    name: "failover-not-retried",
    severity: Severity::Warning,
    summary: "statuses that a breaker counts are not retried",
    why: "The answer that trips a breaker is still the answer of its own attempt. If the retry does not \
          repeat it the client gets it, although the next member of the pool is ready.",
    fix: "let the condition hold for every status that the breakers count",
    source: "documented: a trip acts on later requests; AI-Gateway pull request 225",
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
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0">
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
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }, { "min": 500, "max": 503 }] } }] } } },
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
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0">
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
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }, { "min": 500, "max": 503 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a" } ] } } }
]
"#,
            ),
        ]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        for (owner, pool) in pools_of(policy, setup).into_iter().filter(|(_, pool)| pool.members.len() > 1) {
            for retry in retries(policy) {
                let Some(condition) = retry.attribute("condition") else { continue };
                let Some(truth) = Truth::of(&condition.value) else { continue };
                let is_lost = |status: &u16| truth.says(*status) == Some(false);
                let lost: Vec<String> = tripping_statuses(pool, owner, setup)
                    .into_iter()
                    .filter(is_lost)
                    .map(|status| status.to_string())
                    .collect();
                if !lost.is_empty() {
                    report
                        .add(
                            condition.value.span,
                            format!(
                                "{} of a member of `{}` reaches the client",
                                lost.join(", "),
                                owner.called()
                            ),
                        )
                        .label("false for what its breakers count")
                        .place(owner.span, "the pool");
                }
            }
        }
    }
}
