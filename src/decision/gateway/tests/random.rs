//! Anything in any order: random configurations, readings, choices and inputs.
//!
//! What must hold whatever happens
//! - Nothing panics; a copy of the state behaves the same.
//! - Attempts are numbered 1, 2, 3 ... and never more than the policy's bound.
//! - A finished request that was not cancelled got exactly one response head; a cancelled one at most one.
//!   After the end nothing is heard.
//! - No forward goes to a backend whose trip is not over, neither as of before the call nor as of after it.
//! - Only attempts that were made are aborted, each once.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::driver::{backends, compile, head, policy, pool, response, rule, seconds};
use crate::gateway::{
    Action, Answerer, BreakerChange, BreakerState, CallNumber, ChoiceReason, Choices, Effects, Ending, Event,
    Exchange, ForwardTarget, Gateway, GatewaySpec, Input, Phase, SentBody, SideAnswer, SideCall, Threshold,
};
use crate::semantics::{Readings, Semantics, Switch};
use crate::units::{AttemptNumber, BackendId, Timestamp};

/// Policies with the most attempts each can make.
fn policies() -> Vec<(String, u32)> {
    let target = r#"<set-backend-service backend-id="p" />"#;
    let identity = r#"<authentication-managed-identity resource="r" output-token-variable-name="t" />"#;
    let guarded = "context.Response == null || context.Response.StatusCode >= 429";
    let nested = format!(
        r#"<retry count="2" interval="1" condition="@({guarded})"><retry count="1" interval="0" condition="true">
           <forward-request /></retry></retry>"#
    );
    let growing = r#"<retry count="2" interval="2" delta="1" max-interval="5" first-fast-retry="true"
        condition="@(context.Response.StatusCode != 200)">
        <forward-request timeout="3" fail-on-error-status-code="true" buffer-request-body="true" /></retry>"#;
    let on_error = r#"<choose><when condition="@(context.Response.StatusCode == 503)">
        <return-response><set-status code="503" reason="no" /></return-response></when></choose>"#;
    let twice = r#"<forward-request /><choose><when condition="@(context.Response.StatusCode == 429)">
        <set-backend-service base-url="https://elsewhere" /><forward-request /></when></choose>"#;
    let again_inside = r#"<retry count="3" interval="0" condition="@(context.Response.StatusCode == 429)">
        <set-backend-service backend-id="p" /><forward-request /></retry>"#;
    let limited = format!(
        r#"<rate-limit-by-key calls="4" renewal-period="5" counter-key="k" increment-condition="@(context.Response.StatusCode != 429)" />
           <llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />
           <wait for="all"><send-request mode="copy" response-variable-name="a" timeout="1" ignore-error="true" />
           <send-request mode="copy" response-variable-name="b" timeout="3" /></wait>{target}"#
    );
    let held = r#"<limit-concurrency key="a" max-count="2"><retry count="2" interval="1" condition="@(context.Response != null && context.Response.StatusCode == 429)">
        <limit-concurrency key="b" max-count="1"><forward-request timeout="2" /></limit-concurrency></retry>
        <choose><when condition="@(context.Response.StatusCode == 500)"><return-response /></when></choose>
        <send-request mode="copy" response-variable-name="c" timeout="1" /></limit-concurrency>"#;
    vec![
        (policy(&limited, held, "", on_error), 3),
        (policy(target, held, "", on_error), 3),
        (policy(target, "<base />", "", ""), 1),
        (policy(&format!("{identity}{target}"), &nested, identity, on_error), 6),
        (policy(target, growing, "<set-status code=\"204\" reason=\"x\" />", on_error), 3),
        (policy(target, twice, "", on_error), 2),
        (policy("", again_inside, "", on_error), 4),
        (policy(r#"<set-backend-service backend-id="b0" />"#, &nested, "", ""), 6),
    ]
}

/// Draws from a list of numbers, round and round.
struct Drawn<'a> {
    numbers: &'a [u32],
    next: usize,
}

impl Readings for Drawn<'_> {}

impl Choices for Drawn<'_> {
    fn choose_weighted(&mut self, weights: &[u32], _: ChoiceReason) -> usize {
        assert!(weights.iter().any(|w| *w > 0), "a choice among nothing");
        self.next += 1;
        // Also outside the slice, and members without a weight: the core has to cope.
        self.numbers[self.next % self.numbers.len()] as usize % (weights.len() + 2)
    }

    fn between(&mut self, low: u64, high: u64, _: ChoiceReason) -> u64 {
        assert!(low <= high);
        self.next += 1;
        u64::from(self.numbers[self.next % self.numbers.len()])
    }
}

/// What has been seen of one request.
#[derive(Default)]
struct Seen {
    attempts: u32,
    responds: u32,
    ending: Option<Ending>,
    aborted: BTreeSet<u32>,
}

#[derive(Clone, Debug)]
struct Play {
    policy: usize,
    members: Vec<(Option<u8>, Option<u8>)>,
    threshold: Threshold,
    trip_s: u64,
    readings: Vec<usize>,
    numbers: Vec<u32>,
    /// Who, what, which attempt (distance from the latest), how much later in half seconds, status.
    steps: Vec<(usize, u8, u32, u64, u16)>,
}

fn play() -> impl Strategy<Value = Play> {
    let threshold =
        prop_oneof![(1u32..4).prop_map(Threshold::Count), (1u8..=100).prop_map(Threshold::Percentage),];
    let status = prop_oneof![Just(200u16), Just(429), Just(500), Just(503), Just(504), 100u16..600];
    (
        0..policies().len(),
        prop::collection::vec((prop::option::of(0u8..3), prop::option::of(0u8..3)), 1..4),
        threshold,
        0u64..8,
        prop::collection::vec(any::<usize>(), Switch::ALL.len()),
        prop::collection::vec(any::<u32>(), 1..8),
        prop::collection::vec((0usize..3, 0u8..14, 0u32..3, 0u64..8, status), 1..120),
    )
        .prop_map(|(policy, members, threshold, trip_s, readings, numbers, steps)| Play {
            policy,
            members,
            threshold,
            trip_s,
            readings,
            numbers,
            steps,
        })
}

/// Plays, and tells in words what came up.
fn check(play: &Play) -> BTreeSet<&'static str> {
    let mut came_up = BTreeSet::new();
    let (text, bound) = policies().swap_remove(play.policy);
    let mut semantics = Semantics::default();
    for (switch, choice) in Switch::ALL.iter().zip(&play.readings) {
        let info = switch.info();
        // Every other time the default, so that plays are not all exotic.
        let reading = if choice % 2 == 0 { 0 } else { choice / 2 % info.readings.len() };
        assert!(semantics.set(info.path, info.readings[reading]));
    }
    let mut rule = rule();
    rule.threshold = play.threshold;
    rule.trip_duration = seconds(play.trip_s);
    rule.interval = seconds(5);
    rule.error_reasons = vec!["Timeout".into(), "BackendConnectionFailure".into()];
    let backends = backends(play.members.len(), Some(&rule));
    let spec = GatewaySpec::new(backends, vec![pool(&play.members)], compile(&text), semantics).unwrap();
    let mut gateway = Gateway::new(spec.into());
    let mut choices = Drawn { numbers: &play.numbers, next: 0 };
    let mut exchanges: Vec<Exchange> = (0..3).map(|_| Exchange::default()).collect();
    let mut seen: Vec<Seen> = (0..3).map(|_| Seen::default()).collect();
    let mut now = Timestamp::ZERO;
    for (who, what, back, later, status) in &play.steps {
        now = now.saturating_add(crate::units::Duration::from_millis(later * 500));
        let before = states(&gateway, play.members.len());
        let exchange = &mut exchanges[*who];
        let mut effects = Effects::default();
        let attempt = AttemptNumber(exchange.attempts().saturating_sub(*back));
        let was_over = seen[*who].ending.is_some();
        let can_start = matches!(exchange.phase(), Phase::Idle | Phase::Done(_));
        let mut taken = true;
        let input = match what {
            0 | 1 => Input::Wake,
            2 => Input::ClientCancel,
            3 => Input::HeaderTimeout { attempt },
            4 => Input::ConnectionFailed { attempt },
            5 => Input::BodyFailed { attempt },
            6 => Input::SideCallDone { number: exchange.last_call, answer: SideAnswer::Failed },
            7 => {
                let number = CallNumber(exchange.last_call.0.saturating_sub(*back));
                Input::SideCallDone { number, answer: SideAnswer::Response(response(*status, &[])) }
            }
            8 => {
                let expires = now.saturating_add(seconds(u64::from(*back)));
                let answer = SideAnswer::Token { token: "t".into(), expires };
                Input::SideCallDone { number: exchange.last_call, answer }
            }
            9 => Input::BodyEnd { attempt, usage: None },
            _ if can_start => {
                seen[*who] = Seen::default();
                gateway.start(exchange, &head(*who), now, &mut choices, &mut effects);
                Input::Wake
            }
            _ => {
                let headers: &[(&'static str, &'static str)] =
                    if back % 2 == 0 { &[("Retry-After", "2")] } else { &[] };
                Input::ResponseHeaders { attempt, response: response(*status, headers) }
            }
        };
        if effects.actions.is_empty() {
            taken = gateway.handle(exchange, input, now, &mut choices, &mut effects);
        }
        assert!(taken || effects.actions.is_empty() && effects.events.is_empty());
        assert!(!(was_over && taken) || seen[*who].ending.is_none(), "heard something after the end");
        assert!(!matches!(exchange.phase(), Phase::Running));
        let after = states(&gateway, play.members.len());
        came_up.extend(effects.events.iter().map(event_word));
        came_up.extend(after.iter().map(state_word));
        for action in &effects.actions {
            came_up.insert(action_word(action));
            observe(action, &mut seen[*who], exchange, now, &before, &after, bound);
        }
        if let Some(ending) = seen[*who].ending {
            let responds = seen[*who].responds;
            assert!(if ending == Ending::Cancelled { responds <= 1 } else { responds == 1 }, "{responds}");
            assert_eq!(exchange.phase(), &Phase::Done(ending));
        }
    }
    let inside = gateway.state().limits.inside();
    assert!(inside <= 2 * 3, "{inside} held by three requests in two limits");
    for exchange in &mut exchanges {
        let mut effects = Effects::default();
        gateway.handle(exchange, Input::ClientCancel, now, &mut choices, &mut effects);
    }
    assert_eq!(gateway.state().limits.inside(), 0, "a slot was not given back");
    came_up
}

fn action_word(action: &Action) -> &'static str {
    match action {
        Action::Forward { target: ForwardTarget::Backend(_), body: SentBody::Lost { .. }, .. } => "lost body",
        Action::Forward { target: ForwardTarget::Backend(_), attempt, .. } if attempt.0 > 4 => {
            "fifth attempt"
        }
        Action::Forward { target: ForwardTarget::Backend(_), .. } => "to a backend",
        Action::Forward { target: ForwardTarget::Url(_), .. } => "to a url",
        Action::Abort { .. } => "abort",
        Action::Sleep { .. } => "sleep",
        Action::SideCall { call: SideCall::Token { .. }, .. } => "token",
        Action::SideCall { .. } => "call",
        Action::Respond { answerer: Answerer::Gateway, .. } => "answer of the gateway",
        Action::Respond { .. } => "answer of a backend",
        Action::Finish { ending: Ending::Answered, .. } => "answered",
        Action::Finish { ending: Ending::BrokenOff, .. } => "broken off",
        Action::Finish { ending: Ending::Cancelled, .. } => "cancelled",
    }
}

fn event_word(event: &Event) -> &'static str {
    match event {
        Event::Selected { .. } => "selected",
        Event::Exhausted { .. } => "exhausted",
        Event::Breaker { change: BreakerChange::Tripped(_), .. } => "trip",
        Event::Breaker { change: BreakerChange::Extended { .. }, .. } => "extension",
        Event::Breaker { change: BreakerChange::Reset { .. }, .. } => "reset",
        Event::Retry { .. } => "retry",
        Event::Traced { .. } => "trace",
        Event::CallFailed { .. } => "failed call",
        Event::Failed { .. } => "failure",
    }
}

fn state_word(state: &BreakerState) -> &'static str {
    match state {
        BreakerState::Closed => "closed",
        BreakerState::Tripped { .. } => "tripped",
        BreakerState::Probing { under_way: false } => "waiting for a probe",
        BreakerState::Probing { under_way: true } => "probe under way",
    }
}

#[test]
fn the_plays_are_not_empty() {
    let mut runner = TestRunner::deterministic();
    let mut came_up = BTreeSet::new();
    for _ in 0..12_000 {
        came_up.extend(check(&play().new_tree(&mut runner).unwrap().current()));
    }
    let expected = [
        "abort",
        "answer of a backend",
        "answer of the gateway",
        "answered",
        "broken off",
        "call",
        "cancelled",
        "closed",
        "exhausted",
        "extension",
        "failed call",
        "failure",
        "fifth attempt",
        "lost body",
        "probe under way",
        "reset",
        "retry",
        "selected",
        "sleep",
        "to a backend",
        "to a url",
        "token",
        "trip",
        "tripped",
        "waiting for a probe",
    ];
    assert_eq!(came_up.into_iter().collect::<Vec<_>>(), expected);
}

fn states(gateway: &Gateway, backends: usize) -> Vec<BreakerState> {
    (0u16..).take(backends).map(|b| gateway.breaker(BackendId(b))).collect()
}

fn observe(
    action: &Action,
    seen: &mut Seen,
    exchange: &Exchange,
    now: Timestamp,
    before: &[BreakerState],
    after: &[BreakerState],
    bound: u32,
) {
    assert!(seen.ending.is_none(), "an action after the end: {action:?}");
    match action {
        Action::Forward { attempt, target, deadline, .. } => {
            seen.attempts += 1;
            assert_eq!(attempt.0, seen.attempts);
            assert!(seen.attempts <= bound, "{} attempts of at most {bound}", seen.attempts);
            assert_eq!(seen.responds, 0);
            assert!(*deadline >= now);
            if let ForwardTarget::Backend(backend) = target {
                for state in [before[backend.index()], after[backend.index()]] {
                    let may = match state {
                        BreakerState::Tripped { until, .. } => until <= now,
                        BreakerState::Closed | BreakerState::Probing { .. } => true,
                    };
                    assert!(may, "a forward to b{} at {now:?}, which is {state:?}", backend.0);
                }
            }
        }
        Action::Abort { attempt, .. } => {
            assert!(attempt.0 >= 1 && attempt.0 <= seen.attempts);
            assert!(seen.aborted.insert(attempt.0), "aborted twice");
        }
        Action::Sleep { until, .. } => assert!(*until > now),
        Action::SideCall { .. } => {}
        Action::Respond { .. } => {
            seen.responds += 1;
            assert!(exchange.response().is_some());
        }
        Action::Finish { ending, .. } => seen.ending = Some(*ending),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn whatever_happens_the_rules_hold(play in play()) {
        check(&play);
    }
}
