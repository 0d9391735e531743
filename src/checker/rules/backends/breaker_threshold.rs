//! A failure condition without one threshold.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1007",
    name: "breaker-threshold",
    severity: Severity::Error,
    summary: "a failure condition has both count and percentage, or neither",
    why: "A rule trips at a number of failures or at a share of them. With both, or with neither, nothing \
          says when it trips; deployment tools refuse it and the service does not document what it would \
          do.",
    fix: "keep one of `count` and `percentage`",
    source: "Terraform provider azurerm: exactly one of the two; Backends in API Management (2025-05-20): \
          number or percentage",
    applies: "all tiers and API versions",
    bad: &[
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "percentage": 50, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
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
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let rules = setup.backends.iter().filter_map(|backend| backend.single()).flat_map(Single::rules);
    for rule in rules {
        match (&rule.count, &rule.percentage) {
            (Given::Absent, Given::Absent) => {
                // A condition that is not known as a whole may have either.
                if let Some(condition) = rule.condition {
                    report
                        .add(condition, "the failure condition has no `count` and no `percentage`")
                        .label("expected one of the two");
                }
            }
            (Given::Known(..), Given::Known(_, at)) => {
                let found = report.add(*at, "both `count` and `percentage` are given");
                found.label("expected one of the two");
                if let Some(count) = rule.count.span() {
                    found.place(count, "the other");
                }
            }
            _ => {}
        }
    }
}
