//! Attempts: what a deployment says to a forward, when its answer arrives, and what becomes of answers
//! that nobody waits for any more.

use std::sync::Arc;

use super::calendar::{Event, EventKind};
use super::flight::{Call, Reply};
use super::journal::Record;
use super::observe::{AttemptResult, Observer, Step};
use super::world::{Site, World};
use crate::backend::{Decision, Headroom, LimitKind, ServiceTime, utilisation_text};
use crate::gateway::{ForwardTarget, Input, SentBody};
use crate::policy::{HeaderValue, Headers, Response, Text};
use crate::units::{AttemptNumber, BackendId, Duration, StatusCode, Timestamp};
use crate::workload::Service;

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
            counted: None,
            reply: Reply::Refused(StatusCode::OK),
            is_live: true,
        };
        let answer_at;
        let mut body_end_at = None;
        let mut kind = EventKind::Answer;
        if let Some(status) = refused {
            totals.failed += 1;
            self.timeline.failed(backend);
            call.reply = Reply::Refused(status);
            answer_at = now.saturating_add(deployment.spec().refusal_time());
        } else {
            match deployment.offer(&flight.demand, now) {
                Decision::Admitted { counted, headroom } => {
                    totals.admitted += 1;
                    totals.counted_tokens += counted.tokens.get();
                    self.timeline.admitted(backend, counted.tokens, fill_permille(headroom, site.limit));
                    call.counted = Some(counted);
                    call.reply = Reply::Admitted(headroom);
                    let request = flight.tried.key();
                    let mut stream = self.streams.keyed(site.latency_stream, request, u64::from(attempt.0));
                    let time = match flight.service {
                        Some(recorded) => recorded_time(recorded, deployment.spec().network),
                        None => deployment.service_time(&flight.demand, &mut stream),
                    };
                    let time = deployment.begin(time, now);
                    if self.plan.traffic.stream {
                        kind = EventKind::Headers;
                        body_end_at = Some(now.saturating_add(time.total));
                        answer_at = now.saturating_add(time.first_token);
                    } else {
                        answer_at = now.saturating_add(time.total);
                    }
                }
                Decision::Refused { status } => {
                    totals.failed += 1;
                    self.timeline.failed(backend);
                    call.reply = Reply::Refused(status);
                    answer_at = now.saturating_add(deployment.spec().refusal_time());
                }
                Decision::Throttled { limit, retry_after } => {
                    totals.throttled += 1;
                    self.timeline.throttled(backend);
                    if limit == LimitKind::Oversized {
                        totals.throttled_oversized += 1;
                        flight.was_oversized = true;
                    }
                    call.reply = Reply::Throttled { limit, retry_after };
                    answer_at = now.saturating_add(deployment.spec().refusal_time());
                }
            }
        }
        flight.call = call;
        flight.last_target = Some(backend);
        if O::WANTS_STEPS {
            let selection = flight.selection.filter(|s| s.backend == backend);
            flight.steps.push(Step::Attempt { backend, selection, result: AttemptResult::Pending });
        }
        let event = Event { kind, slot, epoch: flight.epoch, attempt: attempt.0 };
        self.calendar.schedule(answer_at, event);
        if let Some(at) = body_end_at {
            self.calendar.schedule(at, Event { kind: EventKind::BodyEnd, ..event });
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
        let Some(site) = self.sites.get(flight.call.backend.index()) else { return false };
        let response = answer(&flight.call, site);
        if O::WANTS_STEPS {
            let limit = match flight.call.reply {
                Reply::Throttled { limit, .. } => Some(limit),
                Reply::Admitted(_) | Reply::Refused(_) => None,
            };
            flight.set_result(AttemptResult::Status(response.status, limit));
        }
        let attempt = AttemptNumber(event.attempt);
        self.tell(event.slot, now, Input::ResponseHeaders { attempt, response });
        true
    }

    /// The deployment is done with an attempt, whoever still waits for it.
    pub(super) fn end_service(&mut self, now: Timestamp, event: Event) {
        if !self.orphans.is_empty()
            && let Some((backend, demand, counted)) =
                self.orphans.remove(&(event.slot, event.epoch, event.attempt))
        {
            if let Some(deployment) = self.deployments.get_mut(backend.index()) {
                deployment.finish(&demand, counted, now);
            }
            return;
        }
        let Some(flight) = self.flights.get_mut(event.slot as usize) else { return };
        if flight.awaits(event.epoch, event.attempt) {
            flight.call.is_live = false;
            if let Some(counted) = flight.call.counted.take()
                && let Some(deployment) = self.deployments.get_mut(flight.call.backend.index())
            {
                deployment.finish(&flight.demand, counted, now);
            }
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
            self.orphans.insert(key, (flight.call.backend, flight.demand.clone(), counted));
        }
    }
}

/// A service time that was given instead of drawn.
fn recorded_time(recorded: Service, network: Duration) -> ServiceTime {
    ServiceTime {
        first_token: recorded.first_token.saturating_add(network),
        total: recorded.total.saturating_add(network),
    }
}

fn fill_permille(headroom: Headroom, limit: u64) -> u64 {
    match headroom {
        Headroom::Utilisation { permille } | Headroom::Places { permille } => permille,
        Headroom::Remaining { tokens, .. } => {
            let used = u128::from(limit.saturating_sub(tokens.get()));
            let permille = (used * 1000).checked_div(u128::from(limit)).unwrap_or(0);
            u64::try_from(permille).unwrap_or(u64::MAX)
        }
    }
}

/// The response of a deployment, with the headers that Azure OpenAI was seen to send.
fn answer(call: &Call, site: &Site) -> Response {
    let mut headers = Headers::shared(Arc::clone(&site.headers));
    let status = match call.reply {
        Reply::Admitted(Headroom::Remaining { tokens, requests }) => {
            headers.append("x-ratelimit-remaining-requests".into(), HeaderValue::Number(requests));
            headers.append("x-ratelimit-remaining-tokens".into(), HeaderValue::Number(tokens.get()));
            StatusCode::OK
        }
        Reply::Admitted(Headroom::Utilisation { permille }) => {
            let percent = utilisation_text(permille);
            let name = "azure-openai-deployment-utilization".into();
            headers.append(name, HeaderValue::Text(Text::from(percent)));
            StatusCode::OK
        }
        Reply::Admitted(Headroom::Places { .. }) => StatusCode::OK,
        Reply::Throttled { retry_after, .. } => {
            if let Some(wait) = retry_after {
                headers.append("Retry-After".into(), HeaderValue::Number(wait.as_secs_ceil().max(1)));
                headers.append("retry-after-ms".into(), HeaderValue::Number(wait.as_millis_ceil().max(1)));
            }
            StatusCode::TOO_MANY_REQUESTS
        }
        Reply::Refused(status) => status,
    };
    Response { headers, ..Response::plain(status) }
}
