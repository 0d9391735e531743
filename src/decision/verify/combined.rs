//! Readings in combination, those that change least first.
//!
//! Rules
//! - A world is what is configured with a set of changes. A set grows by every other reading of every switch that the
//!   core reads in the world of the set: what is not read cannot make a difference there, so that no
//!   combination is left out that could.
//! - Sets of one size are looked at before any that is larger: the first set under which something does not hold is a
//!   smallest one, and sets around it are not told again.
//! - The number of sets is bounded. A size is looked at as a whole or not at all, so that what was looked at can be
//!   said.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::Answers;
use super::explorer::{Explored, Explorer};
use super::properties::Property;
use super::setup::Bounds;
use super::verdict::{Combinations, Extent, Listener, Others, Otherwise, Task, consulted, otherwise};
use super::watch::Watch;
use super::worlds::{MOST_WORLDS, Worlds, readings_beside};
use crate::semantics::Switch;

/// What is read otherwise than configured, in the order of switches.
type Changes = Vec<(Switch, &'static str)>;

/// Smallest sets that are told of one property at most.
const MOST_TOLD: usize = 8;

/// Looks at up to `most` sets of changes.
pub(super) fn combined(
    watch: &Watch<'_>,
    answers: &Answers,
    task: &Task,
    bounds: Bounds,
    most: usize,
    listener: Listener<'_>,
) -> Others {
    let setup = watch.setup;
    let spec = &setup.gateway;
    let mut sum = Sum { extent: None, found: BTreeMap::new(), consulted: BTreeSet::new() };
    let mut combinations = Combinations { most, looked_at: 0, size: 0, is_complete: false };
    let mut level: BTreeSet<Changes> = BTreeSet::from([Vec::new()]);
    loop {
        let mut next = BTreeSet::new();
        let sets: Vec<Changes> = level.into_iter().collect();
        for batch in sets.chunks(MOST_WORLDS - 1) {
            // The configured world is always the first.
            let others: Vec<Changes> = batch.iter().filter(|set| !set.is_empty()).cloned().collect();
            let worlds = Worlds::sets(spec, &others).asking();
            let explored = Explorer::new(watch, &worlds, answers, bounds, true).explore(listener);
            for world in 0..worlds.len() {
                let set = worlds.changes(world);
                if batch.iter().any(|one| one == set) {
                    let read = Switch::ALL.iter().zip(&explored.read).filter(|(_, read)| read.has(world));
                    for (switch, _) in
                        read.filter(|(switch, _)| set.iter().all(|(known, _)| known != *switch))
                    {
                        next.extend(readings_beside(spec, *switch).map(|reading| {
                            let mut set = set.to_vec();
                            set.push((*switch, reading));
                            set.sort_unstable();
                            set
                        }));
                    }
                }
            }
            for property in setup.properties() {
                let strict = task.profile == super::verdict::Profile::Strict;
                sum.note(property, otherwise(&explored, property, strict, &worlds));
            }
            if combinations.size <= 1 {
                sum.consulted.extend(consulted(&explored, &worlds));
            }
            sum.extend(&explored, bounds);
        }
        combinations.looked_at += sets.len();
        if next.is_empty() {
            combinations.is_complete = sum.extent.is_none_or(|extent| !extent.is_cut);
            break;
        }
        if combinations.looked_at + next.len() > most {
            break;
        }
        combinations.size += 1;
        level = next;
    }
    sum.into_others(spec, combinations)
}

/// What all explorations together have found.
struct Sum {
    extent: Option<Extent>,
    found: BTreeMap<Property, Vec<Otherwise>>,
    consulted: BTreeSet<Switch>,
}

impl Sum {
    /// Keeps those that are no larger than need be.
    fn note(&mut self, property: Property, all: Vec<Otherwise>) {
        let known = self.found.entry(property).or_default();
        for one in all {
            let is_around =
                |other: &Otherwise| other.changes.iter().all(|change| one.changes.contains(change));
            if known.len() < MOST_TOLD && !known.iter().any(is_around) {
                known.push(one);
            }
        }
    }

    fn extend(&mut self, explored: &Explored, bounds: Bounds) {
        let new = Extent::of(explored, bounds);
        self.extent = Some(match self.extent {
            None => new,
            Some(old) => Extent {
                bounds,
                depth: old.depth.min(new.depth),
                is_complete: old.is_complete && new.is_complete,
                is_cut: old.is_cut || new.is_cut,
                states: old.states + new.states,
                generated: old.generated + new.generated,
                steps: old.steps + new.steps,
                has_gaps: old.has_gaps || new.has_gaps,
            },
        });
    }

    fn into_others(self, spec: &crate::gateway::GatewaySpec, combinations: Combinations) -> Others {
        let told: BTreeSet<&Changes> = self.found.values().flatten().map(|one| &one.changes).collect();
        let mut told: Vec<Changes> = told.into_iter().cloned().collect();
        told.sort_by_key(Vec::len);
        told.truncate(MOST_WORLDS - 1);
        let worlds = Worlds::sets(spec, &told);
        let mut otherwise = self.found;
        for all in otherwise.values_mut() {
            all.retain_mut(|one| {
                let world = (0..worlds.len()).find(|world| worlds.changes(*world) == one.changes.as_slice());
                one.world = world.unwrap_or(0);
                world.is_some()
            });
            all.sort_by_key(|one| (one.changes.len(), one.world));
        }
        Others {
            otherwise,
            consulted: self.consulted.into_iter().collect(),
            extent: self.extent,
            worlds,
            combinations: Some(combinations),
        }
    }
}
