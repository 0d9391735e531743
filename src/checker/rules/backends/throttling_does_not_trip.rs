//! A breaker of a model endpoint that does not see 429.

use crate::diagnostics::Severity;
use crate::resources::Single;
use crate::rules::is_model_endpoint;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1012",
    name: "throttling-does-not-trip",
    severity: Severity::Warning,
    summary: "the breaker of a model endpoint does not count 429",
    why: "A full deployment answers 429. A rule that lists only failures such as 5xx never trips on it, so \
          requests keep going to the deployment that refuses them, and a pool does not move on.",
    fix: "add the range 429 to 429 to `statusCodeRanges`, and let the rule accept Retry-After",
    source: "Backends in API Management (2025-05-20), caution about Azure OpenAI: a rule on 429 that accepts \
          Retry-After",
    applies: "backends of models",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 500, "max": 599 }] } }] } } }
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
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/api",
  "properties": { "url": "https://api.contoso.com", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 500, "max": 599 }] } }] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in setup.backends.iter().filter(|backend| is_model_endpoint(backend)) {
        let rules = backend.single().map_or(&[][..], Single::rules);
        // Where there are several rules, any of them may be the one that counts it.
        for rule in rules.iter().take(usize::from(rules.iter().all(|rule| rule.certainly_ignores(429)))) {
            if let Some(at) = rule.ranges.span() {
                report
                    .add(at, format!("the breaker of `{}` does not trip on 429", backend.called()))
                    .label("429 is in none of these ranges")
                    .note("a deployment that is full answers 429, so this breaker never sees that it is");
            }
        }
    }
}
