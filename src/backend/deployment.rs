//! One deployment at work.

use std::sync::Arc;

use crate::random::Stream;
use crate::semantics::Semantics;
use crate::units::{Demand, Duration, Timestamp, Tokens};

use super::{DeploymentSpec, ServiceTime};

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
    in_flight: u64,
    inserted: u64,
}

impl Deployment {
    /// An idle deployment. Undocumented points are as `semantics` says.
    pub fn new(spec: Arc<DeploymentSpec>, _semantics: &Semantics) -> Self {
        Self { spec, in_flight: 0, inserted: 0 }
    }

    /// The deployment as configured.
    pub fn spec(&self) -> &Arc<DeploymentSpec> {
        &self.spec
    }

    /// Admits or refuses a request that arrives at `now`. An admitted one is in flight until
    /// [`Deployment::finish`]; a refused one leaves no trace.
    pub fn offer(&mut self, _demand: &Demand, _now: Timestamp) -> Decision {
        Decision::Throttled { limit: LimitKind::Oversized, retry_after: None }
    }

    /// The service is done with an admitted request, whether or not anybody still waits for it.
    pub fn finish(&mut self, _demand: &Demand, _counted: Tokens, _now: Timestamp) {}

    /// How long the answer takes, given the present load (call it after [`Deployment::offer`]).
    pub fn service_time(&self, _demand: &Demand, _stream: &mut Stream) -> ServiceTime {
        ServiceTime { first_token: Duration::ZERO, total: Duration::ZERO }
    }

    /// Requests admitted and not finished.
    pub const fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// How full the token window (Standard) or the bucket (provisioned) is at `now`, per mille of its
    /// limit; a bucket may exceed 1000.
    pub fn fill_permille(&mut self, _now: Timestamp) -> u64 {
        0
    }

    /// Sum of all estimates ever counted, for accounting checks.
    pub const fn insertions(&self) -> u64 {
        self.inserted
    }
}
