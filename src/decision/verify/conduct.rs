//! How the gateway has to go about one request: waits, deadlines, errors and answers of its own.
//!
//! Rules
//! - Only what the policy writes out is compared: an attribute that an expression computes is taken as it comes.
//! - What a response has to be is known only while no policy can make one.

use super::breakers::Outcome;
use super::guide::Ways;
use super::properties::Property;
use super::watch::{Look, Seen};
use crate::gateway::{
    Action, Answerer, BackendRef, BreakerState, Event, ForwardTarget, GatewaySpec, WakeReason,
};
use crate::policy::{HeaderValue, Op, Operand, Retry, Section};
use crate::semantics::{ExhaustedAs, ExhaustedRetryAfter, FirstFastIndex, ResponseAfterTransportError};
use crate::units::{BackendId, Duration, StatusCode};

/// What a policy leaves to the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// How long headers are waited for; `None`: an expression may tell.
    timeouts: Option<Vec<Duration>>,
    /// No policy makes a response or changes the status of one.
    answers_are_passed_on: bool,
    /// No policy changes headers of a response either.
    headers_are_passed_on: bool,
}

impl Plan {
    pub(super) fn of(spec: &GatewaySpec) -> Self {
        let program = spec.program();
        let mut timeouts = Some(Vec::new());
        let (mut answers_are_passed_on, mut headers_are_passed_on) = (true, true);
        for (op, place) in program.ops.iter().zip(&program.places) {
            match op {
                Op::ForwardRequest(policy) => match (&policy.timeout, &mut timeouts) {
                    (Operand::Literal(timeout), Some(known)) => known.push(*timeout),
                    _ => timeouts = None,
                },
                Op::SetHeader(_) => {
                    headers_are_passed_on &= matches!(place.section, Section::Inbound | Section::Backend);
                }
                Op::SectionEnd(_)
                | Op::ManagedIdentity { .. }
                | Op::SetVariable { .. }
                | Op::SetBackendService(_)
                | Op::Retry(_)
                | Op::RetryEnd(_)
                | Op::Branch { .. }
                | Op::Jump(_) => {}
                _ => (answers_are_passed_on, headers_are_passed_on) = (false, false),
            }
        }
        Self { timeouts, answers_are_passed_on, headers_are_passed_on }
    }

    /// Looks at one call into the core. `last` is the status that a backend answered last.
    pub(super) fn check<W: Ways>(
        &self,
        spec: &GatewaySpec,
        look: &Look<'_>,
        last: Option<StatusCode>,
        ways: &mut W,
        seen: &mut Seen,
    ) {
        errors(spec, look, ways, seen);
        let mut wait_until = None;
        for event in &look.effects.events {
            match event {
                Event::Retry { retry, wait, place, .. } => {
                    if let Some(Op::Retry(policy)) = spec.program().op(*place) {
                        retries(policy, *retry, *wait, spec, ways, seen);
                    }
                    wait_until = (*wait > Duration::ZERO).then(|| look.now.saturating_add(*wait));
                }
                Event::Exhausted { target, status, next_reset, .. } => {
                    let (next, _) = resets(spec, *target, look);
                    if *status != failure_status(spec, *target) || *next_reset != next {
                        seen.breach(Property::ExhaustedStatus, None);
                    }
                }
                _ => {}
            }
        }
        let mut sleeps_until = None;
        for action in &look.effects.actions {
            match action {
                Action::Forward { attempt, target, deadline, .. } => {
                    if attempt.0 != look.attempts.saturating_add(1) {
                        seen.breach(Property::AttemptsBound, None);
                    }
                    let timeout = deadline.since(look.now);
                    if self.timeouts.as_ref().is_some_and(|known| !known.contains(&timeout)) {
                        seen.breach(Property::Waits, None);
                    }
                    if let ForwardTarget::Backend(backend) = target
                        && left(look, *backend) > Duration::ZERO
                    {
                        seen.breach(Property::NeverTripped, None);
                    }
                }
                Action::Sleep { until, reason: WakeReason::RetryInterval, .. } => sleeps_until = Some(*until),
                Action::Respond { answerer, .. } => self.answer(*answerer, spec, look, last, ways, seen),
                _ => {}
            }
        }
        if sleeps_until != wait_until {
            seen.breach(Property::Waits, None);
        }
    }

    /// A response that no policy has made.
    fn answer<W: Ways>(
        &self,
        answerer: Answerer,
        spec: &GatewaySpec,
        look: &Look<'_>,
        last: Option<StatusCode>,
        ways: &mut W,
        seen: &mut Seen,
    ) {
        let Some(response) = look.exchange.response().filter(|_| self.answers_are_passed_on) else { return };
        let attempts = look.exchange.attempts();
        let exhausted = look.effects.events.iter().rev().find_map(|event| match event {
            Event::Exhausted { target, .. } => Some(*target),
            _ => None,
        });
        match (answerer, exhausted) {
            (Answerer::Backend { attempt, .. }, _) => {
                if attempt.0 != attempts || last != Some(response.status) {
                    seen.breach(Property::HonestAnswer, None);
                }
            }
            (Answerer::Gateway, Some(target)) => {
                let (next, latest) = resets(spec, target, look);
                let wait = match spec.semantics().pool_exhausted_retry_after(ways) {
                    ExhaustedRetryAfter::MinRemaining => Some(next),
                    ExhaustedRetryAfter::Max => Some(latest),
                    ExhaustedRetryAfter::Absent => None,
                };
                let seconds = |wait: Duration| wait.as_nanos().div_ceil(1_000_000_000).max(1);
                let right = wait.map(|wait| HeaderValue::Number(seconds(wait)));
                let is_told = response.headers.values("Retry-After").next() == right.as_ref();
                if response.status != failure_status(spec, target) || self.headers_are_passed_on && !is_told {
                    seen.breach(Property::ExhaustedStatus, None);
                }
            }
            (Answerer::Gateway, None) => {
                let is_failure = response.status == StatusCode::INTERNAL_SERVER_ERROR;
                if attempts > 0
                    && !is_failure
                    && spec.semantics().policy_response_after_transport_error(ways)
                        == ResponseAfterTransportError::Null
                {
                    seen.breach(Property::HonestAnswer, None);
                }
            }
        }
    }
}

/// An error goes to a retry or to on-error.
fn errors<W: Ways>(spec: &GatewaySpec, look: &Look<'_>, ways: &mut W, seen: &mut Seen) {
    let events = &look.effects.events;
    for event in events {
        let Event::Failed { error, .. } = event else { continue };
        let is_ours = error.section == Section::OnError || error.reason.as_str() == "PolicyLimit";
        let on_error = crate::gateway::Step::Ran(spec.program().on_error);
        let has_run = look.effects.steps.as_ref().is_some_and(|steps| steps.contains(&on_error));
        if !is_ours && !has_run {
            seen.breach(Property::OnErrorRuns, None);
        }
    }
    let goes_on = |event: &Event| matches!(event, Event::Retry { .. } | Event::Failed { .. });
    let got_nothing =
        look.told.is_some_and(|told| matches!(told.what, Outcome::Overdue | Outcome::NoConnection));
    let exhausted = events.iter().rposition(|event| matches!(event, Event::Exhausted { .. }));
    let since = exhausted.and_then(|at| events.get(at..)).unwrap_or(events);
    let is_error = exhausted.is_some() && spec.semantics().pool_exhausted_as(ways) == ExhaustedAs::Error;
    if got_nothing && !events.iter().any(goes_on) || is_error && !since.iter().any(goes_on) {
        seen.breach(Property::OnErrorRuns, None);
    }
}

/// One retry, as far as its policy is written out.
fn retries<W: Ways>(
    policy: &Retry,
    retry: u32,
    wait: Duration,
    spec: &GatewaySpec,
    ways: &mut W,
    seen: &mut Seen,
) {
    if let Operand::Literal(count) = policy.count
        && retry > count
    {
        seen.breach(Property::AttemptsBound, None);
    }
    let (Operand::Literal(interval), Operand::Literal(is_fast)) =
        (&policy.interval, &policy.first_fast_retry)
    else {
        return;
    };
    let (Some(delta), Some(most)) = (written(policy.delta.as_ref()), written(policy.max_interval.as_ref()))
    else {
        return;
    };
    let shifts =
        *is_fast && retry > 1 && spec.semantics().retry_first_fast_index(ways) == FirstFastIndex::Shifts;
    let (low, high) = if *is_fast && retry == 1 {
        (0, 0)
    } else {
        form(*interval, delta, most, retry.saturating_sub(if shifts { 2 } else { 1 }))
    };
    let nanos = u128::from(wait.as_nanos());
    if nanos < low || nanos > high {
        seen.breach(Property::Waits, None);
    }
}

/// The shortest and the longest wait after so many steps, in nanoseconds.
fn form(interval: Duration, delta: Option<Duration>, most: Option<Duration>, steps: u32) -> (u128, u128) {
    let cap = most.map_or(u128::from(u64::MAX), |most| u128::from(most.as_nanos()));
    let interval = u128::from(interval.as_nanos());
    let (low, high) = match delta.map(|delta| u128::from(delta.as_nanos())) {
        None => (interval, interval),
        Some(delta) if most.is_none() => {
            let wait = interval + u128::from(steps) * delta;
            (wait, wait)
        }
        Some(delta) => {
            let doublings = (1_u128 << steps.min(60)) - 1;
            let (low, high) = ((delta / 10).saturating_mul(8), (delta / 10).saturating_mul(12));
            (interval + low * doublings, interval + high * doublings)
        }
    };
    (low.min(cap), high.min(cap))
}

/// An attribute that is absent or written out; `None`: an expression tells.
#[expect(clippy::option_option, reason = "absent, and not known, are two things")]
fn written(operand: Option<&Operand<Duration>>) -> Option<Option<Duration>> {
    match operand {
        None => Some(None),
        Some(Operand::Literal(value)) => Some(Some(*value)),
        Some(Operand::Expression(_)) => None,
    }
}

/// What an exhausted pool, or a tripped backend, is answered with.
pub(super) fn failure_status(spec: &GatewaySpec, target: BackendRef) -> StatusCode {
    let configured = match target {
        BackendRef::Pool(pool) => spec.pool(pool).and_then(|pool| pool.failure_status),
        BackendRef::Single(backend) => {
            let rule = spec.backend(backend).and_then(|backend| backend.breaker.as_ref());
            rule.and_then(|rule| rule.failure_status)
        }
    };
    configured.unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

/// How long it takes until the first and the last of `target` are back.
fn resets(spec: &GatewaySpec, target: BackendRef, look: &Look<'_>) -> (Duration, Duration) {
    let members = match target {
        BackendRef::Single(backend) => vec![backend],
        BackendRef::Pool(pool) => {
            spec.pool(pool).map_or_else(Vec::new, |pool| pool.members.iter().map(|m| m.backend).collect())
        }
    };
    let waits: Vec<Duration> = members.iter().map(|backend| left(look, *backend)).collect();
    let (next, last) = (waits.iter().min(), waits.iter().max());
    (next.copied().unwrap_or_default(), last.copied().unwrap_or_default())
}

/// What is left of the trip of a backend.
fn left(look: &Look<'_>, backend: BackendId) -> Duration {
    match look.after.breaker(backend) {
        BreakerState::Tripped { until, .. } => until.max(look.now).since(look.now),
        BreakerState::Closed | BreakerState::Probing { .. } => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::support::{sections, setup};

    const S: u128 = 1_000_000_000;

    fn plan(inbound: &str, backend: &str, on_error: &str) -> Plan {
        Plan::of(&setup(&sections(inbound, backend, on_error), &[None], None).gateway)
    }

    #[test]
    fn a_plan_knows_what_is_written_out() {
        let target = r#"<set-backend-service backend-id="openai-backend-pool" />"#;
        let header = r#"<set-header name="x"><value>y</value></set-header>"#;
        let passes = |plan: &Plan| (plan.answers_are_passed_on, plan.headers_are_passed_on);
        let before = plan(&format!("{target}{header}"), r#"<forward-request timeout="7" />"#, "");
        assert_eq!(before.timeouts, Some(vec![Duration::from_secs(7)]));
        assert_eq!(passes(&before), (true, true), "headers of the request are none of the response");
        let after = plan(target, "<forward-request />", header);
        assert_eq!(passes(&after), (true, false));
        let made = plan(
            target,
            "<forward-request />",
            r#"<return-response><set-status code="200" reason="x" /></return-response>"#,
        );
        assert_eq!(passes(&made), (false, false));
        let told = plan(target, r#"<forward-request timeout="@(1 + 1)" />"#, "");
        assert_eq!(told.timeouts, None, "an expression tells");
    }

    #[test]
    fn waits_have_three_forms() {
        let second = |n| Some(Duration::from_secs(n));
        let form = |interval, delta, most, steps| form(Duration::from_secs(interval), delta, most, steps);
        for steps in [0, 1, 5] {
            assert_eq!(form(3, None, None, steps), (3 * S, 3 * S), "fixed");
            assert_eq!(form(3, None, second(2), steps), (2 * S, 2 * S), "fixed, with an end");
        }
        assert_eq!([0, 1, 4].map(|steps| form(3, second(2), None, steps).0 / S), [3, 5, 11], "linear");
        assert_eq!(form(3, second(2), None, 4).1, 11 * S);
        // Exponential: the interval, and the increment between 0.8 and 1.2 times, doubled each time.
        assert_eq!(form(3, second(10), second(100), 0), (3 * S, 3 * S));
        assert_eq!(form(3, second(10), second(100), 1), (11 * S, 15 * S));
        assert_eq!(form(3, second(10), second(100), 2), (27 * S, 39 * S));
        assert_eq!(form(3, second(10), second(30), 2), (27 * S, 30 * S));
    }

    #[test]
    fn a_wait_is_right_only_as_the_policy_has_it() {
        let broken = |attributes: &str, retry, wait_s| {
            let backend =
                format!(r#"<retry count="3" {attributes} condition="@(true)"><forward-request /></retry>"#);
            let spec = setup(&sections("", &backend, ""), &[None], None).gateway;
            let policy = spec.program().ops.iter().find_map(|op| match op {
                Op::Retry(policy) => Some(policy),
                _ => None,
            });
            let mut seen = Seen::default();
            let wait = Duration::from_secs(wait_s);
            let worlds = crate::verify::Worlds::configured(&spec);
            let mut ways = crate::verify::guide::Script::new(&worlds, 0, &[]);
            retries(policy.unwrap(), retry, wait, &spec, &mut ways, &mut seen);
            seen.breaches.iter().map(|breach| breach.property).collect::<Vec<_>>()
        };
        let linear = r#"interval="1" delta="2""#;
        for (retry, right) in [(1, 1), (2, 3), (3, 5)] {
            assert_eq!(broken(linear, retry, right), []);
            assert_eq!(broken(linear, retry, right + 1), [Property::Waits]);
            assert_eq!(broken(linear, retry, right - 1), [Property::Waits]);
        }
        assert_eq!(broken(linear, 4, 7), [Property::AttemptsBound]);
        let fast = r#"interval="1" delta="2" first-fast-retry="true""#;
        assert_eq!(broken(fast, 1, 0), []);
        assert_eq!(broken(fast, 1, 1), [Property::Waits]);
        assert_eq!(broken(fast, 2, 0), [Property::Waits]);
        let told = r#"interval="@(5)""#;
        assert_eq!((broken(told, 1, 9), broken(told, 4, 9)), (vec![], vec![Property::AttemptsBound]));
    }
}
