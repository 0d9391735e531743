//! Error reasons that are statuses or prose.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1014",
    name: "error-reason-without-effect",
    severity: Severity::Warning,
    summary: "an error reason is a status or a sentence",
    why: "Error reasons are free text whose effect is not documented; statuses are counted by \
          `statusCodeRanges` only. A reason such as `429s`, `TooManyRequests` or a sentence matches \
          nothing that the gateway is known to report, and files work the same with and without it.",
    fix: "name the statuses in `statusCodeRanges`, and leave the reason out",
    source: "resource schema: free strings; Apim-Samples (2026-08): the same with and without",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "errorReasons": ["429s"], "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
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
      { "count": 1, "interval": "PT1M", "errorReasons": ["Server errors"], "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let rules = setup.backends.iter().filter_map(|backend| backend.single()).flat_map(Single::rules);
    for (reason, at) in rules.filter_map(|rule| rule.error_reasons.known()).flatten() {
        let words = reason.split_whitespace().count();
        let is_status =
            reason.chars().any(|c| c.is_ascii_digit()) || reason.eq_ignore_ascii_case("TooManyRequests");
        if is_status || words > 3 {
            report
                .add(
                    *at,
                    format!("the error reason `{reason}` is not one that the gateway is known to report"),
                )
                .label(if is_status {
                    "a status belongs into `statusCodeRanges`"
                } else {
                    "expected a reason, not a sentence"
                })
                .only_under("breaker.error_reasons_effective", "false");
        }
    }
}
