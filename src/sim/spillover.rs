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

use super::attempts::{Course, recorded_time};
use super::calendar::EventKind;
use super::faults::Verdict;
use super::flight::{Flight, Reply, Spill};
use super::observe::Observer;
use super::world::World;
use crate::backend::{Decision, DeploymentSpec, LimitKind, ServiceTime};
use crate::gateway::Exchange;
use crate::policy::{HeaderValue, Headers, Text};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// The header by which a request names where it may spill to.
const REQUEST_HEADER: &str = "x-ms-spillover-deployment";

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

/// What came of handing on.
pub(super) struct Handed {
    pub(super) spill: Spill,
    /// When the answer is heard of; of a refusal, when the first answer is.
    pub(super) course: Course,
}

impl<O: Observer> World<'_, O> {
    /// Hands on what the deployment of `backend` has refused, if that spills. `None`: it does not.
    #[inline]
    pub(super) fn spill(
        &mut self,
        slot: u32,
        backend: BackendId,
        reply: Reply,
        attempt: u32,
        now: Timestamp,
    ) -> Option<Handed> {
        let plan = self.plan;
        let target = plan.targets.get(backend.index())?;
        let spillover = target.spillover.as_deref()?;
        let spills = match reply {
            Reply::Throttled { .. } => true,
            Reply::Scripted(fault) => matches!(plan.answer_status(fault)?.get(), 429 | 500 | 503),
            Reply::Played(_, status) => matches!(status.get(), 429 | 500 | 503),
            Reply::Refused(_) => !target.deployment.fits(&self.flights.get(slot as usize)?.demand),
            Reply::Admitted(_) => false,
        };
        if !spills {
            return None;
        }
        let flight = self.flights.get_mut(slot as usize)?;
        let place = spillover.property.or_else(|| named(&flight.exchange, &spillover.resource, plan))?;
        let worker = plan.targets.len() + usize::from(place);
        let site = self.sites.get(worker)?;
        let deployment = self.deployments.get_mut(worker)?;
        let totals = self.result.spillover.get_mut(usize::from(place))?;
        let key = flight.tried.key();
        let overload = self.board.as_ref().and_then(|board| board.overloaded(worker, key, attempt));
        let lane = BackendId(u16::try_from(worker).unwrap_or(u16::MAX));
        let decision = match overload {
            Some(wait) => Decision::Throttled { limit: LimitKind::HighDemand, retry_after: Some(wait) },
            None => deployment.offer(&flight.demand, now),
        };
        let first = target.deployment.refusal;
        let (counted, headroom) = match decision {
            Decision::Admitted { counted, headroom } => (counted, headroom),
            refusal => {
                let status = match refusal {
                    Decision::Refused { status } => status,
                    _ => StatusCode::TOO_MANY_REQUESTS,
                };
                if matches!(refusal, Decision::Throttled { limit: LimitKind::Oversized, .. }) {
                    flight.was_oversized = true;
                }
                totals.throttled += 1;
                self.timeline.throttled(lane);
                let time = target.deployment.refusal_time().saturating_add(deployment.spec().refusal);
                let course = Course { at: now.saturating_add(time), kind: EventKind::Answer, body_end: None };
                return Some(Handed { spill: Spill::Refused { place, status }, course });
            }
        };
        totals.admitted += 1;
        totals.counted_tokens += counted.tokens.get();
        let limit = deployment.limits().map_or(0, |(tokens, _)| tokens.get());
        self.timeline.admitted(lane, counted.tokens, super::attempts::fill_permille(headroom, limit));
        let mut stream = self.streams.keyed(site.latency_stream, key, u64::from(attempt));
        let time = match flight.service {
            Some(recorded) => recorded_time(recorded, deployment.spec().network),
            None => deployment.service_time(&flight.demand, counted.cached, &mut stream),
        };
        let time = later(deployment.begin(time, now), first);
        let verdict = self.board.as_ref().map(|board| Verdict::Passes {
            slow: 1.0,
            cut_after: None,
            lost_at: board.lost_at(backend),
        });
        let course = Course::of(time, now, flight.streams, &flight.demand, verdict);
        let call = &mut flight.call;
        call.worker = u32::try_from(worker).unwrap_or(u32::MAX);
        call.counted = Some(counted);
        call.cached = counted.cached;
        call.reply = Reply::Admitted(headroom);
        Some(Handed { spill: Spill::Served { place }, course })
    }

    /// Adds to an answer what it tells of spillover.
    pub(super) fn tell_spillover(&self, flight: &Flight, headers: &mut Headers) {
        let from = self.plan.targets.get(flight.call.backend.index());
        let Some(from) = from.and_then(|target| target.spillover.as_deref()) else { return };
        match flight.call.spill {
            Spill::None => {}
            Spill::Served { place } => {
                let Some(target) = self.plan.spillover.get(usize::from(place)) else { return };
                headers.append(from.header.clone(), HeaderValue::Text(from.deployment.clone()));
                headers.append(target.header.clone(), HeaderValue::Text(target.name.clone()));
            }
            Spill::Refused { status, .. } => {
                let name = Text::Static("x-ms-spillover-error");
                headers.append(name, HeaderValue::Number(u64::from(status.get())));
            }
        }
    }
}

/// The deployment of the resource that a request names.
fn named(exchange: &Exchange, resource: &[u16], plan: &super::RunPlan) -> Option<u16> {
    let value = exchange.request().headers.values(REQUEST_HEADER).next()?;
    let name = value.to_text();
    let is_named = |place: &&u16| {
        let target = plan.spillover.get(usize::from(**place));
        target.is_some_and(|target| target.name.eq_ignore_ascii_case(name.trim()))
    };
    resource.iter().find(is_named).copied()
}

fn later(time: ServiceTime, by: Duration) -> ServiceTime {
    ServiceTime { first_token: time.first_token.saturating_add(by), total: time.total.saturating_add(by) }
}
