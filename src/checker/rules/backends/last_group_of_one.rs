//! Nothing left when one member trips.

use crate::diagnostics::Severity;
use crate::resources::Backend;
use crate::rules::workload::arithmetic::{capacity, offered_per_minute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1028",
    name: "last-group-of-one",
    severity: Severity::Info,
    summary: "the last priority of a pool has one member, and that trips on 429",
    why: "When its breaker trips there is nobody left: the gateway answers 503 for as long as the trip \
          lasts, also to clients that were not the cause. With Retry-After accepted that can be a day.",
    fix: "let the last resort have no breaker on 429, or a second member",
    source: "deduction from the documented selection; community reports",
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
    { "id": "/backends/a", "priority": 1 },
    { "id": "/backends/b", "priority": 2 } ] } } }
]
"#,
    )])],
    good: &[
        Example(&[(
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/c",
  "properties": { "url": "https://c.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a", "priority": 1 },
    { "id": "/backends/b", "priority": 2 },
    { "id": "/backends/c", "priority": 2 } ] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b",
  "properties": { "url": "https://b.openai.azure.com/openai", "protocol": "http" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a", "priority": 1 },
    { "id": "/backends/b", "priority": 2 } ] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        let last = pool.members.iter().filter_map(|member| member.priority.known()).max();
        let group: Vec<_> = pool.members.iter().filter(|member| member.priority.known() == last).collect();
        let ([only], false) = (group.as_slice(), pool.is_partial) else { continue };
        let target = only.name.as_deref().and_then(|name| setup.backend_beside(backend, name));
        let trips = |target: &&Backend| {
            target.single().is_some_and(|single| single.rules().iter().any(|rule| rule.certainly_counts(429)))
        };
        if let Some(target) = target.filter(trips) {
            let finding = report.add(
                only.id.span().unwrap_or(only.span),
                format!("when `{}` trips, nobody is left", target.called()),
            );
            finding.label("the last of this pool").place(target.span, "it trips on 429");
            // With traffic that fills it, it does trip.
            let offered = setup.workload.as_ref().map_or(0, offered_per_minute);
            if let Some(most) = capacity(setup, only).filter(|most| *most < offered) {
                finding
                    .severity(Severity::Warning)
                    .note(format!("it can take {most} tokens a minute of {offered} that are asked for"));
            }
        }
    }
}
