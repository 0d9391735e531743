//! Reasons for failures without an answer.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1029",
    name: "timeouts-do-not-trip",
    severity: Severity::Info,
    summary: "an error reason is about timeouts or connections",
    why: "Failures without an answer (no connection, no name, a timeout) were observed not to trip a \
          breaker, whatever `errorReasons` say: a backend that cannot be reached keeps its share of the \
          requests.",
    fix: "retry on a missing response in the policy; do not count on the breaker for it",
    source: "observed live by others (2026); table of Apim-Samples (2026-08); breaker.error_reasons_effective",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "errorReasons": ["BackendConnectionFailure"], "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
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
    let rules = setup.backends.iter().filter_map(|backend| backend.single()).flat_map(Single::rules);
    for (reason, at) in rules.filter_map(|rule| rule.error_reasons.known()).flatten() {
        let lower = reason.to_ascii_lowercase();
        if ["timeout", "connection"].into_iter().any(|word| lower.contains(word)) {
            report
                .add(*at, format!("`{reason}` was observed not to trip a breaker"))
                .label("has no effect")
                .only_under("breaker.error_reasons_effective", "false");
        }
    }
}
