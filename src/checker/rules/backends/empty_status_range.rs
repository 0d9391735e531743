//! A status range that holds no status.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1008",
    name: "empty-status-range",
    severity: Severity::Error,
    summary: "the lower end of a status range is above its upper end",
    why: "The range matches nothing, so the breaker never counts what it was written for; the service may \
          refuse it.",
    fix: "swap the two numbers",
    source: "by definition of a range; seen in published files",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 599, "max": 500 }] } }] } } }
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
    for range in rules.filter_map(|rule| rule.ranges.known()).flatten() {
        let (Given::Known(min, at), Given::Known(max, end)) = (&range.min, &range.max) else { continue };
        if min > max {
            let finding = report.add(*at, format!("the status range is empty: {min} is above {max}"));
            finding.label(format!("expected at most {max}")).place(*end, "the upper end");
            let (low, high) = (min.to_string(), max.to_string());
            let edits = setup.replaced(*at, &low, &high).zip(setup.replaced(*end, &high, &low));
            if let Some((first, second)) = edits {
                finding.fix("swap the two numbers", true, [first, second].concat());
            }
        }
    }
}
