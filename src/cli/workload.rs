//! What a scenario says of traffic and capacity, as the arithmetic of rules takes it.
//!
//! Rules
//! - Rates and sizes are means over the first requests that the scenario would send: the traffic itself is drawn, so
//!   that mixes, bursts and traces need no formula.
//! - Traffic that waits for answers has no rate of its own, and neither has a mix with such a client.
//! - Capacity is that of the deployments without what changes it later: quota steps, faults, overload.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::Capacity;
use crate::config::Variant;
use crate::random::Streams;
use crate::rules::Workload;
use crate::sim::{FaultKind, RunPlan};
use crate::units::{Demand, Duration, StatusCode, Timestamp};
use crate::workload::{ArrivalSpec, OpenLoop, ScriptedRequest, Start, TrafficSpec};

/// Requests that are drawn.
const DRAWN: usize = 5_000;

/// What the base of a scenario offers and has.
pub(crate) fn workload(variant: &Variant) -> Workload {
    let plan = &variant.plan;
    let at_start = plan.fleet.lives().iter().filter(|life| life.serves_at(Timestamp::ZERO)).count();
    let mut workload = Workload {
        client_timeout: patience(&plan.traffic),
        instances: u32::try_from(at_start).unwrap_or(u32::MAX),
        retry_after: retry_after(variant),
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
    let Some(requests) = requests(plan) else { return workload };
    let count = u64::try_from(requests.len()).unwrap_or(u64::MAX);
    let last = requests.iter().map(|(at, _)| *at).max().unwrap_or(Timestamp::ZERO);
    let tokens = requests.iter().map(|(_, demand)| cost.map_or(0, |cost| cost.estimate(demand).get()));
    let tokens = tokens.fold(0_u64, u64::saturating_add);
    let last_ms = last.as_nanos().checked_div(1_000_000).unwrap_or_default();
    workload.requests_per_1000_s = count.saturating_mul(1_000_000).checked_div(last_ms).unwrap_or_default();
    workload.tokens_per_request = tokens.checked_div(count).unwrap_or_default();
    workload
}

/// The first requests with their times; `None` when those depend on answers.
fn requests(plan: &RunPlan) -> Option<Vec<(Timestamp, Demand)>> {
    let waits = |traffic: &TrafficSpec| {
        matches!(traffic.arrivals, ArrivalSpec::ClosedLoop { .. } | ArrivalSpec::Sessions(_))
    };
    match &plan.traffic.arrivals {
        ArrivalSpec::Scripted(requests) => requests.iter().take(DRAWN).map(timed).collect(),
        ArrivalSpec::Mix(clients) if clients.iter().any(|client| waits(&client.traffic)) => None,
        _ if waits(&plan.traffic) => None,
        _ => {
            let mut arrivals = OpenLoop::new(&plan.traffic, &Streams::new(plan.seed));
            let all = std::iter::from_fn(|| arrivals.next());
            Some(all.take(DRAWN).map(|arrival| (arrival.at, arrival.demand)).collect())
        }
    }
}

fn timed(request: &ScriptedRequest) -> Option<(Timestamp, Demand)> {
    match request.start {
        Start::At(at) => Some((at, request.demand.clone())),
        Start::After(_) => None,
    }
}

/// How long those clients wait that give up first.
fn patience(traffic: &TrafficSpec) -> Option<Duration> {
    match &traffic.arrivals {
        ArrivalSpec::Mix(clients) => clients.iter().filter_map(|client| client.traffic.client_timeout).min(),
        _ => traffic.client_timeout,
    }
}

/// The longest `Retry-After` of a 429 that the scenario has a backend answer with.
fn retry_after(variant: &Variant) -> BTreeMap<Arc<str>, Duration> {
    let mut longest = BTreeMap::new();
    for fault in &variant.plan.faults {
        let FaultKind::Answer { answer, .. } = &fault.kind else { continue };
        if answer.status != StatusCode::TOO_MANY_REQUESTS {
            continue;
        }
        let value =
            answer.headers.iter().find(|header| header.name.as_str().eq_ignore_ascii_case("retry-after"));
        let Some(seconds) = value.and_then(|header| header.value.to_text().trim().parse::<u64>().ok()) else {
            continue;
        };
        for target in &fault.targets {
            let Some(backend) = variant.plan.gateway.backends().get(target.index()) else { continue };
            let known = longest.entry(Arc::clone(&backend.name)).or_insert(Duration::ZERO);
            *known = (*known).max(Duration::from_secs(seconds));
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DiskFiles, Overrides, load_scenario};
    use crate::diagnostics::{Diagnostics, SourceMap};

    fn of(scenario: &str) -> Workload {
        let path = format!("{}/scenarios/{scenario}/scenario.json", env!("CARGO_MANIFEST_DIR"));
        let mut problems = Diagnostics::new();
        let loaded =
            load_scenario(&path, &DiskFiles, &Overrides::default(), &mut SourceMap::new(), &mut problems);
        workload(&loaded.expect("a scenario").base)
    }

    #[test]
    fn scenarios_say_what_they_offer_and_have() {
        let own = of("retry-after-day");
        assert_eq!(own.retry_after.values().copied().collect::<Vec<_>>(), [Duration::from_secs(86_400)]);
        assert!(own.requests_per_1000_s > 0 && own.tokens_per_request > 0, "{own:?}");
        let own = of("instances");
        assert_eq!((own.instances, own.provisioned.len()), (1, 1));
        let own = of("walkthrough");
        assert_eq!(own.tokens_per_minute.values().copied().collect::<Vec<_>>(), [8_000; 3]);
        assert_eq!(own.retry_after, BTreeMap::new());
    }
}
