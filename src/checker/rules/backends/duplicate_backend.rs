//! Two backends of one name in one file.

use crate::diagnostics::Severity;
use crate::resources::Backend;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1027",
    name: "duplicate-backend",
    severity: Severity::Warning,
    summary: "a file has two backends of the same name",
    why: "The second takes the place of the first when both are deployed, whichever comes last.",
    fix: "give each its own name, or remove one",
    source: "resource manager: a name is the identity of a resource",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://other.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let named =
        |backend: &&Backend| backend.name.is_some() && !backend.is_reference && !backend.is_conditional;
    for (at, backend) in setup.backends.iter().enumerate().filter(|(_, backend)| named(backend)) {
        let same = |other: &&Backend| {
            let names = other.name.as_deref().zip(backend.name.as_deref());
            // Files beside each other may be deployed to different services.
            named(other)
                && other.span.source == backend.span.source
                && other.span != backend.span
                && names.is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
        };
        if let Some(first) = setup.backends.iter().take(at).find(same) {
            report
                .add(backend.span, format!("`{}` is defined twice", backend.called()))
                .label("expected another name")
                .place(first.span, "the first one");
        }
    }
}
