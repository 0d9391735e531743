//! A breaker takes any Retry-After.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::examples::EAST_AND_WEST;
use crate::rules::is_model_endpoint;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1030",
    name: "unbounded-retry-after",
    severity: Severity::Info,
    summary: "a breaker trips for as long as an answer says",
    why: "With `acceptRetryAfter` a member that answers 429 stays out for the time in its `Retry-After`, which nothing bounds. The documentation of the service warns of values as long as a day: the member, or a pool of one, is gone until then, though its quota is back in a minute.",
    fix: "nothing, as long as other members can take over; see what a scenario with such an answer shows",
    source: "Backends in API Management (2025-05-20), caution about Azure OpenAI: can be large, for example 1 day; switch breaker.retry_after_policy",
    applies: "API versions from 2023-09-01-preview",
    bad: &[Example(&[("backends.json", EAST_AND_WEST)])],
    good: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": false, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in setup.backends.iter().filter(|backend| is_model_endpoint(backend)) {
        for rule in backend.single().map_or(&[][..], Single::rules) {
            if let Given::Known(true, at) = rule.accept_retry_after
                && rule.certainly_counts(429)
            {
                report
                    .add(at, format!("`{}` stays out for as long as its answer says", backend.called()))
                    .label("nothing bounds it")
                    .only_under("breaker.retry_after_policy", "override");
            }
        }
    }
}
