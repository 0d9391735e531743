//! All states within bounds, level by level.
//!
//! Rules
//! - A level is everything that so many events lead to. Within a level, states are in the order of the paths to them,
//!   and events in the order of [`Horizon::moves`]: the first way that is found to anything is the shortest, and the
//!   first of the shortest.
//! - Threads tell what comes next side by side, then look up side by side which of it is new: the former by states, the
//!   latter by shards. Whatever has a number gets it in the order of states.
//! - Requests under way that are equal are interchangeable: places are kept sorted.
//! - A state is looked at once in each world.

use std::collections::BTreeMap;

use super::answers::Answers;
use super::memo::{Memo, Worst};
use super::next::{Act, Batch, Horizon, Moves, Note};
use super::properties::{Breach, Sight};
use super::seen::{Entry, Node, Reached, Seen, Shard};
use super::setup::Bounds;
use super::sides::side_by_side;
use super::state::{Layout, State};
use super::watch::Watch;
use super::ways::{Found, Trail, Ways};
use super::worlds::{Mask, Worlds};
use crate::gateway::Step;

/// Nodes that are looked at together.
const NODES: usize = 4_096;
/// Nodes for which a second thread is worth its start.
const WORTH_A_THREAD: usize = 256;

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
    bounds: Bounds,
    /// Whether equal requests are taken for one.
    sorts: bool,
    layout: Layout,
    seen: Seen,
    next: Vec<Node>,
    found: Found,
    generated: u64,
    /// Memory for what comes next.
    spare: Vec<Batch>,
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
        let memo = Memo::new(watch, worlds, answers, bounds.instances);
        let layout = Layout::new(&bounds, watch.setup.gateway.has_calendar(), memo.start());
        let seen = Seen::new(layout, worlds.len());
        let (next, found) = (Vec::new(), Found::default());
        let spare = Vec::new();
        let mut explorer = Self { memo, bounds, sorts, layout, seen, next, found, generated: 0, spare };
        let start = explorer.start();
        let row = layout.row(&start);
        let (hash, entry) = (row.hash(layout.width()), Entry { parent: 0, act: Act::Begins });
        let mut batch = Batch::default();
        if let Some(steps) = batch.steps.get_mut(Seen::shard_of(hash)) {
            steps.push(Reached { order: 0, hash, row, mask: worlds.all(), entry });
        }
        explorer.reach(&[batch]);
        explorer
    }

    /// Looks at everything.
    pub(super) fn explore(mut self, progress: &mut dyn FnMut(Progress)) -> Explored {
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
        let start = self.start();
        let (sorts, instances) = (self.sorts, self.bounds.instances);
        let found = self.found.ways(&Trail { memo: &self.memo, start, sorts, instances });
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

    /// Follows some nodes of a level.
    fn expand(&mut self, nodes: &[Node]) {
        let all: Vec<u32> = (0..).take(nodes.len()).collect();
        let mut batches = self.batches(nodes, &all);
        let unknown: Vec<u32> = batches.iter().flat_map(|batch| batch.unknown.iter().copied()).collect();
        if !unknown.is_empty() {
            self.learn(nodes, &unknown);
            batches.extend(self.batches(nodes, &unknown));
        }
        let mut notes: Vec<&Note> = batches.iter().flat_map(|batch| &batch.notes).collect();
        notes.sort_by_key(|note| note.order);
        for note in notes {
            self.found.note(note, &self.memo, &self.seen);
        }
        self.generated += batches.iter().map(|batch| batch.generated).sum::<u64>();
        self.reach(&batches);
        self.spare.extend(batches);
    }

    fn horizon(&self) -> Horizon<'_> {
        let Self { memo, seen, bounds, .. } = self;
        Horizon { memo, seen, layout: self.layout, bounds, sorts: self.sorts, noted: &self.found.noted }
    }

    /// What comes next in these of `nodes`, as far as it is known.
    fn batches(&mut self, nodes: &[Node], which: &[u32]) -> Vec<Batch> {
        let part = which.len().div_ceil(self.threads_for(which.len())).max(1);
        let mut spare = std::mem::take(&mut self.spare);
        let parts = which.chunks(part).map(|which| (which, spare.pop().unwrap_or_default()));
        let parts: Vec<(&[u32], Batch)> = parts.collect();
        let horizon = self.horizon();
        let batches = side_by_side(parts.into_iter(), |(which, mut batch)| {
            batch.clear();
            horizon.batch(nodes, which, &mut batch);
            batch
        });
        self.spare = spare;
        batches
    }

    /// Works out what is not known yet of these of `nodes`, in their order.
    fn learn(&mut self, nodes: &[Node], which: &[u32]) {
        let nodes = which.iter().filter_map(|number| nodes.get(*number as usize));
        let states: Vec<State> = nodes.map(|node| self.seen.state(node)).collect();
        let (mut questions, mut moves) = (Vec::new(), Moves::default());
        for state in &states {
            while let Err(unknown) = self.horizon().moves(state, &mut moves) {
                self.memo.learn_later(state, unknown.0);
            }
            questions.extend(moves.all.iter().map(|next| next.question));
        }
        self.memo.prepare(questions.into_iter(), self.bounds.threads);
        for state in &states {
            if let Some(after) = self.horizon().passes(state) {
                self.memo.learn_later(state, after);
            }
            if state.is_at_rest() {
                for instance in self.horizon().instances() {
                    self.memo.learn_at_rest(state.gateway(instance), state.now);
                }
            }
        }
    }

    /// Keeps what is new of everything that was reached.
    fn reach(&mut self, batches: &[Batch]) {
        let steps = batches.iter().flat_map(|batch| &batch.steps).map(Vec::len).sum();
        let threads = self.threads_for(steps);
        let part = self.seen.shards.len().div_ceil(threads).max(1);
        let work = |(first, shards): (usize, &mut [Shard])| {
            let (mut new, mut steps): (Vec<(u64, Node)>, Vec<&Reached>) = (Vec::new(), Vec::new());
            for (number, shard) in (first * part..).zip(shards) {
                steps.clear();
                steps.extend(batches.iter().filter_map(|batch| batch.steps.get(number)).flatten());
                steps.sort_by_key(|step| step.order);
                shard.reach(&steps, &mut new);
            }
            new
        };
        let parts = side_by_side(self.seen.shards.chunks_mut(part).enumerate(), work);
        let mut new: Vec<(u64, Node)> = parts.into_iter().flatten().collect();
        new.sort_by_key(|(order, _)| *order);
        self.next.extend(new.into_iter().map(|(_, node)| node));
    }

    fn threads_for(&self, nodes: usize) -> usize {
        if nodes < WORTH_A_THREAD { 1 } else { self.bounds.threads.max(1) }
    }
}
