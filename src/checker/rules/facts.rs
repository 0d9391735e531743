//! What several rules ask of backends.

use super::setup::Setup;
use crate::resources::{Backend, BreakerRule, Found, Kind, StatusRange};
use crate::tree::json::Node;

/// Hosts of models: Azure OpenAI and Foundry.
const MODEL_HOSTS: [&str; 4] = [
    ".openai.azure.com",
    ".cognitiveservices.azure.com",
    ".services.ai.azure.com",
    ".inference.ai.azure.com",
];

/// The host in the URL of a backend, in lower case.
pub(super) fn host(backend: &Backend) -> Option<String> {
    let (_, rest) = backend.single()?.url.known()?.split_once("://")?;
    Some(rest.split(['/', ':', '?']).next().unwrap_or_default().to_ascii_lowercase())
}

/// Whether the URL of a backend is certainly that of a model.
pub(super) fn is_model_endpoint(backend: &Backend) -> bool {
    host(backend).is_some_and(|host| MODEL_HOSTS.iter().any(|model| host.ends_with(model)))
}

/// The deployment that the path of a URL names, and whether there is one: `.../deployments/gpt-4o`.
pub(super) fn deployment_in(url: &str) -> Option<&str> {
    let mut parts = url.split(['/', '?']);
    parts.find(|part| part.eq_ignore_ascii_case("deployments"))?;
    parts.next().filter(|name| !name.is_empty() && !name.contains(['{', '$']))
}

/// The account of a model behind a backend, where it is among the resources.
pub(super) fn account_of<'s>(setup: &'s Setup, backend: &Backend) -> Option<&'s Found> {
    let host = host(backend)?;
    let label = host.split('.').next().filter(|_| is_model_endpoint(backend))?;
    setup.inventory.of(Kind::Account).find(|account| {
        let own = account.properties().and_then(|properties| properties.get("customSubDomainName"));
        let domain = own.and_then(Node::text).or(account.name.as_deref());
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(label))
    })
}

/// The deployments of an account among the resources.
pub(super) fn deployments_of<'s>(setup: &'s Setup, account: &Found) -> Vec<&'s Found> {
    let of = |deployment: &&Found| {
        let name = deployment.node.get("name").and_then(Node::text);
        let holder = name.and_then(|name| name.rsplit_once('/')).map(|(holder, _)| holder);
        let holder = holder.and_then(|holder| holder.rsplit('/').next());
        holder.zip(account.name.as_deref()).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    setup.inventory.of(Kind::Deployment).filter(of).collect()
}

impl BreakerRule {
    /// Whether a status certainly counts as a failure.
    pub fn certainly_counts(&self, status: u64) -> bool {
        let within = |range: &StatusRange| {
            range.min.known().is_some_and(|min| *min <= status)
                && range.max.known().is_some_and(|max| status <= *max)
        };
        self.ranges.known().is_some_and(|ranges| ranges.iter().any(within))
    }

    /// Whether a status certainly does not count, and others do.
    pub fn certainly_ignores(&self, status: u64) -> bool {
        let outside = |range: &StatusRange| {
            range.min.known().is_some_and(|min| status < *min)
                || range.max.known().is_some_and(|max| *max < status)
        };
        self.ranges.known().is_some_and(|ranges| !ranges.is_empty() && ranges.iter().all(outside))
    }
}
