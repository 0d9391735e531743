//! No deployment is there for all members.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::rules::{account_of, deployment_in, deployments_of};
use crate::tree::hints::list;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    code: "PP1033",
    name: "deployment-not-on-all-members",
    severity: Severity::Warning,
    summary: "the accounts behind a pool have no deployment of the same name",
    why: "Requests name a deployment in their path, and the path is the same for every member. An account that has no deployment of that name answers 404, DeploymentNotFound, which trips no breaker as a rule: a fixed share of the requests fails.",
    fix: "give the deployment the same name in every account",
    source: "published reports of DeploymentNotFound after a fail-over; Backends in API Management (2025-05-20)",
    applies: "all tiers and API versions; where accounts and deployments are among the inputs",
    bad: &[Example(&[(
        "main.json",
        r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06" } } },
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "west", "kind": "OpenAI",
  "properties": { "customSubDomainName": "west" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "west/gpt4o",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06" } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
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
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "west", "kind": "OpenAI",
  "properties": { "customSubDomainName": "west" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "west/gpt-4o",
  "sku": { "name": "Standard", "capacity": 50 },
  "properties": { "model": { "format": "OpenAI", "name": "gpt-4o", "version": "2024-08-06" } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    // What is not among the inputs may have the name.
    if setup.is_partial() {
        return;
    }
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        let members = pool.members.iter().filter_map(|member| {
            let target = setup.backend_beside(backend, member.name.as_deref()?)?;
            let url = target.single()?.url.known()?;
            let account = account_of(setup, target).filter(|account| !account.is_reference)?;
            let names: Option<BTreeSet<String>> = deployments_of(setup, account)
                .iter()
                .map(|deployment| deployment.name.as_deref().map(str::to_ascii_lowercase))
                .collect();
            let names = names.filter(|names| !names.is_empty() && deployment_in(url).is_none())?;
            Some((target, account, names))
        });
        let members: Vec<_> = members.collect();
        let Some((first, account, names)) = members.first() else { continue };
        for (target, other, own) in members.iter().skip(1) {
            if names.is_disjoint(own) {
                let text = |names: &BTreeSet<String>| list(names.iter().map(String::as_str));
                report
                    .add(
                        other.name_span,
                        format!("`{}` has none of the deployments of `{}`", target.called(), first.called()),
                    )
                    .label("answers 404 to the requests for the others")
                    .place(account.name_span, "the other account")
                    .note(format!("here: {}; there: {}", text(own), text(names)));
            }
        }
    }
}
