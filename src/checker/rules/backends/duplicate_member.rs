//! The same member twice.

use crate::diagnostics::Severity;
use crate::resources::Member;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1018",
    name: "duplicate-member",
    severity: Severity::Warning,
    summary: "a backend is a member of a pool twice",
    why: "It takes two turns in the rotation and still has one breaker: when it trips, both turns are \
          gone. Weights say what share a member gets.",
    fix: "name it once; give it a weight if it shall get more",
    source: "deduction: a breaker belongs to the backend resource",
    applies: "all tiers and API versions",
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a" },
    { "id": "/backends/a" },
    { "id": "/backends/b" } ] } } }
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a", "priority": 1, "weight": 2 },
    { "id": "/backends/b", "priority": 1, "weight": 1 } ] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for pool in setup.backends.iter().filter_map(|backend| backend.pool()) {
        for (at, member) in pool.members.iter().enumerate() {
            let Some(name) = member.name.as_deref() else { continue };
            let is_it =
                |other: &&Member| other.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
            if let Some(first) = pool.members.iter().take(at).find(is_it) {
                report
                    .add(
                        member.id.span().unwrap_or(member.span),
                        format!("`{name}` is a member of this pool twice"),
                    )
                    .label("expected each backend once")
                    .place(first.id.span().unwrap_or(first.span), "the first time");
            }
        }
    }
}
