//! A scenario with the traffic of a log.

use std::sync::Arc;

use crate::config::{JoinedLog, LogRequest};
use crate::policy::Text;
use crate::sim::{
    self, AccountingError, Caller, IntervalRecord, Observer, Outcome, RequestRecord, RunPlan, TripRecord,
};
use crate::units::{BackendId, Duration};
use crate::workload::{ArrivalSpec, ClientSpec, PromptSpec, ReplaySpec, SizeSpec, TokenSpec, TrafficSpec};

/// What a run with the traffic of the log gave.
pub(super) struct Played {
    /// Each request.
    pub(super) requests: Vec<PlayedRequest>,
    /// What is not as in the log.
    pub(super) notes: Vec<String>,
}

/// One simulated request.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlayedRequest {
    /// Backend called last.
    pub(super) backend: Option<BackendId>,
    /// What the client saw.
    pub(super) status: Option<u16>,
    /// From arrival to last byte, of whole answers.
    pub(super) latency: Option<Duration>,
    /// Calls of backends.
    pub(super) attempts: u32,
}

/// Runs `plan` with the traffic of `log`.
pub(super) fn play(plan: &RunPlan, log: &JoinedLog) -> Result<Played, AccountingError> {
    let mut notes = Vec::new();
    if plan.traffic.retry.is_some() || matches!(plan.traffic.arrivals, ArrivalSpec::Mix(_)) {
        notes.push(
            "clients do not try again and are not told apart: the log has each of their tries as a request"
                .to_owned(),
        );
    }
    if !plan.faults.is_empty() {
        notes.push("the faults of the scenario happen at its times, not at those of the log".to_owned());
    }
    let is_streamed = |request: &LogRequest| request.stream == Some(true);
    let streamed = log.requests.iter().filter(|request| is_streamed(request)).count();
    let (arrivals, callers) = if streamed == 0 || streamed == log.requests.len() {
        (ArrivalSpec::Replay(ReplaySpec::whole(Arc::new(log.to_trace(|_| true)))), Vec::new())
    } else {
        // Two clients with the same name for the gateway: one that asks for streams, one that does not.
        let clients = [("streamed", true), ("whole", false)].map(|(name, streams)| {
            let trace = log.to_trace(|request| is_streamed(request) == streams);
            let arrivals = ArrivalSpec::Replay(ReplaySpec::whole(Arc::new(trace)));
            ClientSpec {
                name: Arc::from(name),
                count: 1,
                traffic: traffic(plan, arrivals, streams),
                stream_share: if streams { 1.0 } else { 0.0 },
            }
        });
        let caller = |client: &ClientSpec| Caller {
            label: Text::from(Arc::clone(&client.name)),
            headers: Arc::clone(&plan.operation.headers),
            facts: Arc::clone(plan.gateway.facts()),
            region: None,
        };
        let callers = clients.iter().map(caller).collect();
        (ArrivalSpec::Mix(Arc::from(clients.to_vec())), callers)
    };
    let plan = RunPlan {
        traffic: Arc::new(traffic(plan, arrivals, streamed > 0)),
        callers: callers.into(),
        horizon: None,
        warmup: Duration::ZERO,
        ..plan.clone()
    };
    let mut keeper = Keeper { requests: Vec::with_capacity(log.requests.len()) };
    sim::run(&plan, &mut keeper)?;
    Ok(Played { requests: keeper.requests, notes })
}

/// Traffic with these arrivals; what the log does not know is as in the scenario.
fn traffic(plan: &RunPlan, arrivals: ArrivalSpec, stream: bool) -> TrafficSpec {
    // Rows of the trace carry their sizes.
    let none = || TokenSpec::Fixed(1);
    let sizes =
        SizeSpec { prompt: PromptSpec::Tokens(none()), completion: none(), ..plan.traffic.sizes.clone() };
    TrafficSpec {
        arrivals,
        sizes,
        stream,
        client_timeout: plan.traffic.client_timeout,
        disconnects: None,
        retry: None,
    }
}

struct Keeper {
    requests: Vec<PlayedRequest>,
}

impl Observer for Keeper {
    const WANTS_STEPS: bool = false;

    fn request(&mut self, record: &RequestRecord<'_>) {
        let is_whole = record.outcome == Outcome::Answered;
        self.requests.push(PlayedRequest {
            backend: record.last_target,
            status: record.status.filter(|_| is_whole).map(crate::units::StatusCode::get),
            latency: is_whole.then(|| record.end.since(record.arrival)),
            attempts: record.attempts,
        });
    }

    fn interval(&mut self, _: &IntervalRecord) {}

    fn trip(&mut self, _: &TripRecord) {}
}
