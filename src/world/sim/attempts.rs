//! Attempts: what a deployment says to a forward, when its answer arrives, and what becomes of answers
//! that nobody waits for any more.

use super::calendar::{Event, EventKind};
use super::flight::Call;
use super::journal::Record;
use super::observe::{AttemptResult, Observer, Step};
use super::services::{Asked, Heard, Reply};
use super::spillover::{Spill, tell_spillover};
use super::world::World;
use crate::backend::{Deployment, Headroom, LimitKind, Reservation};
use crate::gateway::{ForwardTarget, Input, SentBody};
use crate::units::{AttemptNumber, BackendId, StatusCode, Timestamp, Tokens};

impl<O: Observer> World<'_, O> {
    pub(super) fn forward(
        &mut self,
        slot: u32,
        now: Timestamp,
        attempt: AttemptNumber,
        target: &ForwardTarget,
        body: SentBody,
        deadline: Timestamp,
    ) {
        self.result.attempts += 1;
        let backend = match target {
            ForwardTarget::Backend(backend) => Some(*backend),
            ForwardTarget::Url(url) => self.backend_at(url),
        };
        let plan = self.plan;
        let found = backend.and_then(|b| Some((b, plan.targets.get(b.index())?)));
        let Some((backend, target)) = found else {
            self.result.unrouted += 1;
            self.tell(slot, now, Input::ConnectionFailed { attempt });
            return;
        };
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        self.journal.record(
            now,
            Record::Forward,
            flight.exchange.id().0,
            u64::from(attempt.0) << 16 | u64::from(backend.0),
        );
        let asked = Asked {
            backend,
            key: flight.tried.key(),
            attempt: attempt.0,
            demand: &flight.demand,
            streams: flight.streams,
            recorded: flight.service,
            lost_body: match body {
                SentBody::Lost { status } => Some(status),
                SentBody::None | SentBody::Whole => None,
            },
        };
        let Some(served) = self.services.serve(plan, asked, now) else { return };
        let is_missed = served.is_missed();
        if let (Reply::Admitted(headroom), Some(counted)) = (served.reply, served.counted) {
            self.count_admitted(backend, counted, headroom);
        }
        if let Reply::Played(_, status) = served.reply
            && status.is_success()
        {
            if let Some(totals) = self.result.backends.get_mut(backend.index()) {
                totals.admitted += 1;
            }
            self.timeline.admitted(backend, Tokens(0), 0);
        }
        let is_oversized = matches!(served.reply, Reply::Throttled { limit: LimitKind::Oversized, .. });
        let Some(totals) = self.result.backends.get_mut(backend.index()) else { return };
        totals.throttled_oversized += u64::from(is_oversized);
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        flight.was_oversized |= is_oversized;
        let mut call = Call {
            attempt: attempt.0,
            backend,
            sent_at: now,
            worker: served.worker,
            spill: Spill::None,
            counted: served.counted,
            cached: served.cached,
            reply: served.reply,
            body_ends: Timestamp::ZERO,
            has_headers: false,
            is_live: true,
        };
        let mut course = served.course;
        flight.call = call;
        flight.last_target = Some(backend);
        if target.spillover.is_some()
            && !is_missed
            && let Some(handed) = self.spill(slot, backend, &served, now)
        {
            call.spill = handed.spill;
            course = handed.served.course;
        }
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        let Some(totals) = self.result.backends.get_mut(backend.index()) else { return };
        let arrival = |at| self.fleet.arrival(flight.instance, backend, target.deployment.network, at);
        let answer_at = arrival(course.at);
        let (kind, body_end) = match course.heard {
            Heard::Answer | Heard::Nothing => (EventKind::Answer, None),
            Heard::Loss => (EventKind::Lost, None),
            Heard::Head { ends, is_cut } => {
                let end = if is_cut { EventKind::Lost } else { EventKind::BodyEnd };
                (EventKind::Headers, Some((arrival(ends), end)))
            }
        };
        flight.call.spill = call.spill;
        flight.call.body_ends = body_end.map_or(answer_at, |(at, _)| at);
        let is_429 = match call.reply {
            Reply::Throttled { .. } => true,
            Reply::Scripted(fault) => self.plan.answers_429(fault),
            Reply::Played(_, status) => status == StatusCode::TOO_MANY_REQUESTS,
            Reply::Admitted(_) | Reply::Refused(_) => false,
        };
        // The interval tells what the deployment did, and it has refused.
        if is_429 {
            self.timeline.throttled(backend);
        } else if is_missed || !call.reply.is_well() {
            self.timeline.failed(backend);
        }
        match call.spill {
            Spill::Served { .. } => totals.spilled += 1,
            Spill::None | Spill::Refused { .. } => {
                totals.spilled_in_vain += u64::from(call.spill != Spill::None);
                if is_429 {
                    totals.throttled += 1;
                } else if is_missed || !call.reply.is_well() {
                    totals.failed += 1;
                }
            }
        }
        if O::WANTS_STEPS {
            let selection = flight.selection.filter(|s| s.backend == backend);
            flight.steps.push(Step::Attempt { backend, selection, result: AttemptResult::Pending });
        }
        let event = Event { kind, slot, epoch: flight.epoch, attempt: attempt.0 };
        if answer_at < Timestamp::MAX || !is_missed {
            self.calendar.schedule(answer_at, event);
        }
        if let Some((at, kind)) = body_end {
            self.calendar.schedule(at, Event { kind, ..event });
        }
        if answer_at > deadline {
            self.calendar.schedule(deadline, Event { kind: EventKind::HeaderDeadline, ..event });
        }
    }

    fn count_admitted(&mut self, backend: BackendId, counted: Reservation, headroom: Headroom) {
        if let Some(totals) = self.result.backends.get_mut(backend.index()) {
            totals.admitted += 1;
            totals.counted_tokens += counted.tokens.get();
        }
        let deployment = self.services.deployments.get(backend.index());
        let limit = deployment.and_then(Deployment::limits).map_or(0, |(tokens, _)| tokens.get());
        self.timeline.admitted(backend, counted.tokens, fill_permille(headroom, limit));
    }

    fn backend_at(&self, url: &str) -> Option<BackendId> {
        let wanted = url.trim_end_matches('/');
        let mut urls = self.plan.gateway.backends().iter().zip(0u16..);
        urls.find(|(b, _)| b.url.trim_end_matches('/').eq_ignore_ascii_case(wanted))
            .map(|(_, id)| BackendId(id))
    }

    /// Response headers reach the gateway. `false` when nobody waits for them.
    pub(super) fn respond(&mut self, now: Timestamp, event: Event) -> bool {
        let Some(flight) = self.flights.get_mut(event.slot as usize) else { return false };
        if !flight.awaits(event.epoch, event.attempt) {
            return false;
        }
        flight.call.has_headers = true;
        let Some(flight) = self.flights.get(event.slot as usize) else { return false };
        let call = &flight.call;
        let answer = self.services.answer(self.plan, call.worker, call.reply, call.sent_at);
        let Some(mut response) = answer else { return false };
        self.services.add_ids(&mut response, call.worker, flight.tried.key(), event.attempt);
        if flight.call.spill != Spill::None {
            tell_spillover(self.plan, flight.call.backend, flight.call.spill, &mut response.headers);
        }
        if O::WANTS_STEPS {
            let limit = match flight.call.reply {
                Reply::Throttled { limit, .. } => Some(limit),
                Reply::Admitted(_) | Reply::Refused(_) | Reply::Scripted(_) | Reply::Played(..) => None,
            };
            let result = match flight.call.spill {
                Spill::None => AttemptResult::Status(response.status, limit),
                Spill::Served { place } => AttemptResult::Spilled(response.status, place),
                Spill::Refused { status, .. } => AttemptResult::SpilledInVain(response.status, limit, status),
            };
            if let Some(flight) = self.flights.get_mut(event.slot as usize) {
                flight.set_result(result);
            }
        }
        let attempt = AttemptNumber(event.attempt);
        self.tell(event.slot, now, Input::ResponseHeaders { attempt, response });
        true
    }

    /// The deployment is done with an attempt, whoever still waits for it.
    pub(super) fn end_service(&mut self, now: Timestamp, event: Event) {
        if !self.orphans.is_empty()
            && let Some((worker, demand, counted)) =
                self.orphans.remove(&(event.slot, event.epoch, event.attempt))
        {
            self.services.finish(worker, &demand, counted, now);
            return;
        }
        let Some(flight) = self.flights.get_mut(event.slot as usize) else { return };
        if flight.awaits(event.epoch, event.attempt) {
            flight.call.is_live = false;
            if let Some(counted) = flight.call.counted.take() {
                self.services.finish(flight.call.worker, &flight.demand, counted, now);
            }
        }
    }

    /// An attempt has no connection any more: before response headers it has failed, after them its body has.
    pub(super) fn lose(&mut self, now: Timestamp, event: Event) {
        let flight = self.flights.get(event.slot as usize);
        let had_headers = flight
            .filter(|flight| flight.awaits(event.epoch, event.attempt))
            .map(|flight| flight.call.has_headers);
        self.end_service(now, event);
        let Some(had_headers) = had_headers else { return };
        let Some(flight) = self.flights.get_mut(event.slot as usize) else { return };
        flight.call.is_live = false;
        let attempt = AttemptNumber(event.attempt);
        if had_headers {
            self.tell(event.slot, now, Input::BodyFailed { attempt });
        } else {
            if O::WANTS_STEPS {
                flight.set_result(AttemptResult::NoConnection);
            }
            self.tell(event.slot, now, Input::ConnectionFailed { attempt });
        }
    }

    pub(super) fn timed_out(&mut self, slot: u32) {
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        if let Some(totals) = self.result.backends.get_mut(flight.call.backend.index()) {
            totals.timeouts += 1;
        }
        if O::WANTS_STEPS {
            flight.set_result(AttemptResult::Timeout);
        }
    }

    /// Nobody waits for an attempt any more; the deployment works on.
    pub(super) fn abandon(&mut self, slot: u32, attempt: AttemptNumber) {
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        if flight.call.attempt != attempt.0 || !flight.call.is_live {
            return;
        }
        flight.call.is_live = false;
        if let Some(counted) = flight.call.counted.take() {
            let key = (slot, flight.epoch, attempt.0);
            self.orphans.insert(key, (flight.call.worker, flight.demand.clone(), counted));
        }
    }
}

pub(super) fn fill_permille(headroom: Headroom, limit: u64) -> u64 {
    match headroom {
        Headroom::Utilisation { permille } | Headroom::Places { permille } => permille,
        Headroom::Remaining { tokens, .. } => {
            let used = u128::from(limit.saturating_sub(tokens.get()));
            let permille = (used * 1000).checked_div(u128::from(limit)).unwrap_or(0);
            u64::try_from(permille).unwrap_or(u64::MAX)
        }
    }
}
