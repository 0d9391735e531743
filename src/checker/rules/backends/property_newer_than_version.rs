//! A property that the API version of the resource does not have.

use crate::diagnostics::Severity;
use crate::resources::Backend;
use crate::resources::versions::{FIRST, value_at};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1004",
    name: "property-newer-than-version",
    severity: Severity::Warning,
    summary: "a property is newer than the API version of the resource",
    why: "Resources are read by the schema of the version that they name. A property that the version does \
          not have is dropped or refused, and the behaviour that was meant does not happen.",
    fix: "name the API version that the message gives, or a later one",
    source: "resource schemas of Microsoft.ApiManagement/service/backends, by version; bicep-types-az issue \
          2281",
    applies: "all tiers and API versions",
    bad: &[
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2023-05-01-preview", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" } ], "failureResponse": { "statusCode": 429 } } } }
]
"#,
        )]),
    ],
    good: &[
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2023-09-01-preview", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east", "priority": 1, "weight": 5 } ] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in &setup.backends {
        for (path, first) in FIRST {
            tell(setup, backend, path, first, report);
        }
    }
}

fn tell(setup: &Setup, backend: &Backend, path: &[&str], first: &str, report: &mut Report<'_>) {
    let (Some((version, at)), Some(properties)) = (&backend.api_version, &backend.properties) else { return };
    // Versions are dates: as texts they are in order, and what is no date says nothing.
    let date = |version: &str| version.get(..10).map(str::to_owned);
    let is_older = date(version) < date(first) && version.starts_with("20");
    if let Some(found) = value_at(properties, path).filter(|_| is_older) {
        let name = path.last().copied().unwrap_or_default();
        let finding = report.add(found.mark(), format!("`{name}` is not in version {version}"));
        finding
            .label(format!("in {first} and later"))
            .place(*at, "this version")
            .help(format!("use version {first} or a later one"));
        if let Some(edits) = setup.replaced_within(*at, version, first) {
            finding.fix(format!("write version {first}"), false, edits);
        }
    }
}
