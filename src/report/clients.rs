//! The parts of a summary that tell of some of the requests: those of each client of a mix, of each gateway region,
//! of sessions.

use serde::{Deserialize, Serialize};

use super::{Distribution, Metric, MetricKind};

/// Requests of one client of a mix, or of several that are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientSummary {
    /// Name.
    pub client: String,
    /// How many there are of it.
    pub count: u32,
    /// Its requests.
    #[serde(flatten)]
    pub totals: GroupSummary,
}

/// Requests at the gateway instances of one region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionSummary {
    /// Name.
    pub region: String,
    /// The instances that served there, all or some of the time.
    pub instances: Vec<u32>,
    /// Requests that reached them.
    #[serde(flatten)]
    pub totals: GroupSummary,
}

/// Sessions, and whether the same member answered each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// Sessions begun.
    pub begun: u64,
    /// Requests answered 2xx by a member.
    pub answers: u64,
    /// Of those, answers to sessions that had one before.
    pub follow_ups: u64,
    /// Of those, from the member of the answer before.
    pub from_same_member: u64,
    /// Of all answers, those to sessions whose client had a cookie.
    pub pinned: u64,
    /// Of those, from the member that had set the cookie.
    pub from_pinned_member: u64,
}

impl SessionSummary {
    /// The figures by name, in a fixed order.
    pub fn metrics(&self) -> Vec<Metric> {
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let same = share(self.from_same_member, self.follow_ups);
        let kept = share(self.from_pinned_member, self.pinned);
        let all = [
            ("sessions", Some(self.begun as f64), MetricKind::Count),
            ("session_same_member", same, MetricKind::Share),
            ("session_pinned_member", kept, MetricKind::Share),
        ];
        all.map(|(name, value, kind)| Metric { name, backend: String::new(), value, kind }).into()
    }
}

/// What became of some of the requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// Client requests. `requests = answered_2xx + throttled + failed + broken_off + cancelled + in_flight`.
    pub requests: u64,
    /// Whole response, 2xx.
    pub answered_2xx: u64,
    /// Whole response, 429.
    pub throttled: u64,
    /// Whole response with any other status.
    pub failed: u64,
    /// Response broken off.
    pub broken_off: u64,
    /// Given up by the client.
    pub cancelled: u64,
    /// Under way at the end.
    pub in_flight: u64,
    /// Prompt and completion tokens of the requests answered 2xx.
    pub tokens: u64,
    /// The same as a share of all answered tokens.
    pub token_share: f64,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency_ms: Option<Distribution>,
}

impl GroupSummary {
    /// Share of the requests that were answered 2xx; `None` without requests.
    pub fn success(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.answered_2xx as f64 / self.requests as f64)
    }

    /// The figures by name, in a fixed order, as those of `whose`.
    pub fn metrics(&self, whose: &str) -> Vec<Metric> {
        let number = |n: u64| Some(n as f64);
        let ms = |of: fn(&Distribution) -> f64| self.latency_ms.as_ref().map(of);
        let all = [
            ("requests_of", number(self.requests), MetricKind::Requests),
            ("success_of", self.success(), MetricKind::Share),
            ("throttled_of", number(self.throttled), MetricKind::Requests),
            ("tokens_of", number(self.tokens), MetricKind::Count),
            ("token_share_of", Some(self.token_share), MetricKind::Share),
            ("latency_ms_p50_of", ms(|d| d.p50), MetricKind::Milliseconds),
            ("latency_ms_p95_of", ms(|d| d.p95), MetricKind::Milliseconds),
            ("latency_ms_p99_of", ms(|d| d.p99), MetricKind::Milliseconds),
        ];
        let metric = |(name, value, kind)| Metric { name, backend: whose.to_owned(), value, kind };
        all.into_iter().map(metric).collect()
    }
}
