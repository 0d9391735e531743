//! A URL that is none.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1023",
    name: "wrong-url",
    severity: Severity::Error,
    summary: "the URL of a backend is no URL",
    why: "Without a scheme it is no absolute URL, and requests have nowhere to go.",
    fix: "write `https://` and the host",
    source: "resource schema and Backends in API Management (2025-05-20)",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "east.openai.azure.com/openai", "protocol": "http",
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
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, single) in setup.backends.iter().filter_map(|backend| Some((backend, backend.single()?))) {
        let Given::Known(url, at) = &single.url else { continue };
        // What a template or a named value puts in is not known; `fabric:/` and others are URLs too.
        let is_filled_in = url.contains(['{', '}', '$', '#', '<', '%', '[']) || url.contains("__");
        if is_filled_in || url.contains(":/") {
            continue;
        }
        report
            .add(*at, format!("the URL of `{}` is no URL", backend.called()))
            .label("expected `https://` and a host");
    }
}
