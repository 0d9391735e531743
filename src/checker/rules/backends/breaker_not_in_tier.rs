//! A breaker in a tier that has none.

use crate::diagnostics::Severity;
use crate::rules::Tier;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1010",
    name: "breaker-not-in-tier",
    severity: Severity::Error,
    summary: "the Consumption tier has no circuit breakers",
    why: "Breaker rules are not supported in the Consumption tier. Without breakers no member of a pool \
          ever becomes unavailable, so a pool with priorities never moves on.",
    fix: "use another tier, or choose the backend in the policy",
    source: "Backends in API Management (2025-05-20): not supported in the Consumption tier",
    applies: "the Consumption tier",
    bad: &[Example(&[(
        "main.json",
        r#"{ "resources": [ { "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": { "name": "Consumption", "capacity": 0 } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }] , "contentVersion": "1.0.0.0" }"#,
    )])],
    good: &[Example(&[(
        "main.json",
        r#"{ "resources": [ { "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": { "name": "BasicV2", "capacity": 1 } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }] , "contentVersion": "1.0.0.0" }"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    if setup.tier != Some(Tier::Consumption) {
        return;
    }
    for backend in &setup.backends {
        let rule = backend.single().and_then(|single| single.rules().first());
        if let Some(rule) = rule {
            report
                .add(
                    rule.span,
                    format!("`{}` has a circuit breaker in the Consumption tier", backend.called()),
                )
                .label("expected no rule in this tier");
        }
    }
}
