//! One deployment at work.
//!
//! Rules: the driver offers each request when it arrives; an admitted one must be finished exactly once,
//! when the service ends its work. Nothing here allocates after the windows have grown to their working size.

use std::sync::Arc;

use crate::random::{Stream, whole};
use crate::semantics::Semantics;
use crate::units::{Demand, Duration, Level, StatusCode, Timestamp, Tokens};

use super::window::Entry;
use super::{
    Audit, Breach, Capacity, DeploymentSpec, LeakyBucket, PrefixCache, QuotaStep, RateLimit, Refusal,
    Reservation, Servers, ServiceTime, TokenCost,
};

/// What a deployment says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It will answer.
    Admitted {
        /// The estimate that was counted; pass it to [`Deployment::finish`].
        counted: Reservation,
        /// What its headers tell about the room left after this request.
        headroom: Headroom,
    },
    /// 429.
    Throttled {
        /// Which limit refused.
        limit: LimitKind,
        /// The exact time until the same request would be admitted if nothing else came. `Retry-After` is
        /// this in seconds rounded up and at least 1, `retry-after-ms` in milliseconds rounded up. `None`:
        /// the response has neither header.
        retry_after: Option<Duration>,
    },
    /// Another status, without any quota behind it: no server is free, or the request is longer than the context.
    Refused {
        /// Which.
        status: StatusCode,
    },
}

/// What response headers tell about the room left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headroom {
    /// Standard: `x-ratelimit-remaining-tokens` and `x-ratelimit-remaining-requests`.
    Remaining {
        /// Estimated tokens still free in the token window.
        tokens: Tokens,
        /// Requests still free in the request window.
        requests: u64,
    },
    /// Provisioned: `azure-openai-deployment-utilization`, in tenths of a percent (123 is `12.3%`).
    Utilisation {
        /// Level of the bucket, 1000 at its depth; one request may push it above.
        permille: u64,
    },
    /// Servers: no header.
    Places {
        /// Calls at work or waiting as a share of all places.
        permille: u64,
    },
}

/// A utilisation as the header `azure-openai-deployment-utilization` writes it: 123 is `12.3%`.
pub fn utilisation_text(permille: u64) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

/// The limit that refused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitKind {
    /// Tokens per minute of a Standard deployment.
    Tokens,
    /// Requests per window of a Standard deployment.
    Requests,
    /// Utilisation of a provisioned deployment.
    Utilisation,
    /// Places of a group of servers.
    Queue,
    /// The request alone is estimated above the tokens per minute: no wait helps.
    Oversized,
    /// The capacity that the deployment shares with other customers, whatever quota is left.
    HighDemand,
}

/// State of one deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    spec: Arc<DeploymentSpec>,
    limiter: Limiter,
    at_work: Level,
    books: DeploymentBooks,
    audit: Audit,
    /// `None`: it caches no prompts.
    cache: Option<Box<PrefixCache>>,
    /// Calls so far, where a script counts them.
    calls: u64,
}

/// What a deployment has counted, for accounting checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeploymentBooks {
    /// Requests admitted.
    pub admitted: u64,
    /// Of those, finished.
    pub finished: u64,
    /// Estimates of the admitted.
    pub inserted: u64,
    /// Estimates of the finished.
    pub settled: u64,
    /// Prompt tokens of the finished.
    pub prompt: u64,
    /// Of those, cached.
    pub cached: u64,
    /// Tokens that the finished generated.
    pub completion: u64,
}

#[derive(Clone, Debug)]
enum Limiter {
    Standard(TokenCost, RateLimit),
    Provisioned(LeakyBucket),
    Servers(Servers, StatusCode),
}

impl Deployment {
    /// An idle deployment. Undocumented points are as `semantics` says.
    pub fn new(spec: Arc<DeploymentSpec>, semantics: &Semantics) -> Self {
        let (limiter, audit) = match &spec.capacity {
            Capacity::Standard(standard) => {
                let limit = RateLimit::new(standard, semantics);
                let audit = Audit::windows(standard, limit.request_limit());
                (Limiter::Standard(standard.token_cost, limit), audit)
            }
            Capacity::Provisioned(ptu) => {
                let bucket = LeakyBucket::new(ptu, semantics);
                let audit = Audit::bucket(ptu, bucket.depth());
                (Limiter::Provisioned(bucket), audit)
            }
            Capacity::Servers(servers) => {
                (Limiter::Servers(Servers::new(*servers), servers.refusal), Audit::servers(*servers))
            }
        };
        let cache = spec.caching.map(|caching| Box::new(PrefixCache::new(caching)));
        let (at_work, books) = (Level::default(), DeploymentBooks::default());
        Self { spec, limiter, at_work, books, audit, cache, calls: 0 }
    }

    /// The same with [`Deployment::at_work`] from `from` on.
    #[must_use]
    pub fn counting_from(self, from: Timestamp) -> Self {
        Self { at_work: Level::counting_from(from), ..self }
    }

    /// The deployment as configured.
    pub const fn spec(&self) -> &Arc<DeploymentSpec> {
        &self.spec
    }

    /// The place in its script of the answer to the call that arrives now, which is counted. `None`: offer it.
    #[inline]
    pub fn scripted(&mut self) -> Option<usize> {
        if self.spec.script.is_empty() {
            return None;
        }
        self.calls = self.calls.saturating_add(1);
        let place = self.spec.script.place_of(self.calls)?;
        if self.spec.script.answers.get(place)?.status().is_some_and(StatusCode::is_success) {
            self.books.admitted = self.books.admitted.saturating_add(1);
            self.books.finished = self.books.finished.saturating_add(1);
        }
        Some(place)
    }

    /// Admits or refuses a request that arrives at `now`. An admitted one is in flight until
    /// [`Deployment::finish`]; a refused one leaves no trace.
    #[inline]
    pub fn offer(&mut self, demand: &Demand, now: Timestamp) -> Decision {
        if !self.spec.fits(demand) {
            return Decision::Refused { status: StatusCode::BAD_REQUEST };
        }
        let found = match (&self.cache, demand.prefix) {
            (Some(cache), Some(prefix)) => Some((prefix, cache.find(prefix, demand.prompt_tokens, now))),
            _ => None,
        };
        let cached = found.map_or(Tokens(0), |(_, found)| found.cached);
        let (mut counted, headroom) = match &mut self.limiter {
            Limiter::Standard(cost, limit) => {
                let counted = match limit.offer(cost.estimate(demand), now) {
                    Ok(counted) => counted,
                    Err(Refusal { limit, retry_after }) => {
                        return Decision::Throttled { limit, retry_after };
                    }
                };
                let tokens = limit.remaining_tokens(now);
                (counted, Headroom::Remaining { tokens, requests: limit.remaining_requests(now) })
            }
            Limiter::Provisioned(bucket) => {
                let tokens = bucket.estimate(demand).saturating_sub(cached);
                if let Err(retry_after) = bucket.offer(tokens, now) {
                    return Decision::Throttled { limit: LimitKind::Utilisation, retry_after };
                }
                let counted = Reservation { tokens, entry: Entry::NONE, cached };
                (counted, Headroom::Utilisation { permille: bucket.utilisation_permille(now) })
            }
            Limiter::Servers(servers, refusal) => {
                if !servers.has_place(now) {
                    return match *refusal {
                        StatusCode::TOO_MANY_REQUESTS => {
                            Decision::Throttled { limit: LimitKind::Queue, retry_after: None }
                        }
                        status => Decision::Refused { status },
                    };
                }
                let counted = Reservation { tokens: Tokens(0), entry: Entry::NONE, cached };
                (counted, Headroom::Places { permille: servers.fill_permille(now) })
            }
        };
        counted.cached = cached;
        if let (Some(cache), Some((prefix, found))) = (&mut self.cache, found) {
            cache.take(prefix, found, now);
        }
        self.at_work.enter(now);
        self.books.admitted = self.books.admitted.saturating_add(1);
        self.books.inserted = self.books.inserted.saturating_add(counted.tokens.get());
        self.audit.admitted(counted.tokens, counted.entry, now);
        Decision::Admitted { counted, headroom }
    }

    /// Begins with an admitted request that takes `time` once somebody works on it (call it right after
    /// [`Deployment::offer`]): the same with the wait for a free server, where there is a queue.
    #[inline]
    pub fn begin(&mut self, time: ServiceTime, now: Timestamp) -> ServiceTime {
        let Limiter::Servers(servers, _) = &mut self.limiter else { return time };
        let work = time.total.saturating_sub(self.spec.network);
        let wait = servers.take(work, now);
        let start = now.saturating_add(wait);
        self.audit.worked(start, start.saturating_add(work), now);
        ServiceTime {
            first_token: time.first_token.saturating_add(wait),
            total: time.total.saturating_add(wait),
        }
    }

    /// Puts `quota` in force from `now` on. What was counted stays counted.
    pub fn set_quota(&mut self, quota: &QuotaStep, semantics: &Semantics, now: Timestamp) {
        match (&mut self.limiter, &self.spec.capacity) {
            (Limiter::Standard(_, limit), Capacity::Standard(spec)) => {
                limit.set_quota(spec, quota, semantics);
                self.audit.change_limits(limit.token_limit().get(), limit.request_limit());
            }
            (Limiter::Provisioned(bucket), Capacity::Provisioned(spec)) => {
                bucket.set_share(spec, quota.factor, now);
                self.audit.change_drain(bucket.rate(), bucket.depth(), now);
            }
            (Limiter::Servers(servers, _), Capacity::Servers(spec)) => {
                servers.set_count(whole(spec.count as f64 * quota.factor));
                self.audit.change_servers(servers.count());
            }
            // Limiter and capacity are of one kind.
            _ => {}
        }
    }

    /// What headers tell at `now` about the room left.
    pub fn headroom(&mut self, now: Timestamp) -> Headroom {
        match &mut self.limiter {
            Limiter::Standard(_, limit) => {
                let tokens = limit.remaining_tokens(now);
                Headroom::Remaining { tokens, requests: limit.remaining_requests(now) }
            }
            Limiter::Provisioned(bucket) => {
                Headroom::Utilisation { permille: bucket.utilisation_permille(now) }
            }
            Limiter::Servers(servers, _) => Headroom::Places { permille: servers.fill_permille(now) },
        }
    }

    /// The limits in force of a Standard deployment: tokens in the token window, requests in the request
    /// window. `None`: it is of another kind.
    pub fn limits(&self) -> Option<(Tokens, u64)> {
        match &self.limiter {
            Limiter::Standard(_, limit) => Some((limit.token_limit(), limit.request_limit())),
            Limiter::Provisioned(_) | Limiter::Servers(..) => None,
        }
    }

    /// The service is done with an admitted request, whether or not anybody still waits for it. A
    /// provisioned deployment replaces the estimate by what was used; a Standard one refunds nothing, unless
    /// it is specified to.
    #[inline]
    pub fn finish(&mut self, demand: &Demand, counted: Reservation, now: Timestamp) {
        self.at_work.leave(now);
        self.books.finished = self.books.finished.saturating_add(1);
        self.books.settled = self.books.settled.saturating_add(counted.tokens.get());
        self.books.prompt = self.books.prompt.saturating_add(demand.prompt_tokens.get());
        self.books.cached = self.books.cached.saturating_add(counted.cached.get());
        self.books.completion = self.books.completion.saturating_add(demand.generated().get());
        let actual = match &mut self.limiter {
            Limiter::Standard(_, limit) => {
                let actual = demand.prompt_tokens.saturating_add(demand.generated());
                limit.settle(counted, actual, now);
                actual
            }
            Limiter::Provisioned(bucket) => {
                let actual = bucket.actual(demand).saturating_sub(counted.cached);
                bucket.settle(counted.tokens, actual, now);
                actual
            }
            Limiter::Servers(..) => Tokens(0),
        };
        self.audit.finished(counted.tokens, counted.entry, actual, now);
    }

    /// How long the answer takes, given the present load (call it after [`Deployment::offer`], so that the
    /// request itself is part of the load). `cached` tokens of the prompt are not worked on.
    pub fn service_time(&self, demand: &Demand, cached: Tokens, stream: &mut Stream) -> ServiceTime {
        let rest;
        let demand = if cached > Tokens(0) {
            rest = Demand { prompt_tokens: demand.prompt_tokens.saturating_sub(cached), ..demand.clone() };
            &rest
        } else {
            demand
        };
        let measured = self.spec.measured.as_deref();
        self.spec.latency.sample(demand, self.at_work.number(), self.spec.network, measured, stream)
    }

    /// Requests admitted and not finished.
    pub const fn in_flight(&self) -> u64 {
        self.at_work.number()
    }

    /// Requests admitted and not finished, over time.
    pub const fn at_work(&self) -> &Level {
        &self.at_work
    }

    /// How full the token window (Standard) or the bucket (provisioned) is at `now`, per mille of its
    /// limit; a bucket may exceed 1000.
    pub fn fill_permille(&mut self, now: Timestamp) -> u64 {
        match &mut self.limiter {
            Limiter::Standard(_, limit) => limit.fill_permille(now),
            Limiter::Provisioned(bucket) => bucket.utilisation_permille(now),
            Limiter::Servers(servers, _) => servers.fill_permille(now),
        }
    }

    /// Whether a request would be admitted at `now`.
    pub fn would_admit(&mut self, demand: &Demand, now: Timestamp) -> bool {
        if !self.spec.fits(demand) {
            return false;
        }
        match &mut self.limiter {
            Limiter::Standard(cost, limit) => limit.would_admit(cost.estimate(demand), now),
            Limiter::Provisioned(bucket) => bucket.would_admit(now),
            Limiter::Servers(servers, _) => servers.has_place(now),
        }
    }

    /// From `from` to `until` nobody will send requests, as far as is known at `now`; replaces what was said
    /// before about the time after `now`.
    pub fn out_of_reach(&mut self, from: Timestamp, until: Timestamp, now: Timestamp) {
        if let Limiter::Provisioned(bucket) = &mut self.limiter {
            bucket.out_of_reach(from, until, now);
        }
    }

    /// How long a provisioned deployment had nothing to do while it was out of reach.
    pub const fn idle_out_of_reach(&self) -> Duration {
        match &self.limiter {
            Limiter::Provisioned(bucket) => bucket.idle_out_of_reach(),
            Limiter::Standard(..) | Limiter::Servers(..) => Duration::ZERO,
        }
    }

    /// What was counted so far, for accounting checks.
    pub const fn books(&self) -> &DeploymentBooks {
        &self.books
    }

    /// The first bound of the way of limiting in force that did not hold: a defect of this program.
    pub const fn breach(&self) -> Option<&Breach> {
        self.audit.breach()
    }
}

#[cfg(test)]
mod tests {
    use crate::backend::{CachingSpec, LatencySpec, ModelFacts, PtuSpec, StandardSpec};
    use crate::random::{StreamName, Streams};
    use crate::units::{Chars, PromptSize, Ptu, RequestsPerMinute, TokensPerMinute};

    use super::*;

    const NETWORK: Duration = Duration::from_millis(5);

    fn latency() -> LatencySpec {
        ModelFacts::find("gpt-4o").unwrap().standard_latency.value
    }

    fn deployment(capacity: Capacity) -> Deployment {
        let latency = LatencySpec { ttft_sigma: 0.0, tpot_sigma: 0.0, tail_chance: 0.0, ..latency() };
        let spec = DeploymentSpec {
            caching: Some(CachingSpec::DEFAULT),
            network: NETWORK,
            ..DeploymentSpec::plain("d", "r", "gpt-4o", capacity, latency)
        };
        Deployment::new(Arc::new(spec), &Semantics::default())
    }

    fn standard() -> Deployment {
        deployment(Capacity::Standard(StandardSpec::measured(
            TokensPerMinute(10_000),
            RequestsPerMinute(60),
            TokenCost::GPT_4,
        )))
    }

    fn provisioned() -> Deployment {
        deployment(Capacity::Provisioned(PtuSpec {
            ptu: Ptu(50),
            input_tpm_per_ptu: 2_500,
            output_weight: 4,
            bucket_depth: None,
            default_completion_tokens: PtuSpec::DEFAULT_COMPLETION_TOKENS,
        }))
    }

    fn demand(chars: u64, max_tokens: Option<u64>) -> Demand {
        Demand {
            prompt: PromptSize::One(Chars(chars)),
            prompt_tokens: Tokens(chars / 4),
            completion_tokens: Tokens(200),
            max_tokens: max_tokens.map(Tokens),
            prefix: None,
        }
    }

    #[test]
    fn a_standard_deployment_counts_the_estimate_and_refunds_nothing() {
        let mut deployment = standard();
        let request = demand(28, None);
        let Decision::Admitted { counted, headroom } = deployment.offer(&request, Timestamp::ZERO) else {
            panic!("an empty window admits it")
        };
        assert_eq!(counted.tokens, Tokens(648));
        assert_eq!(headroom, Headroom::Remaining { tokens: Tokens(9_352), requests: 9 });
        assert_eq!((deployment.in_flight(), deployment.books().inserted), (1, 648));
        assert_eq!(deployment.fill_permille(Timestamp::ZERO), 64);
        deployment.finish(&request, counted, Timestamp::ZERO);
        assert_eq!((deployment.in_flight(), deployment.fill_permille(Timestamp::ZERO)), (0, 64));
    }

    #[test]
    fn a_refusal_leaves_no_trace() {
        let mut deployment = standard();
        let answer = deployment.offer(&demand(0, Some(10_000)), Timestamp::ZERO);
        let oversized = Some(Duration::from_secs(86_400));
        assert_eq!(answer, Decision::Throttled { limit: LimitKind::Oversized, retry_after: oversized });
        assert_eq!((deployment.in_flight(), deployment.books().inserted), (0, 0));
        assert_eq!(deployment.fill_permille(Timestamp::ZERO), 0);
        assert_eq!(deployment.spec().refusal_time(), Duration::from_millis(25));
    }

    #[test]
    fn a_provisioned_deployment_corrects_the_estimate_at_the_end() {
        let mut deployment = provisioned();
        let request = demand(4_000, Some(500));
        // 1,000 + 4 * 500 of 125,000 is 2.4 %; used are 1,000 + 4 * 200, which is 1.44 %.
        let counted = Reservation { tokens: Tokens(3_000), entry: Entry::NONE, cached: Tokens(0) };
        let expected = Decision::Admitted { counted, headroom: Headroom::Utilisation { permille: 24 } };
        assert_eq!(deployment.offer(&request, Timestamp::ZERO), expected);
        deployment.finish(&request, counted, Timestamp::ZERO);
        assert_eq!((deployment.in_flight(), deployment.fill_permille(Timestamp::ZERO)), (0, 14));
    }

    #[test]
    fn a_full_bucket_refuses_until_it_has_drained() {
        let mut deployment = provisioned();
        deployment.offer(&demand(4 * 126_000, Some(0)), Timestamp::ZERO);
        let retry_after = Some(Duration::from_millis(480));
        let refused = Decision::Throttled { limit: LimitKind::Utilisation, retry_after };
        assert_eq!(deployment.offer(&demand(4, None), Timestamp::ZERO), refused);
    }

    #[test]
    fn time_depends_on_what_is_in_flight() {
        let mut deployment = standard();
        let mut stream = Streams::new(0).named(StreamName::new("test"));
        let request = demand(0, Some(1));
        let first_ms = |deployment: &Deployment, stream: &mut _| {
            deployment.service_time(&request, Tokens(0), stream).first_token.as_millis_ceil()
        };
        assert_eq!(first_ms(&deployment, &mut stream), 405);
        // One of 100 makes it 1 % slower.
        deployment.offer(&request, Timestamp::ZERO);
        assert_eq!(first_ms(&deployment, &mut stream), 409);
    }

    #[test]
    fn cached_tokens_are_no_use_of_units_when_estimated_and_when_settled() {
        let mut deployment = deployment(Capacity::Provisioned(PtuSpec {
            ptu: Ptu(50),
            input_tpm_per_ptu: 2_500,
            output_weight: 4,
            bucket_depth: Some(Duration::from_secs(60)),
            default_completion_tokens: Tokens(1_000),
        }));
        let prefix = Some(crate::units::Prefix { key: 1, tokens: Tokens(10_000) });
        let request = Demand {
            prompt_tokens: Tokens(10_000),
            completion_tokens: Tokens(50),
            prefix,
            ..demand(40_000, Some(100))
        };
        let mut counted = Vec::new();
        for _ in 0..2 {
            let Decision::Admitted { counted: one, .. } = deployment.offer(&request, Timestamp::ZERO) else {
                panic!("room")
            };
            counted.push(one);
        }
        // 10,000 + 4 * 100, and without 1,024 + 70 * 128 cached ones.
        assert_eq!(counted.iter().map(|c| c.tokens.get()).collect::<Vec<_>>(), [10_400, 416]);
        assert_eq!(deployment.fill_permille(Timestamp::ZERO), 10_816 * 1_000 / 125_000);
        for one in counted {
            deployment.finish(&request, one, Timestamp::ZERO);
        }
        // 50 tokens each were written.
        assert_eq!(deployment.fill_permille(Timestamp::ZERO), (10_200 + 216) * 1_000 / 125_000);
        assert_eq!(deployment.breach(), None);
        let books = *deployment.books();
        assert_eq!((books.inserted, books.settled), (10_816, 10_816));
    }
}
