//! A breaker trips for a long time.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::examples::EAST_AND_WEST;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::units::Duration;

pub(super) static RULE: Rule = Rule {
    code: "PP1036",
    name: "long-trip",
    severity: Severity::Info,
    summary: "a breaker trips for half an hour or more",
    why: "While a breaker is tripped the member gets nothing, whether it has recovered or not: nobody asks it before the time is over. The portal suggests an hour; a deployment that was full for a minute stays out for all of it, and the others take its share.",
    fix: "write a `tripDuration` of a minute or so, and let `acceptRetryAfter` say when it must be more",
    source: "Backends in API Management (2025-05-20): the circuit resets after the trip duration; the portal suggests 1 hour",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1H", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    good: &[Example(&[("backends.json", EAST_AND_WEST)])],
    found: Found::Here(look),
};

/// Trips from this length on are told.
const LONG: Duration = Duration::from_secs(30 * 60);

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in &setup.backends {
        for rule in backend.single().map_or(&[][..], Single::rules) {
            if let Given::Known(trip, at) = rule.trip_duration
                && trip >= LONG
            {
                let minutes = trip.as_secs_ceil().checked_div(60).unwrap_or_default();
                report
                    .add(at, format!("`{}` gets nothing for {minutes} min after it trips", backend.called()))
                    .label("expected a minute or so");
            }
        }
    }
}
