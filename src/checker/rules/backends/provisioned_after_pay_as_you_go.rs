//! Paid-for capacity comes second.

use crate::diagnostics::Severity;
use crate::resources::Backend;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::rules::{account_of, deployments_of};

pub(super) static RULE: Rule = Rule {
    code: "PP1034",
    name: "provisioned-after-pay-as-you-go",
    severity: Severity::Warning,
    summary: "provisioned deployments come after those that are paid by the token",
    why: "Lower numbers come first. With the larger number the provisioned capacity, which costs the same whether it is used or not, gets requests only when everything before it has tripped.",
    fix: "give the provisioned members the smaller number",
    source: "Backends in API Management (2025-05-20): priority 1 is the highest; kinds of deployments: Provisioned, Standard",
    applies: "all tiers and API versions; where the deployments or a scenario say which are provisioned",
    bad: &[
        Example(&[(
            "main.json",
            r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o",
  "sku": { "name": "ProvisionedManaged", "capacity": 50 },
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
    { "id": "/backends/east", "priority": 2 },
    { "id": "/backends/west", "priority": 1 } ] } } }
]
"#,
        )]),
        Example(&[
            (
                "backends.json",
                r#"[
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
    { "id": "/backends/east", "priority": 2 },
    { "id": "/backends/west", "priority": 1 } ] } } }
]
"#,
            ),
            (
                "workload",
                r"provisioned: east
tokens per minute of west: 50000
",
            ),
        ]),
    ],
    good: &[
        Example(&[(
            "main.json",
            r#"[
{ "type": "Microsoft.CognitiveServices/accounts", "apiVersion": "2024-10-01", "name": "east", "kind": "OpenAI",
  "properties": { "customSubDomainName": "east" } },
{ "type": "Microsoft.CognitiveServices/accounts/deployments", "apiVersion": "2024-10-01", "name": "east/gpt-4o",
  "sku": { "name": "ProvisionedManaged", "capacity": 50 },
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
    { "id": "/backends/east", "priority": 1 },
    { "id": "/backends/west", "priority": 2 } ] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/ptu",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/paygo",
  "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/ptu", "priority": 2 },
    { "id": "/backends/paygo", "priority": 1 } ] } } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        let members = pool.members.iter().filter_map(|member| {
            let target = setup.backend_beside(backend, member.name.as_deref()?)?;
            Some((member, *member.priority.known()?, target, is_provisioned(setup, target)?))
        });
        let members: Vec<_> = members.collect();
        let paid = members.iter().filter(|(.., provisioned)| !provisioned).min_by_key(|(_, at, ..)| *at);
        let Some((other, first, payg, _)) = paid else { continue };
        for (member, priority, target, _) in members.iter().filter(|(.., provisioned)| *provisioned) {
            if priority > first {
                report
                    .add(
                        member.priority.span().unwrap_or(member.span),
                        format!("`{}` is provisioned and comes after `{}`", target.called(), payg.called()),
                    )
                    .label(format!("expected less than {first}"))
                    .place(other.priority.span().unwrap_or(other.span), "paid by the token, and first");
            }
        }
    }
}

/// Whether the deployments behind a backend are provisioned; `None` when nothing says so, or some are.
fn is_provisioned(setup: &Setup, backend: &Backend) -> Option<bool> {
    if let (Some(workload), Some(name)) = (&setup.workload, &backend.name) {
        if workload.provisioned.contains(name) {
            return Some(true);
        }
        if workload.tokens_per_minute.contains_key(name) {
            return Some(false);
        }
    }
    let deployments = deployments_of(setup, account_of(setup, backend)?);
    let kinds: Option<Vec<bool>> = deployments
        .iter()
        .map(|deployment| {
            let sku = deployment.node.get("sku")?.get("name")?.text()?;
            Some(sku.to_ascii_lowercase().contains("provisioned"))
        })
        .collect();
    let kinds = kinds?;
    let first = *kinds.first()?;
    kinds.iter().all(|kind| *kind == first).then_some(first)
}
