//! The three routings that a comparison uses when a scenario has no variants of its own.

use super::loaded::{Scenario, Variant};
use crate::backend::{Capacity, DeploymentSpec};
use crate::gateway::{PoolMember, PoolSpec};

/// `round-robin`, `priority` and `weighted`, made from the base of a scenario:
/// - round-robin gives no member a priority or weight;
/// - priority keeps the priorities of a pool if they differ, else members come in the order of the
///   resource, and gives no weights;
/// - weighted puts all members into one group with weights in proportion to what their deployments take,
///   the largest 100 and none below 1.
pub fn strategy_variants(scenario: &Scenario) -> Vec<Variant> {
    let base = &scenario.base;
    let each = |change: &dyn Fn(&PoolSpec) -> Vec<PoolMember>| -> Vec<PoolSpec> {
        let pools = base.plan.gateway.pools().iter();
        pools.map(|pool| PoolSpec { members: change(pool), ..pool.clone() }).collect()
    };
    let capacity = |member: &PoolMember| {
        base.plan
            .targets
            .get(member.backend.index())
            .map_or(0, |target| tokens_per_minute(&target.deployment))
    };
    let variants = [
        base.with_pools("round-robin", "no priorities, no weights", each(&round_robin)),
        base.with_pools("priority", "one member first, the others as overflow", each(&prioritized)),
        base.with_pools(
            "weighted",
            "one group, weights by capacity",
            each(&|pool| weighted(&pool.members, capacity)),
        ),
    ];
    variants.into_iter().flatten().collect()
}

fn round_robin(pool: &PoolSpec) -> Vec<PoolMember> {
    let members = pool.members.iter();
    members.map(|member| PoolMember { priority: None, weight: None, ..*member }).collect()
}

fn prioritized(pool: &PoolSpec) -> Vec<PoolMember> {
    let first = pool.members.first().and_then(|member| member.priority);
    let differ = pool.members.iter().any(|member| member.priority != first);
    let members = pool.members.iter().zip(1_u8..);
    members
        .map(|(member, position)| PoolMember {
            priority: if differ { member.priority } else { Some(position) },
            weight: None,
            ..*member
        })
        .collect()
}

fn weighted(members: &[PoolMember], capacity: impl Fn(&PoolMember) -> u64) -> Vec<PoolMember> {
    let largest = members.iter().map(&capacity).max().unwrap_or(0).max(1);
    let members = members.iter().map(|member| {
        let scaled = u128::from(capacity(member)) * 100 / u128::from(largest);
        let weight = u8::try_from(scaled).unwrap_or(100).clamp(1, 100);
        PoolMember { priority: None, weight: Some(weight), ..*member }
    });
    members.collect()
}

/// What a deployment takes, in input tokens per minute.
fn tokens_per_minute(deployment: &DeploymentSpec) -> u64 {
    match &deployment.capacity {
        Capacity::Standard(standard) => standard.tpm.get(),
        Capacity::Provisioned(ptu) => u64::from(ptu.ptu.get()).saturating_mul(ptu.input_tpm_per_ptu),
        // Nothing is known of their tokens: each server counts as one.
        Capacity::Servers(servers) => servers.count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{load, walkthrough};
    use crate::units::BackendId;

    fn members(variant: &Variant) -> Vec<(u16, Option<u8>, Option<u8>)> {
        let pool = &variant.plan.gateway.pools()[0];
        pool.members.iter().map(|m| (m.backend.0, m.priority, m.weight)).collect()
    }

    #[test]
    fn three_routings_of_one_pool() {
        let scenario = load(&walkthrough()).expect("loads");
        let variants = strategy_variants(&scenario);
        let names: Vec<_> = variants.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!(names, ["round-robin", "priority", "weighted"]);
        assert_eq!(members(&variants[0]), [(0, None, None), (1, None, None), (2, None, None)]);
        assert_eq!(members(&variants[1]), [(0, Some(1), None), (1, Some(2), None), (2, Some(3), None)]);
        assert_eq!(members(&variants[2]), [(0, None, Some(100)), (1, None, Some(100)), (2, None, Some(100))]);
        // The base has no priorities either, so round-robin is the same run.
        assert_eq!(variants[0].hash, scenario.base.hash);
        assert_ne!(variants[1].hash, scenario.base.hash);
    }

    #[test]
    fn weights_follow_capacity_and_priorities_that_differ_stay() {
        let member = |n: u16, priority| PoolMember {
            backend: BackendId(n),
            priority,
            weight: Some(7),
            preferred_carbon: None,
        };
        let pool = PoolSpec {
            name: "p".into(),
            members: vec![member(0, Some(2)), member(1, Some(1))],
            failure_status: None,
            affinity: None,
        };
        let kept: Vec<_> = prioritized(&pool).iter().map(|m| m.priority).collect();
        assert_eq!(kept, [Some(2), Some(1)]);
        // 240,000 : 120,000 : 8 tokens per minute.
        let three = [member(0, None), member(1, None), member(2, None)];
        let capacity = |m: &PoolMember| [240_000, 120_000, 8][m.backend.index()];
        let weights: Vec<_> = weighted(&three, capacity).iter().map(|m| m.weight).collect();
        assert_eq!(weights, [Some(100), Some(50), Some(1)]);
    }
}
