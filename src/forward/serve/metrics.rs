//! What is counted while serving, as Prometheus reads it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration as Real;

use crate::units::BackendId;

/// Buckets of the time of a decision: each is twice as long as the one before, from 256 ns.
const BUCKETS: usize = 16;
const FIRST_BUCKET_NS: u64 = 256;

/// Everything that is counted.
#[derive(Debug)]
pub(super) struct Metrics {
    backends: Vec<OfBackend>,
    names: Vec<String>,
    statuses: [AtomicU64; 600],
    under_way: AtomicU64,
    refused_at_door: AtomicU64,
    exhausted: AtomicU64,
    retries: AtomicU64,
    cancelled: AtomicU64,
    broken_off: AtomicU64,
    decisions: [AtomicU64; BUCKETS + 1],
    decision_nanos: AtomicU64,
}

#[derive(Debug, Default)]
struct OfBackend {
    selected: AtomicU64,
    trips: AtomicU64,
    failures: AtomicU64,
    throttled: AtomicU64,
}

/// What a gateway has counted of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendCount {
    /// Its name.
    pub name: String,
    /// Attempts.
    pub attempts: u64,
    /// Answers with 429.
    pub throttled: u64,
    /// Attempts without an answer.
    pub failures: u64,
    /// Trips of its breaker.
    pub trips: u64,
}

type Which = fn(&OfBackend) -> &AtomicU64;

impl Metrics {
    pub(super) fn new(backends: impl Iterator<Item = String>) -> Self {
        let names: Vec<String> = backends.collect();
        Self {
            backends: names.iter().map(|_| OfBackend::default()).collect(),
            names,
            statuses: std::array::from_fn(|_| AtomicU64::new(0)),
            under_way: AtomicU64::new(0),
            refused_at_door: AtomicU64::new(0),
            exhausted: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            broken_off: AtomicU64::new(0),
            decisions: std::array::from_fn(|_| AtomicU64::new(0)),
            decision_nanos: AtomicU64::new(0),
        }
    }

    pub(super) fn decided(&self, took: Real) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let at = (0..BUCKETS).find(|at| nanos <= FIRST_BUCKET_NS << at).unwrap_or(BUCKETS);
        if let Some(bucket) = self.decisions.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.decision_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(super) fn selected(&self, backend: BackendId) {
        self.of(backend, |own| &own.selected);
    }

    pub(super) fn tripped(&self, backend: BackendId) {
        self.of(backend, |own| &own.trips);
    }

    pub(super) fn failed(&self, backend: BackendId) {
        self.of(backend, |own| &own.failures);
    }

    pub(super) fn throttled(&self, backend: BackendId) {
        self.of(backend, |own| &own.throttled);
    }

    pub(super) fn exhausted(&self) {
        self.exhausted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused_at_door(&self, status: u16) {
        self.refused_at_door.fetch_add(1, Ordering::Relaxed);
        self.answered(status);
    }

    pub(super) fn answered(&self, status: u16) {
        if let Some(count) = self.statuses.get(usize::from(status)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn cancelled(&self) {
        self.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn broke_off(&self) {
        self.broken_off.fetch_add(1, Ordering::Relaxed);
    }

    /// A request comes in. `false`: as many as `bound` are under way already.
    pub(super) fn enters(&self, bound: u64) -> bool {
        let with_it = |under_way: u64| under_way.checked_add(1).filter(|with_it| *with_it <= bound);
        self.under_way.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with_it).is_ok()
    }

    pub(super) fn leaves(&self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// What was counted of each backend.
    pub(super) fn counts(&self) -> Vec<BackendCount> {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let counts = self.backends.iter().zip(&self.names).map(|(own, name)| BackendCount {
            name: name.clone(),
            attempts: get(&own.selected),
            throttled: get(&own.throttled),
            failures: get(&own.failures),
            trips: get(&own.trips),
        });
        counts.collect()
    }

    fn of(&self, backend: BackendId, which: impl Fn(&OfBackend) -> &AtomicU64) {
        if let Some(own) = self.backends.get(backend.index()) {
            which(own).fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All of it in the text format of Prometheus.
    pub(super) fn prometheus(&self, lost_lines: u64) -> String {
        let mut text = String::new();
        let mut single = |name: &str, kind: &str, help: &str, value: u64| {
            let _ = writeln!(text, "# HELP poolproof_{name} {help}\n# TYPE poolproof_{name} {kind}");
            let _ = writeln!(text, "poolproof_{name} {value}");
        };
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        single(
            "requests_under_way",
            "gauge",
            "Requests that have no whole answer yet.",
            get(&self.under_way),
        );
        single(
            "requests_refused_total",
            "counter",
            "Requests refused before any policy ran.",
            get(&self.refused_at_door),
        );
        single("pool_exhausted_total", "counter", "Forwards that found no backend.", get(&self.exhausted));
        single("retries_total", "counter", "Rounds of retry policies after the first.", get(&self.retries));
        single("clients_gone_total", "counter", "Requests whose client went away.", get(&self.cancelled));
        single("answers_broken_off_total", "counter", "Answers that broke off.", get(&self.broken_off));
        single("decision_log_lost_lines_total", "counter", "Lines of the decision log lost.", lost_lines);
        let _ = writeln!(
            text,
            "# HELP poolproof_responses_total Answers to clients by status.\n# TYPE poolproof_responses_total counter"
        );
        for (status, count) in self.statuses.iter().enumerate().filter(|(_, count)| get(count) > 0) {
            let _ = writeln!(text, "poolproof_responses_total{{status=\"{status}\"}} {}", get(count));
        }
        let per_backend: [(&str, &str, Which); 4] = [
            ("backend_attempts_total", "Attempts by backend.", |own| &own.selected),
            ("backend_throttled_total", "Answers with 429 by backend.", |own| &own.throttled),
            ("backend_failures_total", "Attempts without an answer, by backend.", |own| &own.failures),
            ("backend_trips_total", "Trips of breakers by backend.", |own| &own.trips),
        ];
        for (name, help, which) in per_backend {
            let _ = writeln!(text, "# HELP poolproof_{name} {help}\n# TYPE poolproof_{name} counter");
            for (own, backend) in self.backends.iter().zip(&self.names) {
                let _ = writeln!(text, "poolproof_{name}{{backend=\"{backend}\"}} {}", get(which(own)));
            }
        }
        self.decision_times(&mut text);
        text
    }

    fn decision_times(&self, text: &mut String) {
        let name = "poolproof_decision_seconds";
        let _ =
            writeln!(text, "# HELP {name} Time of one decision of policy and pool.\n# TYPE {name} histogram");
        let mut total = 0_u64;
        for (at, bucket) in self.decisions.iter().enumerate() {
            total = total.saturating_add(bucket.load(Ordering::Relaxed));
            let bound = match at {
                BUCKETS => "+Inf".to_owned(),
                _ => seconds(FIRST_BUCKET_NS << at),
            };
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {total}");
        }
        let _ = writeln!(text, "{name}_sum {}", seconds(self.decision_nanos.load(Ordering::Relaxed)));
        let _ = writeln!(text, "{name}_count {total}");
    }
}

fn seconds(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_and_buckets_add_up() {
        let metrics = Metrics::new(["a".to_owned(), "b".to_owned()].into_iter());
        metrics.answered(200);
        metrics.answered(200);
        metrics.answered(999);
        metrics.selected(BackendId(1));
        metrics.decided(Real::from_nanos(300));
        metrics.decided(Real::from_mins(1));
        let text = metrics.prometheus(3);
        for line in [
            "poolproof_responses_total{status=\"200\"} 2",
            "poolproof_backend_attempts_total{backend=\"a\"} 0",
            "poolproof_backend_attempts_total{backend=\"b\"} 1",
            "poolproof_decision_seconds_bucket{le=\"0.000000256\"} 0",
            "poolproof_decision_seconds_bucket{le=\"0.000000512\"} 1",
            "poolproof_decision_seconds_bucket{le=\"+Inf\"} 2",
            "poolproof_decision_log_lost_lines_total 3",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}\n{text}");
        }
    }
}
