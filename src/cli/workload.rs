//! What a scenario says of traffic and capacity, as the arithmetic of rules takes it.
//!
//! Rates and sizes are means over the first requests that the scenario would send: the traffic itself is drawn, so
//! that mixes, bursts and traces need no formula. Traffic that waits for answers has no rate of its own.

use std::sync::Arc;

use crate::backend::Capacity;
use crate::config::Variant;
use crate::random::Streams;
use crate::rules::Workload;
use crate::workload::{ArrivalSpec, OpenLoop};

/// Requests that are drawn.
const DRAWN: usize = 5_000;

/// What the base of a scenario offers and has.
pub(crate) fn workload(variant: &Variant) -> Workload {
    let plan = &variant.plan;
    let mut workload = Workload {
        client_timeout: plan.traffic.client_timeout,
        instances: u32::try_from(plan.fleet.lives().len()).unwrap_or(u32::MAX),
        ..Workload::default()
    };
    let mut cost = None;
    for (backend, target) in plan.gateway.backends().iter().zip(&plan.targets) {
        match &target.deployment.capacity {
            Capacity::Standard(standard) => {
                workload.tokens_per_minute.insert(Arc::clone(&backend.name), standard.tpm.get());
                cost.get_or_insert(standard.token_cost);
            }
            Capacity::Provisioned(_) => workload.provisioned.push(Arc::clone(&backend.name)),
            Capacity::Servers(_) => {}
        }
    }
    let waits_for_answers =
        matches!(plan.traffic.arrivals, ArrivalSpec::ClosedLoop { .. } | ArrivalSpec::Sessions(_));
    if waits_for_answers {
        return workload;
    }
    let mut arrivals = OpenLoop::new(&plan.traffic, &Streams::new(plan.seed));
    let (mut count, mut tokens, mut last_ms) = (0_u64, 0_u64, 0_u64);
    while let Some(arrival) = arrivals.next().filter(|_| count < DRAWN as u64) {
        count = count.saturating_add(1);
        let estimate = cost.map_or(0, |cost| cost.estimate(&arrival.demand).get());
        tokens = tokens.saturating_add(estimate);
        last_ms = arrival.at.as_nanos() / 1_000_000;
    }
    workload.requests_per_1000_s = count.saturating_mul(1_000_000).checked_div(last_ms).unwrap_or_default();
    workload.tokens_per_request = tokens.checked_div(count).unwrap_or_default();
    workload
}
