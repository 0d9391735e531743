//! Attempts: what a deployment says to a forward, when its answer arrives, and what becomes of answers
//! that nobody waits for any more.

use super::answers::add_ids;
use super::calendar::{Event, EventKind};
use super::faults::Verdict;
use super::flight::{Call, Reply, Spill};
use super::journal::Record;
use super::observe::{AttemptResult, Observer, Step};
use super::scripted;
use super::spillover::Handed;
use super::world::World;
use crate::backend::{Decision, Headroom, LimitKind, ServiceTime};
use crate::gateway::{ForwardTarget, Input, SentBody};
use crate::random::{StreamName, whole};
use crate::units::{AttemptNumber, BackendId, Demand, Duration, StatusCode, Timestamp, Tokens};
use crate::workload::Service;

const IDS: StreamName = StreamName::new("request-ids");

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
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        let found = backend.and_then(|b| {
            let deployment = self.deployments.get_mut(b.index())?;
            let (site, target) = (self.sites.get(b.index())?, self.plan.targets.get(b.index())?);
            Some((b, deployment, site, target, self.result.backends.get_mut(b.index())?))
        });
        let Some((backend, deployment, site, target, totals)) = found else {
            self.result.unrouted += 1;
            self.tell(slot, now, Input::ConnectionFailed { attempt });
            return;
        };
        self.journal.record(
            now,
            Record::Forward,
            flight.exchange.id().0,
            u64::from(attempt.0) << 16 | u64::from(backend.0),
        );
        let refused = target.refuses_with.or(match body {
            SentBody::Lost { status } => Some(status),
            SentBody::None | SentBody::Whole => None,
        });
        let mut call = Call {
            attempt: attempt.0,
            backend,
            sent_at: now,
            worker: u32::from(backend.0),
            spill: Spill::None,
            counted: None,
            cached: Tokens(0),
            reply: Reply::Refused(StatusCode::OK),
            body_ends: Timestamp::ZERO,
            has_headers: false,
            is_live: true,
        };
        let refused_at = now.saturating_add(deployment.spec().refusal_time());
        // What is drawn depends on the call and the try, whatever other calls do.
        let key = flight.tried.key();
        let verdict = self.board.as_mut().map(|board| board.judge(backend, key, attempt.0, now));
        let mut is_missed = matches!(verdict, Some(Verdict::Lost(_) | Verdict::Silent));
        let lost_at = match verdict {
            None => Some(Timestamp::MAX),
            Some(Verdict::Passes { lost_at, .. }) => Some(lost_at),
            Some(_) => None,
        };
        let played =
            lost_at.filter(|_| refused.is_none()).and_then(|lost_at| Some((deployment.scripted()?, lost_at)));
        let mut body_end = None;
        let mut kind = EventKind::Answer;
        let mut answer_at = match (refused, verdict) {
            (_, Some(Verdict::Lost(loss))) => {
                kind = EventKind::Lost;
                now.saturating_add(loss.time(deployment.spec()))
            }
            (_, Some(Verdict::Silent)) => Timestamp::MAX,
            (Some(status), _) => {
                call.reply = Reply::Refused(status);
                refused_at
            }
            (None, Some(Verdict::Answered(fault))) => {
                call.reply = Reply::Scripted(fault);
                refused_at
            }
            (None, Some(Verdict::Overloaded(wait))) => {
                let headroom = site.answers.tells_room_on_refusal().then(|| deployment.headroom(now));
                let limit = LimitKind::HighDemand;
                call.reply = Reply::Throttled { limit, retry_after: Some(wait), headroom };
                refused_at
            }
            (None, _) if played.is_some() => Timestamp::MAX,
            (None, None | Some(Verdict::Passes { .. })) => match deployment.offer(&flight.demand, now) {
                Decision::Admitted { counted, headroom } => {
                    totals.admitted += 1;
                    totals.counted_tokens += counted.tokens.get();
                    let limit = deployment.limits().map_or(0, |(tokens, _)| tokens.get());
                    self.timeline.admitted(backend, counted.tokens, fill_permille(headroom, limit));
                    call.counted = Some(counted);
                    call.cached = counted.cached;
                    call.reply = Reply::Admitted(headroom);
                    let mut stream = self.streams.keyed(site.latency_stream, key, u64::from(attempt.0));
                    let time = match flight.service {
                        Some(recorded) => recorded_time(recorded, deployment.spec().network),
                        None => deployment.service_time(&flight.demand, counted.cached, &mut stream),
                    };
                    let slow = verdict.and_then(Verdict::slowness);
                    let time = deployment.begin(slow.map_or(time, |slow| slowed(time, slow)), now);
                    let course = Course::of(time, now, flight.streams, &flight.demand, verdict);
                    kind = course.kind;
                    body_end = course.body_end;
                    course.at
                }
                Decision::Refused { status } => {
                    call.reply = Reply::Refused(status);
                    refused_at
                }
                Decision::Throttled { limit, retry_after } => {
                    if limit == LimitKind::Oversized {
                        totals.throttled_oversized += 1;
                        flight.was_oversized = true;
                    }
                    let headroom = site.answers.tells_room_on_refusal().then(|| deployment.headroom(now));
                    call.reply = Reply::Throttled { limit, retry_after, headroom };
                    refused_at
                }
            },
        };
        if let Some((place, lost_at)) = played
            && let Some(answer) = deployment.spec().script.answers.get(place)
        {
            let whole = || {
                let mut stream = self.streams.keyed(site.latency_stream, key, u64::from(attempt.0));
                deployment.service_time(&flight.demand, Tokens(0), &mut stream).total
            };
            let course = scripted::course(answer, deployment.spec(), whole, now, lost_at);
            is_missed = answer.status().is_none();
            if let Some(status) = answer.status() {
                call.reply = Reply::Played(u16::try_from(place).unwrap_or(u16::MAX), status);
                if status.is_success() {
                    totals.admitted += 1;
                    self.timeline.admitted(backend, Tokens(0), 0);
                }
            }
            if let Some(course) = course {
                (answer_at, kind, body_end) = (course.at, course.kind, course.body_end);
            }
        }
        flight.call = call;
        flight.last_target = Some(backend);
        if target.spillover.is_some()
            && !is_missed
            && let Some(Handed { spill, course }) = self.spill(slot, backend, call.reply, attempt.0, now)
        {
            call.spill = spill;
            (answer_at, kind, body_end) = (course.at, course.kind, course.body_end);
        }
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        let Some(totals) = self.result.backends.get_mut(backend.index()) else { return };
        let arrival = |at| self.fleet.arrival(flight.instance, backend, target.deployment.network, at);
        answer_at = arrival(answer_at);
        body_end = body_end.map(|(at, kind)| (arrival(at), kind));
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
        let worker = flight.call.worker as usize;
        let (Some(site), Some(deployment)) = (self.sites.get(worker), self.deployments.get(worker)) else {
            return false;
        };
        let mut response = site.answers.answer(&flight.call, deployment, self.plan);
        if site.answers.tells_ids() {
            let mut stream = self.streams.keyed(IDS, flight.tried.key(), u64::from(event.attempt));
            add_ids(&mut response.headers, &mut stream);
        }
        if flight.call.spill != Spill::None {
            self.tell_spillover(flight, &mut response.headers);
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
            if let Some(deployment) = self.deployments.get_mut(worker as usize) {
                deployment.finish(&demand, counted, now);
            }
            return;
        }
        let Some(flight) = self.flights.get_mut(event.slot as usize) else { return };
        if flight.awaits(event.epoch, event.attempt) {
            flight.call.is_live = false;
            if let Some(counted) = flight.call.counted.take()
                && let Some(deployment) = self.deployments.get_mut(flight.call.worker as usize)
            {
                deployment.finish(&flight.demand, counted, now);
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

/// When an attempt is heard of.
pub(super) struct Course {
    /// First event.
    pub(super) at: Timestamp,
    pub(super) kind: EventKind,
    /// The event after response headers, where they come alone.
    pub(super) body_end: Option<(Timestamp, EventKind)>,
}

impl Course {
    pub(super) fn of(
        time: ServiceTime,
        now: Timestamp,
        streams: bool,
        demand: &Demand,
        verdict: Option<Verdict>,
    ) -> Self {
        let Some(Verdict::Passes { cut_after, lost_at, .. }) = verdict else {
            return Self::usual(time, now, streams);
        };
        let mut course = Self::usual(time, now, streams);
        let generated = demand.generated().get();
        if let Some(tokens) = cut_after.filter(|tokens| *tokens < generated) {
            // Head at the usual time, then what is left of the tokens, each as far from the next as ever.
            let gaps = generated.saturating_sub(1).max(1);
            let between = time.total.saturating_sub(time.first_token).as_nanos();
            let part = u128::from(between) * u128::from(tokens.saturating_sub(1)) / u128::from(gaps);
            let part = Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX));
            let cut_at = if streams { course.at.saturating_add(part) } else { course.at };
            course.kind = EventKind::Headers;
            course.body_end = Some((cut_at, EventKind::Lost));
        }
        match course.body_end {
            _ if course.at > lost_at => Self { at: lost_at, kind: EventKind::Lost, body_end: None },
            Some((at, _)) if at > lost_at => Self { body_end: Some((lost_at, EventKind::Lost)), ..course },
            Some(_) | None => course,
        }
    }

    fn usual(time: ServiceTime, now: Timestamp, streams: bool) -> Self {
        let end = now.saturating_add(time.total);
        if streams {
            let at = now.saturating_add(time.first_token);
            Self { at, kind: EventKind::Headers, body_end: Some((end, EventKind::BodyEnd)) }
        } else {
            Self { at: end, kind: EventKind::Answer, body_end: None }
        }
    }
}

/// A time that takes `factor` times as long.
pub(super) fn slowed(time: ServiceTime, factor: f64) -> ServiceTime {
    let slower = |time: Duration| Duration::from_nanos(whole(time.as_nanos() as f64 * factor));
    ServiceTime { first_token: slower(time.first_token), total: slower(time.total) }
}

/// A service time that was given instead of drawn.
pub(super) fn recorded_time(recorded: Service, network: Duration) -> ServiceTime {
    ServiceTime {
        first_token: recorded.first_token.saturating_add(network),
        total: recorded.total.saturating_add(network),
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
