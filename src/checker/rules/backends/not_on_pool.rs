//! Properties of an endpoint on a pool.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::tree::json::Value;

pub(super) static RULE: Rule = Rule {
    code: "PP1005",
    name: "not-on-pool",
    severity: Severity::Error,
    summary: "a pool has a property that only an endpoint has",
    why: "A pool has no endpoint of its own: URL, protocol, credentials, TLS and breaker rules belong to \
          its members. The service refuses such a pool.",
    fix: "remove the property from the pool; give it to the members",
    source: "azure-docs issue 122455 (2024-05): `Url is not supported for backend pool.`; Terraform provider \
          azurerm",
    applies: "API versions from 2023-05-01-preview",
    bad: &[
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" } ] },
  "url": "https://unused", "protocol": "http" } }
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
    { "id": "/backends/east" } ] },
  "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        )]),
    ],
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

/// Name, and why it cannot be there.
const REFUSED: [(&str, &str); 7] = [
    ("url", "the service answers `Url is not supported for backend pool.`"),
    ("protocol", "the service answers `Protocol is not supported for backend pool.`"),
    ("credentials", "credentials belong to the members"),
    ("proxy", "it belongs to the members"),
    ("tls", "it belongs to the members"),
    ("resourceId", "it belongs to the members"),
    ("circuitBreaker", "breaker rules belong to the members: a pool trips when all of them have tripped"),
];

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in setup.backends.iter().filter(|backend| backend.pool().is_some()) {
        for (name, why) in REFUSED {
            let found = backend.properties.as_ref().and_then(|properties| properties.member(name));
            if let Some(member) = found.filter(|member| !matches!(member.value.value, Value::Null)) {
                let finding =
                    report.add(member.name_span, format!("the pool `{}` has `{name}`", backend.called()));
                finding.label("expected only on a backend of type Single").note(why);
                if let Some(edits) = setup.without(member.name_span, member.value.span) {
                    finding.fix(format!("leave out `{name}`"), false, edits);
                }
                // The first versions with pools took an address that nothing used.
                let version = backend.api_version.as_ref().map_or("", |(version, _)| &**version);
                if matches!(name, "url" | "protocol") && version.starts_with("20") && version < "2023-09" {
                    finding.severity(Severity::Warning);
                }
            }
        }
    }
}
