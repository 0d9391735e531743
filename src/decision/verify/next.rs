//! What may come next in a state.
//!
//! Rules
//! - Nothing here works anything out: what is not known yet is told, to be worked out in the order of the states.
//! - Time never passes a moment at which a request is due.

use super::memo::{Memo, Outcomes, Question, Who};
use super::properties::Breach;
use super::seen::{Entry, EntryId, Node, Reached, SHARDS, Seen};
use super::setup::Bounds;
use super::stage::Happening;
use super::state::{Layout, State};
use super::worlds::Mask;
use crate::units::Duration;

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

/// What may come next in a state.
#[derive(Debug, Default)]
pub(super) struct Moves {
    pub(super) all: Vec<Next>,
    /// What comes of each, if it is known.
    outcomes: Vec<Outcomes>,
    /// The state when the first request is due.
    due: Option<State>,
}

/// Something that may come next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    kind: Kind,
    place: u8,
    instance: u8,
    pub(super) question: Question,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Arrives,
    Happens,
    /// When time has passed.
    Due,
}

impl Next {
    fn act(&self, outcome: u32) -> Act {
        let (place, instance) = (self.place, self.instance);
        match self.kind {
            Kind::Arrives => Act::Arrives { instance, outcome },
            Kind::Happens => Act::Happens { place, outcome },
            Kind::Due => Act::Due { place, outcome },
        }
    }
}

/// What is not known yet: how everything is after so much time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unknown(pub(super) Duration);

/// Something that does not hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    /// Where it is in the order of all ways.
    pub(super) order: u64,
    pub(super) what: Broken,
    pub(super) mask: Mask,
    pub(super) entry: EntryId,
    /// What came last.
    pub(super) act: Option<Act>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Broken {
    /// All breaches of a list.
    List(u32),
    /// One, at rest.
    AtRest(Breach),
}

/// What may come next in some states.
#[derive(Debug)]
pub(super) struct Batch {
    /// Ways on, by the shard of the state that each leads to.
    pub(super) steps: [Vec<Reached>; SHARDS],
    pub(super) notes: Vec<Note>,
    /// States for which not everything was known, by number.
    pub(super) unknown: Vec<u32>,
    /// Ways on.
    pub(super) generated: u64,
    moves: Moves,
}

impl Default for Batch {
    fn default() -> Self {
        let (notes, unknown, moves) = (Vec::new(), Vec::new(), Moves::default());
        Self { steps: std::array::from_fn(|_| Vec::new()), notes, unknown, generated: 0, moves }
    }
}

impl Batch {
    /// Forgets everything but the memory that it takes.
    pub(super) fn clear(&mut self) {
        self.steps.iter_mut().for_each(Vec::clear);
        self.notes.clear();
        self.unknown.clear();
        self.generated = 0;
    }
}

/// Who tells what may come next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Horizon<'e> {
    pub(super) memo: &'e Memo<'e>,
    pub(super) seen: &'e Seen,
    pub(super) layout: Layout,
    pub(super) bounds: &'e Bounds,
    /// Whether equal requests are taken for one.
    pub(super) sorts: bool,
    /// Worlds in which all breaches of a list were noted, by list.
    pub(super) noted: &'e [Mask],
}

impl Horizon<'_> {
    /// Tells what may come next in these of `nodes`.
    pub(super) fn batch(&self, nodes: &[Node], which: &[u32], batch: &mut Batch) {
        let mut moves = std::mem::take(&mut batch.moves);
        for number in which {
            let Some(node) = nodes.get(*number as usize) else { continue };
            if self.expand(*number, node, &mut moves, batch).is_none() {
                batch.unknown.push(*number);
            }
        }
        batch.moves = moves;
    }

    /// Everything that may come next but time: requests arrive, things happen to each request.
    pub(super) fn moves(&self, state: &State, moves: &mut Moves) -> Result<(), Unknown> {
        moves.all.clear();
        moves.due = None;
        let may_fail = state.faults < self.bounds.faults;
        let all = &mut moves.all;
        let mut add = |state: &State, kind: Kind, place: usize, instance: u8, who: Who| {
            let question = Question { who, gateway: state.gateway(instance), now: state.now };
            let place = u8::try_from(place).unwrap_or(u8::MAX);
            all.push(Next { kind, place, instance, question });
        };
        if let Some(free) = state.threads.iter().take(self.bounds.in_flight).position(|thread| *thread == 0) {
            for instance in self.instances() {
                add(state, Kind::Arrives, free, instance, Who::Arriving(instance));
            }
        }
        let earliest = self.memo.earliest(state);
        for place in 0..self.bounds.in_flight {
            let thread = state.thread(place);
            let before = state.threads.get(..place).unwrap_or(&[]);
            if thread == 0 || self.sorts && before.contains(&thread) {
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
                let later = match moves.due {
                    Some(later) => later,
                    None => self.memo.later(state, after).ok_or(Unknown(after))?,
                };
                moves.due = Some(later);
                add(&later, Kind::Due, place, instance, Who::Due(later.thread(place)));
            }
        }
        Ok(())
    }

    /// How long it takes until a breaker may change, if nothing comes before.
    pub(super) fn passes(&self, state: &State) -> Option<Duration> {
        let gateways = state.gateways.iter().take(self.bounds.instances);
        let after = gateways.filter_map(|gateway| self.memo.instant(*gateway, state.now)).min()?;
        self.memo.earliest(state).is_none_or(|earliest| after <= earliest).then_some(after)
    }

    /// The instances.
    pub(super) fn instances(&self) -> impl Iterator<Item = u8> + use<> {
        0..u8::try_from(self.bounds.instances).unwrap_or(u8::MAX)
    }

    /// All ways on from one node. `None`: something is not known yet, and nothing is told.
    fn expand(&self, number: u32, node: &Node, moves: &mut Moves, batch: &mut Batch) -> Option<()> {
        let state = self.seen.state(node);
        self.moves(&state, moves).ok()?;
        moves.outcomes.clear();
        for next in &moves.all {
            moves.outcomes.push(self.memo.outcomes(&next.question)?);
        }
        let passed = match self.passes(&state) {
            Some(after) => Some(self.memo.later(&state, after)?),
            None => None,
        };
        let rests = state.is_at_rest();
        if rests && self.instances().any(|at| self.memo.at_rest(state.gateway(at), state.now).is_none()) {
            return None;
        }
        let mut order = u64::from(number) << 32;
        for (next, outcomes) in moves.all.iter().zip(&moves.outcomes) {
            let state = moves.due.as_ref().filter(|_| next.kind == Kind::Due).unwrap_or(&state);
            self.follow(node, state, next, *outcomes, &mut order, batch);
        }
        if let Some(later) = passed {
            batch.generated += 1;
            let entry = Entry { parent: node.entry, act: Act::Passes };
            self.reach(later, node.mask, entry, order, batch);
        }
        if rests {
            for instance in self.instances() {
                for (breach, failing) in self.memo.at_rest(state.gateway(instance), state.now)? {
                    let mask = failing.and(node.mask);
                    if !mask.is_empty() {
                        let what = Broken::AtRest(*breach);
                        batch.notes.push(Note { order, what, mask, entry: node.entry, act: None });
                    }
                }
            }
        }
        Some(())
    }

    /// Goes to every state that the outcomes lead to.
    fn follow(
        &self,
        node: &Node,
        state: &State,
        next: &Next,
        outcomes: Outcomes,
        order: &mut u64,
        batch: &mut Batch,
    ) {
        for (number, outcome) in self.memo.each(outcomes) {
            let mask = outcome.mask.and(node.mask);
            if mask.is_empty() || outcome.is_fault && state.faults >= self.bounds.faults {
                continue;
            }
            batch.generated += 1;
            *order += 1;
            let mut after = *state;
            after.faults += u8::from(outcome.is_fault);
            if let Some(cell) = after.threads.get_mut(usize::from(next.place)) {
                *cell = outcome.thread;
            }
            if let Some(cell) = after.gateways.get_mut(usize::from(next.instance)) {
                *cell = outcome.gateway;
            }
            let (list, act, entry) = (outcome.breaches, next.act(number), node.entry);
            // Most steps break what others broke before.
            let noted = self.noted.get(list as usize).copied().unwrap_or(Mask::NONE);
            if list != 0 && !mask.without(noted).is_empty() {
                let what = Broken::List(list);
                batch.notes.push(Note { order: *order, what, mask, entry, act: Some(act) });
            }
            self.reach(after, mask, Entry { parent: entry, act }, *order, batch);
        }
        *order += 1;
    }

    fn reach(&self, mut state: State, mask: Mask, entry: Entry, order: u64, batch: &mut Batch) {
        if self.sorts {
            state.sort();
        }
        let row = self.layout.row(&state);
        let hash = row.hash(self.layout.width());
        if let Some(steps) = batch.steps.get_mut(Seen::shard_of(hash)) {
            steps.push(Reached { order, hash, row, mask, entry });
        }
    }
}
