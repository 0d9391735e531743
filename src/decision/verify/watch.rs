//! Looks at every step of the core and says which properties it breaks.
//!
//! Rules
//! - A status is named if a retry goes on after it or a breaker counts it. What is named, the configuration claims to
//!   handle; breaches that come of anything else carry a [`Cause`].
//! - A backend is usable for a request if a call to it could be sent now and it has not refused this request.
//! - `Retry-After: 0` is an invitation to come back: going back is no breach of what is claimed.

use super::answers::{Answer, Answers, RetryAfter};
use super::breakers::{self, Told};
use super::client::host;
use super::conduct::Plan;
use super::guide::Ways;
use super::limits;
use super::properties::{Breach, Cause, Property, Sight};
use super::setup::{Limits, Setup};
use crate::gateway::{
    Action, BackendRef, Breaker, BreakerChange, BreakerState, Effects, Ending, Event, Exchange, FailureCause,
    GatewayState, Phase, Pinned, RequestHead, Selection, SentBody, Threshold, Usage, WakeReason, retry_waits,
};
use crate::policy::{Body, Op};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// What has happened to a request so far, as far as properties ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct History {
    /// Backends that have refused it, by bit.
    pub(super) refused: u32,
    pub(super) last: Last,
    /// Retries that are left; `None` outside of any.
    pub(super) left: Option<u32>,
    pub(super) has_retried: bool,
    /// No backend was ready at the last forward.
    pub(super) exhausted: bool,
    pub(super) side_call_failed: bool,
    pub(super) responded: bool,
    /// Time spent waiting before retries, and the part of it with a backend ready.
    pub(super) waited: Duration,
    pub(super) waited_idly: Duration,
    /// A key that was sent, and where to.
    pub(super) key: Option<(String, u16)>,
    /// Backends that were called, in order, and retries: only if somebody's property may ask.
    pub(super) called: Vec<u16>,
    pub(super) retries: u32,
}

/// The last answer of a backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Last {
    pub(super) backend: Option<u16>,
    pub(super) what: What,
    pub(super) status: Option<StatusCode>,
    pub(super) is_counted: bool,
    pub(super) is_retried: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum What {
    #[default]
    Nothing,
    Well,
    Status,
    ComeBackAtOnce,
    NoResponse,
    BreaksOff,
}

impl History {
    /// Time that the request has waited in the gateway.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// Forgets what the next answer of a backend will replace.
    pub(super) fn forget_last(&mut self) {
        self.last = Last::default();
        self.exhausted = false;
    }

    /// Whether a token was not to be had, or a request of the policy's own failed.
    pub(super) fn side_call_has_failed(&self) -> bool {
        self.side_call_failed
    }
}

/// What does not change while steps are looked at.
#[derive(Debug)]
pub(super) struct Watch<'s> {
    pub(super) setup: &'s Setup,
    pub(super) answers: &'s Answers,
    pub(super) limits: Limits,
    /// What no client should read, in lower case.
    pub(super) hidden: Vec<String>,
    /// Attempts that retries allow.
    pub(super) most_attempts: u32,
    pub(super) plan: Plan,
    /// Whether the policy limits calls or tokens.
    pub(super) has_limits: bool,
    /// What a response says that it used, where the policy limits tokens: the least of its limits, half of it prompt.
    pub(super) usage: Option<Usage>,
}

/// One call into the core and what came of it.
pub(super) struct Look<'a> {
    /// Breakers, attempts and what the core is told before the call.
    pub(super) before: &'a [Breaker],
    pub(super) attempts: u32,
    pub(super) told: Option<Told>,
    pub(super) after: &'a GatewayState,
    pub(super) exchange: &'a Exchange,
    pub(super) effects: &'a Effects,
    pub(super) head: &'a RequestHead,
    pub(super) now: Timestamp,
    /// What limits held before the call.
    pub(super) limits: &'a limits::Before,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) breaches: Vec<Breach>,
    pub(super) sights: Vec<Sight>,
}

impl Seen {
    pub(super) fn breach(&mut self, property: Property, cause: Option<Cause>) {
        let breach = Breach { property, cause };
        if !self.breaches.contains(&breach) {
            self.breaches.push(breach);
        }
    }
}

impl<'s> Watch<'s> {
    pub(super) fn new(setup: &'s Setup, answers: &'s Answers, limits: Limits) -> Self {
        let spec = &setup.gateway;
        let mut hidden: Vec<String> = spec.pools().iter().map(|pool| pool.name.to_lowercase()).collect();
        for backend in spec.backends() {
            hidden.push(backend.name.to_lowercase());
            hidden.extend(host(&backend.url).map(str::to_lowercase));
        }
        hidden.retain(|name| name.len() >= 4);
        let counts = spec.program().ops.iter().filter_map(|op| match op {
            Op::Retry(retry) => Some(retry_waits(retry, spec.semantics()).map_or(50, |waits| waits.len())),
            _ => None,
        });
        let most = counts.fold(1_u32, |product, count| {
            product.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1))
        });
        let forwards = spec.program().ops.iter().filter(|op| matches!(op, Op::ForwardRequest(_))).count();
        let most_attempts = most.saturating_mul(u32::try_from(forwards).unwrap_or(u32::MAX).max(1));
        let plan = Plan::of(spec);
        let usage = limits::usage(spec);
        let has_limits = limits::has_limits(spec);
        Self { setup, answers, limits, hidden, most_attempts, plan, has_limits, usage }
    }

    /// Notes the answer that a backend is about to give.
    pub(super) fn answered(&self, history: &mut History, exchange: &Exchange, answer: Answer) {
        let backend = match exchange.phase() {
            Phase::AwaitingHeaders { backend, .. } => backend.map(|backend| backend.0),
            _ => None,
        };
        let (what, status) = match answer {
            Answer::Status(status, _) if status.is_success() => (What::Well, Some(status)),
            Answer::Status(status, RetryAfter::Seconds(0)) => (What::ComeBackAtOnce, Some(status)),
            Answer::Status(status, _) => (What::Status, Some(status)),
            Answer::BreaksOff => (What::BreaksOff, Some(StatusCode::OK)),
            Answer::NoConnection | Answer::Overdue => (What::NoResponse, None),
        };
        if what != What::Well
            && let Some(backend) = backend
        {
            history.refused |= bit(backend);
        }
        let kind = status.filter(|_| what != What::BreaksOff).and_then(|status| self.answers.kind(status));
        let (is_counted, is_retried) = kind.map_or((false, false), |kind| (kind.is_counted, kind.is_retried));
        history.last = Last { backend, what, status, is_counted, is_retried };
    }

    /// Notes that a side call failed.
    pub(super) fn side_call_failed(history: &mut History) {
        history.side_call_failed = true;
    }

    /// Looks at one call into the core.
    pub(super) fn see<W: Ways>(&self, history: &mut History, look: &Look<'_>, ways: &mut W, seen: &mut Seen) {
        for event in &look.effects.events {
            self.event(event, history, look, ways, seen);
        }
        self.breakers(look, seen);
        let spec = &self.setup.gateway;
        breakers::check(spec, look, ways, seen);
        self.plan.check(spec, look, history.last.status, ways, seen);
        if self.has_limits {
            limits::check(spec, look, seen);
        }
        for action in &look.effects.actions {
            self.action(action, history, look, ways, seen);
        }
        history.left = look.exchange.retries_left().or(history.left);
        let has_ended = look.effects.actions.iter().any(|action| matches!(action, Action::Finish { .. }));
        if has_ended != matches!(look.exchange.phase(), Phase::Done(_)) {
            seen.breach(Property::OneResponse, None);
        }
    }

    fn event<W: Ways>(
        &self,
        event: &Event,
        history: &mut History,
        look: &Look<'_>,
        ways: &mut W,
        seen: &mut Seen,
    ) {
        match event {
            Event::Selected { selection, .. } => {
                history.exhausted = false;
                if !self.setup.custom.is_empty() {
                    history.called.push(selection.backend.0);
                }
                seen.sights.push(Sight::Called(selection.backend.0));
                self.selected(*selection, history, look, ways, seen);
            }
            Event::Exhausted { .. } => {
                history.exhausted = true;
                seen.sights.push(Sight::Exhausted);
            }
            Event::Retry { place, retry, .. } => {
                seen.sights.extend([Sight::Retried, Sight::Attempt(*place, retry.saturating_add(1))]);
                history.has_retried = true;
                if !self.setup.custom.is_empty() {
                    history.retries = history.retries.saturating_add(1);
                }
                let left = history.left.or_else(|| match self.setup.gateway.program().op(*place) {
                    Some(Op::Retry(retry)) => {
                        let waits = retry_waits(retry, self.setup.gateway.semantics())?;
                        u32::try_from(waits.len()).ok()
                    }
                    _ => None,
                });
                history.left = left.map(|left| left.saturating_sub(1));
            }
            Event::Failed { error, .. } => {
                if error.reason.as_str() == "ExpressionValueEvaluationFailure" {
                    let cause = match history.last.what {
                        _ if history.side_call_failed => Some(Cause::SideCall),
                        What::NoResponse => Some(Cause::NoResponse),
                        What::Status if !history.last.is_counted && !history.last.is_retried => {
                            Some(Cause::OtherStatus)
                        }
                        _ => None,
                    };
                    seen.breach(Property::NeverThrows, cause);
                }
            }
            Event::Breaker { backend, change } => match change {
                BreakerChange::Tripped(trip) => {
                    seen.sights.push(Sight::Tripped(backend.0));
                    let rule = self.setup.gateway.backend(*backend).and_then(|b| b.breaker.as_ref());
                    let is_met = rule.is_some_and(|rule| {
                        let counts = match trip.cause {
                            FailureCause::Status(status) => rule.counts(status),
                            FailureCause::Timeout | FailureCause::Connection => true,
                        };
                        counts
                            && match rule.threshold {
                                // A probe that fails trips by itself.
                                Threshold::Count(count) => {
                                    trip.failures >= count
                                        || matches!(
                                            breaker_before(look, *backend),
                                            BreakerState::Probing { .. }
                                        )
                                }
                                Threshold::Percentage(_) => trip.failures >= 1,
                            }
                    });
                    if !is_met {
                        seen.breach(Property::TripsAtCondition, None);
                    }
                }
                BreakerChange::Extended { .. } => {}
                BreakerChange::Reset { until, .. } => {
                    seen.sights.push(Sight::Reset(backend.0));
                    if look.now < *until {
                        seen.breach(Property::ResetsOnTime, None);
                    }
                }
            },
            Event::Traced { .. } | Event::CallFailed { .. } => {}
        }
    }

    /// A backend was chosen for a call.
    fn selected<W: Ways>(
        &self,
        selection: Selection,
        history: &History,
        look: &Look<'_>,
        ways: &mut W,
        seen: &mut Seen,
    ) {
        let chosen = selection.backend;
        if let BreakerState::Tripped { until, .. } = look.after.breaker(chosen)
            && until > look.now
        {
            seen.breach(Property::NeverTripped, None);
        }
        let spec = &self.setup.gateway;
        let Some(BackendRef::Pool(pool)) = look.exchange.target() else { return };
        let Some(pool) = spec.pool(pool) else { return };
        let others: Vec<BackendId> = pool
            .members
            .iter()
            .map(|member| member.backend)
            .filter(|backend| *backend != chosen && look.after.is_ready(*backend, spec, look.now, ways))
            .collect();
        if selection.pinned == Pinned::No && spec.carbon().is_empty() {
            let priority = |backend: BackendId| {
                let member = pool.members.iter().find(|member| member.backend == backend);
                member.and_then(|member| member.priority)
            };
            if let Some(own) = priority(chosen)
                && others.iter().any(|other| priority(*other).is_some_and(|priority| priority < own))
            {
                seen.breach(Property::BetterGroupFirst, None);
            }
        }
        let usable = |backend: &BackendId| history.refused & bit(backend.0) == 0;
        if history.last.backend == Some(chosen.0)
            && history.refused & bit(chosen.0) != 0
            && others.iter().any(usable)
        {
            let cause = match history.last.what {
                What::NoResponse => Some(Cause::NoResponse),
                What::BreaksOff => Some(Cause::BreaksOff),
                What::ComeBackAtOnce => Some(Cause::ComeBackAtOnce),
                What::Status | What::Well | What::Nothing if history.last.is_counted => None,
                What::Status | What::Well | What::Nothing => Some(Cause::NoBreakerCounts),
            };
            seen.breach(Property::RetryElsewhere, cause);
        }
        let is = |backend: BackendId, paid_for: bool| {
            self.setup.paid_for.get(backend.index()).copied().flatten() == Some(paid_for)
        };
        if is(chosen, false) && others.iter().any(|other| is(*other, true) && usable(other)) {
            seen.breach(Property::PaidForFirst, None);
        }
    }

    /// Compares breakers before and after.
    fn breakers(&self, look: &Look<'_>, seen: &mut Seen) {
        for number in 0..self.setup.gateway.backends().len() {
            let Ok(number) = u16::try_from(number) else { return };
            let backend = BackendId(number);
            let (BreakerState::Tripped { until: before, .. }, BreakerState::Tripped { until: after, .. }) =
                (breaker_before(look, backend), look.after.breaker(backend))
            else {
                continue;
            };
            let is_new = look.effects.events.iter().any(|event| {
                matches!(event, Event::Breaker { backend: of, change: BreakerChange::Reset { .. } } if *of == backend)
            });
            if !is_new && after < before {
                seen.breach(Property::TripEndStays, None);
            }
        }
    }

    fn action<W: Ways>(
        &self,
        action: &Action,
        history: &mut History,
        look: &Look<'_>,
        ways: &mut W,
        seen: &mut Seen,
    ) {
        match action {
            Action::Forward { body, attempt, .. } => {
                if history.responded {
                    seen.breach(Property::NothingAfterFirstByte, None);
                }
                let has_body = look.exchange.request().body != Body::Absent;
                if matches!(body, SentBody::Lost { .. }) || has_body && *body == SentBody::None {
                    seen.breach(Property::WholeBody, None);
                }
                if attempt.0 > self.most_attempts {
                    seen.breach(Property::AttemptsBound, None);
                }
                if attempt.0 > self.limits.calls {
                    seen.breach(Property::Amplification, None);
                }
                self.keys(history, look, seen);
            }
            Action::Sleep { until, reason: WakeReason::RetryInterval, .. } => {
                let wait = until.since(look.now);
                history.waited = history.waited.saturating_add(wait);
                let is_idle = self.usable(history, look, ways);
                if is_idle {
                    history.waited_idly = history.waited_idly.saturating_add(wait);
                }
                if history.waited_idly > self.limits.wait {
                    seen.breach(Property::WaitBudget, Self::cause_of(history));
                } else if history.waited > self.limits.wait {
                    seen.breach(Property::WaitBudget, Some(Cause::NobodyReady));
                }
            }
            Action::Respond { answerer, .. } => {
                if history.responded {
                    seen.breach(Property::OneResponse, None);
                }
                history.responded = true;
                if let Some(response) = look.exchange.response() {
                    self.responded(response, *answerer, history, look, ways, seen);
                }
            }
            Action::Finish { ending, .. } => {
                if !history.responded && *ending != Ending::Cancelled {
                    seen.breach(Property::OneResponse, None);
                }
                if *ending == Ending::BrokenOff {
                    seen.breach(Property::Failover, Some(Cause::BreaksOff));
                }
            }
            Action::Sleep { .. } | Action::Abort { .. } | Action::SideCall { .. } => {}
        }
    }
}

fn breaker_before(look: &Look<'_>, backend: BackendId) -> BreakerState {
    look.before.get(backend.index()).map(Breaker::state).unwrap_or_default()
}

pub(super) fn bit(number: u16) -> u32 {
    1_u32.checked_shl(number.into()).unwrap_or(0)
}
