//! forward-request: selection, the attempt, its outcome, and what the breaker hears of it.
//!
//! Rules
//! - A pool member is selected on each forward (switch `select_at`); finding none is not an attempt.
//! - The breaker hears of a call when response headers arrive: what the body does later is not counted.
//!   Timeouts and connection failures do not count unless a switch says so.
//! - A tripped single backend answers like an exhausted pool of one (undocumented; same model).
//! - `context.Response` is null from the start of a forward until headers arrive.
//! - A body that was sent once without `buffer-request-body` is used up.
//!
//! Sources: forward-request page (2023-10-19), backends article (2025-05-20).

use super::breaker::{Completed, FailureCause};
use super::carbon::dirty_members;
use super::choices::Choices;
use super::exchange::{BodyProgress, Phase, Target};
use super::io::{Action, Answerer, Ending, Event, ForwardTarget, Input, SentBody, Usage};
use super::pipeline::Runner;
use super::retry_after::retry_after;
use super::seeded::{Fault, seeded};
use super::selection::{Pinned, Selection};
use super::spec::{BackendRef, BreakerRule};
use crate::policy::{Body, ForwardRequest, HeaderValue, LastError, Op, Response, Text};
use crate::semantics::{
    CountTimeouts, ErrorReasons, ExhaustedAs, ExhaustedReason, ExhaustedRetryAfter,
    ResponseAfterTransportError, UnbufferedRetryBody,
};
use crate::units::{AttemptNumber, BackendId, Duration, StatusCode};

impl<'a, C: Choices> Runner<'a, C> {
    /// Takes an input. `false` when the exchange does not await it.
    pub(super) fn handle(&mut self, input: Input) -> bool {
        match input {
            Input::ResponseHeaders { attempt, response } => self.headers_arrived(attempt, response),
            Input::BodyEnd { attempt, usage } => self.body_done(attempt, BodyProgress::Ended, usage),
            Input::BodyFailed { attempt } => self.body_done(attempt, BodyProgress::Failed, None),
            Input::HeaderTimeout { attempt } => {
                let is_due = matches!(self.exchange.phase,
                    Phase::AwaitingHeaders { deadline, .. } if deadline <= self.now);
                is_due && self.no_response(attempt, FailureCause::Timeout)
            }
            Input::ConnectionFailed { attempt } => self.no_response(attempt, FailureCause::Connection),
            Input::Wake => {
                let overdue = self.expire_calls();
                let is_due =
                    matches!(self.exchange.phase, Phase::Sleeping { until, .. } if until <= self.now);
                if is_due {
                    self.exchange.phase = Phase::Running;
                    self.run();
                }
                is_due || overdue
            }
            Input::SideCallDone { number, answer } => self.side_call_done(number, answer),
            Input::ClientCancel => self.cancel(),
        }
    }

    /// `forward-request`.
    pub(super) fn forward(&mut self, policy: &ForwardRequest) -> Result<(), Box<LastError>> {
        let timeout = self.eval(&policy.timeout)?;
        self.exchange.forwarded = true;
        self.drop_body();
        match self.exchange.target.clone() {
            Target::Unset => {
                let facts = self.exchange.facts.as_ref().unwrap_or(self.spec.facts());
                let Some(url) = facts.api.service_url.clone() else {
                    let message = "no backend service was set".into();
                    return Err(self.error("BackendConnectionFailure", message));
                };
                self.send(policy, timeout, None, ForwardTarget::Url(url));
                Ok(())
            }
            Target::Url(url) => {
                self.send(policy, timeout, None, ForwardTarget::Url(url));
                Ok(())
            }
            Target::Entity(entity) => {
                let selected = self.select(entity);
                self.send_or_refuse(policy, timeout, entity, selected)
            }
            Target::Selected(entity, selected) => {
                let still = selected.filter(|backend| self.is_available(*backend));
                self.send_or_refuse(policy, timeout, entity, still)
            }
        }
    }

    /// The backend that gets the next call to `entity`, if any is available.
    pub(super) fn select(&mut self, entity: BackendRef) -> Option<BackendId> {
        let selection = match entity {
            BackendRef::Single(backend) => self.is_available(backend).then_some(Selection {
                backend,
                priority: None,
                better_tripped: 0,
                peers_tripped: 0,
                pinned: Pinned::No,
            }),
            BackendRef::Pool(id) => {
                let pin = self.pin(id);
                let pool = self.spec.pool(id)?;
                let is_carbon_aware = pool.members.iter().any(|member| member.preferred_carbon.is_some());
                let dirty =
                    if is_carbon_aware { dirty_members(self.spec, pool, self.now, self.choices) } else { 0 };
                let state = self.state.pools.get_mut(id.index())?;
                let events = &mut self.effects.events;
                state.select(
                    pool,
                    pin,
                    dirty,
                    &mut self.state.breakers,
                    self.now,
                    self.spec.semantics(),
                    self.choices,
                    |backend, change| events.push(Event::Breaker { backend, change }),
                )
            }
        }?;
        if let BackendRef::Pool(id) = entity {
            self.note_cookie(id, selection.backend, selection.pinned == Pinned::Tripped);
        }
        self.effects.events.push(Event::Selected { request: self.exchange.id, selection });
        Some(selection.backend)
    }

    fn is_available(&mut self, backend: BackendId) -> bool {
        let Some(breaker) = self.state.breakers.get_mut(backend.index()) else { return false };
        if let Some(change) = breaker.expire(self.now, self.spec.semantics(), self.choices) {
            self.effects.events.push(Event::Breaker { backend, change });
        }
        breaker.is_available() || seeded(Fault::SingleTrippedCalled)
    }

    fn send_or_refuse(
        &mut self,
        policy: &ForwardRequest,
        timeout: Duration,
        entity: BackendRef,
        backend: Option<BackendId>,
    ) -> Result<(), Box<LastError>> {
        match backend {
            Some(mut backend) => {
                if seeded(Fault::SentElsewhere) {
                    let next = backend.index().saturating_add(1);
                    let number = next.checked_rem(self.spec.backends().len()).unwrap_or(0);
                    backend = BackendId(u16::try_from(number).unwrap_or(0));
                }
                self.send(policy, timeout, Some(backend), ForwardTarget::Backend(backend));
                Ok(())
            }
            None => self.exhausted(entity),
        }
    }

    fn send(
        &mut self,
        policy: &ForwardRequest,
        timeout: Duration,
        backend: Option<BackendId>,
        target: ForwardTarget,
    ) {
        let breaker = backend.and_then(|b| self.state.breakers.get_mut(b.index()));
        let probe = breaker.is_some_and(super::breaker::Breaker::sent);
        let body = self.body_to_send(policy.buffer_request_body);
        let factor = if seeded(Fault::TimeoutDoubled) { 2 } else { 1 };
        let deadline = self.now.saturating_add(timeout.saturating_mul(factor));
        let is_stuck = seeded(Fault::AttemptStuck);
        let attempt = if is_stuck { self.exchange.attempt } else { self.exchange.attempt.next() };
        self.exchange.attempt = attempt;
        self.exchange.body = BodyProgress::Flowing;
        self.exchange.usage = None;
        self.exchange.phase = Phase::AwaitingHeaders { backend, deadline, probe };
        let request = self.exchange.id;
        let buffer_response = policy.buffer_response;
        self.effects.actions.push(Action::Forward {
            request,
            attempt,
            target,
            body,
            deadline,
            buffer_response,
        });
    }

    fn body_to_send(&mut self, is_buffered: bool) -> SentBody {
        let is_dropped = seeded(Fault::BodyDropped) && self.exchange.attempt.0 > 0;
        if self.exchange.request.body == Body::Absent || is_dropped {
            return SentBody::None;
        }
        let was_used = self.exchange.body_used;
        self.exchange.body_used |= !is_buffered || seeded(Fault::BufferedBodyUsed);
        if !was_used {
            return SentBody::Whole;
        }
        match self.spec.semantics().policy_unbuffered_retry_body(self.choices) {
            UnbufferedRetryBody::Empty400 => SentBody::Lost { status: StatusCode::BAD_REQUEST },
            UnbufferedRetryBody::Error500 => SentBody::Lost { status: StatusCode::INTERNAL_SERVER_ERROR },
            UnbufferedRetryBody::Resent => SentBody::Whole,
        }
    }

    /// No backend was available: the gateway answers by itself.
    fn exhausted(&mut self, entity: BackendRef) -> Result<(), Box<LastError>> {
        let semantics = self.spec.semantics();
        let (mut next, mut last) = (None, Duration::ZERO);
        let mut see = |breaker: Option<&super::breaker::Breaker>| {
            let remaining = breaker.map_or(Duration::ZERO, |b| b.remaining(self.now));
            next = Some(next.map_or(remaining, |n: Duration| n.min(remaining)));
            last = last.max(remaining);
        };
        let configured = match entity {
            BackendRef::Single(id) => {
                see(self.state.breakers.get(id.index()));
                let rule = self.spec.backend(id).and_then(|b| b.breaker.as_ref());
                rule.and_then(|r| r.failure_status)
            }
            BackendRef::Pool(id) => {
                let pool = self.spec.pool(id);
                for member in pool.iter().flat_map(|p| &p.members) {
                    see(self.state.breakers.get(member.backend.index()));
                }
                pool.and_then(|p| p.failure_status)
            }
        };
        let next = next.unwrap_or(Duration::ZERO);
        let configured = configured.filter(|_| !seeded(Fault::ExhaustedStatusIgnored));
        let status = configured.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let mut response = Response::plain(status);
        if let BackendRef::Pool(id) = entity
            && (semantics.pool_exhausted_reason(self.choices) == ExhaustedReason::Legacy
                || seeded(Fault::NameLeaked))
        {
            response.reason = self.spec.legacy_exhausted_reason(id);
        }
        let wait = match semantics.pool_exhausted_retry_after(self.choices) {
            ExhaustedRetryAfter::MinRemaining if seeded(Fault::ExhaustedRetryAfterMax) => Some(last),
            ExhaustedRetryAfter::MinRemaining if seeded(Fault::ExhaustedRetryAfterLost) => None,
            ExhaustedRetryAfter::MinRemaining => Some(next),
            ExhaustedRetryAfter::Max => Some(last),
            ExhaustedRetryAfter::Absent => None,
        };
        if let Some(wait) = wait {
            response.headers.set("Retry-After".into(), HeaderValue::Number(wait.as_secs_ceil().max(1)));
        }
        let request = self.exchange.id;
        self.effects.events.push(Event::Exhausted { request, target: entity, status, next_reset: next });
        self.exchange.response = Some(response);
        self.exchange.answerer = Some(Answerer::Gateway);
        match semantics.pool_exhausted_as(self.choices) {
            ExhaustedAs::Error if !seeded(Fault::ExhaustedSwallowed) => {
                // The reason word is a placeholder of ours: the service's is not published.
                Err(self.error("BackendPoolUnavailable", "no backend is available".into()))
            }
            ExhaustedAs::PlainResponse | ExhaustedAs::Error => {
                self.exchange.pc = self.exchange.pc.next();
                Ok(())
            }
        }
    }

    fn headers_arrived(&mut self, attempt: AttemptNumber, mut response: Response) -> bool {
        let Phase::AwaitingHeaders { backend, probe, .. } = self.exchange.phase else { return false };
        if attempt != self.exchange.attempt {
            return false;
        }
        if let Some(backend) = backend {
            self.tell_breaker(backend, &response, probe);
        }
        self.add_cookie(&mut response);
        let status = response.status;
        self.exchange.response = Some(response);
        self.exchange.answerer = Some(Answerer::Backend { backend, attempt });
        self.exchange.phase = Phase::Running;
        match self.fails_on(status) {
            Ok(false) => self.exchange.pc = self.exchange.pc.next(),
            Ok(true) => {
                // The reason word is a placeholder of ours: the service's is not published.
                let error = self.error(
                    "BackendErrorStatusCode",
                    Text::Static("the backend answered with an error status"),
                );
                self.raise(error);
            }
            Err(error) => self.raise(error),
        }
        self.run();
        true
    }

    fn fails_on(&mut self, status: StatusCode) -> Result<bool, Box<LastError>> {
        let Some(Op::ForwardRequest(policy)) = self.spec.program().op(self.exchange.pc) else {
            return Ok(false);
        };
        Ok(status.is_error() && self.eval(&policy.fail_on_error_status_code)?)
    }

    fn tell_breaker(&mut self, backend: BackendId, response: &Response, probe: bool) {
        let Some(rule) = self.rule(backend) else { return };
        let failed = rule.counts(response.status) || seeded(Fault::SuccessCounted);
        let wanted = failed && (rule.accept_retry_after || seeded(Fault::RetryAfterAlways));
        let retry_after =
            if wanted { retry_after(&response.headers, self.now, self.spec.start_unix_s()) } else { None };
        let cause = FailureCause::Status(response.status);
        self.complete_call(backend, Completed { cause, failed, retry_after, probe });
    }

    fn complete_call(&mut self, mut backend: BackendId, call: Completed) {
        if seeded(Fault::WrongBackendTold) {
            backend = BackendId(0);
        }
        let Some(rule) = self.rule(backend) else { return };
        let Some(breaker) = self.state.breakers.get_mut(backend.index()) else { return };
        let ended = breaker.expire(self.now, self.spec.semantics(), self.choices);
        let change = breaker.completed(call, self.now, rule, self.spec.semantics(), self.choices);
        for change in ended.into_iter().chain(change) {
            self.effects.events.push(Event::Breaker { backend, change });
        }
    }

    fn rule(&self, backend: BackendId) -> Option<&'a BreakerRule> {
        self.spec.backend(backend).and_then(|b| b.breaker.as_ref())
    }

    /// Timeout or connection failure.
    fn no_response(&mut self, attempt: AttemptNumber, cause: FailureCause) -> bool {
        let Phase::AwaitingHeaders { backend, probe, .. } = self.exchange.phase else { return false };
        if attempt != self.exchange.attempt {
            return false;
        }
        let (reason, message) = match cause {
            FailureCause::Timeout => ("Timeout", "no response headers in time"),
            FailureCause::Connection | FailureCause::Status(_) => {
                ("BackendConnectionFailure", "the backend could not be reached")
            }
        };
        if let Some(backend) = backend {
            if self.counts_transport(backend, cause, reason) {
                self.complete_call(backend, Completed { cause, failed: true, retry_after: None, probe });
            } else if probe
                && !seeded(Fault::ProbeLeftByFailure)
                && let Some(breaker) = self.state.breakers.get_mut(backend.index())
            {
                breaker.probe_abandoned();
            }
        }
        if cause == FailureCause::Timeout {
            self.effects.actions.push(Action::Abort { request: self.exchange.id, attempt });
        }
        let keeps = self.spec.semantics().policy_response_after_transport_error(self.choices)
            == ResponseAfterTransportError::Previous
            || seeded(Fault::StaleResponseKept);
        if keeps && self.exchange.response.is_some() {
            // The body of the previous response is gone: only its head can still be sent.
            self.exchange.answerer = Some(Answerer::Gateway);
        } else {
            self.exchange.response = None;
        }
        self.exchange.phase = Phase::Running;
        if seeded(Fault::ErrorSwallowed) {
            self.exchange.pc = self.exchange.pc.next();
        } else {
            let error = self.error(reason, Text::Static(message));
            self.raise(error);
        }
        self.run();
        true
    }

    fn counts_transport(&mut self, backend: BackendId, cause: FailureCause, reason: &str) -> bool {
        let spec = self.spec;
        let Some(rule) = spec.backend(backend).and_then(|b| b.breaker.as_ref()) else { return false };
        let is_seeded = match cause {
            FailureCause::Timeout => seeded(Fault::TimeoutCounted),
            FailureCause::Connection => seeded(Fault::ConnectionCounted),
            FailureCause::Status(_) => false,
        };
        if is_seeded {
            return true;
        }
        let named = rule.error_reasons.iter().any(|r| r.eq_ignore_ascii_case(reason));
        if named && spec.semantics().breaker_error_reasons(self.choices) == ErrorReasons::Effective {
            return true;
        }
        cause == FailureCause::Timeout
            && rule.counts(StatusCode::GATEWAY_TIMEOUT)
            && spec.semantics().breaker_count_timeouts(self.choices) == CountTimeouts::As504
    }

    fn body_done(&mut self, attempt: AttemptNumber, progress: BodyProgress, usage: Option<Usage>) -> bool {
        let is_answering = matches!(self.exchange.answerer,
            Some(Answerer::Backend { attempt: answering, .. }) if answering == attempt);
        if !is_answering || self.exchange.body != BodyProgress::Flowing {
            return false;
        }
        if matches!(self.exchange.phase, Phase::Done(_) | Phase::Idle) {
            return false;
        }
        self.exchange.usage = usage;
        if seeded(Fault::RetryAfterFirstByte) && progress == BodyProgress::Failed {
            self.exchange.phase = Phase::Running;
            self.exchange.pc = self.spec.program().backend;
            self.run();
            return true;
        }
        match self.exchange.phase {
            Phase::Relaying => self.finish(match progress {
                BodyProgress::Failed => Ending::BrokenOff,
                BodyProgress::Flowing | BodyProgress::Ended => Ending::Answered,
            }),
            _ => self.tell_consumed(),
        }
        self.exchange.body = progress;
        true
    }

    fn cancel(&mut self) -> bool {
        let request = self.exchange.id;
        match self.exchange.phase {
            Phase::Idle | Phase::Done(_) => return false,
            Phase::AwaitingHeaders { backend, probe, .. } => {
                if probe
                    && !seeded(Fault::ProbeLeftByCancel)
                    && let Some(breaker) = backend.and_then(|b| self.state.breakers.get_mut(b.index()))
                {
                    breaker.probe_abandoned();
                }
                let attempt = self.exchange.attempt;
                self.effects.actions.push(Action::Abort { request, attempt });
            }
            Phase::Running | Phase::Sleeping { .. } | Phase::AwaitingSideCalls | Phase::Relaying => {
                self.drop_body();
            }
        }
        self.finish(Ending::Cancelled);
        true
    }
}
