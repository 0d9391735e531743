//! Mistakes of clients in a breaker.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1020",
    name: "client-errors-trip",
    severity: Severity::Warning,
    summary: "a breaker counts 400, 401, 403 or 404 as failures",
    why: "These answers depend on the request: a prompt that the content filter refuses, a wrong \
          deployment name, a missing role. One client that repeats its mistake takes the backend out for \
          everybody, and the same mistake then trips the next member, until none is left.",
    fix: "name 429 and 500 to 599; of 4xx at most 408 and 429",
    source: "test matrix of Apim-Samples (2026-08): not retried and not counted",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 400, "max": 499 }] } }] } } }
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 599 }] } }] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in &setup.backends {
        for range in backend
            .single()
            .map_or(&[][..], Single::rules)
            .iter()
            .filter_map(|rule| rule.ranges.known())
            .flatten()
        {
            let (Some(min), Some(max)) = (range.min.known(), range.max.known()) else { continue };
            let found: Vec<String> = [400_u64, 401, 403, 404]
                .iter()
                .filter(|s| min <= s && *s <= max)
                .map(u64::to_string)
                .collect();
            if !found.is_empty() && *min >= 400 {
                report
                    .add(
                        range.min.span().unwrap_or(range.span),
                        format!(
                            "the breaker of `{}` counts {} as failures",
                            backend.called(),
                            found.join(", ")
                        ),
                    )
                    .label("one client's mistakes take it out for all");
            }
        }
    }
}
