//! A pool in a pool.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1017",
    name: "nested-pool",
    severity: Severity::Warning,
    summary: "a member of a pool is a pool",
    why: "Until 2024 the documentation said that a pool cannot be a member of a pool; the sentence is gone \
          and nothing says that it can. A deployment may be refused, or the inner pool be treated as an \
          endpoint without a URL.",
    fix: "name the members of the inner pool",
    source: "Backends in API Management (2024-01-09); the text of 2025-05-20 does not say",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/inner",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" } ] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/outer",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/inner" } ] } } }
]
"#,
    )])],
    good: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/outer",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" } ] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        for member in &pool.members {
            let target = member.name.as_deref().and_then(|name| setup.backend_beside(backend, name));
            if let Some(target) = target.filter(|target| target.pool().is_some()) {
                report
                    .add(
                        member.id.span().unwrap_or(member.span),
                        format!("`{}` is a pool itself", target.called()),
                    )
                    .label("expected a backend of type Single")
                    .place(target.span, "the pool");
            }
        }
    }
}
