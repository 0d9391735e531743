//! Gateway instances of a run: where they stand, when they live, and which of them a call reaches.
//!
//! Model choices (assumptions that output names)
//! - An instance that is added is cold: its breakers, balancing, counters and caches know nothing.
//! - What was added last is taken away first, and finishes what it has under way.
//! - A client stays in its region, a call without a client comes from any; where a region has no instance left,
//!   its calls go to the next one in order that has.
//!
//! Deliberately not modelled: the time it takes to add an instance (write when it begins to serve), the way from
//! clients to the gateway.

use std::sync::Arc;

use crate::policy::{Facts, Text};
use crate::random::{StreamName, Streams};
use crate::semantics::InstanceAssignment;
use crate::units::{BackendId, Duration, Timestamp};

/// The instances of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetSpec {
    /// At least one; of several, each has a name.
    pub regions: Vec<RegionSpec>,
}

/// The instances of one region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionSpec {
    /// What policies and tables call it; `None`: nobody asks.
    pub name: Option<Text>,
    /// Instances at the start.
    pub units: u32,
    /// Instances from then on, in the order of time.
    pub changes: Vec<(Timestamp, u32)>,
    /// How much of the traffic comes from here, beside what other regions say.
    pub share: f64,
    /// Round trips between here and deployments, by `BackendId`; `None`: what the deployment says.
    pub network: Vec<Option<Duration>>,
}

/// An instance's region, and when it serves: from the first time until before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its region, by place.
    pub region: u16,
    /// Begins to serve.
    pub from: Timestamp,
    /// Gets no more calls.
    pub until: Timestamp,
}

impl Life {
    /// Whether it gets calls then.
    pub fn serves_at(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    /// How much of the time from `from` to `until` it serves.
    pub fn within(&self, from: Timestamp, until: Timestamp) -> Duration {
        self.until.min(until).since(self.from.max(from))
    }
}

impl FleetSpec {
    /// So many instances all the time, in no region.
    pub fn constant(units: u32) -> Self {
        let changes = Vec::new();
        Self { regions: vec![RegionSpec { name: None, units, changes, share: 1.0, network: Vec::new() }] }
    }

    /// Every instance of the run, by its number.
    pub fn lives(&self) -> Vec<Life> {
        let mut lives: Vec<Life> = Vec::new();
        let mut present: Vec<Vec<usize>> = vec![Vec::new(); self.regions.len()];
        for (at, region, units) in self.steps() {
            let Some(here) = present.get_mut(usize::from(region)) else { continue };
            while here.len() > units as usize {
                let gone = here.pop().and_then(|instance| lives.get_mut(instance));
                if let Some(life) = gone {
                    life.until = at;
                }
            }
            while here.len() < units as usize {
                here.push(lives.len());
                lives.push(Life { region, from: at, until: Timestamp::MAX });
            }
        }
        lives
    }

    /// The earliest time at which no region has an instance.
    pub fn deserted_at(&self) -> Option<Timestamp> {
        let mut units = vec![0; self.regions.len()];
        let steps = self.steps();
        steps.iter().enumerate().find_map(|(place, (at, region, number))| {
            if let Some(here) = units.get_mut(usize::from(*region)) {
                *here = *number;
            }
            // All that happens at one time happens at once.
            let is_last = steps.get(place + 1).is_none_or(|(next, ..)| next > at);
            (is_last && units.iter().all(|number| *number == 0)).then_some(*at)
        })
    }

    /// Whether regions are told apart.
    pub fn is_regional(&self) -> bool {
        self.regions.iter().any(|region| region.name.is_some())
    }

    /// Time that instances serve between two times, summed up.
    pub fn serving(&self, from: Timestamp, until: Timestamp) -> Duration {
        self.lives().iter().fold(Duration::ZERO, |sum, life| sum.saturating_add(life.within(from, until)))
    }

    /// When which region has how many instances from then on, in the order of time and place.
    fn steps(&self) -> Vec<(Timestamp, u16, u32)> {
        let regions = self.regions.iter().zip(0_u16..);
        let mut steps: Vec<_> = regions
            .flat_map(|(region, place)| {
                let first = (Timestamp::ZERO, region.units);
                [first].into_iter().chain(region.changes.iter().copied()).map(move |(at, n)| (at, place, n))
            })
            .collect();
        steps.sort_by_key(|(at, place, _)| (*at, *place));
        steps
    }
}

/// Who sends a call, as far as it decides where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sender {
    /// The client, or the call where nobody says who sends.
    pub(super) who: u64,
    /// What an instance is drawn with.
    pub(super) key: u64,
    /// Where the client is, if it says so.
    pub(super) region: Option<u16>,
}

/// The instances while a run goes on.
#[derive(Debug)]
pub(super) struct Fleet<'p> {
    spec: &'p FleetSpec,
    assignment: InstanceAssignment,
    lives: Vec<Life>,
    /// Who serves now, by region.
    present: Vec<Vec<u32>>,
    /// Calls so far, by region.
    turns: Vec<u64>,
    /// Sums of the regions' shares.
    shares: Vec<f64>,
    next_change: Timestamp,
    /// Whether round trips depend on the region.
    has_networks: bool,
    /// What policies know, by region and client (the first: no client); made when first asked for.
    facts: Vec<Vec<Option<Arc<Facts>>>>,
}

const ASSIGNMENT: StreamName = StreamName::new("assignment");
const ASSIGNMENT_OF_CLIENTS: StreamName = StreamName::new("assignment/clients");
const REGION: StreamName = StreamName::new("gateway-region");

impl<'p> Fleet<'p> {
    pub(super) fn new(spec: &'p FleetSpec, assignment: InstanceAssignment, clients: usize) -> Self {
        let regions = spec.regions.len();
        let shares = spec.regions.iter().scan(0.0, |sum, region| {
            *sum += region.share;
            Some(*sum)
        });
        let mut fleet = Self {
            spec,
            assignment,
            lives: spec.lives(),
            present: vec![Vec::new(); regions],
            turns: vec![0; regions],
            shares: shares.collect(),
            next_change: Timestamp::ZERO,
            has_networks: spec.regions.iter().any(|region| !region.network.is_empty()),
            facts: if spec.is_regional() { vec![vec![None; clients + 1]; regions] } else { Vec::new() },
        };
        fleet.advance(Timestamp::ZERO);
        fleet
    }

    /// Every instance of the run, by its number.
    pub(super) fn lives(&self) -> &[Life] {
        &self.lives
    }

    /// Where an instance stands.
    pub(super) fn region(&self, instance: u32) -> u16 {
        self.lives.get(instance as usize).map_or(0, |life| life.region)
    }

    /// Makes the changes that are due, and says whether there were any.
    #[inline]
    pub(super) fn advance(&mut self, now: Timestamp) -> bool {
        if now < self.next_change {
            return false;
        }
        for here in &mut self.present {
            here.clear();
        }
        for (life, instance) in self.lives.iter().zip(0_u32..) {
            if life.serves_at(now)
                && let Some(here) = self.present.get_mut(usize::from(life.region))
            {
                here.push(instance);
            }
        }
        let ends = self.lives.iter().flat_map(|life| [life.from, life.until]);
        self.next_change = ends.filter(|at| *at > now).min().unwrap_or(Timestamp::MAX);
        true
    }

    /// The instance that a call reaches.
    pub(super) fn choose(&mut self, sender: Sender, streams: Streams) -> u32 {
        let region = if self.present.len() > 1 { self.region_of(sender, streams) } else { 0 };
        let (Some(here), Some(turn)) = (self.present.get(region), self.turns.get_mut(region)) else {
            return 0;
        };
        let units = here.len().max(1) as u64;
        let place = match self.assignment {
            InstanceAssignment::RoundRobin => *turn % units,
            InstanceAssignment::Random => streams.keyed(ASSIGNMENT, sender.key, 0).below(units),
            InstanceAssignment::Client => streams.keyed(ASSIGNMENT_OF_CLIENTS, sender.who, 0).below(units),
        };
        *turn += 1;
        usize::try_from(place).ok().and_then(|place| here.get(place)).copied().unwrap_or(0)
    }

    /// The region that a call reaches: its own, or the next one with an instance.
    fn region_of(&self, sender: Sender, streams: Streams) -> usize {
        let drawn = || {
            let all = self.shares.last().copied().unwrap_or_default();
            let drawn = streams.keyed(REGION, sender.who, 0).uniform_open() * all;
            self.shares.iter().position(|sum| drawn < *sum).unwrap_or(0)
        };
        let own = sender.region.map_or_else(drawn, usize::from);
        let count = self.present.len().max(1);
        let mut order = (0..count).map(|further| (own + further) % count);
        let serves = |region: &usize| self.present.get(*region).is_some_and(|here| !here.is_empty());
        order.find(serves).unwrap_or(own)
    }

    /// An answer that would be heard of at `at` after a round trip of `usual`, when it goes to this instance.
    #[inline]
    pub(super) fn arrival(
        &self,
        instance: u32,
        backend: BackendId,
        usual: Duration,
        at: Timestamp,
    ) -> Timestamp {
        if !self.has_networks {
            return at;
        }
        let region = self.spec.regions.get(usize::from(self.region(instance)));
        match region.and_then(|region| region.network.get(backend.index()).copied().flatten()) {
            Some(own) if at < Timestamp::MAX => Timestamp::ZERO
                .saturating_add(at.since(Timestamp::ZERO).saturating_sub(usual))
                .saturating_add(own),
            _ => at,
        }
    }

    /// What policies know on an instance about a call of a client; `None` without regions: what they know anyway.
    pub(super) fn facts(&mut self, instance: u32, client: Option<u32>, usual: &Facts) -> Option<Arc<Facts>> {
        let region = usize::from(self.region(instance));
        let name = self.spec.regions.get(region)?.name.as_ref();
        let place = client.map_or(0, |client| client as usize + 1);
        let slot = self.facts.get_mut(region)?.get_mut(place)?;
        let facts = slot.get_or_insert_with(|| {
            let mut facts = usual.clone();
            if let Some(name) = name {
                facts.deployment.region = name.clone();
            }
            Arc::new(facts)
        });
        Some(Arc::clone(facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    fn region(name: &'static str, units: u32, changes: &[(u64, u32)], share: f64) -> RegionSpec {
        let changes = changes.iter().map(|(seconds, units)| (at(*seconds), *units)).collect();
        RegionSpec { name: Some(Text::Static(name)), units, changes, share, network: Vec::new() }
    }

    fn sender(who: u64) -> Sender {
        Sender { who, key: who, region: None }
    }

    #[test]
    fn the_last_one_added_goes_first_and_comes_back_as_another() {
        let fleet = FleetSpec { regions: vec![region("a", 1, &[(10, 3), (20, 2), (30, 3)], 1.0)] };
        let life = |from, until: Option<u64>| Life {
            region: 0,
            from: at(from),
            until: until.map_or(Timestamp::MAX, at),
        };
        assert_eq!(fleet.lives(), [life(0, None), life(10, None), life(10, Some(20)), life(30, None)]);
        // 40 + 30 + 10 + 10 seconds until then.
        assert_eq!(fleet.serving(Timestamp::ZERO, at(40)), Duration::from_secs(90));
        assert_eq!(fleet.serving(at(15), at(25)), Duration::from_secs(25));
        assert_eq!(fleet.deserted_at(), None);
    }

    #[test]
    fn some_region_must_serve_at_any_time() {
        let fleet = |first: &[(u64, u32)], second: &[(u64, u32)]| FleetSpec {
            regions: vec![region("a", 1, first, 1.0), region("b", 1, second, 1.0)],
        };
        assert_eq!(fleet(&[(10, 0)], &[(20, 0)]).deserted_at(), Some(at(20)));
        assert_eq!(fleet(&[(10, 0)], &[]).deserted_at(), None);
        // One takes over from the other at the same instant.
        assert_eq!(fleet(&[(10, 0), (20, 1)], &[(20, 0)]).deserted_at(), None);
    }

    #[test]
    fn calls_come_from_regions_by_share_and_take_turns_there() {
        let spec = FleetSpec { regions: vec![region("a", 2, &[], 3.0), region("b", 1, &[], 1.0)] };
        let mut fleet = Fleet::new(&spec, InstanceAssignment::RoundRobin, 0);
        let mut calls = [0_u32; 3];
        for who in 0..4_000 {
            calls[fleet.choose(sender(who), Streams::new(1)) as usize] += 1;
        }
        // A quarter of 4,000 with a standard deviation of 27; the two of the other region differ by at most one.
        assert!((900..1_100).contains(&calls[2]), "{calls:?}");
        assert!(calls[0].abs_diff(calls[1]) <= 1, "{calls:?}");
        // A client that says where it is is there.
        let there = Sender { region: Some(1), ..sender(7) };
        assert!((0..10).all(|_| fleet.choose(there, Streams::new(1)) == 2));
    }

    #[test]
    fn calls_of_a_region_without_instances_go_to_the_next() {
        let regions = vec![
            region("a", 1, &[], 0.0),
            region("b", 1, &[(10, 0), (20, 1)], 1.0),
            region("c", 1, &[], 0.0),
        ];
        let spec = FleetSpec { regions };
        let mut fleet = Fleet::new(&spec, InstanceAssignment::RoundRobin, 0);
        let mut reached = |now| {
            fleet.advance(now);
            fleet.choose(sender(1), Streams::new(1))
        };
        // Instance 3 is the one that comes back.
        assert_eq!([0, 9, 10, 19, 20].map(|s| reached(at(s))), [1, 1, 2, 2, 3]);
    }

    #[test]
    fn answers_come_later_from_afar() {
        let far =
            RegionSpec { network: vec![None, Some(Duration::from_secs(3))], ..region("a", 1, &[], 1.0) };
        let spec = FleetSpec { regions: vec![far] };
        let fleet = Fleet::new(&spec, InstanceAssignment::RoundRobin, 0);
        let heard = |backend, moment| fleet.arrival(0, BackendId(backend), Duration::from_secs(1), moment);
        assert_eq!([heard(0, at(10)), heard(1, at(10)), heard(2, at(10))], [at(10), at(12), at(10)]);
        assert_eq!(heard(1, Timestamp::MAX), Timestamp::MAX);
    }
}
