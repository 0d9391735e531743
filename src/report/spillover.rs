//! The part of a summary that tells of spillover by the platform: what backends handed on, and what the
//! deployments took that they handed it to. What is spilled is part of what its backend answered, and is paid
//! for by tokens where the rest is not.

use serde::{Deserialize, Serialize};

use super::{Metric, MetricKind};

/// Spillover in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpilloverSummary {
    /// Backends that may spill.
    pub backends: Vec<SpillingSummary>,
    /// Deployments that they may spill to.
    pub deployments: Vec<SpillTargetSummary>,
}

/// What one backend handed on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpillingSummary {
    /// Name.
    pub backend: String,
    /// Attempts that it refused and the other deployment admitted; part of its attempts.
    pub spilled: u64,
    /// Attempts that both refused; part of those throttled and failed.
    pub in_vain: u64,
    /// Client requests that ended 2xx through spillover; part of those answered by the backend.
    pub answered: u64,
    /// The same as a share of arrivals.
    pub share: f64,
    /// Their prompt tokens.
    pub prompt_tokens: u64,
    /// Their completion tokens.
    pub completion_tokens: u64,
    /// Cached tokens, which are part of the prompt tokens.
    pub cached_tokens: u64,
    /// Prompt and completion tokens as a share of all answered tokens.
    pub token_share: f64,
}

/// What one deployment took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpillTargetSummary {
    /// Name.
    pub deployment: String,
    /// Region.
    pub region: String,
    /// As of a backend: `Standard, 8000 TPM, 80 RPM`.
    pub capacity: String,
    /// Attempts that it admitted.
    pub admitted: u64,
    /// Attempts that it refused.
    pub throttled: u64,
    /// Client requests that ended 2xx here.
    pub answered: u64,
    /// The same as a share of arrivals.
    pub share: f64,
    /// Their prompt tokens.
    pub prompt_tokens: u64,
    /// Their completion tokens.
    pub completion_tokens: u64,
    /// Their cached tokens, which are part of the prompt tokens.
    pub cached_tokens: u64,
    /// Tokens counted against its quota.
    pub counted_tokens: u64,
}

impl SpilloverSummary {
    /// The figures by name, in a fixed order. Those that begin with `spillover` are about the deployment that is
    /// spilled to.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        let mut add = |name: &'static str, backend: &str, value: f64, kind| {
            metrics.push(Metric { name, backend: backend.to_owned(), value: Some(value), kind });
        };
        let count = |n: u64| n as f64;
        for spilling in &self.backends {
            let backend = &spilling.backend;
            add("spilled", backend, count(spilling.spilled), MetricKind::Count);
            add("spilled_in_vain", backend, count(spilling.in_vain), MetricKind::Count);
            add("spilled_answered", backend, count(spilling.answered), MetricKind::Requests);
            add("spilled_share", backend, spilling.share, MetricKind::Share);
            add("spilled_prompt_tokens", backend, count(spilling.prompt_tokens), MetricKind::Count);
            add("spilled_completion_tokens", backend, count(spilling.completion_tokens), MetricKind::Count);
            add("spilled_token_share", backend, spilling.token_share, MetricKind::Share);
        }
        for target in &self.deployments {
            let name = &target.deployment;
            let tokens = target.prompt_tokens.saturating_add(target.completion_tokens);
            add("spillover_admitted", name, count(target.admitted), MetricKind::Count);
            add("spillover_throttled", name, count(target.throttled), MetricKind::Count);
            add("spillover_answered", name, count(target.answered), MetricKind::Requests);
            add("spillover_share", name, target.share, MetricKind::Share);
            add("spillover_tokens", name, count(tokens), MetricKind::Count);
            add("spillover_counted_tokens", name, count(target.counted_tokens), MetricKind::Count);
        }
        metrics
    }
}
