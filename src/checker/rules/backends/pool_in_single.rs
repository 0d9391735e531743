//! A pool in a backend that says it is none.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1006",
    name: "pool-in-single",
    severity: Severity::Error,
    summary: "a backend of type Single has a pool",
    why: "The type decides what a backend is. With `Single` the list of members has no effect or is \
          refused, and requests go to the URL, if there is one.",
    fix: "write `Pool` as `type`, or remove `pool`",
    source: "resource schema Microsoft.ApiManagement/service/backends",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] },
    "type": "Single", "pool": { "services": [{ "id": "/backends/west" }] } } }
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" } ] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in setup.backends.iter().filter(|backend| backend.single().is_some()) {
        let found = backend.properties.as_ref().and_then(|properties| properties.member("pool"));
        if let Some(pool) = found.filter(|pool| pool.value.members().is_some()) {
            report
                .add(pool.name_span, format!("`{}` is of type Single and has a pool", backend.called()))
                .label("expected only with `Pool` as `type`");
        }
    }
}
