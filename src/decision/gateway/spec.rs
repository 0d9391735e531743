//! What one gateway is configured with: backends, breaker rules, pools and the compiled policy.
//!
//! Sources: backends article of API Management (2025-05-20) and the resource schema
//! `Microsoft.ApiManagement/service/backends` (2025-09-01-preview). Values are within the schema's
//! ranges when a spec exists: [`GatewaySpec::new`] refuses others.

use std::sync::Arc;

use thiserror::Error;

use super::affinity::Cookies;
use super::carbon::{CarbonCategory, RegionCarbon};
use super::seeded::{Fault, seeded};
use crate::policy::operations::Supplied;
use crate::policy::{Facts, Program, Response, Text};
use crate::semantics::Semantics;
use crate::units::{BackendId, Duration, PoolId, StatusCode};

/// One backend entity of type Single.
#[derive(Clone, Debug)]
pub struct BackendEntity {
    /// Name (`backend-id`).
    pub name: Arc<str>,
    /// Base URL; the operation path is appended.
    pub url: Arc<str>,
    /// Its breaker rule; `None` never trips.
    pub breaker: Option<BreakerRule>,
    /// `azureRegion`: where its emissions come from.
    pub azure_region: Option<Arc<str>>,
}

/// A circuit breaker rule. The service accepts one for each backend.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BreakerRule {
    /// Rule name.
    pub name: Arc<str>,
    /// How many failures trip.
    pub threshold: Threshold,
    /// Over which interval they count.
    pub interval: Duration,
    /// Statuses that are failures, bounds included.
    pub statuses: Vec<(StatusCode, StatusCode)>,
    /// `errorReasons`: whether and how they match is a switch.
    pub error_reasons: Vec<Arc<str>>,
    /// How long a trip lasts.
    pub trip_duration: Duration,
    /// Whether a Retry-After header overrides the trip duration.
    pub accept_retry_after: bool,
    /// `failureResponse.statusCode`: status answered while tripped, instead of 503.
    pub failure_status: Option<StatusCode>,
}

impl BreakerRule {
    /// Whether `status` is a failure by the rule's ranges.
    #[inline]
    pub fn counts(&self, status: StatusCode) -> bool {
        self.statuses.iter().any(|(min, max)| {
            let is_lost = *min == status && seeded(Fault::RangeStartLost)
                || status == *max && seeded(Fault::RangeEndLost);
            *min <= status && status <= *max && !is_lost
        })
    }
}

/// `failureCondition.count` or `.percentage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Threshold {
    /// At least this many failures, 1 to 10,000.
    Count(u32),
    /// At least this share of completed calls, 1 to 100 percent.
    Percentage(u8),
}

/// A load-balanced pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSpec {
    /// Name (`backend-id`).
    pub name: Arc<str>,
    /// 1 to 30 members, in the order of the resource.
    pub members: Vec<PoolMember>,
    /// `failureResponse.statusCode`: status answered when no member is available, instead of 503.
    pub failure_status: Option<StatusCode>,
    /// `sessionAffinity`; `None`: the pool sets no cookie and looks at none.
    pub affinity: Option<SessionAffinity>,
}

/// `sessionAffinity.sessionId` of a pool, with `source` cookie, the only one there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionAffinity {
    /// `name`: what the cookie is called.
    pub cookie: Arc<str>,
}

/// A member of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolMember {
    /// Which backend.
    pub backend: BackendId,
    /// 0 to 100, lower is served first; absent: switch `lb.null_priority`.
    pub priority: Option<u8>,
    /// 0 to 100; absent: switch `lb.null_weight`.
    pub weight: Option<u8>,
    /// `preferredCarbonEmission`: with more it is left out; absent: whatever it emits.
    pub preferred_carbon: Option<CarbonCategory>,
}

/// What a `backend-id` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BackendRef {
    /// A single backend.
    Single(BackendId),
    /// A pool.
    Pool(PoolId),
}

/// Why a spec is refused. A loader reports these with places before it gets here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SpecError {
    /// Two entities of one name.
    #[error("backend id `{0}` is used twice")]
    DuplicateName(Arc<str>),
    /// The policy names a backend that does not exist.
    #[error("unknown backend id `{0}`")]
    UnknownBackend(String),
    /// A pool without members.
    #[error("pool `{0}` has no members")]
    EmptyPool(Arc<str>),
    /// A member index outside the list, or a priority or weight above 100.
    #[error("pool `{0}` has a member that is out of range")]
    MemberOutOfRange(Arc<str>),
    /// More than 65,535 backends or pools.
    #[error("too many backends")]
    TooMany,
}

/// Everything a gateway instance knows when it starts. Shared by all instances and never changed.
#[derive(Debug)]
pub struct GatewaySpec {
    backends: Vec<BackendEntity>,
    pools: Vec<PoolSpec>,
    program: Program,
    semantics: Semantics,
    start_unix_s: u64,
    facts: Arc<Facts>,
    semantic_hits: u16,
    supplied: Supplied,
    legacy_reasons: Vec<Text>,
    cookies: Vec<Option<Cookies>>,
    carbon: Vec<RegionCarbon>,
    pre_response: Response,
}

impl GatewaySpec {
    /// Checks and keeps the parts.
    pub fn new(
        backends: Vec<BackendEntity>,
        pools: Vec<PoolSpec>,
        program: Program,
        semantics: Semantics,
    ) -> Result<Self, SpecError> {
        if u16::try_from(backends.len()).is_err() || u16::try_from(pools.len()).is_err() {
            return Err(SpecError::TooMany);
        }
        let mut names: Vec<&Arc<str>> =
            backends.iter().map(|b| &b.name).chain(pools.iter().map(|p| &p.name)).collect();
        names.sort();
        for pair in names.windows(2) {
            if let [first, second] = pair
                && first == second
            {
                return Err(SpecError::DuplicateName(Arc::clone(first)));
            }
        }
        for pool in &pools {
            if pool.members.is_empty() {
                return Err(SpecError::EmptyPool(Arc::clone(&pool.name)));
            }
            let in_range = |m: &PoolMember| {
                m.backend.index() < backends.len()
                    && m.priority.is_none_or(|p| p <= 100)
                    && m.weight.is_none_or(|w| w <= 100)
            };
            if !pool.members.iter().all(in_range) {
                return Err(SpecError::MemberOutOfRange(Arc::clone(&pool.name)));
            }
        }
        let legacy_reasons = pools
            .iter()
            .map(|p| Text::from(format!("Backend pool '{}' is temporarily unavailable", p.name)))
            .collect();
        let name_of = |id: BackendId| backends.get(id.index()).map(|backend| &*backend.name);
        let cookies = pools.iter().map(|pool| Cookies::of(pool, name_of)).collect();
        let pre_response = Response::plain(StatusCode::OK);
        let spec = Self {
            backends,
            pools,
            program,
            semantics,
            start_unix_s: 0,
            facts: Arc::default(),
            semantic_hits: 0,
            supplied: Supplied::default(),
            legacy_reasons,
            cookies,
            carbon: Vec::new(),
            pre_response,
        };
        for (name, _) in &spec.program.backend_references {
            if spec.find(name).is_none() {
                return Err(SpecError::UnknownBackend(name.to_string()));
            }
        }
        Ok(spec)
    }

    /// The same with other pools and readings.
    pub fn revised(&self, pools: Vec<PoolSpec>, semantics: Semantics) -> Result<Self, SpecError> {
        let new = Self::new(self.backends.clone(), pools, self.program.clone(), semantics)?;
        Ok(Self {
            start_unix_s: self.start_unix_s,
            facts: Arc::clone(&self.facts),
            semantic_hits: self.semantic_hits,
            supplied: self.supplied.clone(),
            carbon: self.carbon.clone(),
            ..new
        })
    }

    /// The same with the wall-clock time of run start, in seconds since 1970-01-01 UTC: what dates that a
    /// policy sees, calendars of quotas and a Retry-After that is an HTTP date are counted from.
    #[must_use]
    pub fn with_start(mut self, unix_s: u64) -> Self {
        self.start_unix_s = unix_s;
        self
    }

    /// The same with what `context` tells of the API, the caller and the deployment when a request says
    /// nothing else.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = Arc::new(facts);
        self
    }

    /// The same with what regions emit. Of regions that are not among them nothing is known.
    #[must_use]
    pub fn with_carbon(mut self, carbon: Vec<RegionCarbon>) -> Self {
        self.carbon = carbon;
        self
    }

    /// What regions emit.
    pub fn carbon(&self) -> &[RegionCarbon] {
        &self.carbon
    }

    /// The same with keys and authorizations that stand for services the gateway would ask.
    #[must_use]
    pub fn with_supplied(mut self, supplied: Supplied) -> Self {
        self.supplied = supplied;
        self
    }

    /// Keys and authorizations that stand for services the gateway would ask.
    pub fn supplied(&self) -> &Supplied {
        &self.supplied
    }

    /// What `context` tells when a request says nothing else.
    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Wall-clock time of run start, in seconds since 1970-01-01 UTC.
    pub fn start_unix_s(&self) -> u64 {
        self.start_unix_s
    }

    /// The same with a share of prompts, in thousandths, that are like one that was answered before. Without
    /// it a semantic cache never hits.
    #[must_use]
    pub fn with_semantic_hits(mut self, permille: u16) -> Self {
        self.semantic_hits = permille.min(1_000);
        self
    }

    /// Share of prompts, in thousandths, that a semantic cache can answer.
    pub fn semantic_hits(&self) -> u16 {
        self.semantic_hits
    }

    /// The single backends, by [`BackendId`].
    pub fn backends(&self) -> &[BackendEntity] {
        &self.backends
    }

    /// The pools, by [`PoolId`].
    pub fn pools(&self) -> &[PoolSpec] {
        &self.pools
    }

    /// The compiled policy.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Readings of undocumented points, as configured.
    pub fn semantics(&self) -> &Semantics {
        &self.semantics
    }

    /// One backend.
    pub fn backend(&self, id: BackendId) -> Option<&BackendEntity> {
        self.backends.get(id.index())
    }

    /// One pool.
    pub fn pool(&self, id: PoolId) -> Option<&PoolSpec> {
        self.pools.get(id.index())
    }

    /// The backend or pool called `name`. Names compare without case, as resource names do.
    pub fn find(&self, name: &str) -> Option<BackendRef> {
        let single = self.backends.iter().position(|b| b.name.eq_ignore_ascii_case(name));
        if let Some(at) = single {
            return u16::try_from(at).ok().map(|n| BackendRef::Single(BackendId(n)));
        }
        let pool = self.pools.iter().position(|p| p.name.eq_ignore_ascii_case(name))?;
        u16::try_from(pool).ok().map(|n| BackendRef::Pool(PoolId(n)))
    }

    /// Reason text of an exhausted pool under the `legacy` reading.
    pub(super) fn legacy_exhausted_reason(&self, pool: PoolId) -> Text {
        self.legacy_reasons.get(pool.index()).cloned().unwrap_or_default()
    }

    /// The cookies of a pool that sets them.
    #[inline]
    pub(super) fn cookies(&self, pool: PoolId) -> Option<&Cookies> {
        self.cookies.get(pool.index())?.as_ref()
    }

    /// `context.Response` before the first forward under the `default_object` reading.
    pub(super) fn pre_response(&self) -> &Response {
        &self.pre_response
    }
}
