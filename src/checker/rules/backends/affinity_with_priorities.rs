//! Sessions that stay with the last resort.

use crate::diagnostics::Severity;
use std::collections::BTreeSet;

use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1025",
    name: "affinity-with-priorities",
    severity: Severity::Warning,
    summary: "a pool keeps sessions and has priorities",
    why: "A session that began while the first priority had tripped is pinned to the member that took it. \
          Whether it moves back is not documented: it may stay with the one that is paid by the token as \
          long as it lasts.",
    fix: "leave out one of the two",
    source: "Backends in API Management (2025-05-20): works with any load balancing option; what wins is not \
          documented (lb.affinity_vs_priority)",
    applies: "API versions from 2024-10-01-preview",
    bad: &[Example(&[(
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
    { "id": "/backends/a", "priority": 1 },
    { "id": "/backends/b", "priority": 2 } ], "sessionAffinity": { "sessionId": { "source": "cookie", "name": "sid" } } } } }
]
"#,
    )])],
    good: &[Example(&[(
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
    { "id": "/backends/a", "priority": 1 },
    { "id": "/backends/b", "priority": 1 } ], "sessionAffinity": { "sessionId": { "source": "cookie", "name": "sid" } } } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        let priorities: BTreeSet<u64> =
            pool.members.iter().filter_map(|m| m.priority.known().copied()).collect();
        if let Some(at) = pool.affinity.span().filter(|_| priorities.len() > 1) {
            report
                .add(at, format!("the pool `{}` keeps sessions and has priorities", backend.called()))
                .label("a session may stay with a later priority")
                .only_under("lb.affinity_vs_priority", "pinned");
        }
    }
}
