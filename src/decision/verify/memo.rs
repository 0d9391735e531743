//! What the core does with a request in a gateway, worked out once.
//!
//! Requests under way and gateways are kept once each and known by number; a state of the exploration is a few numbers.
//! What may come next for a request depends on it and on its gateway alone, so the core is asked once for each pair.
//!
//! Rules
//! - Numbers are given in the order in which things are first met, which does not depend on threads or hashes.
//! - Unless the gateway has a calendar, all clocks stand at [`START`]: letting time pass sets everything else back.

mod later;
mod work;

use foldhash::fast::FixedState;
use indexmap::{IndexMap, IndexSet};

use super::answers::{Answer, Answers};
use super::properties::{Breach, Sight};
use super::stage::{Happening, Thread};
use super::state::State;
use super::watch::Watch;
use super::worlds::{Mask, Worlds};
use crate::gateway::{Gateway, GatewayState, Step, WakeReason};
use crate::units::{Duration, Timestamp};

/// Where clocks stand: late enough for everything that still matters to be earlier, early enough for what is to come.
const START: Timestamp = Timestamp::from_nanos(1 << 62);

/// Number of a request under way; 0 is none.
pub(super) type ThreadId = u32;
/// Number of what a gateway remembers.
pub(super) type GatewayId = u32;

/// One way in which something goes on: what every state that comes to it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The request afterwards; 0: it is over.
    pub(super) thread: ThreadId,
    pub(super) gateway: GatewayId,
    /// Number of the list of breaches.
    pub(super) breaches: u32,
    /// Whether something goes wrong.
    pub(super) is_fault: bool,
    /// Worlds in which it goes so.
    pub(super) mask: Mask,
}

/// How it comes to an outcome: what only a way that is told asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) happening: Happening,
    /// What was chosen on the way, beside readings.
    pub(super) picks: Box<[u64]>,
}

/// Outcomes of one pair, by their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcomes {
    from: u32,
    to: u32,
}

/// What is asked: who, where, when, and whether for what comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) who: Who,
    pub(super) gateway: GatewayId,
    pub(super) now: Timestamp,
}

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// Requests that may arrive at an instance.
    Arriving(u8),
    /// What the world does to a request when all is well.
    Well(ThreadId),
    /// What else it may do.
    Faults(ThreadId),
    /// What time does to a request.
    Due(ThreadId),
}

/// The largest numbers that were met as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worst {
    /// Backend calls for one request.
    pub calls: u32,
    /// Time that one request waited for retries.
    pub waited: Duration,
}

type Map<K, V> = IndexMap<K, V, FixedState>;
type Set<T> = IndexSet<T, FixedState>;

/// Where a request is, and what it waits for.
#[derive(Clone, Copy, Debug)]
struct Waits {
    instance: u8,
    /// When it hears of time, and whether headers are overdue then.
    wake: Option<(Duration, Happening)>,
}

/// Everything that was worked out.
#[derive(Debug)]
pub(super) struct Memo<'s> {
    watch: &'s Watch<'s>,
    worlds: &'s Worlds,
    answers: Vec<Answer>,
    has_calendar: bool,
    instances: usize,
    threads: Set<Thread>,
    /// What is asked of each request most often.
    waits: Vec<Waits>,
    gateways: Set<GatewayState>,
    /// How long it takes until a breaker may change, for each gateway.
    instants: Vec<Option<Duration>>,
    outcomes: Vec<Outcome>,
    /// How it comes to each outcome.
    ways: Vec<Way>,
    asked: Map<Question, Outcomes>,
    later_threads: Map<(ThreadId, Duration), ThreadId>,
    later_gateways: Map<(GatewayId, Duration), GatewayId>,
    breaches: Set<Vec<Breach>>,
    at_rest: Map<(GatewayId, Timestamp), [(Breach, Mask); 3]>,
    /// What was met as configured.
    pub(super) sights: Set<Sight>,
    pub(super) steps: Set<Step>,
    pub(super) worst: Worst,
    /// Worlds in which something goes otherwise than as configured.
    pub(super) differ: Mask,
    /// Whether some numbers of a range, or paths of a step, were left out.
    pub(super) has_gaps: bool,
    /// For each switch, the worlds in which it was read, if that is kept.
    pub(super) read: Vec<Mask>,
}

impl<'s> Memo<'s> {
    pub(super) fn new(watch: &'s Watch<'s>, worlds: &'s Worlds, answers: &Answers, instances: usize) -> Self {
        let mut breaches = Set::default();
        breaches.insert(Vec::new());
        Self {
            watch,
            worlds,
            answers: answers.all.clone(),
            has_calendar: watch.setup.gateway.has_calendar(),
            instances,
            threads: Set::default(),
            waits: Vec::new(),
            gateways: Set::default(),
            instants: Vec::new(),
            outcomes: Vec::new(),
            ways: Vec::new(),
            asked: Map::default(),
            later_threads: Map::default(),
            later_gateways: Map::default(),
            breaches,
            at_rest: Map::default(),
            sights: Set::default(),
            steps: Set::default(),
            worst: Worst::default(),
            differ: Mask::NONE,
            has_gaps: false,
            read: Vec::new(),
        }
    }

    /// A gateway that has just started.
    pub(super) fn fresh(&mut self) -> GatewayId {
        let state = Gateway::new(std::sync::Arc::clone(&self.watch.setup.gateway)).into_state();
        self.keep_gateway(state)
    }

    /// Where clocks stand at the beginning: a calendar begins with the run.
    pub(super) fn start(&self) -> Timestamp {
        if self.has_calendar { Timestamp::ZERO } else { START }
    }

    pub(super) fn outcome(&self, number: u32) -> Option<&Outcome> {
        self.outcomes.get(number as usize)
    }

    /// How it comes to an outcome.
    pub(super) fn way(&self, number: u32) -> Option<&Way> {
        self.ways.get(number as usize)
    }

    /// Some outcomes, with their numbers.
    pub(super) fn each(&self, outcomes: Outcomes) -> impl Iterator<Item = (u32, &Outcome)> {
        let range = outcomes.from as usize..outcomes.to as usize;
        (outcomes.from..).zip(self.outcomes.get(range).unwrap_or(&[]))
    }

    /// The breaches of a list.
    pub(super) fn breaches(&self, list: u32) -> &[Breach] {
        self.breaches.get_index(list as usize).map_or(&[], Vec::as_slice)
    }

    /// The instance that a request is at.
    pub(super) fn instance(&self, thread: ThreadId) -> u8 {
        let at = (thread as usize).checked_sub(1);
        at.and_then(|at| self.waits.get(at)).map_or(0, |waits| waits.instance)
    }

    /// When the first request of a state hears of time.
    pub(super) fn earliest(&self, state: &State) -> Option<Duration> {
        let due = state.threads.iter().filter_map(|thread| self.wake(*thread, state.now));
        due.map(|(after, _)| after).min()
    }

    /// How long a request waits for time to tell it something, and what that is.
    pub(super) fn wake(&self, thread: ThreadId, now: Timestamp) -> Option<(Duration, Happening)> {
        let (after, happening) = self.waits.get((thread as usize).checked_sub(1)?)?.wake?;
        // Without a calendar all clocks stand at the start; with one, what is kept is a point in time.
        Some((
            if self.has_calendar { Timestamp::ZERO.saturating_add(after).since(now) } else { after },
            happening,
        ))
    }

    /// How long it takes until a breaker may change.
    pub(super) fn instant(&self, gateway: GatewayId, now: Timestamp) -> Option<Duration> {
        if self.has_calendar {
            let state = self.gateways.get_index(gateway as usize)?;
            return self.next_instant(state, now);
        }
        *self.instants.get(gateway as usize)?
    }

    fn next_instant(&self, state: &GatewayState, now: Timestamp) -> Option<Duration> {
        state.instants(&self.watch.setup.gateway, now).first().map(|at| at.since(now))
    }

    /// What comes of it. `None`: not known yet.
    pub(super) fn outcomes(&self, question: &Question) -> Option<Outcomes> {
        self.asked.get(question).copied()
    }

    /// Keeps a request that is settled.
    fn keep_thread(&mut self, thread: Thread) -> ThreadId {
        let zero = self.start();
        let (number, is_new) = self.threads.insert_full(thread);
        if is_new {
            let thread = self.threads.get_index(number);
            let instance = thread.map_or(0, |thread| thread.instance);
            let wake = thread.and_then(|thread| thread.exchange.wake_up()).map(|(at, why)| {
                let happening = match why {
                    WakeReason::HeaderDeadline => Happening::Answers(Answer::Overdue),
                    WakeReason::RetryInterval | WakeReason::CallDeadline => Happening::Wakes,
                };
                (at.since(zero), happening)
            });
            self.waits.push(Waits { instance, wake });
        }
        u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Keeps a gateway that is settled.
    fn keep_gateway(&mut self, state: GatewayState) -> GatewayId {
        let (number, is_new) = self.gateways.insert_full(state);
        if is_new {
            let now = self.start();
            let instant = self.gateways.get_index(number).and_then(|state| self.next_instant(state, now));
            self.instants.push(instant);
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// What does not hold of a gateway at rest, and in which worlds. `None`: not known yet.
    pub(super) fn at_rest(&self, gateway: GatewayId, now: Timestamp) -> Option<&[(Breach, Mask); 3]> {
        self.at_rest.get(&(gateway, now))
    }

    /// How many different things were met: requests under way, gateways, and steps of the core.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.threads.len(), self.gateways.len(), self.outcomes.len())
    }
}
