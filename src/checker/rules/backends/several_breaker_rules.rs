//! More than one breaker rule.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1001",
    name: "several-breaker-rules",
    severity: Severity::Error,
    summary: "a backend has more than one circuit breaker rule",
    why: "The schema takes a list of up to 15 rules, but the service accepts one for each backend: the deployment \
          fails, after everything before it has been deployed.",
    fix: "keep one rule; put the statuses of both into its `statusCodeRanges`",
    source: "Backends in API Management (2025-05-20): only one rule can be configured for a backend",
    applies: "all tiers that have breakers, all API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker": { "rules": [
    { "name": "throttled", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } },
    { "name": "broken", "tripDuration": "PT1M", "failureCondition":
      { "count": 3, "interval": "PT1M", "statusCodeRanges": [{ "min": 500, "max": 599 }] } }
  ] } } }"#,
    )])],
    good: &[Example(&[(
        "backends.json",
        r#"{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker": { "rules": [
    { "name": "throttled", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }, { "min": 500, "max": 599 }] } }
  ] } } }"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in &setup.backends {
        let rules = backend.single().map_or(&[][..], |single| single.rules());
        if let [first, second, ..] = rules {
            report
                .add(second.span, format!("`{}` has {} circuit breaker rules", backend.called(), rules.len()))
                .label("expected one rule")
                .place(first.span, "the first")
                .note("the service accepts one rule for each backend");
        }
    }
}
