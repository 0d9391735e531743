//! One backend stands for several models.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::rules::{account_of, deployment_in, deployments_of, host};

pub(super) static RULE: Rule = Rule {
    code: "PP1031",
    name: "breaker-shared-by-models",
    severity: Severity::Info,
    summary: "a backend with a breaker stands for several deployments",
    why: "A breaker belongs to the backend and not to the deployment that a request names. When one model of the account answers 429, the others are taken out with it, although their quota is free.",
    fix: "make one backend for each deployment, with the same URL, and let the policy choose by model",
    source: "Apim-Samples (2026-08): a 429 from one model could suppress traffic to a healthy model on the same backend",
    applies: "all tiers and API versions; where the deployments are among the inputs",
    bad: &[Example(&[(
        "main.json",
        r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06" } } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o-mini",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-08-06" } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    good: &[Example(&[(
        "main.json",
        r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06" } } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o-mini",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-08-06" } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east-4o",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east-4o-mini",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for backend in &setup.backends {
        let Some(single) = backend.single() else { continue };
        let Given::Known(url, at) = &single.url else { continue };
        let trips = single.rules().iter().any(|rule| rule.certainly_counts(429));
        if !trips || deployment_in(url).is_some() {
            continue;
        }
        let Some(account) = account_of(setup, backend) else { continue };
        let deployments = deployments_of(setup, account).len();
        let backends = setup.backends.iter().filter(|other| host(other) == host(backend)).count();
        if deployments > backends {
            report
                .add(*at, format!("`{}` stands for {deployments} deployments", backend.called()))
                .label("a 429 of one takes out all")
                .place(account.name_span, "their account");
        }
    }
}
