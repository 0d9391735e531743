//! One deployment at work.

use std::sync::Arc;

use crate::random::Stream;
use crate::semantics::Semantics;
use crate::units::{Demand, Duration, Timestamp, Tokens};

use super::{Capacity, DeploymentSpec, LeakyBucket, RateLimit, ServiceTime, TokenCost};

/// What a deployment says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It will answer.
    Admitted {
        /// The estimate that was counted; pass it to [`Deployment::finish`].
        counted: Tokens,
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
    /// The request alone is estimated above the tokens per minute: no wait helps.
    Oversized,
}

/// State of one deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    spec: Arc<DeploymentSpec>,
    limiter: Limiter,
    in_flight: u64,
    inserted: u64,
}

#[derive(Clone, Debug)]
enum Limiter {
    Standard(TokenCost, RateLimit),
    Provisioned(LeakyBucket),
}

impl Deployment {
    /// An idle deployment. Undocumented points are as `semantics` says.
    pub fn new(spec: Arc<DeploymentSpec>, semantics: &Semantics) -> Self {
        let limiter = match &spec.capacity {
            Capacity::Standard(standard) => {
                Limiter::Standard(standard.token_cost, RateLimit::new(standard, semantics))
            }
            Capacity::Provisioned(ptu) => Limiter::Provisioned(LeakyBucket::new(ptu, semantics)),
        };
        Self { spec, limiter, in_flight: 0, inserted: 0 }
    }

    /// The deployment as configured.
    pub const fn spec(&self) -> &Arc<DeploymentSpec> {
        &self.spec
    }

    /// Admits or refuses a request that arrives at `now`. An admitted one is in flight until
    /// [`Deployment::finish`]; a refused one leaves no trace.
    #[inline]
    pub fn offer(&mut self, demand: &Demand, now: Timestamp) -> Decision {
        let (counted, headroom) = match &mut self.limiter {
            Limiter::Standard(cost, limit) => {
                let counted = cost.estimate(demand);
                if let Err(refusal) = limit.offer(counted, now) {
                    return Decision::Throttled { limit: refusal.limit, retry_after: refusal.retry_after };
                }
                let tokens = limit.remaining_tokens(now);
                (counted, Headroom::Remaining { tokens, requests: limit.remaining_requests(now) })
            }
            Limiter::Provisioned(bucket) => {
                let counted = bucket.estimate(demand);
                if let Err(retry_after) = bucket.offer(counted, now) {
                    return Decision::Throttled { limit: LimitKind::Utilisation, retry_after };
                }
                (counted, Headroom::Utilisation { permille: bucket.utilisation_permille(now) })
            }
        };
        self.in_flight = self.in_flight.saturating_add(1);
        self.inserted = self.inserted.saturating_add(counted.get());
        Decision::Admitted { counted, headroom }
    }

    /// The service is done with an admitted request, whether or not anybody still waits for it. A
    /// provisioned deployment replaces the estimate by what was used; a Standard one refunds nothing.
    #[inline]
    pub fn finish(&mut self, demand: &Demand, counted: Tokens, now: Timestamp) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Limiter::Provisioned(bucket) = &mut self.limiter {
            bucket.settle(counted, bucket.actual(demand), now);
        }
    }

    /// How long the answer takes, given the present load (call it after [`Deployment::offer`], so that the
    /// request itself is part of the load).
    pub fn service_time(&self, demand: &Demand, stream: &mut Stream) -> ServiceTime {
        self.spec.latency.sample(demand, self.in_flight, self.spec.network, stream)
    }

    /// Requests admitted and not finished.
    pub const fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// How full the token window (Standard) or the bucket (provisioned) is at `now`, per mille of its
    /// limit; a bucket may exceed 1000.
    pub fn fill_permille(&mut self, now: Timestamp) -> u64 {
        match &mut self.limiter {
            Limiter::Standard(_, limit) => limit.fill_permille(now),
            Limiter::Provisioned(bucket) => bucket.utilisation_permille(now),
        }
    }

    /// Sum of all estimates ever counted, for accounting checks.
    pub const fn insertions(&self) -> u64 {
        self.inserted
    }
}
