//! Readings of undocumented points, tried side by side.
//!
//! A world is one reading of every switch. Worlds are explored together: a step of the core is played once for all
//! worlds that agree on what it asks, and a state knows in which worlds it can be reached.
//!
//! Deliberately not here: readings that only expressions ask for (how a double is written, for example). They are as
//! configured. `breaker.window` = tumbling_epoch is tried only where clocks are not set back, or where it is
//! configured.

use std::fmt;

use crate::gateway::GatewaySpec;
use crate::semantics::{BreakerWindow, Reading, Semantics, Switch};

/// Worlds that are explored at the same time at most.
pub const MOST_WORLDS: usize = 128;

/// A set of worlds: bit n is the n-th. The first is what is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mask(pub(super) u128);

impl Mask {
    /// The configured world alone.
    pub const CONFIGURED: Self = Self(1);
    pub(super) const NONE: Self = Self(0);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the configured world is among them.
    pub fn has_configured(self) -> bool {
        self.0 & 1 == 1
    }

    /// The first of them.
    pub(super) fn first(self) -> Option<usize> {
        (!self.is_empty()).then(|| self.0.trailing_zeros() as usize)
    }

    /// Whether world `number` is among them.
    pub(super) fn has(self, number: usize) -> bool {
        bit(number).0 & self.0 != 0
    }
}

/// The worlds of an exploration.
#[derive(Clone)]
pub struct Worlds {
    /// For each switch, the worlds that have each of its readings.
    by_reading: Vec<Vec<Mask>>,
    worlds: Vec<World>,
    /// Whether it is kept which switches are asked for in which world.
    asks: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct World {
    semantics: Semantics,
    /// What is not as configured.
    changes: Vec<(Switch, &'static str)>,
}

impl fmt::Debug for Worlds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.worlds.iter().map(|world| &world.changes)).finish()
    }
}

impl Worlds {
    /// What is configured, and nothing else.
    pub fn configured(spec: &GatewaySpec) -> Self {
        Self::of(vec![World { semantics: spec.semantics().clone(), changes: Vec::new() }])
    }

    /// What is configured, but for these readings: one world.
    pub fn one(spec: &GatewaySpec, changes: &[(Switch, &'static str)]) -> Self {
        changed(spec.semantics(), changes)
            .map_or_else(|| Self::configured(spec), |world| Self::of(vec![world]))
    }

    /// What is configured, and every other reading of each of `switches` alone. Those that are too many are left out.
    pub fn alone(spec: &GatewaySpec, switches: &[Switch]) -> Self {
        let base = spec.semantics();
        let mut worlds = vec![World { semantics: base.clone(), changes: Vec::new() }];
        for switch in switches {
            for reading in readings_beside(spec, *switch) {
                if worlds.len() < MOST_WORLDS {
                    worlds.extend(changed(base, &[(*switch, reading)]));
                }
            }
        }
        Self::of(worlds)
    }

    /// What is configured, and it with each of these sets of changes. Those that are too many are left out.
    pub fn sets(spec: &GatewaySpec, sets: &[Vec<(Switch, &'static str)>]) -> Self {
        let base = spec.semantics();
        let configured = World { semantics: base.clone(), changes: Vec::new() };
        let others = sets.iter().filter_map(|changes| changed(base, changes));
        Self::of(std::iter::once(configured).chain(others).take(MOST_WORLDS).collect())
    }

    /// The same, with a note of what is asked for.
    #[must_use]
    pub(super) fn asking(self) -> Self {
        Self { asks: true, ..self }
    }

    /// Whether it is kept what is asked for.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    fn of(worlds: Vec<World>) -> Self {
        let by_reading = Switch::ALL
            .iter()
            .map(|switch| {
                let readings = switch.info().readings;
                let with = |reading: &&'static str| {
                    let has = |world: &World| world.semantics.get(*switch) == *reading;
                    worlds
                        .iter()
                        .enumerate()
                        .filter(|(_, world)| has(world))
                        .fold(Mask::NONE, |mask, (n, _)| mask.or(bit(n)))
                };
                readings.iter().map(with).collect()
            })
            .collect();
        Self { by_reading, worlds, asks: false }
    }

    /// All of them.
    pub fn all(&self) -> Mask {
        (0..self.worlds.len()).fold(Mask::NONE, |mask, n| mask.or(bit(n)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.worlds.len()
    }

    /// Whether there are none: never, as one is configured.
    pub fn is_empty(&self) -> bool {
        self.worlds.is_empty()
    }

    /// The worlds that have each reading of `switch`, in the order of its readings.
    pub(super) fn of_switch(&self, switch: Switch) -> &[Mask] {
        self.by_reading.get(switch as usize).map_or(&[], Vec::as_slice)
    }

    /// What world `number` reads otherwise than configured.
    pub fn changes(&self, number: usize) -> &[(Switch, &'static str)] {
        self.worlds.get(number).map_or(&[], |world| world.changes.as_slice())
    }

    /// The readings of world `number`.
    pub(super) fn semantics(&self, number: usize) -> Option<&Semantics> {
        self.worlds.get(number).map(|world| &world.semantics)
    }
}

fn changed(base: &Semantics, changes: &[(Switch, &'static str)]) -> Option<World> {
    let mut semantics = base.clone();
    for (switch, reading) in changes {
        semantics.set(switch.info().path, reading).then_some(())?;
    }
    Some(World { semantics, changes: changes.to_vec() })
}

/// Readings of `switch` that can be tried beside the configured one.
pub(super) fn readings_beside(spec: &GatewaySpec, switch: Switch) -> impl Iterator<Item = &'static str> {
    let configured = spec.semantics().get(switch);
    // Windows that begin at multiples of their length need a clock that is not set back.
    let has_calendar = spec.has_calendar();
    let is_possible =
        move |reading: &&'static str| has_calendar || *reading != BreakerWindow::TumblingEpoch.name();
    switch.info().readings.iter().copied().filter(move |reading| *reading != configured).filter(is_possible)
}

fn bit(number: usize) -> Mask {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    Mask(1_u128.checked_shl(number).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::compile;

    fn spec() -> GatewaySpec {
        let program = compile("<policies><inbound /><backend /><outbound /><on-error /></policies>");
        GatewaySpec::new(Vec::new(), Vec::new(), program, Semantics::default()).unwrap()
    }

    #[test]
    fn sets_are_all_there_and_what_is_configured_is_first() {
        let after = (Switch::TripEnd, "after");
        let sets = [vec![after], vec![after, (Switch::RetryAfterPolicy, "min")]];
        let worlds = Worlds::sets(&spec(), &sets);
        let counts: Vec<usize> = (0..worlds.len()).map(|world| worlds.changes(world).len()).collect();
        assert_eq!(counts.first(), Some(&0));
        for world in &worlds.worlds {
            for (switch, reading) in &world.changes {
                assert_eq!(world.semantics.get(*switch), *reading);
            }
        }
        let many = vec![vec![after]; MOST_WORLDS + 5];
        assert_eq!(Worlds::sets(&spec(), &many).len(), MOST_WORLDS);
    }

    #[test]
    fn a_mask_knows_its_worlds() {
        let mask = Mask(0b1010_0000);
        let has: Vec<usize> = (0..200).filter(|world| mask.has(*world)).collect();
        assert_eq!((has, mask.first(), mask.has_configured()), (vec![5, 7], Some(5), false));
    }

    #[test]
    fn worlds_show_what_they_change() {
        let worlds = Worlds::one(&spec(), &[(Switch::TripEnd, "after")]);
        assert!(format!("{worlds:?}").contains("\"after\""), "{worlds:?}");
        assert_eq!(worlds.changes(0), [(Switch::TripEnd, "after")]);
        assert!(worlds.changes(1).is_empty());
    }
}
