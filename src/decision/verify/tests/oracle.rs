//! The explorer against somebody else's: stateright, over plain states.
//!
//! A state is the product of gateways, requests and faults. Nothing is kept twice, numbered, sorted or worked out
//! beforehand; only the step itself is shared. Compared are the number of states, which properties do not hold, and
//! after how many events at least.
//!
//! Rules
//! - Once with clocks that are set back, as the explorer has them, where states are equal one by one; once with a clock
//!   that goes on and nothing forgotten, where there are more states and all else is equal.
//! - One property in each run, on one thread: with more, stateright's paths need not be the shortest.

use std::collections::BTreeMap;
use std::sync::Arc;

use stateright::{Checker, Model, Property};

use super::support::{Small, answer, retry, rule, small, to_pool, well};
use crate::gateway::{Gateway, GatewayState, Phase, WakeReason};
use crate::units::{Duration, Timestamp};
use crate::verify::answers::{Answer, Answers, RetryAfter};
use crate::verify::guide::Guide;
use crate::verify::properties::Breach;
use crate::verify::rest::{NO_RECOVERY, SLOTS_KEPT, UNFAIR};
use crate::verify::stage::{Deaf, Happening, Thread, play};
use crate::verify::watch::Watch;
use crate::verify::{Bounds, Limits, Worlds};

/// Everything there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Whole {
    gateways: Vec<GatewayState>,
    threads: Vec<Option<Thread>>,
    now: Timestamp,
    faults: u8,
    /// The breach that is looked for has happened: nothing comes after it.
    is_broken: bool,
}

/// What a run looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Nothing,
    This(Breach),
    /// Any but these.
    Other(Vec<Breach>),
}

#[derive(Clone)]
struct Plain {
    watch: &'static Watch<'static>,
    worlds: &'static Worlds,
    answers: Vec<Answer>,
    bounds: Bounds,
    sets_clocks_back: bool,
    target: Target,
}

impl Plain {
    fn spec(&self) -> &crate::gateway::GatewaySpec {
        &self.watch.setup.gateway
    }

    /// Lets time pass for everything.
    fn later(&self, state: &Whole, by: Duration) -> Whole {
        let mut later = state.clone();
        if !self.sets_clocks_back {
            later.now = later.now.saturating_add(by);
            return later;
        }
        for gateway in &mut later.gateways {
            gateway.set_back(by);
            gateway.forget(self.spec(), later.now);
        }
        for thread in later.threads.iter_mut().flatten() {
            thread.exchange.set_back(by);
            thread.exchange.forget((!self.spec().has_calendar()).then_some(later.now));
        }
        later
    }

    /// Everything that `happening` may do to the request in `place`.
    fn happen(
        &self,
        state: &Whole,
        place: usize,
        thread: &Thread,
        happening: Happening,
        found: &mut Vec<Whole>,
    ) {
        let instance = usize::from(thread.instance);
        let mut guide = Guide::new(self.worlds, self.worlds.all());
        loop {
            let (gateway, now) = (&state.gateways[instance], state.now);
            let played = play(self.watch, thread, gateway, happening, now, &mut guide, &mut Deaf);
            let is_fault = match happening {
                Happening::Answers(answer) => !answer.is_well(),
                Happening::Leaves => true,
                Happening::Arrives(_) | Happening::Wakes => played.side_call_failed_now,
            };
            if !is_fault || state.faults < self.bounds.faults {
                let mut next = state.clone();
                next.faults += u8::from(is_fault);
                next.gateways[instance] = played.gateway;
                next.threads[place] = played.thread;
                if let Some(thread) = &mut next.threads[place] {
                    if matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. }) {
                        thread.history.forget_last();
                    }
                    if self.sets_clocks_back {
                        thread.exchange.forget((!self.spec().has_calendar()).then_some(now));
                    }
                }
                if self.sets_clocks_back {
                    next.gateways[instance].forget(self.spec(), now);
                }
                next.is_broken = match &self.target {
                    Target::Nothing => false,
                    Target::This(breach) => played.seen.breaches.contains(breach),
                    Target::Other(known) => played.seen.breaches.iter().any(|breach| !known.contains(breach)),
                };
                found.push(next);
            }
            if !guide.next() {
                break;
            }
        }
    }

    fn wake(thread: &Thread, now: Timestamp) -> Option<(Duration, Happening)> {
        let (at, why) = thread.exchange.wake_up()?;
        let happening = match why {
            WakeReason::HeaderDeadline => Happening::Answers(Answer::Overdue),
            WakeReason::RetryInterval | WakeReason::CallDeadline => Happening::Wakes,
        };
        Some((at.since(now), happening))
    }
}

impl Model for Plain {
    type State = Whole;
    type Action = Whole;

    fn init_states(&self) -> Vec<Whole> {
        let fresh = Gateway::new(Arc::clone(&self.watch.setup.gateway)).into_state();
        vec![Whole {
            gateways: vec![fresh; self.bounds.instances],
            threads: vec![None; self.bounds.in_flight],
            now: Timestamp::from_nanos(1 << 62),
            faults: 0,
            is_broken: false,
        }]
    }

    fn actions(&self, state: &Whole, found: &mut Vec<Whole>) {
        if state.is_broken {
            return;
        }
        if let Some(free) = state.threads.iter().position(Option::is_none) {
            for instance in 0..u8::try_from(self.bounds.instances).unwrap() {
                let thread = Thread { instance, ..Thread::default() };
                self.happen(state, free, &thread, Happening::Arrives(0), found);
            }
        }
        let wakes = state.threads.iter().flatten().filter_map(|thread| Self::wake(thread, state.now));
        let earliest = wakes.map(|(after, _)| after).min();
        for (place, thread) in state.threads.iter().enumerate() {
            let Some(thread) = thread else { continue };
            if matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. }) {
                for answer in self.answers.iter().filter(|answer| **answer != Answer::Overdue) {
                    self.happen(state, place, thread, Happening::Answers(*answer), found);
                }
            }
            self.happen(state, place, thread, Happening::Leaves, found);
            if let Some((after, happening)) = Self::wake(thread, state.now)
                && Some(after) == earliest
            {
                let later = self.later(state, after);
                let thread = later.threads[place].clone().unwrap();
                self.happen(&later, place, &thread, happening, found);
            }
        }
        let instants = state.gateways.iter().flat_map(|gateway| gateway.instants(self.spec(), state.now));
        let next = instants.min().map(|at| at.since(state.now));
        if let Some(after) = next.filter(|after| earliest.is_none_or(|earliest| *after <= earliest)) {
            found.push(self.later(state, after));
        }
    }

    fn next_state(&self, _: &Whole, next: Whole) -> Option<Whole> {
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("holds", |_, state: &Whole| !state.is_broken)]
    }
}

/// Looks at all states. Gives their number, and the number of events to the breach that is looked for.
fn run(plain: &Plain, target: Target) -> (usize, Option<usize>) {
    let checker = Plain { target, ..plain.clone() }.checker().threads(1).spawn_bfs().join();
    let depth = checker.discovery("holds").map(|path| path.into_actions().len());
    (checker.unique_state_count(), depth)
}

/// Compares, and gives the numbers of states: of both, with a clock that goes on, and with equal requests taken for
/// one.
fn compare(small: &Small) -> [usize; 3] {
    let setup: &'static _ = Box::leak(Box::new(small.setup()));
    let answers: &'static Answers = Box::leak(Box::new(small.alphabet(setup)));
    let watch = Box::leak(Box::new(Watch::new(setup, answers, Limits::default())));
    let worlds = Box::leak(Box::new(Worlds::configured(&setup.gateway)));
    let relative = Plain {
        watch,
        worlds,
        answers: small.answers.clone(),
        bounds: small.bounds,
        sets_clocks_back: true,
        target: Target::Nothing,
    };
    let absolute = Plain { sets_clocks_back: false, ..relative.clone() };
    let depths = |sorts| {
        let explored = small.explore(setup, answers, sorts);
        assert!(explored.is_complete, "{} states at depth {}", explored.states, explored.depth);
        let at_rest = [NO_RECOVERY, UNFAIR, SLOTS_KEPT];
        let steps = explored.found.iter().filter(|(breach, _)| !at_rest.contains(breach));
        let depths: BTreeMap<Breach, usize> = steps.map(|(breach, ways)| (*breach, ways.depth)).collect();
        (explored.states, depths)
    };
    let (states, unsorted) = depths(false);
    let (fewer, sorted) = depths(true);
    assert_eq!(unsorted, sorted, "with and without equal requests taken for one");
    assert_eq!(run(&relative, Target::Nothing), (states, None));
    let (more, _) = run(&absolute, Target::Nothing);
    for plain in [&relative, &absolute] {
        for (breach, depth) in &unsorted {
            assert_eq!(run(plain, Target::This(*breach)).1, Some(*depth), "{breach:?}");
        }
        let known = unsorted.keys().copied().collect();
        assert_eq!(run(plain, Target::Other(known)).1, None, "something else does not hold");
    }
    [states, more, fewer]
}

fn bounded(mut small: Small, in_flight: usize, faults: u8) -> Small {
    small.bounds = Bounds { in_flight, faults, depth: 10_000, states: 2_000_000, ..small.bounds };
    small
}

#[test]
fn one_request_at_a_time() {
    let mut failover = bounded(small(), 1, 3);
    failover.answers.extend([Answer::NoConnection, Answer::BreaksOff, answer(429, RetryAfter::Seconds(1))]);
    assert_eq!(compare(&failover), [569, 5797, 569]);
}

#[test]
fn two_requests_at_a_time() {
    assert_eq!(compare(&bounded(small(), 2, 2)), [1500, 2483, 800]);
}

#[test]
fn without_a_breaker_on_the_first() {
    let mut open = bounded(small(), 2, 2);
    open.rule = None;
    assert_eq!(compare(&open), [59, 91, 34]);
}

#[test]
fn waits_between_retries() {
    let condition = "context.Response != null && context.Response.StatusCode == 429";
    let policy = to_pool(&retry(2, r#"interval="20" first-fast-retry="true""#, condition));
    let answers = vec![well(), answer(429, RetryAfter::Seconds(1)), answer(500, RetryAfter::Absent)];
    let rule = Some(rule(&[(429, 429)]));
    let waits = bounded(Small { policy, rule, answers, ..small() }, 1, 3);
    assert_eq!(compare(&waits), [202, 1119, 202]);
}

#[test]
fn two_gateways() {
    let mut two = bounded(small(), 2, 1);
    two.bounds.instances = 2;
    assert_eq!(compare(&two), [973, 1054, 529]);
}
