//! What several rules ask of backends.

use crate::resources::{Backend, BreakerRule, StatusRange};

/// Hosts of models: Azure OpenAI and Foundry.
const MODEL_HOSTS: [&str; 4] = [
    ".openai.azure.com",
    ".cognitiveservices.azure.com",
    ".services.ai.azure.com",
    ".inference.ai.azure.com",
];

/// Whether the URL of a backend is certainly that of a model.
pub(super) fn is_model_endpoint(backend: &Backend) -> bool {
    let url = backend.single().and_then(|single| single.url.known());
    let host = url.and_then(|url| {
        let (_, rest) = url.split_once("://")?;
        Some(rest.split(['/', ':', '?']).next().unwrap_or_default().to_ascii_lowercase())
    });
    host.is_some_and(|host| MODEL_HOSTS.iter().any(|model| host.ends_with(model)))
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
