//! A bare account among members whose URL ends in /openai.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::is_model_endpoint;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1024",
    name: "endpoint-without-openai",
    severity: Severity::Warning,
    summary: "of the members of a pool some URLs end in /openai and others in the host",
    why: "The URL of a member takes the place of the service URL, and the same path is appended to all of \
          them. A bare account endpoint beside URLs that end in `/openai` gets a path without it and \
          answers 404, and 404 trips no breaker: every n-th request fails.",
    fix: "give the URLs of all members the same path",
    source: "Backends in API Management (2025-05-20); observed: the member URL replaces the service URL",
    applies: "backends of Azure OpenAI",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://west.openai.azure.com", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/pool",
  "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east" },
    { "id": "/backends/west" } ] } } }
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
        Example(&[(
            "backends.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://e.openai.azure.com/", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/west",
  "properties": { "url": "https://w.openai.azure.com", "protocol": "http",
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
            is_model_endpoint(target).then_some((target, url, *at))
        });
        let members: Vec<_> = members.collect();
        let path = |url: &str| {
            url.split_once("://")
                .and_then(|(_, rest)| rest.split_once('/'))
                .map_or(String::new(), |(_, path)| path.trim_end_matches('/').to_ascii_lowercase())
        };
        let Some((whole, _, other)) = members.iter().find(|(_, url, _)| path(url).starts_with("openai"))
        else {
            continue;
        };
        for (target, url, at) in members.iter().filter(|(_, url, _)| path(url).is_empty()) {
            let finding = report
                .add(
                    *at,
                    format!(
                        "the URL of `{}` has no path, that of `{}` has one",
                        target.called(),
                        whole.called()
                    ),
                )
                .label("expected `/openai` at the end, as for the others")
                .place(*other, "one with a path");
            if let Some(edits) = setup.replaced(*at, url, &format!("{}/openai", url.trim_end_matches('/'))) {
                finding.fix("end it in `/openai`", false, edits);
            }
        }
    }
}
