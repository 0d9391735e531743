//! A breaker that trips on 429 and does not look at Retry-After.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::is_model_endpoint;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1013",
    name: "retry-after-not-accepted",
    severity: Severity::Warning,
    summary: "a breaker of a model endpoint trips on 429 and does not accept Retry-After",
    why: "A full deployment says how long to wait. A rule that does not look trips for its own fixed time \
          instead: too short, and the next requests are refused again; too long, and capacity that is paid \
          for stands idle.",
    fix: "set `acceptRetryAfter` to true",
    source: "Backends in API Management (2025-05-20), caution about Azure OpenAI; general availability note \
          of 2024-05-21",
    applies: "backends of models; API versions from 2023-09-01-preview",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/api",
  "properties": { "url": "https://api.contoso.com", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in setup.backends.iter().filter(|backend| is_model_endpoint(backend)) {
        for rule in backend.single().map_or(&[][..], Single::rules) {
            let is_off = match &rule.accept_retry_after {
                Given::Absent => true,
                Given::Known(accepts, _) => !accepts,
                Given::Unknown(_) => false,
            };
            if is_off && rule.certainly_counts(429) {
                let at = rule.accept_retry_after.span().unwrap_or(rule.span);
                let found = report.add(
                    at,
                    format!("the breaker of `{}` trips on 429 and ignores Retry-After", backend.called()),
                );
                found.label("expected `acceptRetryAfter` to be true");
                if let Some(trip) = rule.trip_duration.span() {
                    found.place(trip, "it always trips for this long");
                }
                let edits = match (&rule.accept_retry_after, rule.trip_duration.span()) {
                    (Given::Known(_, own), _) => setup.replaced(*own, "false", "true"),
                    (Given::Absent, Some(trip)) => {
                        let names = ["acceptRetryAfter", "accept_retry_after_enabled"];
                        setup.beside(trip, "tripDuration", names, "true")
                    }
                    _ => None,
                };
                if let Some(edits) = edits {
                    found.fix("accept `Retry-After`", false, edits);
                }
            }
        }
    }
}
