//! What a deployment is, as data.

use std::sync::Arc;

use crate::units::{Demand, Duration, Ptu, RequestsPerMinute, Tokens, TokensPerMinute};

use super::{CachingSpec, CallScript, MeasuredLatency, Prices, ServersSpec, Throttling, TokenCost};

/// One deployment. Several backends of a gateway may point at the same one and then share its quota.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentSpec {
    /// Name in reports.
    pub name: Arc<str>,
    /// Region, as text for reports.
    pub region: Arc<str>,
    /// Model name, see [`ModelFacts`](super::ModelFacts).
    pub model: Arc<str>,
    /// What it can take.
    pub capacity: Capacity,
    /// How long answers take.
    pub latency: LatencySpec,
    /// Measured times that stand for those of `latency`; its tail and its load still apply.
    pub measured: Option<Arc<MeasuredLatency>>,
    /// Round trip between gateway and deployment.
    pub network: Duration,
    /// Time the service takes for a 429, without the network.
    pub refusal: Duration,
    /// What the headers of its answers tell about its limits.
    pub throttling: Throttling,
    /// When other customers leave it no capacity, whatever its quota; `None`: never.
    pub overload: Option<OverloadSpec>,
    /// Changes of its quota, in order of time.
    pub quota: Vec<QuotaStep>,
    /// How it caches the beginnings of prompts; `None`: it does not.
    pub caching: Option<CachingSpec>,
    /// What it costs, as far as that is known.
    pub prices: Prices,
    /// Most tokens of a prompt and the answer that it asks for; what is longer gets 400. `None`: any.
    pub context: Option<Tokens>,
    /// What it answers instead, by number of the call.
    pub script: CallScript,
}

/// Times without capacity: "system is experiencing high demand" although quota is free (quota page,
/// 2026-05-06). Times between and their lengths are exponential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OverloadSpec {
    /// Mean time from the end of one to the begin of the next.
    pub mtbf: Duration,
    /// Mean time that one lasts.
    pub duration: Duration,
    /// The wait that a refusal tells.
    pub retry_after: Duration,
    /// Share of the requests that are refused meanwhile.
    pub probability: f64,
}

impl OverloadSpec {
    /// Assumed.
    pub const DEFAULT_DURATION: Duration = Duration::from_secs(30);
    /// Seen (Microsoft Q&A 12567967, 2026-01).
    pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(6);
}

/// A quota that is in force from a time on, as dynamic quota (more) or a temporary adjustment (less).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuotaStep {
    /// From when on.
    pub at: Duration,
    /// Tokens per minute instead of those of the deployment.
    pub tpm: Option<TokensPerMinute>,
    /// Requests per minute instead of those of the deployment.
    pub rpm: Option<RequestsPerMinute>,
    /// Share of both, and of the capacity of provisioned units.
    pub factor: f64,
}

impl QuotaStep {
    /// The quota of the deployment as it is.
    pub const USUAL: Self = Self { at: Duration::ZERO, tpm: None, rpm: None, factor: 1.0 };
}

impl DeploymentSpec {
    /// A deployment that has nothing but what it has to: next to the gateway, with the headers of pay as you go.
    pub fn plain(name: &str, region: &str, model: &str, capacity: Capacity, latency: LatencySpec) -> Self {
        Self {
            name: name.into(),
            region: region.into(),
            model: model.into(),
            capacity,
            latency,
            measured: None,
            network: Duration::ZERO,
            refusal: Self::DEFAULT_REFUSAL,
            throttling: Throttling::STANDARD,
            overload: None,
            quota: Vec::new(),
            caching: None,
            prices: Prices::default(),
            context: None,
            script: CallScript::default(),
        }
    }

    /// The time of a 429 that nothing else is known about. Assumed; about 110 ms were measured through a
    /// gateway from a distant client (aoai-testing, 2024-08).
    pub const DEFAULT_REFUSAL: Duration = Duration::from_millis(20);

    /// Whether a request fits: what it asks for counts (`max_tokens`), not what the model would write.
    pub fn fits(&self, demand: &Demand) -> bool {
        let asked = demand.prompt_tokens.saturating_add(demand.max_tokens.unwrap_or_default());
        self.context.is_none_or(|most| asked <= most)
    }

    /// How long a refusal takes as the gateway sees it.
    pub const fn refusal_time(&self) -> Duration {
        self.refusal.saturating_add(self.network)
    }
}

/// How a deployment is paid for, which decides how it limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Pay as you go, limited per minute.
    Standard(StandardSpec),
    /// Provisioned throughput units, limited by utilisation.
    Provisioned(PtuSpec),
    /// Servers of one's own, limited by their number and a queue.
    Servers(ServersSpec),
}

/// Limits of a Standard deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandardSpec {
    /// Most estimated tokens in a `token_window`.
    pub tpm: TokensPerMinute,
    /// Requests per minute; what counts is its share in one `request_window`.
    pub rpm: RequestsPerMinute,
    /// Length of the token window.
    pub token_window: Duration,
    /// Length of the request window.
    pub request_window: Duration,
    /// How a request is estimated.
    pub token_cost: TokenCost,
    /// Whether both windows slide or start anew at fixed times.
    pub window_kind: WindowKind,
    /// Most requests in a `request_window`, at least 1. `None`: the share of `rpm`.
    pub request_limit: Option<u64>,
    /// Whether refused requests count like admitted ones (quota page, 2026-05-06; measurements say no).
    pub count_rejected: bool,
    /// Whether the end of a request frees what it was estimated above its real use (latency page, 2026-03-19;
    /// measurements say no).
    pub refund_on_completion: bool,
}

/// How a window of a Standard deployment moves on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WindowKind {
    /// Each request counts for the length of the window (measured: aoai-testing, 2024-08).
    #[default]
    Sliding,
    /// Counters start anew at every full minute, and every full length of the request window (the quota page
    /// of 2026-05-06 describes it so).
    FixedMinute,
}

impl StandardSpec {
    /// A deployment that limits as was measured.
    pub const fn measured(tpm: TokensPerMinute, rpm: RequestsPerMinute, token_cost: TokenCost) -> Self {
        Self {
            tpm,
            rpm,
            token_window: Self::DEFAULT_TOKEN_WINDOW,
            request_window: Self::DEFAULT_REQUEST_WINDOW,
            token_cost,
            window_kind: WindowKind::Sliding,
            request_limit: None,
            count_rejected: false,
            refund_on_completion: false,
        }
    }

    /// Measured with the `x-ratelimit-remaining-tokens` header (aoai-testing, 2024-08).
    pub const DEFAULT_TOKEN_WINDOW: Duration = Duration::from_secs(60);
    /// Measured likewise with `x-ratelimit-remaining-requests`; the documentation says "typically 1 or 10 seconds".
    pub const DEFAULT_REQUEST_WINDOW: Duration = Duration::from_secs(10);
}

/// Limits of a provisioned deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtuSpec {
    /// Units bought.
    pub ptu: Ptu,
    /// Input tokens per minute that one unit carries (PTU sizing page, 2026-05-21).
    pub input_tpm_per_ptu: u64,
    /// How many input tokens one output token weighs.
    pub output_weight: u64,
    /// Depth of the bucket as time of its drain rate; not published. `None`: as the switch `ptu.bucket_depth` says.
    pub bucket_depth: Option<Duration>,
    /// What the service assumes when `max_tokens` is unset; not published.
    pub default_completion_tokens: Tokens,
}

impl PtuSpec {
    /// Assumed: the service "estimates a value" when `max_tokens` is absent (provisioned throughput page, 2026-02-10).
    pub const DEFAULT_COMPLETION_TOKENS: Tokens = Tokens(1000);
}

/// How times spread around what a [`LatencySpec`] names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LatencyFamily {
    /// Log-normal: times are medians, spreads standard deviations of the logarithm.
    #[default]
    LogNormal,
    /// Gamma: times are means, spreads coefficients of variation.
    Gamma,
    /// No spread at all.
    Constant,
}

/// How long a deployment takes. Middles and spreads; the formula is at [`LatencySpec::sample`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencySpec {
    /// How the times below spread.
    pub family: LatencyFamily,
    /// Median (or mean, by family) time to the first token of an empty prompt.
    pub ttft_base: Duration,
    /// What each prompt token adds to it.
    pub ttft_per_prompt_token: Duration,
    /// Spread of the time to first token.
    pub ttft_sigma: f64,
    /// Median (or mean) time per output token after the first.
    pub tpot: Duration,
    /// Its spread; one draw per request.
    pub tpot_sigma: f64,
    /// Probability that the time to first token is multiplied by a factor from `tail_factor`.
    pub tail_chance: f64,
    /// Smallest and largest tail factor, uniform between.
    pub tail_factor: (f64, f64),
    /// How many times as long everything takes with `load_capacity` requests in flight; linear from 1 at none.
    pub load_factor: f64,
    /// Requests in flight at which `load_factor` is reached; 0: no dependence on load.
    pub load_capacity: u64,
}

impl LatencySpec {
    /// Always the same times, however long the prompt and whatever the load: to the first token, and for each other.
    pub const fn constant(ttft: Duration, tpot: Duration) -> Self {
        Self {
            family: LatencyFamily::Constant,
            ttft_base: ttft,
            ttft_per_prompt_token: Duration::ZERO,
            ttft_sigma: 0.0,
            tpot,
            tpot_sigma: 0.0,
            tail_chance: 0.0,
            tail_factor: (1.0, 1.0),
            load_factor: 1.0,
            load_capacity: 0,
        }
    }
}
