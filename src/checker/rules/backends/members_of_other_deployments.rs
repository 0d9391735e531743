//! Members of a pool stand for different deployments.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::examples::EAST_AND_WEST;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::rules::{deployment_in, is_model_endpoint};

pub(super) static RULE: Rule = Rule {
    code: "PP1032",
    name: "members-of-other-deployments",
    severity: Severity::Info,
    summary: "members of a pool name different deployments in their URLs",
    why: "A request goes to any member of a pool. Where the URLs name different deployments, the answer comes from another deployment after a fail-over, and maybe from another model. Where only some name one, the path that the gateway appends fits only one kind: the others answer 404.",
    fix: "end all URLs in `/openai` and give the deployment the same name in every account",
    source: "set-backend-service policy reference: the URL of the backend replaces that of the service and the path is appended; published reports of DeploymentNotFound after a fail-over",
    applies: "all tiers and API versions",
    bad: &[
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai/deployments/gpt-4o", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai/deployments/gpt-35", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
]
"#,
        )]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai/deployments/gpt-4o", "protocol": "http",
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
        )]),
    ],
    good: &[
        Example(&[("backends.json", EAST_AND_WEST)]),
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai/deployments/gpt-4o", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com/openai/deployments/gpt-4o", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
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
            let Given::Known(url, at) = &target.single()?.url else { return None };
            is_model_endpoint(target).then_some((target, deployment_in(url), *at))
        });
        let members: Vec<_> = members.collect();
        let Some((first, name, place)) = members.iter().find(|(_, name, _)| name.is_some()) else { continue };
        for (target, other, at) in &members {
            let (message, severity) = match (name, other) {
                (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other) => (
                    format!("`{}` is deployment `{other}`, `{}` is `{one}`", target.called(), first.called()),
                    Severity::Info,
                ),
                (_, None) => (
                    format!("`{}` names no deployment, `{}` does", target.called(), first.called()),
                    Severity::Warning,
                ),
                _ => continue,
            };
            report
                .add(*at, message)
                .label("one request may go to either")
                .place(*place, "the other")
                .severity(severity);
        }
    }
}
