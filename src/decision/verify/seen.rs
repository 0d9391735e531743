//! States that were reached, and how each was reached first.
//!
//! Rules
//! - States are dealt to shards by their hashes, so that threads can look them up side by side. How many shards there
//!   are does not depend on threads.
//! - What is new keeps the order in which it is given: who gives states in their order gets the first way to each.
//! - A table has eight bytes for a state: words are looked at only where enough of two hashes agrees.

use super::next::Act;
use super::state::{Layout, Row, State};
use super::worlds::Mask;

/// Shards, a power of two.
pub(super) const SHARDS: usize = 1 << SHARD_BITS;
const SHARD_BITS: u32 = 4;
/// Bits of a place in a table that are the number of a state and one.
const NUMBER_BITS: u32 = 32;
/// States that are looked up together, so that memory answers all of them at once.
const GROUP: usize = 32;

/// Number of an entry: its shard, and its place there.
pub(super) type EntryId = u32;

/// How a state was first reached in some worlds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) parent: EntryId,
    pub(super) act: Act,
}

/// A state that is to be looked at in some worlds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Number of the state, in its shard.
    state: u32,
    pub(super) entry: EntryId,
    pub(super) mask: Mask,
}

/// One way to a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    /// Where it is in the order of all ways.
    pub(super) order: u64,
    pub(super) hash: u64,
    pub(super) row: Row,
    pub(super) mask: Mask,
    pub(super) entry: Entry,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Seen {
    layout: Layout,
    pub(super) shards: Vec<Shard>,
}

impl Seen {
    pub(super) fn new(layout: Layout, worlds: usize) -> Self {
        let shard = |number| Shard {
            number,
            width: layout.width(),
            slots: vec![0; 64],
            words: Vec::new(),
            masks: (worlds > 1).then(Vec::new),
            len: 0,
            entries: Vec::new(),
        };
        Self { layout, shards: (0..).take(SHARDS).map(shard).collect() }
    }

    /// The shard of a hash.
    pub(super) fn shard_of(hash: u64) -> usize {
        usize::try_from(hash >> (u64::BITS - SHARD_BITS)).unwrap_or(0)
    }

    /// Different states.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len as usize).sum()
    }

    pub(super) fn state(&self, node: &Node) -> State {
        let shard = self.shards.get(node.entry as usize % SHARDS);
        self.layout.state(shard.map_or(&[], |shard| shard.words_of(node.state)))
    }

    pub(super) fn entry(&self, number: EntryId) -> Option<Entry> {
        let shard = self.shards.get(number as usize % SHARDS)?;
        shard.entries.get(number as usize / SHARDS).copied()
    }
}

/// States whose hashes begin alike.
#[derive(Debug)]
pub(super) struct Shard {
    number: u32,
    width: usize,
    /// A part of the hash, and the number of the state and one; 0 is a free place. A power of two of them.
    slots: Vec<u64>,
    words: Vec<u32>,
    /// Worlds in which each was reached, if there is more than one.
    masks: Option<Vec<Mask>>,
    len: u32,
    entries: Vec<Entry>,
}

impl Shard {
    /// Takes ways to states in their order. Gives what is new.
    pub(super) fn reach(&mut self, steps: &[&Reached], new: &mut Vec<(u64, Node)>) {
        for group in steps.chunks(GROUP) {
            // Asks for memory before it is needed.
            let slots = &self.slots;
            let first = |step: &&Reached| slots.get(self.first_slot(step.hash)).copied().unwrap_or(0);
            std::hint::black_box(group.iter().map(first).fold(0, |all, slot| all ^ slot));
            for step in group {
                new.extend(self.reach_one(step).map(|node| (step.order, node)));
            }
        }
    }

    fn reach_one(&mut self, step: &Reached) -> Option<Node> {
        let (state, mask) = match self.find(step) {
            Ok(known) => {
                let mask = self.masks.as_mut()?.get_mut(known as usize)?;
                let new = step.mask.without(*mask);
                *mask = mask.or(new);
                (known, new)
            }
            Err(slot) => {
                let state = self.len;
                self.len = self.len.saturating_add(1);
                if let Some(slot) = self.slots.get_mut(slot) {
                    *slot = tag(step.hash) << NUMBER_BITS | u64::from(self.len);
                }
                self.words.extend_from_slice(step.row.words(self.width));
                self.masks.iter_mut().for_each(|masks| masks.push(step.mask));
                self.grow();
                (state, step.mask)
            }
        };
        if mask.is_empty() {
            return None;
        }
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(step.entry);
        let entry = place.checked_shl(SHARD_BITS).unwrap_or(u32::MAX) | self.number;
        Some(Node { state, entry, mask })
    }

    /// The number of a state, or the place for it.
    fn find(&self, step: &Reached) -> Result<u32, usize> {
        let words = step.row.words(self.width);
        let mut at = self.first_slot(step.hash);
        loop {
            let slot = self.slots.get(at).copied().unwrap_or(0);
            if slot == 0 {
                return Err(at);
            }
            if slot >> NUMBER_BITS == tag(step.hash) {
                let number = number_of(slot);
                if self.words_of(number) == words {
                    return Ok(number);
                }
            }
            at = self.next_slot(at);
        }
    }

    fn words_of(&self, state: u32) -> &[u32] {
        let from = (state as usize).saturating_mul(self.width);
        self.words.get(from..from.saturating_add(self.width)).unwrap_or(&[])
    }

    fn first_slot(&self, hash: u64) -> usize {
        usize::try_from(tag(hash)).unwrap_or(0) & (self.slots.len() - 1)
    }

    fn next_slot(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    /// Keeps a third of the table free.
    fn grow(&mut self) {
        if self.len as usize * 3 < self.slots.len() * 2 {
            return;
        }
        let larger = vec![0; self.slots.len() * 2];
        for slot in std::mem::replace(&mut self.slots, larger).into_iter().filter(|slot| *slot != 0) {
            let mut at = usize::try_from(slot >> NUMBER_BITS).unwrap_or(0) & (self.slots.len() - 1);
            while self.slots.get(at).is_some_and(|slot| *slot != 0) {
                at = self.next_slot(at);
            }
            if let Some(free) = self.slots.get_mut(at) {
                *free = slot;
            }
        }
    }
}

/// The part of a hash that a table keeps: no bit of it says which shard.
fn tag(hash: u64) -> u64 {
    hash & u64::from(u32::MAX)
}

/// The number of the state in a place that is not free.
fn number_of(slot: u64) -> u32 {
    u32::try_from(slot & u64::from(u32::MAX)).unwrap_or(0).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Timestamp;
    use crate::verify::setup::Bounds;

    #[test]
    fn a_state_is_new_once_in_each_world() {
        let layout = Layout::new(&Bounds::default(), false, Timestamp::ZERO);
        let state = |thread| State {
            gateways: [0; Bounds::MOST_INSTANCES],
            threads: [thread, 0, 0, 0],
            now: Timestamp::ZERO,
            faults: 0,
        };
        let step = |thread, mask| {
            let row = layout.row(&state(thread));
            let entry = Entry { parent: 0, act: Act::Begins };
            Reached { order: u64::from(thread), hash: row.hash(layout.width()), row, mask: Mask(mask), entry }
        };
        let mut seen = Seen::new(layout, 2);
        let mut reach = |step: Reached| {
            let mut new = Vec::new();
            seen.shards[Seen::shard_of(step.hash)].reach(&[&step], &mut new);
            new.pop().map(|(order, node)| (order, node.mask, seen.state(&node), seen.len()))
        };
        for thread in 0..5_000 {
            let len = thread as usize + 1;
            assert_eq!(reach(step(thread, 1)), Some((thread.into(), Mask(1), state(thread), len)));
        }
        for thread in 0..5_000 {
            assert_eq!(reach(step(thread, 1)), None);
            assert_eq!(reach(step(thread, 3)), Some((thread.into(), Mask(2), state(thread), 5_000)));
        }
    }
}
