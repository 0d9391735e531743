//! A small summary for the tests of this module.

use std::collections::BTreeMap;

use crate::report::{
    AttemptTotals, BackendSummary, Distribution, OversizedTotals, RequestTotals, RunStamp, SCHEMA_VERSION,
    Summary,
};

/// One backend `b0`, no requests, a p99 of 2 s and nothing measured to the first byte.
pub(crate) fn summary() -> Summary {
    let distribution = Distribution {
        count: 1,
        mean: 1_000.0,
        p50: 900.0,
        p90: 1_500.0,
        p95: 1_800.0,
        p99: 2_000.0,
        max: 2_100.0,
    };
    Summary {
        refused_while_capacity_free: 0,
        objective: None,
        calls: None,
        run: RunStamp {
            schema: SCHEMA_VERSION,
            scenario_hash: "0".repeat(16),
            seed: 1,
            version: "0.0.0".into(),
        },
        scenario: "test".into(),
        variant: "base".into(),
        start: "2026-01-01T00:00:00Z".into(),
        fingerprint: "0".repeat(32),
        duration_s: 1.0,
        warmup: None,
        instances: 1,
        requests: RequestTotals {
            arrivals: 0,
            answered_2xx: 0,
            answered_otherwise: BTreeMap::new(),
            broken_off: 0,
            cancelled: 0,
            in_flight: 0,
            disconnected: None,
            in_flight_mean: 0.0,
        },
        attempts: AttemptTotals {
            total: 0,
            admitted: 0,
            throttled: 0,
            failed: 0,
            spilled: None,
            unrouted: 0,
            timeouts: 0,
            retries: 0,
            exhausted_selections: 0,
        },
        oversized: OversizedTotals { requests: 0, attempts: 0 },
        latency_ms: Some(distribution),
        ttft_ms: None,
        wait_ms: Some(distribution),
        refusal_ms: None,
        clients: Vec::new(),
        regions: Vec::new(),
        sessions: None,
        backends: vec![BackendSummary {
            name: "b0".into(),
            region: "Nowhere".into(),
            capacity: "provisioned, 50 PTU".into(),
            attempts: 0,
            admitted: 0,
            throttled: 0,
            failed: 0,
            timeouts: 0,
            answered: 0,
            share: 0.6,
            tokens: 0,
            token_share: 0.0,
            counted_tokens: 0,
            trips: 0,
            at_work_mean: 0.0,
            tripped_share: 0.0,
        }],
        costs: None,
        trips: Vec::new(),
        trips_left_out: 0,
        prompt_caching: None,
        spillover: None,
        faults: None,
        assumptions: Vec::new(),
        readings: BTreeMap::new(),
    }
}
