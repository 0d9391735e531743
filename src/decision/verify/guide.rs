//! Answers every choice of the core in every way, one path after the other.
//!
//! A path is a list of answers. The first run takes the first answer everywhere; [`Guide::next`] changes the last
//! answer that can be changed, so that all paths are seen once, in the order of their answers.

use super::worlds::{Mask, Worlds};
use crate::gateway::{ChoiceReason, Choices};
use crate::semantics::{Reading, Readings, Switch};

/// Paths of one step that are followed at most.
const MOST_PATHS: usize = 4_096;

/// One decision on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decision {
    taken: u16,
    of: u16,
}

/// All lists of decisions, one after the other: the last decision that can be taken otherwise is, and what comes after
/// it begins anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Odometer {
    path: Vec<Decision>,
    at: usize,
}

impl Odometer {
    /// Takes one of `of` ways.
    pub(super) fn decide(&mut self, of: usize) -> usize {
        if of < 2 {
            return 0;
        }
        let of = u16::try_from(of).unwrap_or(u16::MAX);
        if self.at == self.path.len() {
            self.path.push(Decision { taken: 0, of });
        }
        let taken = self.path.get(self.at).map_or(0, |decision| decision.taken);
        self.at += 1;
        usize::from(taken)
    }

    /// Goes on to the next list. `false`: there is none.
    pub(super) fn next(&mut self) -> bool {
        self.path.truncate(self.at);
        self.at = 0;
        while let Some(last) = self.path.pop() {
            if last.taken + 1 < last.of {
                self.path.push(Decision { taken: last.taken + 1, of: last.of });
                return true;
            }
        }
        false
    }
}

/// The choices of one run of the core, and what to try next.
#[derive(Debug)]
pub(super) struct Guide<'w> {
    worlds: &'w Worlds,
    all: Mask,
    path: Odometer,
    /// Worlds in which this path is one.
    mask: Mask,
    /// Answers that were given to choices which are none of readings.
    picks: Vec<u64>,
    runs: usize,
    /// Whether a range had more numbers than were tried.
    has_gaps: bool,
    /// For each switch, the worlds in which it was read; empty: nobody wants to know.
    read_in: Vec<Mask>,
}

impl<'w> Guide<'w> {
    /// A guide to all paths in these worlds.
    pub(super) fn new(worlds: &'w Worlds, all: Mask) -> Self {
        let (path, picks) = (Odometer::default(), Vec::new());
        let read_in = if worlds.asks() { vec![Mask::NONE; Switch::ALL.len()] } else { Vec::new() };
        Self { worlds, all, path, mask: all, picks, runs: 0, has_gaps: false, read_in }
    }

    /// Worlds in which the path that was just followed is one.
    pub(super) fn mask(&self) -> Mask {
        self.mask
    }

    /// What was chosen on it, beside readings.
    pub(super) fn picks(&self) -> &[u64] {
        &self.picks
    }

    /// For each switch, the worlds in which it was read on any path.
    pub(super) fn read_in(&self) -> &[Mask] {
        &self.read_in
    }

    /// Whether some numbers of a range were left out.
    pub(super) fn has_gaps(&self) -> bool {
        self.has_gaps
    }

    /// Goes on to the next path. `false`: there is none.
    pub(super) fn next(&mut self) -> bool {
        self.runs += 1;
        let goes_on = self.path.next();
        self.has_gaps |= goes_on && self.runs >= MOST_PATHS;
        self.mask = self.all;
        self.picks.clear();
        goes_on && self.runs < MOST_PATHS
    }

    /// Takes one of `of` ways; the world around the core has choices, too.
    pub(super) fn way(&mut self, of: usize) -> usize {
        let taken = self.decide(of);
        self.picks.push(taken as u64);
        taken
    }

    fn decide(&mut self, of: usize) -> usize {
        self.path.decide(of)
    }
}

impl Readings for Guide<'_> {
    fn read<R: Reading>(&mut self, configured: R) -> R {
        if let Some(worlds) = self.read_in.get_mut(R::SWITCH as usize) {
            *worlds = worlds.or(self.mask);
        }
        let worlds = self.worlds.of_switch(R::SWITCH);
        let mask = self.mask;
        let mut possible = worlds.iter().zip(R::ALL).filter(|(with, _)| !with.and(mask).is_empty());
        let Some((first, reading)) = possible.next() else { return configured };
        if first.and(mask) == mask {
            return *reading;
        }
        // The reading of the first world comes first: that is the configured one while it is among them.
        let mut ways: Vec<(Mask, R)> =
            std::iter::once((first, reading)).chain(possible).map(|(with, r)| (with.and(mask), *r)).collect();
        ways.sort_by_key(|(with, _)| with.first());
        let taken = self.decide(ways.len());
        let Some((with, reading)) = ways.get(taken) else { return configured };
        self.mask = *with;
        *reading
    }
}

impl Choices for Guide<'_> {
    fn choose_weighted(&mut self, weights: &[u32], _why: ChoiceReason) -> usize {
        let chosen = weighted(weights, |of| self.decide(of));
        self.picks.push(chosen as u64);
        chosen
    }

    fn between(&mut self, low: u64, high: u64, _why: ChoiceReason) -> u64 {
        self.has_gaps |= high > low.saturating_add(1);
        let chosen = if high > low && self.decide(2) == 1 { high } else { low };
        self.picks.push(chosen);
        chosen
    }
}

/// One of the places with a weight: the one that `take` chooses among so many.
pub(super) fn weighted(weights: &[u32], take: impl FnOnce(usize) -> usize) -> usize {
    let mut possible = weights.iter().enumerate().filter(|(_, weight)| **weight > 0).map(|(at, _)| at);
    let of = possible.clone().count();
    possible.nth(take(of)).unwrap_or(0)
}

/// Gives the answers of one path in one world again.
#[derive(Debug)]
pub(super) struct Script<'w> {
    worlds: &'w Worlds,
    world: usize,
    picks: std::collections::VecDeque<u64>,
}

impl<'w> Script<'w> {
    pub(super) fn new(worlds: &'w Worlds, world: usize, picks: &[u64]) -> Self {
        Self { worlds, world, picks: picks.iter().copied().collect() }
    }

    fn pick(&mut self) -> u64 {
        self.picks.pop_front().unwrap_or(0)
    }
}

/// What decides how the world around the core goes on.
pub(super) trait Ways: Choices {
    /// Takes one of `of` ways.
    fn way(&mut self, of: usize) -> usize;
}

impl Ways for Guide<'_> {
    fn way(&mut self, of: usize) -> usize {
        Guide::way(self, of)
    }
}

impl Ways for Script<'_> {
    fn way(&mut self, of: usize) -> usize {
        usize::try_from(self.pick()).unwrap_or(0).min(of.saturating_sub(1))
    }
}

impl Readings for Script<'_> {
    fn read<R: Reading>(&mut self, configured: R) -> R {
        let name = self.worlds.semantics(self.world).map(|semantics| semantics.get(R::SWITCH));
        R::ALL.iter().copied().find(|r| Some(r.name()) == name).unwrap_or(configured)
    }
}

impl Choices for Script<'_> {
    fn choose_weighted(&mut self, _weights: &[u32], _why: ChoiceReason) -> usize {
        usize::try_from(self.pick()).unwrap_or(0)
    }

    fn between(&mut self, low: u64, high: u64, _why: ChoiceReason) -> u64 {
        self.pick().clamp(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::support::walkthrough;

    const WHY: ChoiceReason = ChoiceReason::RetryJitter;

    fn all_paths(mut run: impl FnMut(&mut Guide<'_>)) -> (Vec<Vec<u64>>, bool) {
        let worlds = Worlds::configured(&walkthrough().gateway);
        let mut guide = Guide::new(&worlds, worlds.all());
        let mut paths = Vec::new();
        loop {
            run(&mut guide);
            paths.push(guide.picks().to_vec());
            if !guide.next() {
                return (paths, guide.has_gaps());
            }
        }
    }

    #[test]
    fn a_range_is_tried_at_its_ends() {
        let between = |low, high| all_paths(|guide| _ = guide.between(low, high, WHY));
        assert_eq!(between(3, 3), (vec![vec![3]], false));
        assert_eq!(between(3, 4), (vec![vec![3], vec![4]], false));
        assert_eq!(between(3, 5), (vec![vec![3], vec![5]], true), "4 was left out");
    }

    #[test]
    fn a_gap_stays_one_whatever_comes_after_it() {
        let (paths, has_gaps) = all_paths(|guide| {
            guide.between(1, 9, WHY);
            guide.between(1, 2, WHY);
        });
        assert_eq!((paths.len(), has_gaps), (4, true));
    }

    #[test]
    fn paths_beyond_the_most_are_left_out_and_told() {
        let ways = |count: usize| all_paths(|guide| (0..count).for_each(|_| _ = guide.way(2)));
        let (paths, has_gaps) = ways(12);
        assert_eq!((paths.len(), has_gaps), (MOST_PATHS, false), "all of them");
        let (paths, has_gaps) = ways(13);
        assert_eq!((paths.len(), has_gaps), (MOST_PATHS, true));
    }

    #[test]
    fn what_is_chosen_is_what_is_told_and_played_again() {
        let worlds = Worlds::configured(&walkthrough().gateway);
        let mut taken = Vec::new();
        let (paths, _) = all_paths(|guide| taken.push(Ways::way(guide, 3)));
        assert_eq!(taken, [0, 1, 2]);
        for (path, taken) in paths.iter().zip(taken) {
            assert_eq!(Script::new(&worlds, 0, path).way(3), taken);
        }
        assert_eq!(Script::new(&worlds, 0, &[7]).way(3), 2, "the last, if there are not so many");
        assert_eq!(Script::new(&worlds, 0, &[]).way(3), 0);
    }

    #[test]
    fn places_without_weight_are_not_chosen() {
        let mut of = 0;
        let mut take = |nth: usize, weights: &[u32]| {
            weighted(weights, |count| {
                of = count;
                nth
            })
        };
        assert_eq!((take(0, &[0, 5, 0, 1]), take(1, &[0, 5, 0, 1])), (1, 3));
        assert_eq!(of, 2);
    }
}
