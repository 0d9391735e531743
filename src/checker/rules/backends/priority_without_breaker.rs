//! A pool with priorities that can never move on.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1011",
    name: "priority-without-breaker",
    severity: Severity::Error,
    summary: "a pool has priorities, and members of the first one have no breaker",
    why: "A lower priority is used only while the breakers of all members above it have tripped. A member \
          without a breaker rule never becomes unavailable, so everything behind it waits for ever: the \
          pool never fails over, and clients get the 429 of the full deployment.",
    fix: "give every member above the last priority a breaker rule that trips on 429 and on the failures \
          that should move requests on",
    source: "Backends in API Management (2025-05-20): lower priority groups are used when all backends in \
          higher groups are unavailable because circuit breaker rules are tripped",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/ptu",
  "properties": { "url": "https://ptu.openai.azure.com/openai", "protocol": "http" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/paygo",
  "properties": { "url": "https://paygo.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/ptu", "priority": 1 },
    { "id": "/backends/paygo", "priority": 2 } ] } } }
]
"#,
    )])],
    good: &[
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/ptu",
  "properties": { "url": "https://ptu.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/paygo",
  "properties": { "url": "https://paygo.openai.azure.com/openai", "protocol": "http" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/ptu", "priority": 1 },
    { "id": "/backends/paygo", "priority": 2 } ] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b",
  "properties": { "url": "https://b.openai.azure.com/openai", "protocol": "http" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a", "priority": 1 },
    { "id": "/backends/b", "priority": 1 } ] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/not-here", "priority": 1 },
    { "id": "/backends/nor-this", "priority": 2 } ] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let mut singles = setup.backends.iter().filter_map(|backend| backend.single());
    let has_breaker = singles.any(|single| !single.certainly_has_no_rule());
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        let Some(last) = pool.members.iter().filter_map(|member| member.priority.known()).max() else {
            continue;
        };
        for member in
            pool.members.iter().filter(|member| member.priority.known().is_some_and(|own| own < last))
        {
            // A member that is not among the files may have a breaker.
            let target = member.name.as_deref().and_then(|name| setup.backend_beside(backend, name));
            let Some(target) = target.filter(|target| !target.is_reference && !target.is_conditional) else {
                continue;
            };
            if target.single().is_some_and(Single::certainly_has_no_rule) {
                let priority = member.priority.known().copied().unwrap_or_default();
                let finding = report.add(
                    member.id.span().unwrap_or(member.span),
                    format!("`{}` has priority {priority} and no circuit breaker", target.called()),
                );
                finding
                    .label(format!("`{}` never moves on from here to priority {last}", backend.called()))
                    .place(target.span, "no breaker rule here");
                // Where others have one, this one may get its own elsewhere.
                if has_breaker {
                    finding.severity(Severity::Warning);
                }
            }
        }
    }
}
