//! A breaker is never reached.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::workload::arithmetic::{attempts, is_used};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1301",
    name: "count-never-reached",
    severity: Severity::Warning,
    summary: "a breaker needs more failures than there are requests in its interval",
    why: "The breaker counts the failures of one interval, on each gateway instance for itself. If all requests together, with every retry, are fewer than its count, it cannot trip, however long the backend fails.",
    fix: "write a smaller `count` or a longer `interval`",
    source: "Backends in API Management (2025-05-20): a number of failures during an interval; each instance counts for itself",
    applies: "where a scenario says the traffic",
    bad: &[Example(&[
        (
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 50, "interval": "PT10S", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        ),
        (
            "workload",
            r"requests in 1,000 s: 2000
tokens of a request: 700
",
        ),
    ])],
    good: &[Example(&[
        (
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 3, "interval": "PT10S", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
        ),
        (
            "workload",
            r"requests in 1,000 s: 2000
tokens of a request: 700
",
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let Some(workload) = setup.workload.as_ref().filter(|workload| workload.requests_per_1000_s > 0) else {
        return;
    };
    let attempts = attempts(report);
    for backend in setup.backends.iter().filter(|backend| is_used(setup, backend)) {
        for rule in backend.single().map_or(&[][..], Single::rules) {
            let (Given::Known(count, at), Given::Known(interval, place)) = (&rule.count, &rule.interval)
            else {
                continue;
            };
            let seconds = interval.as_secs_ceil();
            let instances = u64::from(workload.instances.max(1));
            let sent = workload.requests_per_1000_s.saturating_mul(attempts).saturating_mul(seconds);
            let most = sent.div_ceil(1_000).div_ceil(instances);
            if *count > most {
                report
                    .add(
                        *at,
                        format!(
                            "`{}` trips at {count} failures and gets {most} requests at most",
                            backend.called()
                        ),
                    )
                    .label(format!("expected at most {most}"))
                    .place(*place, "in this time")
                    .note(format!(
                        "{} requests in 1,000 s, {attempts} attempts each, {instances} gateway instances",
                        workload.requests_per_1000_s
                    ));
            }
        }
    }
}
