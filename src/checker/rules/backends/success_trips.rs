//! Statuses of success in a breaker.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1019",
    name: "success-trips",
    severity: Severity::Warning,
    summary: "a breaker counts statuses below 400 as failures",
    why: "Answers that are well count as failures: the backend is taken out because it works.",
    fix: "name only statuses of failures: 429, and 500 to 599",
    source: "by definition of the failure condition",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 200, "max": 299 }] } }] } } }
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
    for backend in &setup.backends {
        for range in backend
            .single()
            .map_or(&[][..], Single::rules)
            .iter()
            .filter_map(|rule| rule.ranges.known())
            .flatten()
        {
            let (Some(min), Some(max)) = (range.min.known(), range.max.known()) else { continue };
            if *min < 400 && min <= max {
                report
                    .add(
                        range.min.span().unwrap_or(range.span),
                        format!("the breaker of `{}` counts {min} as a failure", backend.called()),
                    )
                    .label("expected 400 or more");
            }
        }
    }
}
