//! A share of requests that nothing bounds from below.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1021",
    name: "percentage-of-few",
    severity: Severity::Info,
    summary: "a breaker trips on a percentage",
    why: "How many requests there must be before a share counts is not documented. If one is enough, the \
          first failure after a quiet time is 100 % and trips the breaker.",
    fix: "use `count` where traffic is light",
    source: "Backends in API Management (2025-05-20); the minimum is not documented (breaker.pct_min_samples)",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "percentage": 50, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
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
        for rule in backend.single().map_or(&[][..], Single::rules) {
            if let (Some(share), Some(at)) = (rule.percentage.known(), rule.percentage.span()) {
                report
                    .add(at, format!("the breaker of `{}` trips on {share} % of requests", backend.called()))
                    .label("a single failure may be 100 %")
                    .only_under("breaker.pct_min_samples", "1");
            }
        }
    }
}
