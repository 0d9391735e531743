//! Two backends of one name in one file.

use std::collections::BTreeMap;

use crate::diagnostics::Severity;
use crate::diagnostics::{SourceId, Span};
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
    let mut first: BTreeMap<(SourceId, String), Span> = BTreeMap::new();
    let named = setup.backends.iter().filter(|backend| !backend.is_reference && !backend.is_conditional);
    for (backend, name) in named.filter_map(|backend| Some((backend, backend.name.as_deref()?))) {
        // Files beside each other may be deployed to different services; rounds of a loop stand in one place.
        let key = (backend.span.source, name.to_ascii_lowercase());
        let known = *first.entry(key).or_insert(backend.span);
        if known != backend.span {
            report
                .add(backend.span, format!("`{name}` is defined twice"))
                .label("expected another name")
                .place(known, "the first one");
        }
    }
}
