//! Everything one run needs, as data.

use std::sync::Arc;

use super::endpoints::Endpoint;
use super::faults::{FaultKind, FaultSpec};
use super::fleet::FleetSpec;
use super::spillover::{Spillover, SpilloverTarget};
use crate::backend::DeploymentSpec;
use crate::gateway::GatewaySpec;
use crate::policy::{Facts, Header, Text};
use crate::units::{Duration, StatusCode};
use crate::workload::TrafficSpec;

/// One run: a gateway, the world around it, and how long to look. Two equal plans give equal results.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// Configuration shared by all gateway instances.
    pub gateway: Arc<GatewaySpec>,
    /// Gateway instances (units), at most 1,000 in all. They share nothing.
    pub fleet: FleetSpec,
    /// What stands behind each backend, by `BackendId`.
    pub targets: Vec<Target>,
    /// Deployments that no backend stands for, to which provisioned ones may spill; at most 65,535.
    pub spillover: Vec<SpilloverTarget>,
    /// What clients call.
    pub operation: Operation,
    /// When they call and how large the requests are.
    pub traffic: Arc<TrafficSpec>,
    /// Who the clients of a mix are, in the order of [`crate::workload::members`]; empty without a mix.
    pub callers: Arc<[Caller]>,
    /// Time a managed identity token takes to fetch; tokens are cached by each instance.
    pub token_fetch: Duration,
    /// How long a fetched token stays valid.
    pub token_lifetime: Duration,
    /// When the run is cut off; `None`: when all traffic has ended.
    pub horizon: Option<Duration>,
    /// What arrives before this is in no figure of a summary; tables and journal have it.
    pub warmup: Duration,
    /// Length of an interval of the timeline.
    pub interval: Duration,
    /// Who answers side calls of the policy, in order of precedence.
    pub endpoints: Vec<Endpoint>,
    /// What breaks, in order of precedence; at most 65,535.
    pub faults: Vec<FaultSpec>,
    /// What a good request is; `None`: nobody asks.
    pub objective: Option<Objective>,
    /// Master seed.
    pub seed: u64,
}

impl RunPlan {
    /// One gateway instance that runs until the traffic has ended, where nothing breaks and nobody is asked on the
    /// side.
    pub fn plain(
        gateway: Arc<GatewaySpec>,
        targets: Vec<Target>,
        operation: Operation,
        traffic: TrafficSpec,
    ) -> Self {
        Self {
            gateway,
            fleet: FleetSpec::constant(1),
            targets,
            spillover: Vec::new(),
            operation,
            traffic: Arc::new(traffic),
            callers: Arc::from([]),
            token_fetch: Duration::ZERO,
            token_lifetime: Duration::from_secs(86_400),
            horizon: None,
            warmup: Duration::ZERO,
            interval: Duration::from_secs(60),
            endpoints: Vec::new(),
            faults: Vec::new(),
            objective: None,
            seed: 1,
        }
    }

    /// Whether the answer of this fault is a 429.
    pub(super) fn answers_429(&self, fault: u16) -> bool {
        self.answer_status(fault) == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// The status of the answer of this fault, if it gives one.
    pub(super) fn answer_status(&self, fault: u16) -> Option<StatusCode> {
        match &self.faults.get(usize::from(fault))?.kind {
            FaultKind::Answer { answer, .. } => Some(answer.status),
            _ => None,
        }
    }

    /// All deployments of a run: those of the backends, then those that are spilled to.
    pub(super) fn deployments(&self) -> impl Iterator<Item = &Arc<DeploymentSpec>> {
        let own = self.targets.iter().map(|target| &target.deployment);
        own.chain(self.spillover.iter().map(|target| &target.deployment))
    }
}

/// What a request has to meet to be a good one, beside an answer with 2xx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objective {
    /// Most from arrival to last byte.
    pub latency: Option<Duration>,
    /// Most from arrival to first byte.
    pub ttft: Option<Duration>,
}

impl Objective {
    /// Whether times meet it.
    pub fn is_met(&self, ttft: Duration, latency: Duration) -> bool {
        self.latency.is_none_or(|most| latency <= most) && self.ttft.is_none_or(|most| ttft <= most)
    }
}

/// The deployment behind one backend entity.
#[derive(Clone, Debug)]
pub struct Target {
    /// Quota and latency.
    pub deployment: Arc<DeploymentSpec>,
    /// Answers every request with this status without looking at quota: set when the URL that the
    /// gateway would send cannot reach the deployment (404), decided once because URLs do not vary.
    pub refuses_with: Option<StatusCode>,
    /// Where the deployment spills to; `None`: nowhere, whatever happens.
    pub spillover: Option<Arc<Spillover>>,
}

/// A client of a mix, as the gateway sees it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What it is called in tables.
    pub label: Text,
    /// Headers that it sends, in the place of the operation's.
    pub headers: Arc<[Header]>,
    /// Who calls what: its subscription among other things.
    pub facts: Arc<Facts>,
    /// The gateway region that it is in, by place; `None`: one of them, by their shares.
    pub region: Option<u16>,
}

impl Target {
    /// A deployment that is reached, and spills nowhere.
    pub fn plain(deployment: Arc<DeploymentSpec>) -> Self {
        Self { deployment, refuses_with: None, spillover: None }
    }
}

/// The API operation that all requests of a run call.
#[derive(Clone, Debug)]
pub struct Operation {
    /// HTTP method.
    pub method: Text,
    /// Path and query below the backend URL, beginning with `/`.
    pub path: Text,
    /// Headers that clients send.
    pub headers: Arc<[Header]>,
}
