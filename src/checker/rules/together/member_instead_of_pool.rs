//! A member of a pool that is used by itself.

use crate::diagnostics::Severity;
use crate::resources::{Backend, Member};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1205",
    name: "member-instead-of-pool",
    severity: Severity::Info,
    summary: "a policy names a member of a pool and not the pool",
    why: "Requests go to this one backend only: when its breaker trips they get 503, although the pool \
          that it belongs to has others.",
    fix: "name the pool, if failover is meant",
    source: "set-backend-service policy reference; documented: a tripped backend is answered for with 503",
    applies: "all tiers and API versions",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="a" />
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
        for (name, at) in &policy.references {
            let Some(single) = setup.backend(name).filter(|backend| backend.single().is_some()) else {
                continue;
            };
            let holds = |backend: &&Backend| {
                backend.pool().is_some_and(|pool| {
                    let is_it =
                        |m: &Member| m.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
                    pool.members.len() > 1 && pool.members.iter().any(is_it)
                })
            };
            if let Some(pool) = setup.backends.iter().find(holds) {
                report
                    .add(
                        *at,
                        format!("`{}` is used by itself, not with `{}`", single.called(), pool.called()),
                    )
                    .label("no failover")
                    .place(pool.span, "a pool that it belongs to");
            }
        }
    }
}
