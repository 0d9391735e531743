//! How long pools were without what they are for, and in which phase of the faults time passes.

use super::super::fleet::{FleetSpec, Life};
use crate::gateway::{GatewaySpec, PriorityGroup};
use crate::units::{BackendId, Duration, Timestamp};

/// Where a run stands with its faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// No fault was on yet.
    #[default]
    Before,
    /// A fault is on.
    During,
    /// None is on; one was.
    After,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 3] = [Self::Before, Self::During, Self::After];

    /// Its place in [`Phase::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// How long a pool was without members that could be called: each was tripped, or a fault left nobody served.
/// Gateway instances count one by one; this is their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolAbsence {
    /// Without any member of its best priority group.
    pub primary: Duration,
    /// Without any member at all.
    pub all: Duration,
}

/// Follows breakers and faults through the run. Times must not go backwards.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pools: Vec<Pool>,
    /// When each instance serves.
    lives: Vec<Life>,
    /// End of the latest trip, by instance and backend.
    tripped_until: Vec<Vec<Timestamp>>,
    /// Whether a fault takes it out, by backend.
    out: Vec<bool>,
    last: Timestamp,
}

#[derive(Clone, Debug)]
struct Pool {
    primary: Vec<BackendId>,
    all: Vec<BackendId>,
    /// Nanoseconds summed over instances.
    without_primary: u128,
    without_any: u128,
}

impl Watch {
    pub(super) fn new(gateway: &GatewaySpec, fleet: &FleetSpec) -> Self {
        let pools = gateway.pools().iter().map(|pool| {
            let groups = PriorityGroup::of(pool, gateway.semantics());
            let primary = groups.first().map_or(&[][..], |group| &group.members);
            Pool {
                primary: primary.iter().map(|(backend, _)| *backend).collect(),
                all: pool.members.iter().map(|member| member.backend).collect(),
                without_primary: 0,
                without_any: 0,
            }
        });
        let backends = gateway.backends().len();
        let lives = fleet.lives();
        Self {
            pools: pools.collect(),
            tripped_until: vec![vec![Timestamp::ZERO; backends]; lives.len()],
            lives,
            out: vec![false; backends],
            last: Timestamp::ZERO,
        }
    }

    /// A breaker tripped, or its trip was extended, at `now`.
    pub(super) fn tripped(&mut self, backend: BackendId, instance: u32, now: Timestamp, until: Timestamp) {
        self.advance(now);
        let instance = self.tripped_until.get_mut(instance as usize);
        if let Some(end) = instance.and_then(|instance| instance.get_mut(backend.index())) {
            *end = until;
        }
    }

    /// From `now` on, faults take out those backends for which `is_out` says so.
    pub(super) fn set_out(&mut self, now: Timestamp, is_out: impl Fn(usize) -> bool) {
        self.advance(now);
        for (at, out) in self.out.iter_mut().enumerate() {
            *out = is_out(at);
        }
    }

    /// The time of each pool up to `end`.
    pub(super) fn finish(&mut self, end: Timestamp) -> Vec<PoolAbsence> {
        self.advance(end);
        // What all instances were without, over how many of them there were on average.
        let time = u128::from(end.as_nanos());
        let serving: u128 =
            self.lives.iter().map(|life| u128::from(life.within(Timestamp::ZERO, end).as_nanos())).sum();
        let mean = |sum: u128| {
            let mean =
                sum.checked_mul(time).and_then(|product| product.checked_div(serving)).unwrap_or_default();
            Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX))
        };
        let absences = self
            .pools
            .iter()
            .map(|pool| PoolAbsence { primary: mean(pool.without_primary), all: mean(pool.without_any) });
        absences.collect()
    }

    /// Adds up the time until `now`: between changes that are told, trips end by themselves.
    fn advance(&mut self, now: Timestamp) {
        for (until, life) in self.tripped_until.iter().zip(&self.lives) {
            let is_absent = |backend: &BackendId, at: Timestamp| {
                let at_index = backend.index();
                self.out.get(at_index).copied().unwrap_or(false)
                    || until.get(at_index).is_some_and(|until| *until > at)
            };
            let mut from = self.last.max(life.from);
            let now = now.min(life.until);
            while from < now {
                let ends = until.iter().filter(|until| **until > from);
                let to = ends.min().copied().unwrap_or(now).min(now);
                let time = u128::from(to.since(from).as_nanos());
                for pool in &mut self.pools {
                    if pool.primary.iter().all(|backend| is_absent(backend, from)) {
                        pool.without_primary += time;
                    }
                    if pool.all.iter().all(|backend| is_absent(backend, from)) {
                        pool.without_any += time;
                    }
                }
                from = to;
            }
        }
        self.last = self.last.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::test_support::plan;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    #[test]
    fn times_of_absence_are_added_up() {
        // One first, then the two others together.
        let mut watch = Watch::new(&plan("", Vec::new()).gateway, &FleetSpec::constant(2));
        // Instance 0 is without its first backend from 10 to 40 s, instance 1 only while a fault takes it out.
        watch.tripped(BackendId(0), 0, at(10), at(25));
        watch.set_out(at(20), |backend| backend == 0);
        watch.set_out(at(40), |_| false);
        // All three of instance 1 from 60 to 65 s.
        for (backend, until) in [(0, 70), (1, 65), (2, 66)] {
            watch.tripped(BackendId(backend), 1, at(60), at(until));
        }
        let absences = watch.finish(at(68));
        // (30 + 20 + 8) / 2 and 5 / 2 seconds.
        let expected = PoolAbsence { primary: Duration::from_secs(29), all: Duration::from_millis(2_500) };
        assert_eq!(absences, [expected]);
    }
}
