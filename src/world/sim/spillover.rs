//! Spillover by the platform: a provisioned deployment hands on what it cannot take.
//!
//! Documented (spillover page, 2026-01-30): the provisioned deployment is always tried first; 429, 500, 503 and
//! the 400 of a context that is too long spill; the target is a Standard deployment of the same resource, named by
//! a property of the provisioned one or else by the header `x-ms-spillover-deployment` of the request; when the
//! target fails, the first answer is given with `x-ms-spillover-error`.
//!
//! Model choices (assumed)
//! - Both deployments decide at the instant the gateway sends; the time of the refusal is added to the answer.
//! - A fault of the backend is one of its provisioned deployment. Only a lost connection concerns the target,
//!   which is in the same resource.
//! - A header that names no deployment of the resource has no effect; without property and header nothing spills.
//!
//! To the gateway all of it is one attempt with one answer, and so it is counted: a spilled attempt is none of
//! the admitted, throttled and failed.

use std::sync::Arc;

use super::attempts::fill_permille;
use super::faults::Verdict;
use super::flight::Flight;
use super::observe::Observer;
use super::plan::RunPlan;
use super::services::{Asked, Course, Reply, Served, Services};
use super::world::World;
use crate::backend::{Decision, Deployment, DeploymentSpec, LimitKind, ServiceTime};
use crate::policy::{HeaderValue, Headers, Text};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// Where a provisioned deployment may spill to.
#[derive(Clone, Debug, PartialEq)]
pub struct Spillover {
    /// Name of the provisioned deployment.
    pub deployment: Text,
    /// Header of answers that were spilled: `x-ms-spillover-from-` and that name.
    pub header: Text,
    /// What its property names, by place in [`RunPlan::spillover`](super::RunPlan::spillover).
    pub property: Option<u16>,
    /// What a request may name: all of the resource, by place likewise.
    pub resource: Vec<u16>,
}

/// A Standard deployment that takes what provisioned ones of its resource cannot.
#[derive(Clone, Debug)]
pub struct SpilloverTarget {
    /// Its name.
    pub name: Text,
    /// Header of its answers: `x-ms-` and the name.
    pub header: Text,
    /// Quota and latency.
    pub deployment: Arc<DeploymentSpec>,
}

impl Spillover {
    /// The header by which a request names where it may spill to.
    pub const REQUEST_HEADER: &str = "x-ms-spillover-deployment";

    /// From a deployment of this name.
    pub fn new(deployment: &str, property: Option<u16>, resource: Vec<u16>) -> Self {
        let header = Text::from(format!("x-ms-spillover-from-{deployment}"));
        Self { deployment: Text::from(deployment.to_owned()), header, property, resource }
    }
}

impl SpilloverTarget {
    /// A target called as the deployment is.
    pub fn new(deployment: Arc<DeploymentSpec>) -> Self {
        let name = Text::from(Arc::clone(&deployment.name));
        Self { header: Text::from(format!("x-ms-{}", deployment.name)), name, deployment }
    }
}

/// Whether the platform has handed a call on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spill {
    /// No.
    None,
    /// To the target at this place, which answers.
    Served {
        /// Place in [`RunPlan::spillover`].
        place: u16,
    },
    /// To the target at this place, which has refused too.
    Refused {
        /// Place in [`RunPlan::spillover`].
        place: u16,
        /// What it has refused with.
        status: StatusCode,
    },
}

/// What came of handing on.
#[derive(Clone, Copy, Debug)]
pub struct Handed {
    /// To whom.
    pub spill: Spill,
    /// What the call comes to. Where the target has refused, it is the first refusal, heard of later.
    pub served: Served,
    /// Whether the target can never take such a call.
    pub is_oversized: bool,
}

impl Services {
    /// Hands on what `first` says the deployment of a backend has refused, if that spills. `named` is what the
    /// request has in [`Spillover::REQUEST_HEADER`]. `None`: it does not.
    pub fn spill(
        &mut self,
        plan: &RunPlan,
        asked: Asked<'_>,
        first: &Served,
        named: Option<&str>,
        now: Timestamp,
    ) -> Option<Handed> {
        let target = plan.targets.get(asked.backend.index())?;
        let spillover = target.spillover.as_deref()?;
        let spills = match first.reply {
            Reply::Throttled { .. } => true,
            Reply::Scripted(fault) => matches!(plan.answer_status(fault)?.get(), 429 | 500 | 503),
            Reply::Played(_, status) => matches!(status.get(), 429 | 500 | 503),
            Reply::Refused(_) => !target.deployment.fits(asked.demand),
            Reply::Admitted(_) => false,
        };
        if !spills || first.is_missed() {
            return None;
        }
        let place = spillover.property.or_else(|| place_of(named?, &spillover.resource, plan))?;
        let worker = plan.targets.len() + usize::from(place);
        let site = self.sites.get(worker)?;
        let deployment = self.deployments.get_mut(worker)?;
        let board = self.board.as_ref();
        let overload = board.and_then(|board| board.overloaded(worker, asked.key, asked.attempt));
        let decision = match overload {
            Some(wait) => Decision::Throttled { limit: LimitKind::HighDemand, retry_after: Some(wait) },
            None => deployment.offer(asked.demand, now),
        };
        let (counted, headroom) = match decision {
            Decision::Admitted { counted, headroom } => (counted, headroom),
            refusal => {
                let status = match refusal {
                    Decision::Refused { status } => status,
                    _ => StatusCode::TOO_MANY_REQUESTS,
                };
                let time = target.deployment.refusal_time().saturating_add(deployment.spec().refusal);
                let course = Course::answer(now.saturating_add(time));
                return Some(Handed {
                    spill: Spill::Refused { place, status },
                    served: Served { course, ..*first },
                    is_oversized: matches!(refusal, Decision::Throttled { limit: LimitKind::Oversized, .. }),
                });
            }
        };
        let time = asked.time(deployment, counted.cached, self.streams, site.latency_stream);
        let time = later(deployment.begin(time, now), target.deployment.refusal);
        let verdict = board.map(|board| Verdict::Passes {
            slow: 1.0,
            cut_after: None,
            lost_at: board.lost_at(asked.backend),
        });
        let served = Served {
            reply: Reply::Admitted(headroom),
            course: Course::of(time, now, asked.streams, asked.demand, verdict),
            worker: u32::try_from(worker).unwrap_or(u32::MAX),
            counted: Some(counted),
            cached: counted.cached,
            work_ends: now.saturating_add(time.total),
        };
        Some(Handed { spill: Spill::Served { place }, served, is_oversized: false })
    }
}

/// Adds to an answer of `backend` what it tells of spillover.
pub fn tell_spillover(plan: &RunPlan, backend: BackendId, spill: Spill, headers: &mut Headers) {
    let from = plan.targets.get(backend.index());
    let Some(from) = from.and_then(|target| target.spillover.as_deref()) else { return };
    match spill {
        Spill::None => {}
        Spill::Served { place } => {
            let Some(target) = plan.spillover.get(usize::from(place)) else { return };
            headers.append(from.header.clone(), HeaderValue::Text(from.deployment.clone()));
            headers.append(target.header.clone(), HeaderValue::Text(target.name.clone()));
        }
        Spill::Refused { status, .. } => {
            let name = Text::Static("x-ms-spillover-error");
            headers.append(name, HeaderValue::Number(u64::from(status.get())));
        }
    }
}

impl<O: Observer> World<'_, O> {
    /// Hands on a call of a flight, if it spills, and counts what came of it.
    #[inline]
    pub(super) fn spill(
        &mut self,
        slot: u32,
        backend: BackendId,
        first: &Served,
        now: Timestamp,
    ) -> Option<Handed> {
        let plan = self.plan;
        let flight = self.flights.get_mut(slot as usize)?;
        let spillover = plan.targets.get(backend.index())?.spillover.as_deref()?;
        let names = |flight: &Flight| {
            Some(flight.exchange.request().headers.values(Spillover::REQUEST_HEADER).next()?.to_text())
        };
        let named = if spillover.property.is_none() { names(flight) } else { None };
        let asked = Asked {
            backend,
            key: flight.tried.key(),
            attempt: flight.call.attempt,
            demand: &flight.demand,
            streams: flight.streams,
            recorded: flight.service,
            lost_body: None,
        };
        let handed = self.services.spill(plan, asked, first, named.as_deref(), now)?;
        flight.was_oversized |= handed.is_oversized;
        let (Spill::Served { place } | Spill::Refused { place, .. }) = handed.spill else { return None };
        let worker = plan.targets.len() + usize::from(place);
        let lane = BackendId(u16::try_from(worker).unwrap_or(u16::MAX));
        let totals = self.result.spillover.get_mut(usize::from(place))?;
        let (Reply::Admitted(headroom), Some(counted)) = (handed.served.reply, handed.served.counted) else {
            totals.throttled += 1;
            self.timeline.throttled(lane);
            return Some(handed);
        };
        totals.admitted += 1;
        totals.counted_tokens += counted.tokens.get();
        let limit = self.services.deployments.get(worker).and_then(Deployment::limits);
        let limit = limit.map_or(0, |(tokens, _)| tokens.get());
        self.timeline.admitted(lane, counted.tokens, fill_permille(headroom, limit));
        let call = &mut flight.call;
        call.worker = handed.served.worker;
        call.counted = Some(counted);
        call.cached = counted.cached;
        call.reply = handed.served.reply;
        Some(handed)
    }
}

/// The deployment of the resource that a request names.
fn place_of(named: &str, resource: &[u16], plan: &RunPlan) -> Option<u16> {
    let is_named = |place: &&u16| {
        let target = plan.spillover.get(usize::from(**place));
        target.is_some_and(|target| target.name.eq_ignore_ascii_case(named.trim()))
    };
    resource.iter().find(is_named).copied()
}

fn later(time: ServiceTime, by: Duration) -> ServiceTime {
    ServiceTime { first_token: time.first_token.saturating_add(by), total: time.total.saturating_add(by) }
}
