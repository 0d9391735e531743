//! Which member of a pool gets the next call.
//!
//! Rules (backends article, 2025-05-20)
//! - Only members whose breaker is not tripped are candidates.
//! - Among them the best priority group (lowest number) takes everything; a lower group is used only
//!   when all members of better groups are tripped.
//! - Inside the group calls are spread by weight; without weights evenly.
//!
//! Undocumented, so switches: the rotation (`lb.algorithm`, default smooth weighted round-robin as nginx
//! does it, ties by list order), missing priority and weight, weight 0, and whether the rotation starts
//! again when the set of available members changes.
//!
//! Session awareness asks for one member ([`Pin`], room `affinity`); what it asks for is picked beside the
//! rotation.
//!
//! Carbon awareness (room `carbon`) tells which members are to be left out while others are available.

use std::collections::BTreeMap;

use super::breaker::{Breaker, BreakerChange};
use super::choices::{ChoiceReason, Choices, FirstChoice};
use super::seeded::{Fault, seeded};
use super::spec::{PoolMember, PoolSpec};
use crate::semantics::{
    AffinityVsPriority, CarbonVsPriority, LoadBalancing, NullPriority, NullWeight, Semantics,
    WeightsAfterTrip, ZeroWeight,
};
use crate::units::{BackendId, Timestamp};

/// Largest number of members of a pool (backends article).
pub const MAX_MEMBERS: usize = 30;

/// Rotation of one pool in one gateway instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PoolState {
    credit: Vec<i64>,
    /// Next slot of each priority group (only under `lb.algorithm` = `slot_rr`), at the place of the
    /// group's first member.
    slots: Vec<u32>,
    available: u32,
}

/// A selected member and why it was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// The backend.
    pub backend: BackendId,
    /// Its priority group; `None` for a single backend.
    pub priority: Option<u16>,
    /// Members of better groups, all tripped.
    pub better_tripped: u8,
    /// Members of the same group that are tripped.
    pub peers_tripped: u8,
    /// What the client's cookie had to do with it.
    pub pinned: Pinned,
}

/// Whether a client's cookie decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pinned {
    /// There was no cookie to obey.
    #[default]
    No,
    /// The member is the one that the cookie names.
    Yes,
    /// The member that the cookie names is tripped.
    Tripped,
    /// The member that the cookie names is in a worse group.
    Outranked,
}

/// The member that a request asks for, by its position in the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pin {
    /// None.
    #[default]
    None,
    /// This one if it is available.
    Prefer(usize),
    /// This one or none.
    Only(usize),
}

/// Members that share requests, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityGroup {
    /// Lower is served first.
    pub priority: u16,
    /// The members with their weights in force, in list order; 0 gets nothing beside others.
    pub members: Vec<(BackendId, u8)>,
}

impl PriorityGroup {
    /// The groups of `pool` while nothing is tripped, the best first, as the configured readings have them.
    pub fn of(pool: &PoolSpec, semantics: &Semantics) -> Vec<Self> {
        let mut groups: BTreeMap<u16, Group> = BTreeMap::new();
        for (at, member) in pool.members.iter().enumerate().take(MAX_MEMBERS) {
            let group = groups.entry(priority(*member, semantics, &mut FirstChoice)).or_default();
            group.push(at, weight(*member, semantics, &mut FirstChoice));
        }
        let settled = groups.into_iter().map(|(priority, mut group)| {
            group.settle_zeros(semantics, &mut FirstChoice);
            let backend = |c: &Candidate| pool.members.get(usize::from(c.at)).map(|m| (m.backend, c.weight));
            Self { priority, members: group.members().iter().filter_map(backend).collect() }
        });
        settled.collect()
    }
}

impl PoolState {
    /// A rotation at its start.
    pub(super) fn new(members: usize) -> Self {
        Self { credit: vec![0; members], slots: vec![0; members], available: 0 }
    }

    /// Picks a member, or none when all are tripped; those of `dirty` (bits by position) only when there is no
    /// other. Trips that are over end here; `changed` hears of it.
    #[expect(clippy::too_many_arguments, reason = "parts of one gateway, borrowed apart")]
    pub(super) fn select<C: Choices>(
        &mut self,
        pool: &PoolSpec,
        pin: Pin,
        dirty: u32,
        breakers: &mut [Breaker],
        now: Timestamp,
        semantics: &Semantics,
        choices: &mut C,
        mut changed: impl FnMut(BackendId, BreakerChange),
    ) -> Option<Selection> {
        let mut group = Group::default();
        let mut best = u16::MAX;
        let mut available: u32 = 0;
        let mut tripped: u32 = 0;
        let lost = usize::from(seeded(Fault::LastMemberLost));
        let looked_at = pool.members.len().saturating_sub(lost).min(MAX_MEMBERS);
        for (at, member) in pool.members.iter().enumerate().take(looked_at) {
            let Some(breaker) = breakers.get_mut(member.backend.index()) else { continue };
            if let Some(change) = breaker.expire(now, semantics, choices) {
                changed(member.backend, change);
            }
            if !breaker.is_available() && !seeded(Fault::TrippedChosen) {
                tripped |= bit(at);
                continue;
            }
            available |= bit(at);
            let priority = priority(*member, semantics, choices);
            if group.is_empty() || (priority < best) != seeded(Fault::WrongGroup) {
                best = priority;
                group.clear();
            }
            if priority == best {
                group.push(at, weight(*member, semantics, choices));
            }
        }
        if available != self.available {
            if semantics.lb_weights_after_trip(choices) == WeightsAfterTrip::Rebuild {
                self.credit.fill(0);
                self.slots.fill(0);
            }
            self.available = available;
        }
        if seeded(Fault::RotationForgotten) {
            self.credit.fill(0);
        }
        if group.is_empty() {
            return None;
        }
        if available & dirty != 0 {
            best = cleaner(pool, available, dirty, &mut group, best, semantics, choices);
        }
        let (asked, pinned) = asked(pool, pin, available, best, semantics, choices);
        if pinned == Pinned::Tripped && matches!(pin, Pin::Only(_)) {
            return None;
        }
        if asked.is_none() {
            group.settle_zeros(semantics, choices);
        }
        let at = match semantics.lb_algorithm(choices) {
            _ if asked.is_some() => asked,
            LoadBalancing::SmoothWrr => self.smooth(group.members()),
            LoadBalancing::SlotRr => {
                let mut members = pool.members.iter();
                let first = members.position(|m| priority(*m, semantics, choices) == best)?;
                self.next_slot(first, group.members())
            }
            LoadBalancing::WeightedRandom => group.random(choices),
        }?;
        let member = pool.members.get(at)?;
        let best = if asked.is_some() { priority(*member, semantics, choices) } else { best };
        let backend = member.backend;
        let mut selection =
            Selection { backend, priority: Some(best), better_tripped: 0, peers_tripped: 0, pinned };
        if tripped != 0 {
            for (at, member) in pool.members.iter().enumerate().take(MAX_MEMBERS) {
                if tripped & bit(at) == 0 {
                    continue;
                }
                let priority = priority(*member, semantics, choices);
                selection.peers_tripped = selection.peers_tripped.saturating_add(u8::from(priority == best));
                selection.better_tripped = selection.better_tripped.saturating_add(u8::from(priority < best));
            }
        }
        Some(selection)
    }

    /// Smooth weighted round-robin: every candidate gains its weight, the richest is picked (the first
    /// among equals) and pays the total.
    fn smooth(&mut self, group: &[Candidate]) -> Option<usize> {
        let mut total: i64 = 0;
        let mut picked: Option<(usize, i64)> = None;
        for candidate in group {
            let at = usize::from(candidate.at);
            if seeded(Fault::RotationStuck) {
                return Some(at);
            }
            let credit = self.credit.get_mut(at)?;
            let weight = i64::from(candidate.weight);
            if weight == 0 {
                continue;
            }
            total = total.saturating_add(weight);
            *credit = credit.saturating_add(weight);
            if picked.is_none_or(|(_, richest)| *credit > richest) {
                picked = Some((at, *credit));
            }
        }
        let (at, _) = picked?;
        let credit = self.credit.get_mut(at)?;
        *credit = credit.saturating_sub(total);
        Some(at)
    }

    /// Plain round-robin over a list in which each candidate stands as often as its weight says.
    fn next_slot(&mut self, group_at: usize, group: &[Candidate]) -> Option<usize> {
        let total = group.iter().fold(0u32, |sum, c| sum.saturating_add(u32::from(c.weight)));
        let total = total.saturating_sub(u32::from(seeded(Fault::SlotLost)));
        let slot = self.slots.get_mut(group_at)?;
        let mut left = slot.checked_rem(total)?;
        *slot = left.saturating_add(1);
        for candidate in group {
            let weight = u32::from(candidate.weight);
            if left < weight {
                return Some(usize::from(candidate.at));
            }
            left = left.saturating_sub(weight);
        }
        None
    }
}

/// A member that may be picked.
#[derive(Clone, Copy, Debug, Default)]
struct Candidate {
    /// Position in the pool.
    at: u8,
    weight: u8,
}

/// The available members of the best priority group, in list order.
#[derive(Clone, Debug, Default)]
struct Group {
    candidates: [Candidate; MAX_MEMBERS],
    count: usize,
}

impl Group {
    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn clear(&mut self) {
        self.count = 0;
    }

    fn push(&mut self, at: usize, weight: u8) {
        if let (Some(place), Ok(at)) = (self.candidates.get_mut(self.count), u8::try_from(at)) {
            *place = Candidate { at, weight };
            self.count = self.count.saturating_add(1);
        }
    }

    fn members(&self) -> &[Candidate] {
        self.candidates.get(..self.count).unwrap_or(&[])
    }

    /// Weight 0 counts as 1 when nobody has more, or when the reading in force says so.
    fn settle_zeros<C: Choices>(&mut self, semantics: &Semantics, choices: &mut C) {
        let members = self.candidates.get_mut(..self.count).unwrap_or_default();
        if members.iter().all(|c| c.weight > 0) {
            return;
        }
        let none_has_more = members.iter().all(|c| c.weight == 0);
        if none_has_more
            || seeded(Fault::ZeroWeightServed)
            || semantics.lb_zero_weight(choices) == ZeroWeight::Equal
        {
            for candidate in members {
                candidate.weight = candidate.weight.max(1);
            }
        }
    }

    fn random<C: Choices>(&self, choices: &mut C) -> Option<usize> {
        let mut weights = [0u32; MAX_MEMBERS];
        for (weight, candidate) in weights.iter_mut().zip(self.members()) {
            *weight = u32::from(candidate.weight);
        }
        let weights = weights.get(..self.count)?;
        let chosen = choices.choose_weighted(weights, ChoiceReason::PoolMember);
        let candidate = self.members().get(chosen).filter(|c| c.weight > 0);
        candidate.or_else(|| self.members().iter().find(|c| c.weight > 0)).map(|c| usize::from(c.at))
    }
}

/// Leaves the members of `dirty` out of `group`, the best one with somebody `available`, if others are. Gives the
/// priority of what `group` is then.
fn cleaner<C: Choices>(
    pool: &PoolSpec,
    available: u32,
    dirty: u32,
    group: &mut Group,
    best: u16,
    semantics: &Semantics,
    choices: &mut C,
) -> u16 {
    let clean = available & !dirty;
    let within_group = semantics.lb_carbon_vs_priority(choices) == CarbonVsPriority::PriorityFirst;
    let mut left = Group::default();
    let mut left_best = best;
    for (at, member) in pool.members.iter().enumerate().take(MAX_MEMBERS) {
        if clean & bit(at) == 0 {
            continue;
        }
        let priority = priority(*member, semantics, choices);
        if within_group && priority != best {
            continue;
        }
        if left.is_empty() || priority < left_best {
            left_best = priority;
            left.clear();
        }
        if priority == left_best {
            left.push(at, weight(*member, semantics, choices));
        }
    }
    if left.is_empty() {
        return best;
    }
    *group = left;
    left_best
}

/// The position of the member that a request is to get instead of the next in turn, and what came of its
/// cookie. `best` is the best group with somebody `available`.
fn asked<C: Choices>(
    pool: &PoolSpec,
    pin: Pin,
    available: u32,
    best: u16,
    semantics: &Semantics,
    choices: &mut C,
) -> (Option<usize>, Pinned) {
    let (Pin::Prefer(at) | Pin::Only(at)) = pin else { return (None, Pinned::No) };
    let Some(member) = pool.members.get(at) else { return (None, Pinned::No) };
    if available & bit(at) == 0 {
        return (None, Pinned::Tripped);
    }
    let is_outranked = priority(*member, semantics, choices) > best
        && semantics.lb_affinity_vs_priority(choices) == AffinityVsPriority::PriorityWins;
    if is_outranked { (None, Pinned::Outranked) } else { (Some(at), Pinned::Yes) }
}

#[inline]
fn bit(at: usize) -> u32 {
    u32::try_from(at).ok().and_then(|at| 1u32.checked_shl(at)).unwrap_or(0)
}

fn priority<C: Choices>(member: PoolMember, semantics: &Semantics, choices: &mut C) -> u16 {
    if seeded(Fault::PriorityIgnored) {
        return 0;
    }
    match member.priority {
        Some(priority) => u16::from(priority),
        None => match semantics.lb_null_priority(choices) {
            NullPriority::Zero => 0,
            NullPriority::One => 1,
            NullPriority::Last => u16::MAX,
        },
    }
}

fn weight<C: Choices>(member: PoolMember, semantics: &Semantics, choices: &mut C) -> u8 {
    if seeded(Fault::WeightLost) {
        return 1;
    }
    match member.weight {
        Some(weight) => weight,
        None => match semantics.lb_null_weight(choices) {
            NullWeight::One => 1,
            NullWeight::Zero => 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::breaker::{Completed, FailureCause};
    use super::super::choices::FirstChoice;
    use super::super::spec::{BreakerRule, Threshold};
    use super::*;
    use crate::units::{Duration, StatusCode};

    fn pool(members: &[(Option<u8>, Option<u8>)]) -> PoolSpec {
        let members = members.iter().zip(0u16..);
        PoolSpec {
            name: "pool".into(),
            members: members
                .map(|((priority, weight), id)| PoolMember {
                    backend: BackendId(id),
                    priority: *priority,
                    weight: *weight,
                    preferred_carbon: None,
                })
                .collect(),
            failure_status: None,
            affinity: None,
        }
    }

    fn trip(breaker: &mut Breaker) {
        let rule = BreakerRule {
            name: "r".into(),
            threshold: Threshold::Count(1),
            interval: Duration::from_secs(60),
            statuses: Vec::new(),
            error_reasons: Vec::new(),
            trip_duration: Duration::from_secs(60),
            accept_retry_after: false,
            failure_status: None,
        };
        let call = Completed {
            cause: FailureCause::Status(StatusCode::TOO_MANY_REQUESTS),
            failed: true,
            retry_after: None,
            probe: false,
        };
        breaker.completed(call, Timestamp::ZERO, &rule, &Semantics::default(), &mut FirstChoice);
    }

    /// Picks `calls` times with the members in `tripped` tripped: the backend numbers as a string.
    fn picks(pool: &PoolSpec, tripped: &[usize], calls: usize, semantics: &Semantics) -> String {
        let mut breakers = vec![Breaker::default(); pool.members.len()];
        for at in tripped {
            trip(&mut breakers[*at]);
        }
        let mut state = PoolState::new(pool.members.len());
        (0..calls)
            .map(|_| {
                state
                    .select(
                        pool,
                        Pin::None,
                        0,
                        &mut breakers,
                        Timestamp::ZERO,
                        semantics,
                        &mut FirstChoice,
                        |_, _| (),
                    )
                    .map_or("-".to_owned(), |s| s.backend.0.to_string())
            })
            .collect()
    }

    #[test]
    fn rotates_by_group_and_weight() {
        let default = Semantics::default();
        let none = (None, None);
        for (members, tripped, expected) in [
            (vec![none, none, none], vec![], "012012"),
            (vec![none, none, none], vec![1], "020202"),
            (vec![none, none, none], vec![0, 1, 2], "------"),
            (vec![(Some(1), None), (Some(2), None), (Some(3), None)], vec![], "000000"),
            (vec![(Some(1), None), (Some(2), None), (Some(3), None)], vec![0], "111111"),
            (vec![(Some(1), None), (Some(2), None), (Some(3), None)], vec![0, 1], "222222"),
            (vec![(Some(1), None), (Some(2), Some(50)), (Some(2), Some(50))], vec![0], "121212"),
            (vec![(None, Some(3)), (None, Some(1))], vec![], "001000"),
            (vec![(None, Some(2)), (None, Some(1)), (None, Some(1))], vec![], "012001"),
            (vec![none, (Some(1), None)], vec![], "000000"),
            (vec![(None, Some(0)), (None, Some(5))], vec![], "111111"),
            (vec![(None, Some(0)), (None, Some(5))], vec![1], "000000"),
            (vec![(None, Some(0)), (None, Some(0))], vec![], "010101"),
        ] {
            assert_eq!(picks(&pool(&members), &tripped, 6, &default), expected, "{members:?} {tripped:?}");
        }
    }

    #[test]
    fn what_a_request_asks_for_takes_no_turn_in_any_rotation() {
        for algorithm in ["smooth_wrr", "slot_rr", "weighted_random"] {
            let mut semantics = Semantics::default();
            assert!(semantics.set("lb.algorithm", algorithm));
            let pool = pool(&[(None, Some(2)), (None, Some(1)), (Some(9), Some(0))]);
            let mut breakers = vec![Breaker::default(); 3];
            let mut state = PoolState::new(3);
            let mut pick = |state: &mut PoolState, pin| {
                let picked = state.select(
                    &pool,
                    pin,
                    0,
                    &mut breakers,
                    Timestamp::ZERO,
                    &semantics,
                    &mut FirstChoice,
                    |_, _| (),
                );
                picked.map(|s| (s.backend.0, s.priority, s.pinned))
            };
            pick(&mut state, Pin::None);
            let before = state.clone();
            // Also a member without weight, of a worse group.
            assert_eq!(pick(&mut state, Pin::Prefer(2)), Some((2, Some(9), Pinned::Yes)), "{algorithm}");
            assert_eq!(pick(&mut state, Pin::Only(1)), Some((1, Some(0), Pinned::Yes)), "{algorithm}");
            assert_eq!(state, before, "{algorithm}");
            // A position that the pool does not have asks for nothing.
            assert!(pick(&mut state, Pin::Prefer(30)).is_some_and(|(_, _, pinned)| pinned == Pinned::No));
        }
    }

    #[test]
    fn other_readings_change_what_they_say() {
        let with = |path: &str, reading: &str| {
            let mut semantics = Semantics::default();
            assert!(semantics.set(path, reading));
            semantics
        };
        let slots = pool(&[(None, Some(2)), (None, Some(1))]);
        assert_eq!(picks(&slots, &[], 6, &with("lb.algorithm", "slot_rr")), "001001");
        assert_eq!(picks(&slots, &[], 6, &with("lb.algorithm", "smooth_wrr")), "010010");
        let mixed = pool(&[(None, None), (Some(1), None)]);
        assert_eq!(picks(&mixed, &[], 4, &with("lb.null_priority", "1")), "0101");
        assert_eq!(picks(&mixed, &[], 4, &with("lb.null_priority", "last")), "1111");
        let weights = pool(&[(None, None), (None, Some(1))]);
        assert_eq!(picks(&weights, &[], 4, &with("lb.null_weight", "0")), "1111");
        let zero = pool(&[(None, Some(0)), (None, Some(1))]);
        assert_eq!(picks(&zero, &[], 4, &with("lb.zero_weight", "equal")), "0101");
    }

    #[test]
    fn slots_of_a_group_go_on_where_it_was_left() {
        let mut slots = Semantics::default();
        assert!(slots.set("lb.algorithm", "slot_rr"));
        let spec = pool(&[(Some(1), None), (Some(2), None), (Some(2), None)]);
        let mut state = PoolState::new(3);
        let mut picks = String::new();
        for step in 0..6 {
            let mut breakers = vec![Breaker::default(); 3];
            if step % 2 == 1 {
                trip(&mut breakers[0]);
            }
            let s = state.select(
                &spec,
                Pin::None,
                0,
                &mut breakers,
                Timestamp::ZERO,
                &slots,
                &mut FirstChoice,
                |_, _| (),
            );
            picks.push_str(&s.unwrap().backend.0.to_string());
        }
        assert_eq!(picks, "010201", "the primary in between does not disturb the pair behind it");
    }

    #[test]
    fn the_rotation_starts_again_only_under_rebuild() {
        let members = pool(&[(None, None), (None, None), (None, None)]);
        let run = |semantics: &Semantics| {
            let mut breakers = vec![Breaker::default(); 3];
            let mut state = PoolState::new(3);
            let mut picks = String::new();
            for step in 0..4 {
                if step == 1 {
                    trip(&mut breakers[2]);
                }
                let s = state.select(
                    &members,
                    Pin::None,
                    0,
                    &mut breakers,
                    Timestamp::ZERO,
                    semantics,
                    &mut FirstChoice,
                    |_, _| (),
                );
                picks.push_str(&s.unwrap().backend.0.to_string());
            }
            picks
        };
        let mut rebuild = Semantics::default();
        assert!(rebuild.set("lb.weights_after_trip", "rebuild"));
        assert_eq!(run(&Semantics::default()), "0110");
        assert_eq!(run(&rebuild), "0010");
    }

    proptest! {
        /// Over one whole cycle each member gets exactly its weight, and never falls behind its fair
        /// share by a whole turn.
        #[test]
        fn weights_are_exact_over_a_cycle(weights in prop::collection::vec(1u8..20, 1..6)) {
            let members: Vec<_> = weights.iter().map(|w| (None, Some(*w))).collect();
            let total: usize = weights.iter().map(|w| usize::from(*w)).sum();
            let sequence = picks(&pool(&members), &[], total, &Semantics::default());
            for (at, weight) in weights.iter().enumerate() {
                let digit = char::from_digit(u32::try_from(at).unwrap(), 10).unwrap();
                prop_assert_eq!(sequence.chars().filter(|c| *c == digit).count(), usize::from(*weight));
            }
        }

        /// The naive reference: the best group by sorting, and only members that are not tripped.
        #[test]
        fn never_selects_a_tripped_member_or_a_worse_group(
            members in prop::collection::vec((0u8..4, any::<bool>()), 1..8),
        ) {
            let spec: Vec<_> = members.iter().map(|(p, _)| (Some(*p), None)).collect();
            let tripped: Vec<usize> =
                members.iter().enumerate().filter(|(_, (_, t))| *t).map(|(at, _)| at).collect();
            let sequence = picks(&pool(&spec), &tripped, 12, &Semantics::default());
            let best = members.iter().filter(|(_, t)| !t).map(|(p, _)| *p).min();
            for pick in sequence.chars() {
                match best {
                    None => prop_assert_eq!(pick, '-'),
                    Some(best) => {
                        let (priority, tripped) = members[pick.to_digit(10).unwrap() as usize];
                        prop_assert!(!tripped && priority == best);
                    }
                }
            }
        }
    }
}
