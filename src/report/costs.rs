//! The part of a summary that tells what a run costs, and what of what is paid for goes unused.
//!
//! Costs are those of the whole run, warm-up included: bills know no warm-up. Tokens are those of every attempt
//! that a deployment has ended, whether or not anybody still waited for it. Amounts are whole billionths of a US
//! dollar until they are written as dollars here.

use serde::{Deserialize, Serialize};

use super::{Metric, MetricKind};

/// What a run costs, in US dollars.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostSummary {
    /// Day of the price list that stands in for prices that the scenario does not give.
    pub prices_of: String,
    /// Tokens of deployments that are paid by the token.
    pub tokens_usd: f64,
    /// Provisioned units by the hour.
    pub units_usd: f64,
    /// Both.
    pub total_usd: f64,
    /// The same for a million tokens of requests answered 2xx in the whole run; nothing without any.
    pub usd_per_million_tokens: Option<f64>,
    /// Tokens of requests answered 2xx by deployments that are paid by the token, as a share of all.
    pub payg_token_share: f64,
    /// A month that goes on like this run.
    pub month: MonthlyCosts,
    /// Each backend, then each deployment that is spilled to.
    pub backends: Vec<BackendCost>,
    /// Backends whose prices are not known: what they cost is in no sum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_prices: Vec<String>,
}

/// A month of 730 hours in US dollars: the tokens, and the units in each of three ways to pay them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonthlyCosts {
    /// Tokens.
    pub tokens_usd: f64,
    /// Units by the hour.
    pub units_hourly_usd: f64,
    /// Units with reservations for a month; nothing where a price is not known.
    pub units_reserved_month_usd: Option<f64>,
    /// Units with reservations for a year; likewise.
    pub units_reserved_year_usd: Option<f64>,
}

/// What one backend costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackendCost {
    /// Name.
    pub backend: String,
    /// Prompt tokens of what it ended.
    pub prompt_tokens: u64,
    /// Of those, cached ones.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Completion tokens likewise.
    pub completion_tokens: u64,
    /// What they cost, where they are paid.
    pub tokens_usd: f64,
    /// What its units cost by the hour.
    pub units_usd: f64,
    /// Of a provisioned deployment: time in which it had nothing to do while its breakers were tripped in all
    /// instances, as a share of the run (after its warm-up).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_while_tripped: Option<f64>,
}

impl CostSummary {
    /// The figures by name, in a fixed order.
    pub fn metrics(&self) -> Vec<Metric> {
        let mut metrics = Vec::new();
        let mut add = |name: &'static str, backend: &str, value: Option<f64>, kind| {
            metrics.push(Metric { name, backend: backend.to_owned(), value, kind });
        };
        add("cost_usd", "", Some(self.total_usd), MetricKind::Count);
        add("token_cost_usd", "", Some(self.tokens_usd), MetricKind::Count);
        add("unit_cost_usd", "", Some(self.units_usd), MetricKind::Count);
        add("usd_per_million_tokens", "", self.usd_per_million_tokens, MetricKind::Count);
        add("payg_token_share", "", Some(self.payg_token_share), MetricKind::Share);
        for backend in &self.backends {
            let cost = backend.tokens_usd + backend.units_usd;
            add("backend_cost_usd", &backend.backend, Some(cost), MetricKind::Count);
            if let Some(share) = backend.idle_while_tripped {
                add("ptu_idle_while_tripped", &backend.backend, Some(share), MetricKind::Share);
            }
        }
        metrics
    }
}

/// How many requests met what was asked of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveSummary {
    /// Most from arrival to last byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// Most from arrival to first byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// Requests answered 2xx within both.
    pub good: u64,
    /// The same as a share of arrivals.
    pub good_share: f64,
    /// The same for each second.
    pub goodput_per_s: f64,
}

impl ObjectiveSummary {
    /// The figures by name, in a fixed order.
    pub fn metrics(&self) -> Vec<Metric> {
        let metric = |name, value, kind| Metric { name, backend: String::new(), value: Some(value), kind };
        vec![
            metric("good", self.good as f64, MetricKind::Requests),
            metric("good_share", self.good_share, MetricKind::Share),
            metric("goodput_per_s", self.goodput_per_s, MetricKind::Count),
        ]
    }
}
