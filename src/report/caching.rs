//! The part of a summary that tells of prompt caching. Cached tokens cost less or nothing: of provisioned units
//! they take none, of a Standard deployment they have a price of their own; quotas count them like others.

use serde::{Deserialize, Serialize};

use super::{Metric, MetricKind};

/// Prompt caching in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CachingSummary {
    /// All backends together.
    pub total: BackendCachingSummary,
    /// Each backend; what it spilled is part of it.
    pub backends: Vec<BackendCachingSummary>,
}

/// What one backend had cached, of the client requests that ended 2xx there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackendCachingSummary {
    /// Name; empty for all.
    pub backend: String,
    /// Requests whose prompt begins as others do.
    pub prefixed: u64,
    /// Of those, with cached tokens.
    pub hits: u64,
    /// The same as a share.
    pub hit_share: f64,
    /// Prompt tokens.
    pub prompt_tokens: u64,
    /// Of those, cached.
    pub cached_tokens: u64,
    /// The same as a share.
    pub cached_share: f64,
}

impl BackendCachingSummary {
    /// With the shares that go with the numbers.
    pub fn new(backend: &str, [prefixed, hits]: [u64; 2], [prompt_tokens, cached_tokens]: [u64; 2]) -> Self {
        let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        Self {
            backend: backend.to_owned(),
            prefixed,
            hits,
            hit_share: ratio(hits, prefixed),
            prompt_tokens,
            cached_tokens,
            cached_share: ratio(cached_tokens, prompt_tokens),
        }
    }
}

impl CachingSummary {
    /// The figures by name, in a fixed order: of all, then of each backend.
    pub fn metrics(&self) -> Vec<Metric> {
        let all = std::iter::once(&self.total).chain(&self.backends);
        all.flat_map(|one| {
            [
                ("cache_hits", one.hits as f64, MetricKind::Requests),
                ("cache_hit_share", one.hit_share, MetricKind::Share),
                ("cached_tokens", one.cached_tokens as f64, MetricKind::Count),
                ("cached_token_share", one.cached_share, MetricKind::Share),
            ]
            .map(|(name, value, kind)| Metric {
                name,
                backend: one.backend.clone(),
                value: Some(value),
                kind,
            })
        })
        .collect()
    }
}
