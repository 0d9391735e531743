//! A failure condition that no answer meets.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1009",
    name: "breaker-matches-nothing",
    severity: Severity::Error,
    summary: "a failure condition names neither statuses nor error reasons",
    why: "Nothing is counted, so the breaker never trips; deployment tools refuse such a rule.",
    fix: "name the statuses in `statusCodeRanges`: 429, and those of failures",
    source: "Terraform provider azurerm: at least one of the two",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M" } }] } } }
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
    for rule in rules {
        let no_ranges = rule.ranges.is_absent() || rule.ranges.known().is_some_and(Vec::is_empty);
        let no_reasons =
            rule.error_reasons.is_absent() || rule.error_reasons.known().is_some_and(Vec::is_empty);
        if let Some(condition) = rule.condition.filter(|_| no_ranges && no_reasons) {
            report
                .add(condition, "the failure condition matches nothing")
                .label("expected `statusCodeRanges` or `errorReasons`");
        }
    }
}
