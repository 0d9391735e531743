//! The part of a summary that tells of faults: requests before, during and after them, and how long pools
//! were without what they are for.

use serde::{Deserialize, Serialize};

use super::{Distribution, Metric, MetricKind};

/// A run with faults in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSummary {
    /// Before the first fault was on, while one was, and while none was any more.
    pub phases: Vec<PhaseSummary>,
    /// Each pool.
    pub pools: Vec<PoolSummary>,
}

/// Client requests that arrived in one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseSummary {
    /// `before`, `during` or `after`.
    pub phase: String,
    /// How long the run was in it.
    pub time_s: f64,
    /// All.
    pub requests: u64,
    /// Whole response, 2xx.
    pub answered_2xx: u64,
    /// Refused: whole response, 429 or 503.
    pub refused: u64,
    /// Whole response with any other status.
    pub failed: u64,
    /// Response broken off.
    pub broken_off: u64,
    /// Given up by the client.
    pub cancelled: u64,
    /// Under way at the end.
    pub in_flight: u64,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency_ms: Option<Distribution>,
}

/// How long a pool was without members that could be called, each being tripped or taken out by a fault. Mean
/// of the gateway instances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolSummary {
    /// Name.
    pub pool: String,
    /// Without any member of its best priority group.
    pub without_primary_s: f64,
    /// Without any member at all.
    pub without_any_s: f64,
}

impl PhaseSummary {
    /// Share of the requests that were answered 2xx; `None` without requests.
    pub fn success(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.answered_2xx as f64 / self.requests as f64)
    }
}

impl FaultSummary {
    /// The figures by name, in a fixed order.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        let mut add = |name: &'static str, backend: &str, value: Option<f64>, kind| {
            metrics.push(Metric { name, backend: backend.to_owned(), value, kind });
        };
        for (phase, names) in self.phases.iter().zip(PHASE_NAMES) {
            let [requests, success, refused, p50, p95, p99] = names;
            let latency = |of: fn(&Distribution) -> f64| phase.latency_ms.as_ref().map(of);
            add(requests, "", Some(phase.requests as f64), MetricKind::Requests);
            add(success, "", phase.success(), MetricKind::Share);
            add(refused, "", Some(phase.refused as f64), MetricKind::Requests);
            add(p50, "", latency(|d| d.p50), MetricKind::Milliseconds);
            add(p95, "", latency(|d| d.p95), MetricKind::Milliseconds);
            add(p99, "", latency(|d| d.p99), MetricKind::Milliseconds);
        }
        for pool in &self.pools {
            let ms = |seconds: f64| Some(seconds * 1000.0);
            add("without_primary_ms", &pool.pool, ms(pool.without_primary_s), MetricKind::Milliseconds);
            add("without_any_ms", &pool.pool, ms(pool.without_any_s), MetricKind::Milliseconds);
        }
        metrics
    }
}

const PHASE_NAMES: [[&str; 6]; 3] = [
    [
        "requests_before",
        "success_before",
        "refused_before",
        "latency_ms_p50_before",
        "latency_ms_p95_before",
        "latency_ms_p99_before",
    ],
    [
        "requests_during",
        "success_during",
        "refused_during",
        "latency_ms_p50_during",
        "latency_ms_p95_during",
        "latency_ms_p99_during",
    ],
    [
        "requests_after",
        "success_after",
        "refused_after",
        "latency_ms_p50_after",
        "latency_ms_p95_after",
        "latency_ms_p99_after",
    ],
];
