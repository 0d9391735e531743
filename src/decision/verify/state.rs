//! One state of the exploration as numbers, and how it is kept.
//!
//! A state is a few numbers: what each gateway remembers, each request under way, faults so far. Kept it is a row of
//! words, as many as the bounds need: most explorations have one gateway and no calendar.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;

use super::memo::{GatewayId, ThreadId};
use super::setup::Bounds;
use crate::units::Timestamp;

/// Everything there is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) gateways: [GatewayId; Bounds::MOST_INSTANCES],
    pub(super) threads: [ThreadId; Bounds::MOST_IN_FLIGHT],
    pub(super) now: Timestamp,
    /// Faults so far.
    pub(super) faults: u8,
}

impl State {
    /// What the gateway of an instance remembers.
    pub(super) fn gateway(&self, instance: u8) -> GatewayId {
        self.gateways.get(usize::from(instance)).copied().unwrap_or(0)
    }

    /// The request in a place; 0 is none.
    pub(super) fn thread(&self, place: usize) -> ThreadId {
        self.threads.get(place).copied().unwrap_or(0)
    }

    /// Whether no request is under way.
    pub(super) fn is_at_rest(&self) -> bool {
        self.threads.iter().all(|thread| *thread == 0)
    }

    /// Puts requests that are equal beside each other, and free places last.
    pub(super) fn sort(&mut self) {
        self.threads.sort_unstable_by(|a, b| b.cmp(a));
    }
}

/// Words of a row at most: faults, the time, instances, and requests under way.
const MOST_WORDS: usize = 3 + Bounds::MOST_INSTANCES + Bounds::MOST_IN_FLIGHT;

/// A state as it is kept; words that bounds do not need are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row([u32; MOST_WORDS]);

/// What states are made of within bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    instances: usize,
    in_flight: usize,
    has_calendar: bool,
    /// Where clocks stand without a calendar.
    start: Timestamp,
}

impl Layout {
    pub(super) fn new(bounds: &Bounds, has_calendar: bool, start: Timestamp) -> Self {
        let instances = bounds.instances.min(Bounds::MOST_INSTANCES);
        let in_flight = bounds.in_flight.min(Bounds::MOST_IN_FLIGHT);
        Self { instances, in_flight, has_calendar, start }
    }

    /// Words of a row.
    pub(super) fn width(&self) -> usize {
        let time = if self.has_calendar { 2 } else { 0 };
        1 + self.instances + self.in_flight + time
    }

    /// `state` as words. What is beyond the bounds is the same in all states.
    pub(super) fn row(&self, state: &State) -> Row {
        let mut row = [0; MOST_WORDS];
        let mut cells = row.iter_mut();
        let mut add = |word: u32| {
            if let Some(cell) = cells.next() {
                *cell = word;
            }
        };
        add(u32::from(state.faults));
        state.gateways.iter().take(self.instances).for_each(|gateway| add(*gateway));
        state.threads.iter().take(self.in_flight).for_each(|thread| add(*thread));
        if self.has_calendar {
            let time = state.now.as_nanos();
            #[expect(clippy::cast_possible_truncation, reason = "both halves are kept")]
            let (low, high) = (time as u32, (time >> 32) as u32);
            add(low);
            add(high);
        }
        Row(row)
    }

    /// The state that `words` say.
    pub(super) fn state(&self, words: &[u32]) -> State {
        let mut words = words.iter().copied();
        let mut next = || words.next().unwrap_or(0);
        let faults = u8::try_from(next()).unwrap_or(u8::MAX);
        let mut state = State {
            gateways: [0; Bounds::MOST_INSTANCES],
            threads: [0; Bounds::MOST_IN_FLIGHT],
            now: self.start,
            faults,
        };
        state.gateways.iter_mut().take(self.instances).for_each(|cell| *cell = next());
        state.threads.iter_mut().take(self.in_flight).for_each(|cell| *cell = next());
        if self.has_calendar {
            let (low, high) = (u64::from(next()), u64::from(next()));
            state.now = Timestamp::from_nanos(low | high << 32);
        }
        state
    }
}

impl Row {
    pub(super) fn words(&self, width: usize) -> &[u32] {
        self.0.get(..width).unwrap_or(&self.0)
    }

    /// The same on every machine of a kind; nothing that is told depends on it.
    pub(super) fn hash(&self, width: usize) -> u64 {
        let mut hasher = FixedState::default().build_hasher();
        for pair in self.words(width).chunks(2) {
            let high = pair.get(1).copied().unwrap_or(0);
            hasher.write_u64(u64::from(pair.first().copied().unwrap_or(0)) | u64::from(high) << 32);
        }
        hasher.finish()
    }
}

const _: () = assert!(MOST_WORDS <= 11, "a state is kept small");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_states() {
        let bounds = Bounds { in_flight: 3, instances: 2, ..Bounds::default() };
        let state = State {
            gateways: [7, 8, 0, 0],
            threads: [5, 4, 0, 0],
            now: Timestamp::from_nanos(1 << 40 | 3),
            faults: 2,
        };
        for (has_calendar, width) in [(true, 8), (false, 6)] {
            let layout = Layout::new(&bounds, has_calendar, state.now);
            assert_eq!(layout.width(), width);
            let row = layout.row(&state);
            assert_eq!(layout.state(row.words(width)), state);
        }
    }
}
