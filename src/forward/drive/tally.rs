//! What is seen from outside, as records and totals of the kind that a simulated run gives.

use std::collections::BTreeMap;

use http::HeaderMap;

use crate::metrics::LatencyHistogram;
use crate::sim::{
    CallsResult, GroupResult, IntervalRecord, Observer, Outcome, RequestRecord, RunPlan, RunResult,
    SessionsResult,
};
use crate::units::{BackendId, Demand, Duration, RequestId, StatusCode, Timestamp, Tokens};
use crate::wire::Usage;
use crate::workload::{ArrivalSpec, members};

/// The header of an answer that names the backend that gave it.
pub const BACKEND_HEADER: &str = "x-poolproof-backend";
/// The header of an answer that tells how often it was tried.
pub const ATTEMPTS_HEADER: &str = "x-poolproof-attempts";

/// What cannot be known from outside, by file.
pub const NOT_SEEN: &str = "requests.csv: instance, url, path, wait_ms, counted_tokens, and attempts where the target \
                            does not tell them; timeline.csv: what was tried \
                            again behind the target, counted_tokens, window_fill_max and trips; trips.csv: all";

/// A request that has ended.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) id: RequestId,
    pub(super) client: Option<u32>,
    /// When it was to be sent.
    pub(super) arrival: Timestamp,
    /// When it was.
    pub(super) sent: Timestamp,
    pub(super) end: Timestamp,
    pub(super) outcome: Outcome,
    pub(super) status: Option<StatusCode>,
    pub(super) answerer: Option<BackendId>,
    pub(super) attempts: Option<u32>,
    pub(super) first_byte: Option<Timestamp>,
    pub(super) demand: Demand,
    pub(super) usage: Option<Usage>,
}

/// What happens while traffic is sent.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Request(Box<Seen>),
    /// A call of clients that try again begins, at this time.
    Begun(Timestamp),
    /// One that began then is tried again.
    TriedAgain(Timestamp),
    /// One that began then ended.
    Ended(Timestamp, CallEnd),
    /// A session begins, at this time.
    Session(Timestamp),
    /// An answer to a session, whose last request was to be sent then.
    Turn(Timestamp, Turn),
}

/// How a call of clients that try again ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum CallEnd {
    Succeeded(Duration),
    /// And whether only the budget kept it from another try.
    Failed(bool),
    Unfinished,
}

/// Who answered a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) answerer: BackendId,
    pub(super) before: Option<BackendId>,
    pub(super) pinned_to: Option<BackendId>,
}

/// The totals of a run so far.
pub(super) struct Tally<'a, O> {
    plan: &'a RunPlan,
    observer: &'a mut O,
    result: RunResult,
    /// Which row of the mix each client is.
    rows: Vec<usize>,
    intervals: BTreeMap<(u64, u16), [u64; 4]>,
    lag: LatencyHistogram,
    /// Answers that told who gave them.
    named: u64,
}

impl<'a, O: Observer> Tally<'a, O> {
    pub(super) fn new(plan: &'a RunPlan, observer: &'a mut O) -> Self {
        let mix: &[_] = match &plan.traffic.arrivals {
            ArrivalSpec::Mix(clients) => clients,
            _ => &[],
        };
        let retries = plan.traffic.retry.is_some() || mix.iter().any(|client| client.traffic.retry.is_some());
        let has_sessions = matches!(plan.traffic.arrivals, ArrivalSpec::Sessions(_));
        let result = RunResult {
            calls: retries.then(CallsResult::default),
            clients: vec![GroupResult::default(); mix.len()],
            sessions: has_sessions.then(SessionsResult::default),
            spillover: vec![crate::sim::SpilloverResult::default(); plan.spillover.len()],
            ..RunResult::empty(plan.targets.len())
        };
        Self {
            plan,
            observer,
            result,
            rows: members(mix).map(|(row, _, _)| row).collect(),
            intervals: BTreeMap::new(),
            lag: LatencyHistogram::new(),
            named: 0,
        }
    }

    pub(super) fn take(&mut self, told: Told) {
        match told {
            Told::Request(seen) => self.request(&seen),
            Told::Begun(at) => self.calls(at, |calls| calls.begun += 1),
            Told::TriedAgain(at) => self.calls(at, |calls| calls.tried_again += 1),
            Told::Ended(at, end) => self.calls(at, |calls| match end {
                CallEnd::Succeeded(latency) => {
                    calls.succeeded += 1;
                    calls.latency.record(latency);
                }
                CallEnd::Failed(by_budget) => {
                    calls.failed += 1;
                    calls.refused_by_budget += u64::from(by_budget);
                }
                CallEnd::Unfinished => calls.unfinished += 1,
            }),
            Told::Session(at) => self.sessions(at, |sessions| sessions.begun += 1),
            Told::Turn(at, turn) => self.sessions(at, |sessions| {
                sessions.answers += 1;
                sessions.follow_ups += u64::from(turn.before.is_some());
                sessions.from_same += u64::from(turn.before == Some(turn.answerer));
                sessions.pinned += u64::from(turn.pinned_to.is_some());
                sessions.from_pinned += u64::from(turn.pinned_to == Some(turn.answerer));
            }),
        }
    }

    fn calls(&mut self, at: Timestamp, count: impl FnOnce(&mut CallsResult)) {
        if let (false, Some(calls)) = (is_early(self.plan, at), &mut self.result.calls) {
            count(calls);
        }
    }

    fn sessions(&mut self, at: Timestamp, count: impl FnOnce(&mut SessionsResult)) {
        if let (false, Some(sessions)) = (is_early(self.plan, at), &mut self.result.sessions) {
            count(sessions);
        }
    }

    fn request(&mut self, seen: &Seen) {
        // What the model would have written is not known where it did not tell.
        let completion_tokens = seen.usage.map_or(Tokens(0), |usage| Tokens(usage.completion));
        let demand = Demand { completion_tokens, max_tokens: None, ..seen.demand.clone() };
        self.observer.request(&RequestRecord {
            id: seen.id,
            arrival: seen.arrival,
            end: seen.end,
            instance: 0,
            client: seen.client,
            outcome: seen.outcome,
            status: seen.status,
            answerer: seen.answerer,
            last_target: None,
            attempts: seen.attempts.unwrap_or(0),
            first_byte: seen.first_byte,
            wait: Duration::ZERO,
            demand: &demand,
            counted: None,
            steps: &[],
        });
        self.lag.record(seen.sent.since(seen.arrival));
        self.named += u64::from(seen.answerer.is_some());
        if let (Some(backend), Some(status)) = (seen.answerer, seen.status) {
            let interval = self.plan.interval.as_nanos().max(1);
            let counts = self.intervals.entry((seen.end.as_nanos() / interval, backend.0)).or_default();
            let place = match status.get() {
                200..=299 => 0,
                429 => 1,
                _ => 2,
            };
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
            if let (0, Some(count)) = (place, counts.get_mut(3)) {
                *count += u64::from(seen.outcome == Outcome::Answered);
            }
        }
        if is_early(self.plan, seen.arrival) {
            self.result.left_out += 1;
            return;
        }
        self.count(seen, &demand);
    }

    /// Counts a request that is told about.
    fn count(&mut self, seen: &Seen, demand: &Demand) {
        let latency = seen.end.since(seen.arrival);
        let result = &mut self.result;
        result.arrivals += 1;
        result.under_way += u128::from(latency.as_nanos());
        let row = seen.client.and_then(|client| self.rows.get(client as usize)).copied();
        let group = row.and_then(|row| result.clients.get_mut(row));
        let tokens = demand.prompt_tokens.get().saturating_add(demand.completion_tokens.get());
        let is_success = seen.status.is_some_and(StatusCode::is_success);
        if let Some(group) = group {
            group.arrivals += 1;
            match (seen.outcome, seen.status) {
                (Outcome::Answered, Some(status)) => {
                    group.statuses.record(status);
                    if is_success {
                        group.latency.record(latency);
                        group.tokens += tokens;
                    }
                }
                (Outcome::Answered, None) => {}
                (Outcome::BrokenOff, _) => group.broken_off += 1,
                (Outcome::Cancelled, _) => group.cancelled += 1,
                (Outcome::InFlight, _) => group.in_flight += 1,
            }
        }
        // Where nobody tells, there was one attempt at least when anything came back.
        let attempts = seen.attempts.unwrap_or(u32::from(seen.status.is_some()));
        result.attempts += u64::from(attempts);
        match (seen.outcome, seen.status) {
            (Outcome::Answered, Some(status)) => {
                result.statuses.record(status);
                if is_success {
                    result.latency.record(latency);
                    let first = seen.first_byte.unwrap_or(seen.end).since(seen.arrival);
                    result.ttft.record(first);
                    let objective = self.plan.objective.as_ref();
                    result.good += u64::from(objective.is_some_and(|own| own.is_met(first, latency)));
                } else {
                    result.refusal_latency.record(latency);
                }
            }
            (Outcome::Answered, None) => {}
            (Outcome::BrokenOff, _) => result.broken_off += 1,
            (Outcome::Cancelled, _) => result.cancelled += 1,
            (Outcome::InFlight, _) => result.in_flight += 1,
        }
        let backend = seen.answerer.and_then(|backend| result.backends.get_mut(backend.index()));
        if let (Some(backend), Some(status)) = (backend, seen.status) {
            match status.get() {
                200..=299 => backend.admitted += 1,
                429 => backend.throttled += 1,
                _ => backend.failed += 1,
            }
            if is_success && seen.outcome == Outcome::Answered {
                backend.answered += 1;
                backend.prompt_tokens += demand.prompt_tokens.get();
                backend.completion_tokens += demand.completion_tokens.get();
                backend.cached_tokens += seen.usage.map_or(0, |usage| usage.cached);
            }
        }
    }

    /// Ends the run: its totals, how late its requests were sent, and how many answers told who gave them.
    pub(super) fn finish(mut self, end: Timestamp) -> (RunResult, LatencyHistogram, u64) {
        let interval = self.plan.interval.as_nanos().max(1);
        let last = end.as_nanos().saturating_sub(1) / interval;
        let backends = u16::try_from(self.plan.targets.len()).unwrap_or(u16::MAX);
        for number in 0..=last {
            for backend in 0..backends {
                let counts = self.intervals.remove(&(number, backend)).unwrap_or_default();
                let [admitted, throttled, failed, answered] = counts;
                let start = Timestamp::from_nanos(number.saturating_mul(interval));
                let length = Duration::from_nanos(interval.min(end.since(start).as_nanos()));
                self.observer.interval(&IntervalRecord {
                    start,
                    length,
                    backend: BackendId(backend),
                    admitted,
                    throttled,
                    failed,
                    answered,
                    counted: Tokens(0),
                    fill_max_permille: 0,
                    tripped: Duration::ZERO,
                    serving: Duration::ZERO,
                });
            }
        }
        self.result.end = end;
        (self.result, self.lag, self.named)
    }
}

fn is_early(plan: &RunPlan, at: Timestamp) -> bool {
    at.as_nanos() < plan.warmup.as_nanos()
}

/// Who gave an answer.
#[derive(Debug)]
pub(super) struct Answerers {
    names: Vec<String>,
    /// Regions with the backend that alone is in them.
    regions: BTreeMap<String, Option<BackendId>>,
}

impl Answerers {
    pub(super) fn new(plan: &RunPlan) -> Self {
        let mut regions = BTreeMap::new();
        for (target, place) in plan.targets.iter().zip(0_u16..) {
            let known = regions.entry(plain(&target.deployment.region)).or_insert(Some(BackendId(place)));
            if *known != Some(BackendId(place)) {
                *known = None;
            }
        }
        Self { names: plan.gateway.backends().iter().map(|b| b.name.to_string()).collect(), regions }
    }

    /// The backend that an answer says it is of, by name or by a region that only one has.
    pub(super) fn of(&self, headers: &HeaderMap) -> Option<BackendId> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(name) = text(BACKEND_HEADER) {
            let mut names = self.names.iter().zip(0_u16..);
            return names.find(|(own, _)| *own == name).map(|(_, place)| BackendId(place));
        }
        self.regions.get(&plain(text("x-ms-region")?)).copied().flatten()
    }
}

/// A region as it may be written: `East US` is `eastus`.
fn plain(region: &str) -> String {
    region.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
