//! Small specs for the tests of this module.

use std::sync::Arc;

use super::{FaultSpec, FleetSpec, Operation, RunPlan, Target};
use crate::backend::{Capacity, DeploymentSpec, LatencySpec, ModelFacts, StandardSpec};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::gateway::{BackendEntity, GatewaySpec, PoolMember, PoolSpec};
use crate::policy;
use crate::semantics::Semantics;
use crate::units::{BackendId, Duration, RequestsPerMinute, TokensPerMinute};
use crate::workload::{ArrivalSpec, PromptSpec, SizeSpec, TokenSpec, TrafficSpec};

/// 2026-01-01T00:00:00Z.
const START_UNIX_S: u64 = 1_767_225_600;

/// Three backends behind a pool, the first before the two others; `outbound` is what the policy does with answers.
pub(crate) fn plan(outbound: &str, faults: Vec<FaultSpec>) -> RunPlan {
    let names = ["east", "west", "sweden"];
    let text = format!(
        "<policies><inbound><set-backend-service backend-id=\"pool\" /></inbound>\
         <backend><forward-request /></backend><outbound>{outbound}</outbound><on-error /></policies>"
    );
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", text.as_str());
    let program = policy::load(source, &text, &mut Diagnostics::new()).expect("a policy");
    let entity = |name: &str| BackendEntity {
        name: name.into(),
        url: format!("https://{name}.example/openai").into(),
        breaker: None,
        azure_region: None,
    };
    let member = |(backend, priority)| PoolMember {
        backend: BackendId(backend),
        priority: Some(priority),
        weight: None,
        preferred_carbon: None,
    };
    let pool = PoolSpec {
        name: "pool".into(),
        members: [(0, 1), (1, 2), (2, 2)].map(member).to_vec(),
        failure_status: None,
        affinity: None,
    };
    let gateway = GatewaySpec::new(names.map(entity).to_vec(), vec![pool], program, Semantics::default());
    let operation = Operation {
        method: "POST".into(),
        path: "/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01".into(),
        headers: Arc::from([]),
    };
    let sizes = SizeSpec {
        prompt: PromptSpec::Messages(Arc::from([])),
        completion: TokenSpec::Fixed(1),
        max_tokens: None,
        prefixes: None,
    };
    let arrivals = ArrivalSpec::ClosedLoop { clients: 1, requests: 1, pause: Duration::ZERO };
    let gateway = Arc::new(gateway.expect("a gateway").with_start(START_UNIX_S));
    let targets = names.map(|name| Target::plain(deployment(name))).to_vec();
    RunPlan {
        fleet: FleetSpec::constant(2),
        faults,
        ..RunPlan::plain(gateway, targets, operation, TrafficSpec::plain(arrivals, sizes))
    }
}

/// A Standard gpt-4o-mini deployment of 8,000 TPM with constant latency: 100 ms and 10 ms per token.
pub(crate) fn deployment(name: &str) -> Arc<DeploymentSpec> {
    let facts = ModelFacts::find("gpt-4o-mini").unwrap();
    let capacity = Capacity::Standard(StandardSpec::measured(
        TokensPerMinute(8_000),
        RequestsPerMinute(80),
        facts.token_cost.value,
    ));
    let latency = LatencySpec::constant(Duration::from_millis(100), Duration::from_millis(10));
    Arc::new(DeploymentSpec::plain(name, "Nowhere", "gpt-4o-mini", capacity, latency))
}
