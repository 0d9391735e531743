//! What has to hold of a gateway that no request is under way at: what would come of requests from there on.

use super::answers::{Answer, RetryAfter};
use super::guide::Ways;
use super::properties::{Breach, Property, Sight};
use super::stage::{Deaf, Happening, Thread, play};
use super::watch::Watch;
use crate::gateway::{BackendRef, BreakerState, Choices, GatewaySpec, GatewayState, Phase, PoolSpec};
use crate::semantics::{LoadBalancing, NullPriority, NullWeight, Semantics, TripEnd, ZeroWeight};
use crate::units::{BackendId, PoolId, StatusCode, Timestamp};

/// Cycles after which a rotation that members have left or joined turns as if they always had been there.
const CYCLES_TO_SETTLE: usize = 3;
/// Calls of one cycle at most: longer ones are not looked at.
const LONGEST_CYCLE: usize = 300;

/// The breach of a gateway whose rotation is unfair.
pub(super) const UNFAIR: Breach = Breach { property: Property::Weights, cause: None };
/// The breach of a gateway that keeps slots for nobody.
pub(super) const SLOTS_KEPT: Breach = Breach { property: Property::SlotsReturned, cause: None };

/// The breach of a gateway that does not recover.
pub(super) const NO_RECOVERY: Breach = Breach { property: Property::Recovery, cause: None };

/// Whether every rotation gives each member exactly its weight over a cycle, once it has settled.
pub(super) fn is_fair<C: Choices>(
    spec: &GatewaySpec,
    state: &GatewayState,
    now: Timestamp,
    choices: &mut C,
) -> bool {
    if !spec.carbon().is_empty() {
        return true;
    }
    (0_u16..).zip(spec.pools()).all(|(number, pool)| {
        let Some(shares) = shares(spec, pool, state, now, choices) else { return true };
        let cycle: usize = shares.iter().map(|(_, share)| share).sum();
        if cycle > LONGEST_CYCLE {
            return true;
        }
        let mut state = state.clone();
        let mut pick = || state.pick(PoolId(number), spec, now, choices);
        for _ in 0..cycle * CYCLES_TO_SETTLE {
            pick();
        }
        let picks: Vec<Option<BackendId>> = (0..cycle).map(|_| pick()).collect();
        let got = |backend: BackendId| picks.iter().filter(|pick| **pick == Some(backend)).count();
        shares.iter().all(|(backend, share)| got(*backend) == *share)
    })
}

/// What each member of the best group of `pool` gets of a cycle; `None` where there is no rotation.
fn shares<C: Choices>(
    spec: &GatewaySpec,
    pool: &PoolSpec,
    state: &GatewayState,
    now: Timestamp,
    choices: &mut C,
) -> Option<Vec<(BackendId, usize)>> {
    let semantics = spec.semantics();
    let mut ready = Vec::new();
    for member in &pool.members {
        let is_ready = match state.breaker(member.backend) {
            BreakerState::Closed => true,
            BreakerState::Tripped { until, .. } => {
                until < now || until == now && semantics.breaker_trip_end(choices) == TripEnd::At
            }
            BreakerState::Probing { .. } => return None,
        };
        if is_ready {
            let priority = member.priority.map_or_else(|| unknown(semantics, choices), u16::from);
            let weight = match member.weight {
                Some(weight) => usize::from(weight),
                None => usize::from(semantics.lb_null_weight(choices) == NullWeight::One),
            };
            ready.push((priority, member.backend, weight));
        }
    }
    let best = ready.iter().map(|(priority, ..)| *priority).min()?;
    let algorithm = semantics.lb_algorithm(choices);
    if algorithm == LoadBalancing::WeightedRandom {
        return None;
    }
    let mut shares: Vec<(BackendId, usize)> =
        ready.iter().filter(|(priority, ..)| *priority == best).map(|(_, b, weight)| (*b, *weight)).collect();
    let has_zero = shares.iter().any(|(_, weight)| *weight == 0);
    let all_zero = shares.iter().all(|(_, weight)| *weight == 0);
    if all_zero || has_zero && semantics.lb_zero_weight(choices) == ZeroWeight::Equal {
        for (_, weight) in &mut shares {
            *weight = (*weight).max(1);
        }
    }
    if algorithm == LoadBalancing::SlotRr {
        // A member has its slots one after the other: nothing shorter is exact.
        return Some(shares);
    }
    let unit = shares.iter().fold(0, |unit, (_, weight)| divisor(unit, *weight));
    for (_, weight) in &mut shares {
        *weight = weight.checked_div(unit).unwrap_or(0);
    }
    Some(shares)
}

fn unknown<C: Choices>(semantics: &Semantics, choices: &mut C) -> u16 {
    match semantics.lb_null_priority(choices) {
        NullPriority::Zero => 0,
        NullPriority::One => 1,
        NullPriority::Last => u16::MAX,
    }
}

/// The greatest common divisor.
fn divisor(a: usize, b: usize) -> usize {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a
}

/// Whether a usual request is served at the first attempt by the best backends. A request that the policy answers by
/// itself, or that a side call fails for, tells nothing and counts as served.
pub(super) fn is_served<W: Ways>(
    watch: &Watch<'_>,
    state: &GatewayState,
    now: Timestamp,
    ways: &mut W,
) -> bool {
    let arrived = play(watch, &Thread::default(), state, Happening::Arrives(0), now, ways, &mut Deaf);
    if arrived.history.side_call_has_failed() {
        return true;
    }
    let Some(thread) = arrived.thread else {
        return !arrived.seen.sights.contains(&Sight::Exhausted);
    };
    let Phase::AwaitingHeaders { backend: Some(backend), .. } = *thread.exchange.phase() else { return true };
    let spec = &watch.setup.gateway;
    if let Some(BackendRef::Pool(pool)) = thread.exchange.target()
        && let Some(pool) = spec.pool(pool)
    {
        let own =
            pool.members.iter().find(|member| member.backend == backend).and_then(|member| member.priority);
        let best = pool.members.iter().filter_map(|member| member.priority).min();
        if own.is_some() && own > best {
            return false;
        }
    }
    let well = Answer::Status(StatusCode::OK, RetryAfter::Absent);
    let answered = play(watch, &thread, &arrived.gateway, Happening::Answers(well), now, ways, &mut Deaf);
    answered.thread.is_none() && answered.attempts == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{FirstChoice, Gateway};
    use crate::verify::tests::support::{Small, small};

    fn shares_of(
        members: &[(Option<u8>, Option<u8>)],
        reading: (&'static str, &'static str),
    ) -> Option<Vec<usize>> {
        let small = Small { members: members.to_vec(), readings: vec![reading], ..small() };
        let spec = small.setup().gateway;
        let state = Gateway::new(std::sync::Arc::clone(&spec)).into_state();
        let found = shares(&spec, &spec.pools()[0], &state, Timestamp::ZERO, &mut FirstChoice)?;
        assert!(is_fair(&spec, &state, Timestamp::ZERO, &mut FirstChoice), "{members:?} {reading:?}");
        Some(found.into_iter().map(|(_, share)| share).collect())
    }

    #[test]
    fn the_greatest_common_divisor_divides_both() {
        for (a, b, unit) in [(0, 6, 6), (6, 0, 6), (12, 18, 6), (7, 5, 1), (4, 8, 4)] {
            assert_eq!(divisor(a, b), unit, "{a} {b}");
        }
    }

    #[test]
    fn shares_are_weights_in_their_lowest_terms() {
        let wrr = ("lb.algorithm", "smooth_wrr");
        let slots = ("lb.algorithm", "slot_rr");
        let weights = [(Some(1), Some(4)), (Some(1), Some(6)), (Some(2), Some(9))];
        assert_eq!(shares_of(&weights, wrr), Some(vec![2, 3]), "the best group, by two");
        assert_eq!(shares_of(&weights, slots), Some(vec![4, 6]));
        assert_eq!(shares_of(&weights, ("lb.algorithm", "weighted_random")), None);
    }

    #[test]
    fn no_weight_at_all_is_the_same_for_all() {
        let zeros = [(Some(1), Some(0)), (Some(1), Some(0))];
        let one = [(Some(1), Some(2)), (Some(1), Some(0))];
        assert_eq!(shares_of(&zeros, ("lb.zero_weight", "excluded")), Some(vec![1, 1]));
        assert_eq!(shares_of(&one, ("lb.zero_weight", "excluded")), Some(vec![1, 0]));
        assert_eq!(shares_of(&one, ("lb.zero_weight", "equal")), Some(vec![2, 1]));
    }

    #[test]
    fn members_without_weight_or_priority_are_as_read() {
        let mixed = [(Some(1), Some(3)), (Some(1), None)];
        assert_eq!(shares_of(&mixed, ("lb.null_weight", "1")), Some(vec![3, 1]));
        assert_eq!(shares_of(&mixed, ("lb.null_weight", "0")), Some(vec![1, 0]));
        let unknown = [(Some(1), Some(2)), (None, Some(3))];
        assert_eq!(shares_of(&unknown, ("lb.null_priority", "0")), Some(vec![1]));
        assert_eq!(shares_of(&unknown, ("lb.null_priority", "1")), Some(vec![2, 3]));
        assert_eq!(shares_of(&unknown, ("lb.null_priority", "last")), Some(vec![1]));
    }
}
