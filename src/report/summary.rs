//! The summary of one run: totals, distributions, trips and what was assumed.
//!
//! `summary.json` is this structure; `summary.csv` is the list of [`Summary::metrics`], whose names are
//! also the names in requirements. Shares are of all client requests that arrived.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CachingSummary, ClientSummary, CostSummary, FaultSummary, ObjectiveSummary, RegionSummary, RunStamp,
    SessionSummary, SpilloverSummary,
};

/// One run in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Which run this is.
    pub run: RunStamp,
    /// Scenario name.
    pub scenario: String,
    /// Variant name; `base` for the scenario itself.
    pub variant: String,
    /// UTC time that run start stands for.
    pub start: String,
    /// Hash of the journal.
    pub fingerprint: String,
    /// Length of the run.
    pub duration_s: f64,
    /// Warm-up at its beginning: requests that arrived in it, their attempts, and trips of the time are in no
    /// figure below. Absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<WarmupSummary>,
    /// Gateway instances (units).
    pub instances: u32,
    /// Client requests. `arrivals` is the sum of all others.
    pub requests: RequestTotals,
    /// Forwards.
    pub attempts: AttemptTotals,
    /// Requests that alone exceed a quota: no wait helps them.
    pub oversized: OversizedTotals,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency_ms: Option<Distribution>,
    /// Arrival to first byte, of requests answered 2xx.
    pub ttft_ms: Option<Distribution>,
    /// Time that the answering attempt did not use, of requests answered 2xx.
    pub wait_ms: Option<Distribution>,
    /// Arrival to last byte, of requests answered otherwise.
    pub refusal_ms: Option<Distribution>,
    /// Requests answered 429 or 503, by a backend, the pool or the policy, while a deployment of the same model
    /// that no fault kept down had capacity for them.
    #[serde(default)]
    pub refused_while_capacity_free: u64,
    /// Requests that met the objective of the scenario, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<ObjectiveSummary>,
    /// What became of calls, when clients try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallTotals>,
    /// Each client of a mix; empty without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientSummary>,
    /// Each region of the gateway; empty where they are not told apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionSummary>,
    /// Sessions, where traffic is made of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<SessionSummary>,
    /// Each backend.
    pub backends: Vec<BackendSummary>,
    /// What the platform handed on, where it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spillover: Option<SpilloverSummary>,
    /// Prompt caching, where prompts begin alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_caching: Option<CachingSummary>,
    /// What the run costs, where prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<CostSummary>,
    /// Trips in order, at most the first [`MAX_TRIPS`].
    pub trips: Vec<TripSummary>,
    /// Trips left out here; `trips.csv` has all.
    pub trips_left_out: u64,
    /// Faults, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<FaultSummary>,
    /// Assumptions that could change this result, most influential first.
    pub assumptions: Vec<AssumptionSummary>,
    /// Reading of each undocumented point.
    pub readings: BTreeMap<String, String>,
}

/// What a summary leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarmupSummary {
    /// Length of the warm-up.
    pub length_s: f64,
    /// Requests that arrived in it.
    pub requests: u64,
}

/// Most trips that a summary lists.
pub const MAX_TRIPS: usize = 1_000;

/// Client requests by how they ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestTotals {
    /// All.
    pub arrivals: u64,
    /// Whole response, 2xx.
    pub answered_2xx: u64,
    /// Whole response otherwise, by status.
    pub answered_otherwise: BTreeMap<u16, u64>,
    /// Response broken off.
    pub broken_off: u64,
    /// Given up by the client.
    pub cancelled: u64,
    /// Under way at the end.
    pub in_flight: u64,
    /// Of the cancelled, those whose client left a stream that it had begun to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnected: Option<u64>,
    /// Under way, mean over time.
    #[serde(default)]
    pub in_flight_mean: f64,
}

/// Forwards by what the deployments said. `total = admitted + throttled + failed + spilled + unrouted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptTotals {
    /// All.
    pub total: u64,
    /// Admitted by quota.
    pub admitted: u64,
    /// Refused with 429.
    pub throttled: u64,
    /// Refused otherwise.
    pub failed: u64,
    /// Refused by a provisioned deployment and admitted by the one it spills to. Absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spilled: Option<u64>,
    /// Sent to a URL that nothing stands behind.
    pub unrouted: u64,
    /// Admitted, but the gateway stopped waiting.
    pub timeouts: u64,
    /// Rounds of retry policies.
    pub retries: u64,
    /// Selections that found no backend; not attempts.
    pub exhausted_selections: u64,
}

/// Requests that no empty window could admit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OversizedTotals {
    /// Requests refused for that at least once.
    pub requests: u64,
    /// Attempts refused for that.
    pub attempts: u64,
}

/// Calls of clients that try again; each try is one of the requests.
/// `begun = succeeded + failed + unfinished`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallTotals {
    /// All.
    pub begun: u64,
    /// Ended with 2xx, at whichever try.
    pub succeeded: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Not ended at the end of the run.
    pub unfinished: u64,
    /// Further tries decided on.
    pub tried_again: u64,
    /// Failed calls that had tries left but found the budget spent.
    pub refused_by_budget: u64,
    /// Requests at the gateway for each call.
    pub requests_per_call: f64,
    /// Forwards to backends for each call: what clients' and gateway's retries amount to together.
    pub attempts_per_call: f64,
    /// Beginning of the call to its end, waits included, of calls that succeeded.
    pub latency_ms: Option<Distribution>,
}

/// A distribution in milliseconds. Percentiles are exact to 3 significant digits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Samples.
    pub count: u64,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

/// One backend in figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackendSummary {
    /// Name.
    pub name: String,
    /// Region.
    pub region: String,
    /// `Standard, 8000 TPM, 80 RPM` or `provisioned, 50 PTU`.
    pub capacity: String,
    /// Attempts.
    pub attempts: u64,
    /// Admitted by quota.
    pub admitted: u64,
    /// Refused with 429.
    pub throttled: u64,
    /// Refused otherwise.
    pub failed: u64,
    /// Admitted, but the gateway stopped waiting.
    pub timeouts: u64,
    /// Client requests that ended 2xx here.
    pub answered: u64,
    /// The same as a share of arrivals.
    pub share: f64,
    /// Prompt and completion tokens of the requests answered here.
    pub tokens: u64,
    /// The same as a share of all answered tokens.
    pub token_share: f64,
    /// Tokens counted against quota.
    pub counted_tokens: u64,
    /// Trips of its breaker, all instances.
    pub trips: u64,
    /// Admitted attempts at work, mean over time.
    #[serde(default)]
    pub at_work_mean: f64,
    /// Tripped time as a share of run length x instances.
    pub tripped_share: f64,
}

/// One trip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TripSummary {
    /// Whose breaker.
    pub backend: String,
    /// Gateway instance.
    pub instance: u32,
    /// When, seconds since run start.
    pub start_s: f64,
    /// Duration of the rule.
    pub configured_s: f64,
    /// Duration in force.
    pub effective_s: f64,
    /// Why that duration.
    pub why: String,
    /// What tripped it.
    pub cause: String,
}

/// Something taken for granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumptionSummary {
    /// What.
    pub what: String,
    /// The value in force.
    pub value: String,
    /// Where it comes from.
    pub source: String,
}

/// How a metric is counted, which decides what units a requirement on it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// A number of client requests; `%` makes it a share of arrivals.
    Requests,
    /// Any other number.
    Count,
    /// 0 to 1; `%` is accepted.
    Share,
    /// Milliseconds; `ms` and `s` are accepted.
    Milliseconds,
}

/// One figure of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Name, for example `latency_ms_p99`, or `share` of a backend.
    pub name: &'static str,
    /// The backend, pool or client it is about, or empty.
    pub backend: String,
    /// Value; nothing when there was nothing to measure.
    pub value: Option<f64>,
    /// How it is counted.
    pub kind: MetricKind,
}

/// A row of `summary.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// [`Metric::name`].
    pub metric: String,
    /// [`Metric::backend`].
    pub backend: String,
    /// [`Metric::value`].
    pub value: Option<f64>,
    /// [`RunStamp::column`].
    pub run: String,
}

/// A row of `comparison.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonRow {
    /// Variant, in the order of the scenario.
    pub variant: String,
    /// [`Metric::name`].
    pub metric: String,
    /// [`Metric::backend`].
    pub backend: String,
    /// [`Metric::value`].
    pub value: Option<f64>,
    /// [`RunStamp::column`].
    pub run: String,
}

impl Summary {
    /// Client requests that ended with a status for which `which` holds.
    pub fn answered_with(&self, which: impl Fn(u16) -> bool) -> u64 {
        self.requests.answered_otherwise.iter().filter(|(code, _)| which(**code)).map(|(_, n)| n).sum()
    }

    /// `requests` as a share of arrivals; 0 without arrivals.
    pub fn share(&self, requests: u64) -> f64 {
        if self.requests.arrivals == 0 { 0.0 } else { requests as f64 / self.requests.arrivals as f64 }
    }

    /// All figures by name, in a fixed order.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        let mut add = |name, value: Option<f64>, kind| {
            metrics.push(Metric { name, backend: String::new(), value, kind });
        };
        let requests = |n: u64| Some(n as f64);
        add("arrivals", requests(self.requests.arrivals), MetricKind::Requests);
        add("success", Some(self.share(self.requests.answered_2xx)), MetricKind::Share);
        add("client_2xx", requests(self.requests.answered_2xx), MetricKind::Requests);
        add("client_4xx", requests(self.answered_with(|c| (400..500).contains(&c))), MetricKind::Requests);
        add("client_429", requests(self.answered_with(|c| c == 429)), MetricKind::Requests);
        add("client_5xx", requests(self.answered_with(|c| c >= 500)), MetricKind::Requests);
        add("client_503", requests(self.answered_with(|c| c == 503)), MetricKind::Requests);
        add("cancelled", requests(self.requests.cancelled), MetricKind::Requests);
        add("in_flight", requests(self.requests.in_flight), MetricKind::Requests);
        if let Some(disconnected) = self.requests.disconnected {
            add("disconnected", requests(disconnected), MetricKind::Requests);
        }
        add("in_flight_mean", Some(self.requests.in_flight_mean), MetricKind::Count);
        add("oversized", requests(self.oversized.requests), MetricKind::Requests);
        for (names, distribution) in
            [(&LATENCY_NAMES, self.latency_ms), (&TTFT_NAMES, self.ttft_ms), (&WAIT_NAMES, self.wait_ms)]
        {
            let [mean, p50, p90, p95, p99, max] = names;
            add(mean, distribution.map(|d| d.mean), MetricKind::Milliseconds);
            add(p50, distribution.map(|d| d.p50), MetricKind::Milliseconds);
            add(p90, distribution.map(|d| d.p90), MetricKind::Milliseconds);
            add(p95, distribution.map(|d| d.p95), MetricKind::Milliseconds);
            add(p99, distribution.map(|d| d.p99), MetricKind::Milliseconds);
            add(max, distribution.map(|d| d.max), MetricKind::Milliseconds);
        }
        add("attempts", Some(self.attempts.total as f64), MetricKind::Count);
        add("admitted", Some(self.attempts.admitted as f64), MetricKind::Count);
        add("throttled", Some(self.attempts.throttled as f64), MetricKind::Count);
        add("failed", Some(self.attempts.failed as f64), MetricKind::Count);
        add("timeouts", Some(self.attempts.timeouts as f64), MetricKind::Count);
        add("retries", Some(self.attempts.retries as f64), MetricKind::Count);
        add("exhausted_selections", Some(self.attempts.exhausted_selections as f64), MetricKind::Count);
        let trips: u64 = self.backends.iter().map(|b| b.trips).sum();
        add("trips", Some(trips as f64), MetricKind::Count);
        if let Some(calls) = &self.calls {
            let share = |n: u64| if calls.begun == 0 { 0.0 } else { n as f64 / calls.begun as f64 };
            add("calls", Some(calls.begun as f64), MetricKind::Count);
            add("call_success", Some(share(calls.succeeded)), MetricKind::Share);
            add("calls_failed", Some(calls.failed as f64), MetricKind::Count);
            add("calls_unfinished", Some(calls.unfinished as f64), MetricKind::Count);
            add("client_retries", Some(calls.tried_again as f64), MetricKind::Count);
            add("requests_per_call", Some(calls.requests_per_call), MetricKind::Count);
            add("attempts_per_call", Some(calls.attempts_per_call), MetricKind::Count);
            add("call_latency_ms_p50", calls.latency_ms.map(|d| d.p50), MetricKind::Milliseconds);
            add("call_latency_ms_p95", calls.latency_ms.map(|d| d.p95), MetricKind::Milliseconds);
            add("call_latency_ms_p99", calls.latency_ms.map(|d| d.p99), MetricKind::Milliseconds);
        }
        add("refused_while_capacity_free", requests(self.refused_while_capacity_free), MetricKind::Requests);
        metrics.extend(self.objective.iter().flat_map(ObjectiveSummary::metrics));
        for backend in &self.backends {
            for (name, value, kind) in [
                ("share", backend.share, MetricKind::Share),
                ("token_share", backend.token_share, MetricKind::Share),
                ("backend_attempts", backend.attempts as f64, MetricKind::Count),
                ("backend_admitted", backend.admitted as f64, MetricKind::Count),
                ("backend_throttled", backend.throttled as f64, MetricKind::Count),
                ("backend_failed", backend.failed as f64, MetricKind::Count),
                ("backend_answered", backend.answered as f64, MetricKind::Requests),
                ("backend_tokens", backend.tokens as f64, MetricKind::Count),
                ("backend_counted_tokens", backend.counted_tokens as f64, MetricKind::Count),
                ("backend_trips", backend.trips as f64, MetricKind::Count),
                ("at_work_mean", backend.at_work_mean, MetricKind::Count),
                ("tripped_share", backend.tripped_share, MetricKind::Share),
            ] {
                metrics.push(Metric { name, backend: backend.name.clone(), value: Some(value), kind });
            }
        }
        metrics.extend(self.spillover.iter().flat_map(SpilloverSummary::metrics));
        metrics.extend(self.prompt_caching.iter().flat_map(CachingSummary::metrics));
        metrics.extend(self.clients.iter().flat_map(|client| client.totals.metrics(&client.client)));
        metrics.extend(self.regions.iter().flat_map(|region| region.totals.metrics(&region.region)));
        metrics.extend(self.sessions.iter().flat_map(SessionSummary::metrics));
        metrics.extend(self.costs.iter().flat_map(CostSummary::metrics));
        metrics.extend(self.faults.iter().flat_map(FaultSummary::metrics));
        metrics
    }

    /// The rows of `summary.csv`.
    pub fn rows(&self) -> Vec<MetricRow> {
        let run = self.run.column();
        let row = |metric: Metric| MetricRow {
            metric: metric.name.to_owned(),
            backend: metric.backend,
            value: metric.value,
            run: run.clone(),
        };
        self.metrics().into_iter().map(row).collect()
    }

    /// The rows of `comparison.csv` that this variant brings.
    pub fn comparison_rows(&self) -> Vec<ComparisonRow> {
        let row = |MetricRow { metric, backend, value, run }| ComparisonRow {
            variant: self.variant.clone(),
            metric,
            backend,
            value,
            run,
        };
        self.rows().into_iter().map(row).collect()
    }

    /// The summary as pretty JSON with a final newline.
    ///
    /// # Errors
    /// None in practice: all keys are strings or integers.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// Shares of client requests by the deployment that answered: what a backend spilled is its target's.
    #[cfg(feature = "charts")]
    fn answer_shares(&self) -> Vec<(String, f64)> {
        let own = self.backends.iter().map(|b| (b.name.clone(), b.share));
        let Some(spillover) = &self.spillover else { return own.collect() };
        let spilled = |name: &str| {
            spillover
                .backends
                .iter()
                .find(|spilling| spilling.backend == name)
                .map_or(0.0, |found| found.share)
        };
        let own = self.backends.iter().map(|b| (b.name.clone(), (b.share - spilled(&b.name)).max(0.0)));
        let targets = spillover.deployments.iter().filter(|d| d.answered > 0);
        own.chain(targets.map(|d| (d.deployment.clone(), d.share))).collect()
    }

    /// The figures that the comparison chart shows.
    #[cfg(feature = "charts")]
    pub fn variant_view(&self) -> super::charts::VariantView {
        super::charts::VariantView {
            name: self.variant.clone(),
            stamp: self.run.clone(),
            shares: self.answer_shares(),
            success_share: self.share(self.requests.answered_2xx),
            client_429_share: self.share(self.answered_with(|c| c == 429)),
            client_5xx_share: self.share(self.answered_with(|c| c >= 500)),
            latency_ms_p50: self.latency_ms.map(|d| d.p50),
            latency_ms_p95: self.latency_ms.map(|d| d.p95),
            latency_ms_p99: self.latency_ms.map(|d| d.p99),
            replications: 1,
            success_range: None,
            latency_ranges: [None; 3],
        }
    }
}

const LATENCY_NAMES: [&str; 6] = [
    "latency_ms_mean",
    "latency_ms_p50",
    "latency_ms_p90",
    "latency_ms_p95",
    "latency_ms_p99",
    "latency_ms_max",
];
const TTFT_NAMES: [&str; 6] =
    ["ttft_ms_mean", "ttft_ms_p50", "ttft_ms_p90", "ttft_ms_p95", "ttft_ms_p99", "ttft_ms_max"];
const WAIT_NAMES: [&str; 6] =
    ["wait_ms_mean", "wait_ms_p50", "wait_ms_p90", "wait_ms_p95", "wait_ms_p99", "wait_ms_max"];
