//! Beyond every bound: random configurations, readings and choices, storms of hundreds of events, and then calm.
//!
//! Rules
//! - Every step goes through the same [`play`] as in the explorer, and no core property may break in any.
//! - In the end all backends answer well. When the last trip is over, requests have to be served at once, rotations to
//!   be fair, and nobody may hold a slot.
//! - Time goes on by itself and never back: clocks are not set back here.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::support::{Small, code, retry, rule, small, to_pool, well};
use crate::gateway::{ChoiceReason, Choices, Gateway, GatewayState, Phase, Threshold, WakeReason};
use crate::semantics::{Readings, Switch};
use crate::units::{Duration, Timestamp};
use crate::verify::answers::{Answer, Answers, RetryAfter};
use crate::verify::guide::Ways;
use crate::verify::properties::{Class, Property, Sight};
use crate::verify::rest::{is_fair, is_served};
use crate::verify::stage::{Deaf, Happening, Thread, play};
use crate::verify::watch::Watch;
use crate::verify::{Limits, Setup};

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A request arrives at an instance.
    Arrives(usize),
    /// A backend answers one of the requests under way.
    Answers(usize, Answer),
    Leaves(usize),
    /// Time passes; who is due in it hears of it.
    Passes(Duration),
}

#[derive(Clone, Debug)]
struct Case {
    policy: String,
    members: Vec<(Option<u8>, Option<u8>)>,
    threshold: Threshold,
    interval_s: u64,
    trip_s: u64,
    accepts_retry_after: bool,
    statuses: Vec<(u16, u16)>,
    error_reasons: bool,
    failure_status: Option<u16>,
    /// Readings that are not the usual ones.
    readings: Vec<(&'static str, &'static str)>,
    instances: usize,
    numbers: Vec<u64>,
    storm: Vec<Event>,
}

/// Draws from a list of numbers, round and round.
struct Drawn<'a> {
    numbers: &'a [u64],
    next: usize,
}

impl Drawn<'_> {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.numbers[self.next % self.numbers.len()]
    }
}

impl Readings for Drawn<'_> {}

impl Choices for Drawn<'_> {
    fn choose_weighted(&mut self, weights: &[u32], _: ChoiceReason) -> usize {
        let possible: Vec<usize> = (0..weights.len()).filter(|at| weights[*at] > 0).collect();
        possible[usize::try_from(self.number()).unwrap() % possible.len()]
    }

    fn between(&mut self, low: u64, high: u64, _: ChoiceReason) -> u64 {
        low + self.number() % (high - low).saturating_add(1).max(1)
    }
}

impl Ways for Drawn<'_> {
    fn way(&mut self, of: usize) -> usize {
        usize::try_from(self.number()).unwrap() % of
    }
}

fn policy() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        Just("context.Response != null && context.Response.StatusCode == 429"),
        Just("context.Response == null || context.Response.StatusCode >= 429"),
        Just("context.Response.StatusCode == 503"),
        Just("true"),
    ];
    let attributes = prop_oneof![
        (0u64..4).prop_map(|interval| format!(r#"interval="{interval}""#)),
        (0u64..4, 1u64..4).prop_map(|(interval, delta)| format!(r#"interval="{interval}" delta="{delta}""#)),
        (1u64..4, 1u64..4, 4u64..9).prop_map(|(interval, delta, most)| {
            format!(r#"interval="{interval}" delta="{delta}" max-interval="{most}""#)
        }),
    ];
    let shape = (any::<bool>(), any::<bool>(), any::<bool>());
    (1u32..4, attributes, condition, shape).prop_map(|(count, attributes, condition, shape)| {
        let (is_fast, is_held, is_buffered) = shape;
        let fast = if is_fast { r#" first-fast-retry="true""# } else { "" };
        let mut backend = retry(count, &format!("{attributes}{fast}"), condition);
        if !is_buffered {
            backend = backend.replace(r#"buffer-request-body="true""#, r#"timeout="7""#);
        }
        if is_held {
            backend = format!(r#"<limit-concurrency key="k" max-count="2">{backend}</limit-concurrency>"#);
        }
        to_pool(&backend)
    })
}

fn event() -> impl Strategy<Value = Event> {
    let retry_after = prop_oneof![
        3 => Just(RetryAfter::Absent),
        2 => (0u64..15).prop_map(RetryAfter::Seconds),
        1 => Just(RetryAfter::Malformed),
    ];
    let status = prop_oneof![4 => Just(429u16), 2 => Just(503), 1 => Just(500), 1 => 400u16..600];
    let answer = prop_oneof![
        3 => Just(well()),
        5 => (status, retry_after).prop_map(|(status, after)| Answer::Status(code(status), after)),
        1 => Just(Answer::NoConnection),
        1 => Just(Answer::BreaksOff),
    ];
    let time = prop_oneof![
        3 => (0u64..12).prop_map(Duration::from_secs),
        1 => (1u64..3).prop_map(Duration::from_nanos),
        1 => (0u64..12).prop_map(|s| Duration::from_secs(s).saturating_sub(Duration::from_nanos(1))),
    ];
    prop_oneof![
        4 => any::<usize>().prop_map(Event::Arrives),
        6 => (any::<usize>(), answer).prop_map(|(who, answer)| Event::Answers(who, answer)),
        1 => any::<usize>().prop_map(Event::Leaves),
        3 => time.prop_map(Event::Passes),
    ]
}

/// Every other switch has its usual reading.
fn readings() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop::collection::vec(any::<usize>(), Switch::ALL.len()).prop_map(|numbers| {
        let unusual = Switch::ALL.iter().zip(numbers).filter_map(|(switch, number)| {
            let info = switch.info();
            let at = if number % 2 == 0 { 0 } else { number / 2 % info.readings.len() };
            (at > 0).then(|| (info.path, info.readings[at]))
        });
        unusual.collect()
    })
}

fn case() -> impl Strategy<Value = Case> {
    let (count, share) = ((1u32..4).prop_map(Threshold::Count), (1u8..=100).prop_map(Threshold::Percentage));
    let threshold = prop_oneof![2 => count, 1 => share];
    let member = (prop::option::of(0u8..3), prop::option::of(0u8..4));
    let statuses =
        prop_oneof![Just(vec![(429, 429)]), Just(vec![(429, 429), (500, 599)]), Just(vec![(503, 504)]),];
    let rule = (threshold, 1u64..20, 0u64..20, any::<bool>(), statuses, any::<bool>());
    let rest = (
        prop::option::of(400u16..600),
        readings(),
        1usize..3,
        prop::collection::vec(any::<u64>(), 1..8),
        prop::collection::vec(event(), 1..300),
    );
    (policy(), prop::collection::vec(member, 1..5), rule, rest).prop_map(|(policy, members, rule, rest)| {
        Case {
            policy,
            members,
            threshold: rule.0,
            interval_s: rule.1,
            trip_s: rule.2,
            accepts_retry_after: rule.3,
            statuses: rule.4,
            error_reasons: rule.5,
            failure_status: rest.0,
            readings: rest.1,
            instances: rest.2,
            numbers: rest.3,
            storm: rest.4,
        }
    })
}

impl Case {
    fn setup(&self) -> Setup {
        let mut rule = rule(&self.statuses);
        rule.threshold = self.threshold;
        rule.interval = Duration::from_secs(self.interval_s);
        rule.trip_duration = Duration::from_secs(self.trip_s);
        rule.accept_retry_after = self.accepts_retry_after;
        if self.error_reasons {
            rule.error_reasons = vec!["Timeout".into(), "BackendConnectionFailure".into()];
        }
        let small = Small {
            policy: self.policy.clone(),
            members: self.members.clone(),
            rule: Some(rule),
            failure_status: self.failure_status,
            readings: self.readings.clone(),
            ..small()
        };
        small.setup()
    }
}

/// What has been going on.
struct Play<'a> {
    watch: &'a Watch<'a>,
    drawn: Drawn<'a>,
    now: Timestamp,
    gateways: Vec<GatewayState>,
    threads: Vec<Thread>,
    sights: BTreeSet<Sight>,
}

impl Play<'_> {
    fn happen(&mut self, thread: &Thread, happening: Happening) {
        let at = usize::from(thread.instance);
        let gateway = &self.gateways[at];
        let played = play(self.watch, thread, gateway, happening, self.now, &mut self.drawn, &mut Deaf);
        let core = played.seen.breaches.iter().filter(|breach| breach.property.info().class == Class::Core);
        let core: Vec<Property> = core.map(|breach| breach.property).collect();
        assert_eq!(core, [], "{happening:?} at {:?}", self.now);
        self.gateways[at] = played.gateway;
        self.threads.extend(played.thread);
        self.sights.extend(played.seen.sights);
    }

    fn take(&mut self, event: Event) {
        let under_way = self.threads.len();
        match event {
            Event::Arrives(instance) => {
                let instance = u8::try_from(instance % self.gateways.len()).unwrap();
                self.happen(&Thread { instance, ..Thread::default() }, Happening::Arrives(0));
            }
            Event::Passes(by) => self.pass(by),
            Event::Answers(..) | Event::Leaves(_) if under_way == 0 => {}
            Event::Answers(who, answer) => {
                let waits =
                    |thread: &Thread| matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. });
                if waits(&self.threads[who % under_way]) {
                    let thread = self.threads.swap_remove(who % under_way);
                    self.happen(&thread, Happening::Answers(answer));
                }
            }
            Event::Leaves(who) => {
                let thread = self.threads.swap_remove(who % under_way);
                self.happen(&thread, Happening::Leaves);
            }
        }
    }

    /// Lets time pass, with a stop wherever somebody is due.
    fn pass(&mut self, by: Duration) {
        let end = self.now.saturating_add(by);
        loop {
            let due = self.threads.iter().enumerate().filter_map(|(at, thread)| {
                let (when, why) = thread.exchange.wake_up()?;
                (when <= end).then_some((when, at, why))
            });
            let Some((when, at, why)) = due.min_by_key(|(when, at, _)| (*when, *at)) else { break };
            self.now = self.now.max(when);
            let thread = self.threads.swap_remove(at);
            self.happen(
                &thread,
                match why {
                    WakeReason::HeaderDeadline => Happening::Answers(Answer::Overdue),
                    WakeReason::RetryInterval | WakeReason::CallDeadline => Happening::Wakes,
                },
            );
        }
        self.now = end;
    }

    /// All backends answer well, until nobody is under way and the last trip is over.
    fn heal(&mut self) {
        while let Some(thread) = self.threads.pop() {
            if matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. }) {
                self.happen(&thread, Happening::Answers(well()));
            } else {
                self.threads.push(thread);
                self.pass(Duration::from_secs(1));
            }
        }
        let ends = self.gateways.iter().map(|gateway| gateway.last_reset(self.now)).max();
        self.now = self.now.max(ends.unwrap_or(self.now)).saturating_add(Duration::from_nanos(1));
    }
}

/// Plays a case; gives what was met.
fn check(case: &Case) -> BTreeSet<Sight> {
    let setup = case.setup();
    let answers = Answers::default();
    let watch = Watch::new(&setup, &answers, Limits::default());
    let fresh = Gateway::new(std::sync::Arc::clone(&setup.gateway)).into_state();
    let mut play = Play {
        watch: &watch,
        drawn: Drawn { numbers: &case.numbers, next: 0 },
        now: Timestamp::ZERO,
        gateways: vec![fresh; case.instances],
        threads: Vec::new(),
        sights: BTreeSet::new(),
    };
    for event in &case.storm {
        play.take(*event);
    }
    play.heal();
    let always_retries = case.policy.contains("@(true)");
    for gateway in &play.gateways {
        assert_eq!(gateway.slots_taken(), 0);
        assert!(is_fair(&setup.gateway, gateway, play.now, &mut play.drawn), "a rotation is unfair");
        assert!(
            always_retries || is_served(&watch, gateway, play.now, &mut play.drawn),
            "a request is not served after the storm"
        );
    }
    play.sights
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn core_properties_hold_in_every_storm(case in case()) {
        check(&case);
    }
}

#[test]
fn the_storms_are_not_empty() {
    let mut runner = TestRunner::deterministic();
    let mut sights = BTreeSet::new();
    for _ in 0..40 {
        sights.extend(check(&case().new_tree(&mut runner).unwrap().current()));
    }
    let all = [Sight::Tripped(0), Sight::Reset(3), Sight::FailedOver, Sight::Exhausted, Sight::Retried];
    assert!(all.iter().all(|sight| sights.contains(sight)), "{sights:?}");
}
