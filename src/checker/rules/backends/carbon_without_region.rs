//! A preference for clean power that nothing can be compared with.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1026",
    name: "carbon-without-region",
    severity: Severity::Warning,
    summary: "a member has a preferred carbon emission and its backend no region",
    why: "The preference is compared with the power of the region of the backend. Without `azureRegion` \
          there is none, and the preference has no effect.",
    fix: "give the backend its `azureRegion`",
    source: "Sustainability article (2025-09-30)",
    applies: "classic tiers; API versions from 2025-03-01-preview",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2025-03-01-preview", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2025-03-01-preview", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a", "preferredCarbonEmission": "Low" } ] } } }
]
"#,
    )])],
    good: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2025-03-01-preview", "name": "apim/a",
  "properties": { "url": "https://a.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] }, "azureRegion": "Sweden Central" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2025-03-01-preview", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/a", "preferredCarbonEmission": "Low" } ] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        for member in &pool.members {
            let Some(at) = member.preferred_carbon.span() else { continue };
            let target = member.name.as_deref().and_then(|name| setup.backend_beside(backend, name));
            let is_without = target
                .and_then(|target| target.single())
                .is_some_and(|single| single.azure_region.is_absent());
            if let Some(target) = target.filter(|target| is_without && !target.is_reference) {
                report
                    .add(at, format!("`{}` has no region to compare with", target.called()))
                    .label("has no effect")
                    .place(target.span, "expected `azureRegion` here");
            }
        }
    }
}
