//! All states within bounds, level by level.
//!
//! Rules
//! - A level is everything that so many events lead to. Within a level, states are in the order of the paths to them,
//!   and events in the order of [`Explorer::expand`]: the first way that is found to anything is the shortest, and the
//!   first of the shortest.
//! - Requests under way that are equal are interchangeable: places are kept sorted.
//! - Time never passes a moment at which a request is due.
//! - A state is looked at once in each world.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::answers::Answers;
use super::memo::{GatewayId, Memo, NO_RECOVERY, Outcomes, Question, ThreadId, Who, Worst};
use super::path::Path;
use super::properties::{Breach, Sight};
use super::setup::Bounds;
use super::stage::Happening;
use super::watch::Watch;
use super::worlds::{Mask, Worlds};
use crate::gateway::Step;
use crate::units::{Duration, Timestamp};

/// Instances and requests under way together at most.
const MOST_CELLS: usize = Bounds::MOST_INSTANCES + Bounds::MOST_IN_FLIGHT;

/// Everything there is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) gateways: [GatewayId; Bounds::MOST_INSTANCES],
    pub(super) threads: [ThreadId; Bounds::MOST_IN_FLIGHT],
    pub(super) now: Timestamp,
    /// Faults so far.
    pub(super) faults: u8,
}

/// One event of the exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The beginning.
    Begins,
    /// A request arrives at an instance.
    Arrives { instance: u8, outcome: u32 },
    /// Something happens to the request in a place.
    Happens { place: u8, outcome: u32 },
    /// Time passes until the request in a place is due.
    Due { place: u8, outcome: u32 },
    /// Time passes until a breaker may change.
    Passes,
}

/// How a state was first reached.
#[derive(Clone, Copy, Debug)]
struct Entry {
    parent: u32,
    act: Act,
}

/// A state that is to be looked at in some worlds.
#[derive(Clone, Copy, Debug)]
struct Node {
    state: u32,
    entry: u32,
    mask: Mask,
}

/// What may come next in a state.
#[derive(Clone, Copy, Debug)]
struct Next {
    /// Which of the nodes that are looked at together.
    node: usize,
    /// The state, later if time has to pass before.
    state: State,
    kind: Kind,
    place: usize,
    instance: u8,
    question: Question,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Arrives,
    Happens,
    Due,
}

/// Nodes that are looked at together.
const NODES: usize = 4_096;

/// A breach, and the first ways to it.
#[derive(Clone, Debug, Default)]
struct Found {
    /// Worlds in which it was found.
    mask: Mask,
    /// Worlds, and the events.
    ways: Vec<(Mask, Vec<Act>)>,
}

/// The shortest ways to a breach.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// The shortest first, each with the worlds in which it is the first.
    pub(super) paths: Vec<(Mask, Path)>,
    /// Events of the shortest, the passing of time among them.
    #[cfg(test)]
    pub(super) depth: usize,
}

/// What came of an exploration.
#[derive(Debug)]
pub(super) struct Explored {
    pub(super) found: BTreeMap<Breach, Ways>,
    /// Levels that were looked at to the end.
    pub(super) depth: u32,
    /// There is nothing beyond them.
    pub(super) is_complete: bool,
    /// The bound of states was reached.
    pub(super) is_cut: bool,
    pub(super) states: usize,
    pub(super) generated: u64,
    pub(super) sights: Vec<Sight>,
    pub(super) steps: Vec<Step>,
    pub(super) worst: Worst,
    pub(super) differ: Mask,
    pub(super) has_gaps: bool,
    /// For each switch, the worlds in which it was read, if that is kept.
    pub(super) read: Vec<Mask>,
    /// Requests under way, gateways, and steps of the core that are different.
    pub(super) sizes: (usize, usize, usize),
}

/// The exploration.
pub(super) struct Explorer<'s> {
    memo: Memo<'s>,
    worlds: &'s Worlds,
    bounds: Bounds,
    /// Whether equal requests are taken for one.
    sorts: bool,
    seen: IndexMap<State, Mask, FixedState>,
    entries: Vec<Entry>,
    next: Vec<Node>,
    found: BTreeMap<Breach, Found>,
    /// Worlds in which all breaches of a list were noted, by list.
    noted: Vec<Mask>,
    generated: u64,
}

/// Progress of an exploration, after a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Levels that are done.
    pub depth: u32,
    /// States so far.
    pub states: usize,
    /// States of the next level.
    pub frontier: usize,
}

impl<'s> Explorer<'s> {
    pub(super) fn new(
        watch: &'s Watch<'s>,
        worlds: &'s Worlds,
        answers: &Answers,
        bounds: Bounds,
        sorts: bool,
    ) -> Self {
        Self {
            memo: Memo::new(watch, worlds, answers),
            worlds,
            bounds,
            sorts,
            seen: IndexMap::default(),
            entries: Vec::new(),
            next: Vec::new(),
            found: BTreeMap::new(),
            noted: Vec::new(),
            generated: 0,
        }
    }

    /// Looks at everything.
    pub(super) fn explore(mut self, progress: &mut dyn FnMut(Progress)) -> Explored {
        let start = self.start();
        self.reach(start, self.worlds.all(), 0, Act::Begins);
        let mut depth = 0;
        let mut is_cut = false;
        while depth < self.bounds.depth && !self.next.is_empty() {
            let level = std::mem::take(&mut self.next);
            for nodes in level.chunks(NODES) {
                self.expand(nodes);
                if self.seen.len() > self.bounds.states {
                    is_cut = true;
                    break;
                }
            }
            if is_cut {
                break;
            }
            depth += 1;
            progress(Progress { depth, states: self.seen.len(), frontier: self.next.len() });
        }
        let found = std::mem::take(&mut self.found);
        let found = found.into_iter().map(|(breach, found)| {
            let recovers = breach == NO_RECOVERY;
            let paths = found.ways.iter().map(|(mask, acts)| (*mask, self.path(acts, recovers))).collect();
            let ways = Ways {
                paths,
                #[cfg(test)]
                depth: found.ways.first().map_or(0, |(_, acts)| acts.len()),
            };
            (breach, ways)
        });
        let found = found.collect();
        Explored {
            is_complete: self.next.is_empty() && !is_cut,
            found,
            depth,
            is_cut,
            states: self.seen.len(),
            generated: self.generated,
            sights: self.memo.sights.iter().copied().collect(),
            steps: self.memo.steps.iter().copied().collect(),
            worst: self.memo.worst,
            differ: self.memo.differ,
            has_gaps: self.memo.has_gaps,
            read: std::mem::take(&mut self.memo.read),
            sizes: self.memo.sizes(),
        }
    }

    /// Everything before anything has happened.
    fn start(&mut self) -> State {
        State {
            gateways: [self.memo.fresh(); Bounds::MOST_INSTANCES],
            threads: [0; Bounds::MOST_IN_FLIGHT],
            now: self.memo.start(),
            faults: 0,
        }
    }

    /// Everything that may come next but time: requests arrive, things happen to each request.
    fn moves(&mut self, at: usize, node: Node, moves: &mut Vec<Next>) {
        let Some((state, _)) = self.seen.get_index(node.state as usize) else { return };
        let state = *state;
        let may_fail = state.faults < self.bounds.faults;
        let mut add = |state: State, kind: Kind, place: usize, instance: u8, who: Who| {
            let question = Question { who, gateway: gateway_of(&state, instance), now: state.now };
            moves.push(Next { node: at, state, kind, place, instance, question });
        };
        if let Some(free) = state.threads.iter().take(self.bounds.in_flight).position(|thread| *thread == 0) {
            for instance in 0..u8::try_from(self.bounds.instances).unwrap_or(u8::MAX) {
                add(state, Kind::Arrives, free, instance, Who::Arriving(instance));
            }
        }
        let earliest = self.earliest(&state);
        for place in 0..self.bounds.in_flight {
            let Some(thread) = state.threads.get(place).copied().filter(|thread| *thread != 0) else {
                continue;
            };
            let before = state.threads.get(..place).unwrap_or(&[]);
            if self.sorts && before.contains(&thread) {
                continue;
            }
            let instance = self.memo.instance(thread);
            add(state, Kind::Happens, place, instance, Who::Well(thread));
            // Faults that no longer count are not even worked out.
            if may_fail {
                add(state, Kind::Happens, place, instance, Who::Faults(thread));
            }
            if let Some((after, happening)) = self.memo.wake(thread, state.now)
                && Some(after) == earliest
                && (happening == Happening::Wakes || may_fail)
            {
                let later = self.later(&state, after);
                let thread = later.threads.get(place).copied().unwrap_or(0);
                add(later, Kind::Due, place, instance, Who::Due(thread));
            }
        }
    }

    /// When the first request hears of time.
    fn earliest(&self, state: &State) -> Option<Duration> {
        let due = state.threads.iter().filter_map(|thread| self.memo.wake(*thread, state.now));
        due.map(|(after, _)| after).min()
    }

    /// Follows some nodes of a level, in their order.
    fn expand(&mut self, nodes: &[Node]) {
        let mut moves = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            self.moves(at, *node, &mut moves);
        }
        self.memo.prepare(moves.iter().map(|next| next.question), self.bounds.threads);
        let mut moves = moves.into_iter().peekable();
        for (at, node) in nodes.iter().enumerate() {
            while let Some(next) = moves.next_if(|next| next.node == at) {
                let place = u8::try_from(next.place).unwrap_or(u8::MAX);
                let instance = next.instance;
                let outcomes = self.memo.outcomes(&next.question);
                self.follow(*node, &next.state, next.place, instance, outcomes, |outcome| match next.kind {
                    Kind::Arrives => Act::Arrives { instance, outcome },
                    Kind::Happens => Act::Happens { place, outcome },
                    Kind::Due => Act::Due { place, outcome },
                });
            }
            self.wait(*node);
        }
    }

    /// Lets time pass until a breaker may change; looks at gateways at rest.
    fn wait(&mut self, node: Node) {
        let Some((state, _)) = self.seen.get_index(node.state as usize) else { return };
        let state = *state;
        let earliest = self.earliest(&state);
        if let Some(after) = self.passes(&state)
            && earliest.is_none_or(|earliest| after <= earliest)
        {
            self.generated += 1;
            let later = self.later(&state, after);
            self.reach(later, node.mask, node.entry, Act::Passes);
        }
        if state.threads.iter().all(|thread| *thread == 0) {
            for instance in 0..u8::try_from(self.bounds.instances).unwrap_or(u8::MAX) {
                for (breach, failing) in self.memo.at_rest(gateway_of(&state, instance), state.now) {
                    self.note(breach, failing.and(node.mask), node.entry, None);
                }
            }
        }
    }

    /// How long it takes until a breaker may change.
    fn passes(&self, state: &State) -> Option<Duration> {
        let gateways = state.gateways.iter().take(self.bounds.instances);
        gateways.filter_map(|gateway| self.memo.instant(*gateway, state.now)).min()
    }

    /// The state when `by` has passed and nothing has happened.
    fn later(&mut self, state: &State, by: Duration) -> State {
        let mut later = *state;
        for gateway in later.gateways.iter_mut().take(self.bounds.instances) {
            *gateway = self.memo.gateway_after(*gateway, by);
        }
        for thread in &mut later.threads {
            *thread = self.memo.thread_after(*thread, by);
        }
        later.now = self.memo.now_after(state.now, by);
        later
    }

    /// Goes to every state that `outcomes` lead to.
    fn follow(
        &mut self,
        node: Node,
        state: &State,
        place: usize,
        instance: u8,
        outcomes: Outcomes,
        act: impl Fn(u32) -> Act,
    ) {
        for number in outcomes.numbers() {
            let Some(outcome) = self.memo.outcome(number) else { continue };
            let mask = outcome.mask.and(node.mask);
            if mask.is_empty() {
                continue;
            }
            let is_fault = outcome.is_fault;
            if is_fault && state.faults >= self.bounds.faults {
                continue;
            }
            self.generated += 1;
            let (thread, gateway, list) = (outcome.thread, outcome.gateway, outcome.breaches);
            let mut next = *state;
            next.faults += u8::from(is_fault);
            if let Some(cell) = next.threads.get_mut(place) {
                *cell = thread;
            }
            if let Some(cell) = next.gateways.get_mut(usize::from(instance)) {
                *cell = gateway;
            }
            if list != 0 {
                self.note_all(list, mask, node.entry, act(number));
            }
            self.reach(next, mask, node.entry, act(number));
        }
    }

    fn reach(&mut self, mut state: State, mask: Mask, parent: u32, act: Act) {
        if self.sorts {
            state.threads.sort_unstable_by(|a, b| b.cmp(a));
        }
        let entry = self.seen.entry(state);
        let number = entry.index();
        let known = entry.or_insert(Mask::NONE);
        let new = mask.without(*known);
        if new.is_empty() {
            return;
        }
        *known = known.or(new);
        let entry = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry { parent, act });
        self.next.push(Node { state: u32::try_from(number).unwrap_or(u32::MAX), entry, mask: new });
    }

    /// The events of a way with the requests that they are about. With `heals`, all backends answer well in the end.
    fn path(&mut self, acts: &[Act], heals: bool) -> Path {
        let mut state = self.start();
        let mut labels = [0_u16; Bounds::MOST_IN_FLIGHT];
        let mut path = Path::default();
        let mut requests = 0_u16;
        for act in acts {
            let (place, outcome, after) = match *act {
                Act::Begins => continue,
                Act::Arrives { outcome, .. } => {
                    let free = state.threads.iter().position(|thread| *thread == 0).unwrap_or(0);
                    if let Some(label) = labels.get_mut(free) {
                        *label = requests;
                    }
                    requests = requests.saturating_add(1);
                    (free, outcome, Duration::ZERO)
                }
                Act::Happens { place, outcome } => (usize::from(place), outcome, Duration::ZERO),
                Act::Due { place, outcome } => {
                    let thread = state.threads.get(usize::from(place)).copied().unwrap_or(0);
                    let wake = self.memo.wake(thread, state.now);
                    (usize::from(place), outcome, wake.map_or(Duration::ZERO, |(after, _)| after))
                }
                Act::Passes => {
                    let after = self.passes(&state).unwrap_or(Duration::ZERO);
                    state = self.later(&state, after);
                    path.pass(after);
                    continue;
                }
            };
            if after > Duration::ZERO {
                state = self.later(&state, after);
                path.pass(after);
            }
            let instance = match *act {
                Act::Arrives { instance, .. } => instance,
                _ => self.memo.instance(state.threads.get(place).copied().unwrap_or(0)),
            };
            let Some(outcome) = self.memo.outcome(outcome) else { continue };
            let request = labels.get(place).copied().unwrap_or(0);
            path.add(request, instance, outcome.happening, &outcome.picks);
            let (thread, gateway) = (outcome.thread, outcome.gateway);
            if let Some(cell) = state.threads.get_mut(place) {
                *cell = thread;
            }
            if let Some(cell) = state.gateways.get_mut(usize::from(instance)) {
                *cell = gateway;
            }
            if self.sorts {
                let mut both: Vec<(ThreadId, u16)> = state.threads.into_iter().zip(labels).collect();
                both.sort_by_key(|both| std::cmp::Reverse(both.0));
                for (at, (thread, label)) in both.into_iter().enumerate() {
                    if let (Some(a), Some(b)) = (state.threads.get_mut(at), labels.get_mut(at)) {
                        (*a, *b) = (thread, label);
                    }
                }
            }
        }
        path.heals = heals;
        path
    }

    /// Keeps the first ways to the breaches of a list. Most steps break what others broke before.
    fn note_all(&mut self, list: u32, mask: Mask, entry: u32, act: Act) {
        let at = list as usize;
        if self.noted.len() <= at {
            self.noted.resize(at.saturating_add(1), Mask::NONE);
        }
        let Some(noted) = self.noted.get_mut(at) else { return };
        if mask.without(*noted).is_empty() {
            return;
        }
        *noted = noted.or(mask);
        for breach in self.memo.breaches(list).to_vec() {
            self.note(breach, mask, entry, Some(act));
        }
    }

    /// Keeps the first way to a breach in each world.
    fn note(&mut self, breach: Breach, mask: Mask, entry: u32, act: Option<Act>) {
        let known = self.found.get(&breach).map_or(Mask::NONE, |found| found.mask);
        let new = mask.without(known);
        if new.is_empty() {
            return;
        }
        let mut acts: Vec<Act> = act.into_iter().collect();
        let mut at = entry;
        while let Some(entry) = self.entries.get(at as usize).filter(|entry| entry.act != Act::Begins) {
            acts.push(entry.act);
            at = entry.parent;
        }
        acts.reverse();
        let found = self.found.entry(breach).or_default();
        found.mask = found.mask.or(new);
        found.ways.push((new, acts));
    }
}

pub(super) fn gateway_of(state: &State, instance: u8) -> GatewayId {
    state.gateways.get(usize::from(instance)).copied().unwrap_or(0)
}

const _: () = assert!(MOST_CELLS <= 8, "a state is kept small");
