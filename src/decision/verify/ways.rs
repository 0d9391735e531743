//! The first ways to everything that does not hold.

use std::collections::BTreeMap;

use super::memo::{Memo, ThreadId};
use super::next::{Act, Broken, Note};
use super::path::Path;
use super::properties::Breach;
use super::rest::NO_RECOVERY;
use super::seen::{EntryId, Seen};
use super::setup::Bounds;
use super::state::State;
use super::worlds::Mask;
use crate::units::Duration;

/// The shortest ways to a breach.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// The shortest first, each with the worlds in which it is the first.
    pub(super) paths: Vec<(Mask, Path)>,
    /// Events of the shortest, the passing of time among them.
    #[cfg(test)]
    pub(super) depth: usize,
}

/// All breaches, and the first ways to them.
#[derive(Debug, Default)]
pub(super) struct Found {
    by_breach: BTreeMap<Breach, First>,
    /// Worlds in which all breaches of a list were noted, by list.
    pub(super) noted: Vec<Mask>,
}

/// The first ways to a breach.
#[derive(Clone, Debug, Default)]
struct First {
    /// Worlds in which it was found.
    mask: Mask,
    /// Worlds, and the events.
    ways: Vec<(Mask, Vec<Act>)>,
}

impl Found {
    /// Keeps what is new of a note.
    pub(super) fn note(&mut self, note: &Note, memo: &Memo<'_>, seen: &Seen) {
        match note.what {
            Broken::AtRest(breach) => self.keep(breach, note, seen),
            Broken::List(list) => {
                let at = list as usize;
                if self.noted.len() <= at {
                    self.noted.resize(at.saturating_add(1), Mask::NONE);
                }
                let Some(noted) = self.noted.get_mut(at) else { return };
                if note.mask.without(*noted).is_empty() {
                    return;
                }
                *noted = noted.or(note.mask);
                for breach in memo.breaches(list) {
                    self.keep(*breach, note, seen);
                }
            }
        }
    }

    /// Keeps the first way to a breach in each world.
    fn keep(&mut self, breach: Breach, note: &Note, seen: &Seen) {
        let known = self.by_breach.get(&breach).map_or(Mask::NONE, |found| found.mask);
        let new = note.mask.without(known);
        if new.is_empty() {
            return;
        }
        let found = self.by_breach.entry(breach).or_default();
        found.mask = found.mask.or(new);
        found.ways.push((new, acts_to(note.entry, note.act, seen)));
    }

    /// All ways as events that can be played.
    pub(super) fn ways(self, trail: &Trail<'_>) -> BTreeMap<Breach, Ways> {
        let found = self.by_breach.into_iter().map(|(breach, found)| {
            let heals = breach == NO_RECOVERY;
            let ways = Ways {
                paths: found.ways.iter().map(|(mask, acts)| (*mask, trail.path(acts, heals))).collect(),
                #[cfg(test)]
                depth: found.ways.first().map_or(0, |(_, acts)| acts.len()),
            };
            (breach, ways)
        });
        found.collect()
    }
}

/// The events to an entry and one more, the first first.
fn acts_to(entry: EntryId, last: Option<Act>, seen: &Seen) -> Vec<Act> {
    let mut acts: Vec<Act> = last.into_iter().collect();
    let mut at = entry;
    while let Some(entry) = seen.entry(at).filter(|entry| entry.act != Act::Begins) {
        acts.push(entry.act);
        at = entry.parent;
    }
    acts.reverse();
    acts
}

/// Who goes a way again.
pub(super) struct Trail<'e> {
    pub(super) memo: &'e Memo<'e>,
    pub(super) start: State,
    /// Whether equal requests are taken for one.
    pub(super) sorts: bool,
    pub(super) instances: usize,
}

impl Trail<'_> {
    /// The events of a way with the requests that they are about. With `heals`, all backends answer well in the end.
    fn path(&self, acts: &[Act], heals: bool) -> Path {
        let mut state = self.start;
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
                    let wake = self.memo.wake(state.thread(usize::from(place)), state.now);
                    (usize::from(place), outcome, wake.map_or(Duration::ZERO, |(after, _)| after))
                }
                Act::Passes => {
                    let gateways = state.gateways.iter().take(self.instances);
                    let after = gateways.filter_map(|gateway| self.memo.instant(*gateway, state.now)).min();
                    self.pass(&mut state, after.unwrap_or(Duration::ZERO), &mut path);
                    continue;
                }
            };
            if after > Duration::ZERO {
                self.pass(&mut state, after, &mut path);
            }
            let instance = match *act {
                Act::Arrives { instance, .. } => instance,
                _ => self.memo.instance(state.thread(place)),
            };
            let (outcome, way) = (self.memo.outcome(outcome), self.memo.way(outcome));
            let (Some(outcome), Some(way)) = (outcome, way) else { continue };
            let request = labels.get(place).copied().unwrap_or(0);
            path.add(request, instance, way.happening, &way.picks);
            if let Some(cell) = state.threads.get_mut(place) {
                *cell = outcome.thread;
            }
            if let Some(cell) = state.gateways.get_mut(usize::from(instance)) {
                *cell = outcome.gateway;
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

    fn pass(&self, state: &mut State, by: Duration, path: &mut Path) {
        *state = self.memo.later(state, by).unwrap_or(*state);
        path.pass(by);
    }
}
