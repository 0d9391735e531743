//! The gateway calls itself.

use crate::diagnostics::Severity;
use crate::resources::Kind;
use crate::rules::host;
use crate::rules::{Example, Found, Report, Rule, Setup};
use crate::tree::json::Node;

pub(super) static RULE: Rule = Rule {
    code: "PP1035",
    name: "backend-is-the-gateway",
    severity: Severity::Info,
    summary: "the URL of a backend is that of the gateway itself",
    why: "In an internal virtual network the gateway does not reach its own address: requests end with a 500 and BackendConnectionFailure. Elsewhere every request takes the way through the gateway twice, with two limits and two retries.",
    fix: "call the API that is meant by its own backend",
    source: "Backends in API Management (2025-05-20), limitations: self-chained requests in an internal virtual network",
    applies: "all tiers; where the service is among the inputs",
    bad: &[Example(&[(
        "main.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "contoso-apim", "sku": { "name": "Premium", "capacity": 1 },
  "properties": { "virtualNetworkType": "Internal" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/self",
  "properties": { "url": "https://contoso-apim.azure-api.net/chat", "protocol": "http" } }
]
"#,
    )])],
    good: &[Example(&[(
        "main.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "contoso-apim", "sku": { "name": "Premium", "capacity": 1 },
  "properties": { "virtualNetworkType": "Internal" } },
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/other",
  "properties": { "url": "https://fabrikam-apim.azure-api.net/chat", "protocol": "http" } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for service in setup.inventory.of(Kind::Service) {
        let own = own_hosts(service);
        for backend in &setup.backends {
            let Some(at) = backend.single().and_then(|single| single.url.span()) else { continue };
            if host(backend).is_some_and(|host| own.contains(&host)) {
                report
                    .add(at, format!("`{}` is this gateway itself", backend.called()))
                    .label("comes back to the gateway")
                    .place(service.name_span, "the service");
            }
        }
    }
}

/// The host names of a service that are known.
fn own_hosts(service: &crate::resources::Found) -> Vec<String> {
    let standard = service.name.as_deref().map(|name| format!("{}.azure-api.net", name.to_ascii_lowercase()));
    let names = service.properties().and_then(|properties| properties.get("hostnameConfigurations"));
    let names = names.and_then(Node::elements).unwrap_or_default().iter();
    let given = names.filter_map(|name| Some(name.get("hostName")?.text()?.to_ascii_lowercase()));
    standard.into_iter().chain(given).collect()
}
