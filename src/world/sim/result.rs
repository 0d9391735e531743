//! What a run amounts to, and the accounting that every run must satisfy.

use thiserror::Error;

use super::callers::GroupResult;
use super::faults::{Phase, PoolAbsence};
use super::ledger::{Ledger, equal};
use super::observe::Outcome;
use super::sessions::SessionsResult;
use crate::metrics::{LatencyHistogram, StatusCounts};
use crate::units::{Duration, StatusCode, Timestamp};

/// Totals of one run: of the requests that arrived after the warm-up, if there is one.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// Requests that reached the gateway.
    pub arrivals: u64,
    /// Requests that got a whole response, by status.
    pub statuses: StatusCounts,
    /// Requests whose response broke off.
    pub broken_off: u64,
    /// Requests that the client gave up.
    pub cancelled: u64,
    /// Requests under way at the end of the run.
    pub in_flight: u64,
    /// Forwards. A selection that finds no backend is not one.
    pub attempts: u64,
    /// Forwards to a base URL that no deployment stands behind.
    pub unrouted: u64,
    /// Rounds of retry policies.
    pub retries: u64,
    /// Selections that found no backend.
    pub exhausted: u64,
    /// Requests refused at least once because they alone exceed a quota.
    pub oversized: u64,
    /// Requests answered 429 or 503, by whomever, while a deployment of the same model had capacity for them.
    pub refused_needlessly: u64,
    /// Requests answered 2xx that met the objective of the plan; 0 without one.
    pub good: u64,
    /// Errors that reached on-error or ended in a plain error response.
    pub policy_errors: u64,
    /// Per backend, by `BackendId`.
    pub backends: Vec<BackendResult>,
    /// Per deployment that is spilled to, in the order of the plan.
    pub spillover: Vec<SpilloverResult>,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency: LatencyHistogram,
    /// Arrival to first byte, of requests answered 2xx.
    pub ttft: LatencyHistogram,
    /// Time that the answering attempt did not use, of requests answered 2xx.
    pub wait: LatencyHistogram,
    /// Arrival to last byte, of requests answered otherwise.
    pub refusal_latency: LatencyHistogram,
    /// What became of calls, when clients try again.
    pub calls: Option<CallsResult>,
    /// Requests by client, in the order of the mix; empty without one.
    pub clients: Vec<GroupResult>,
    /// What became of sessions, when traffic is made of them.
    pub sessions: Option<SessionsResult>,
    /// Of the cancelled requests, those whose client had begun to read a stream and left.
    pub disconnected: u64,
    /// Requests under way, integrated over time from the end of the warm-up, in nanoseconds.
    pub under_way: u128,
    /// By gateway region, when regions are told apart.
    pub regions: Vec<GroupResult>,
    /// What faults did, if there were any.
    pub faults: Option<Box<FaultResult>>,
    /// When the run ended.
    pub end: Timestamp,
    /// Requests that arrived during the warm-up; they and their attempts are in no other figure here.
    pub left_out: u64,
    /// The books of the whole run.
    pub ledger: Ledger,
    /// Hash of the journal, 32 hex digits.
    pub fingerprint: String,
}

/// What became of the calls of clients that try again. A call is one or several requests.
#[derive(Clone, Debug, Default)]
pub struct CallsResult {
    /// Calls begun.
    pub begun: u64,
    /// Ended with 2xx, at whichever try.
    pub succeeded: u64,
    /// Ended otherwise: no try left, or none that would help.
    pub failed: u64,
    /// Not ended at the end of the run: a try is under way, or the client waits for the next one.
    pub unfinished: u64,
    /// Tries beyond the first that were decided on.
    pub tried_again: u64,
    /// Of the failed calls, those that had tries left but found the budget of all clients spent.
    pub refused_by_budget: u64,
    /// Beginning of the call to its end, of calls that succeeded.
    pub latency: LatencyHistogram,
}

/// Totals of one backend. Each attempt is counted once among admitted, throttled, failed and spilled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendResult {
    /// Attempts that the deployment's quota admitted.
    pub admitted: u64,
    /// Attempts refused with 429.
    pub throttled: u64,
    /// Of those, refused because the request alone exceeds the quota.
    pub throttled_oversized: u64,
    /// Attempts that failed otherwise (unknown path, lost body, a fault).
    pub failed: u64,
    /// Attempts that the deployment refused and the one it spills to admitted.
    pub spilled: u64,
    /// Of the throttled and failed, those that the deployment it spills to refused as well.
    pub spilled_in_vain: u64,
    /// Attempts that the gateway stopped waiting for.
    pub timeouts: u64,
    /// Client requests that ended 2xx here, through spillover or not.
    pub answered: u64,
    /// Of those, answered through spillover.
    pub spilled_answered: u64,
    /// Their prompt tokens, which are part of `prompt_tokens`.
    pub spilled_prompt_tokens: u64,
    /// Their completion tokens, which are part of `completion_tokens`.
    pub spilled_completion_tokens: u64,
    /// Their cached tokens, which are part of `cached_tokens` and of `spilled_prompt_tokens`.
    pub spilled_cached_tokens: u64,
    /// Estimates of the admitted attempts.
    pub counted_tokens: u64,
    /// Prompt tokens of the client requests answered here.
    pub prompt_tokens: u64,
    /// Completion tokens of the client requests answered here.
    pub completion_tokens: u64,
    /// Client requests answered here whose prompt begins as others do.
    pub prefixed: u64,
    /// Of those, with cached tokens.
    pub cache_hits: u64,
    /// Cached tokens of the client requests answered here, which are part of `prompt_tokens`.
    pub cached_tokens: u64,
    /// Trips of its breakers.
    pub trips: u64,
    /// Tripped time within the run, summed over gateway instances.
    pub tripped: Duration,
    /// Admitted attempts at work, integrated over time from the end of the warm-up, in nanoseconds.
    pub at_work: u128,
    /// How long a provisioned deployment had nothing to do while its breakers were tripped in all instances.
    pub idle_while_tripped: Duration,
}

/// Totals of a deployment that is spilled to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpilloverResult {
    /// Attempts that it admitted.
    pub admitted: u64,
    /// Attempts that it refused.
    pub throttled: u64,
    /// Estimates of the admitted attempts.
    pub counted_tokens: u64,
    /// Client requests that ended 2xx here.
    pub answered: u64,
    /// Their prompt tokens.
    pub prompt_tokens: u64,
    /// Their completion tokens.
    pub completion_tokens: u64,
    /// Their cached tokens, which are part of `prompt_tokens`.
    pub cached_tokens: u64,
}

/// Totals of a run with faults.
#[derive(Clone, Debug, Default)]
pub struct FaultResult {
    /// Requests by where the run stood when they came, in the order of [`Phase::ALL`].
    pub phases: [PhaseResult; 3],
    /// Each pool, in the order of the gateway.
    pub pools: Vec<PoolAbsence>,
}

/// Requests that came in one phase.
#[derive(Clone, Debug, Default)]
pub struct PhaseResult {
    /// How long the run was in it.
    pub time: Duration,
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that got a whole response, by status.
    pub statuses: StatusCounts,
    /// Requests whose response broke off.
    pub broken_off: u64,
    /// Requests that the client gave up.
    pub cancelled: u64,
    /// Requests under way at the end of the run.
    pub in_flight: u64,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency: LatencyHistogram,
}

impl FaultResult {
    /// The totals of a phase.
    pub fn phase(&mut self, phase: Phase) -> &mut PhaseResult {
        let [before, during, after] = &mut self.phases;
        match phase {
            Phase::Before => before,
            Phase::During => during,
            Phase::After => after,
        }
    }
}

impl PhaseResult {
    /// Counts the end of a request.
    pub(super) fn ended(&mut self, outcome: Outcome, status: Option<StatusCode>, latency: Duration) {
        match (outcome, status) {
            (Outcome::Answered, Some(status)) => {
                self.statuses.record(status);
                if status.is_success() {
                    self.latency.record(latency);
                }
            }
            (Outcome::BrokenOff, _) => self.broken_off += 1,
            (Outcome::Cancelled, _) => self.cancelled += 1,
            (Outcome::Answered, None) | (Outcome::InFlight, _) => {}
        }
    }
}

/// An accounting identity that does not hold: a defect of this program, never of the input.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("accounting broken: {identity} ({place}): {left}, and not {right}")]
pub struct AccountingError {
    /// Which identity.
    pub identity: String,
    /// Where: the whole run, what a summary tells, or one backend, with the time if there is one.
    pub place: String,
    /// Its left side.
    pub left: u128,
    /// Its right side.
    pub right: u128,
}

const CLIENT_IDENTITIES: [&str; 2] = [
    "arrivals = sum of the clients'",
    "arrivals of a client = answered + broken off + cancelled + in flight",
];
const REGION_IDENTITIES: [&str; 2] = [
    "arrivals = sum of the regions'",
    "arrivals of a region = answered + broken off + cancelled + in flight",
];

impl RunResult {
    /// Nothing yet, of so many backends.
    pub fn empty(backends: usize) -> Self {
        Self {
            arrivals: 0,
            statuses: StatusCounts::default(),
            broken_off: 0,
            cancelled: 0,
            in_flight: 0,
            attempts: 0,
            unrouted: 0,
            retries: 0,
            exhausted: 0,
            oversized: 0,
            refused_needlessly: 0,
            good: 0,
            policy_errors: 0,
            backends: vec![BackendResult::default(); backends],
            spillover: Vec::new(),
            latency: LatencyHistogram::new(),
            ttft: LatencyHistogram::new(),
            wait: LatencyHistogram::new(),
            refusal_latency: LatencyHistogram::new(),
            calls: None,
            clients: Vec::new(),
            regions: Vec::new(),
            sessions: None,
            disconnected: 0,
            under_way: 0,
            faults: None,
            end: Timestamp::ZERO,
            left_out: 0,
            ledger: Ledger::default(),
            fingerprint: String::new(),
        }
    }

    /// Checks the identities: of these totals, and of the whole run.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn check(&self) -> Result<(), AccountingError> {
        let (n, told) = (|number: u64| u128::from(number), "what the summary tells");
        equal(
            "arrivals = answered 2xx + answered otherwise + broken off + cancelled + in flight",
            told,
            n(self.arrivals),
            n(self.statuses.total()) + n(self.broken_off) + n(self.cancelled) + n(self.in_flight),
        )?;
        let placed: u128 = self.backends.iter().map(|b| n(b.attempts())).sum();
        let identity = "attempts = sum of admitted + throttled + failed + spilled + unrouted";
        equal(identity, told, n(self.attempts), placed + n(self.unrouted))?;
        let answered: u128 = self.backends.iter().map(|b| n(b.answered)).sum();
        if answered > n(self.statuses.successes()) {
            return equal(
                "answered by backends <= answered 2xx",
                told,
                answered,
                n(self.statuses.successes()),
            );
        }
        for (identity, by_backend, by_target) in [
            (
                "spilled attempts = admitted by those spilled to",
                sum(&self.backends, |b| b.spilled),
                sum(&self.spillover, |s| s.admitted),
            ),
            (
                "attempts spilled in vain = refused by those spilled to",
                sum(&self.backends, |b| b.spilled_in_vain),
                sum(&self.spillover, |s| s.throttled),
            ),
            (
                "requests answered through spillover = answered by those spilled to",
                sum(&self.backends, |b| b.spilled_answered),
                sum(&self.spillover, |s| s.answered),
            ),
            (
                "tokens answered through spillover = tokens of those spilled to",
                sum(&self.backends, |b| b.spilled_prompt_tokens + b.spilled_completion_tokens),
                sum(&self.spillover, |s| s.prompt_tokens + s.completion_tokens),
            ),
            (
                "cached tokens through spillover = cached tokens of those spilled to",
                sum(&self.backends, |b| b.spilled_cached_tokens),
                sum(&self.spillover, |s| s.cached_tokens),
            ),
        ] {
            equal(identity, told, by_backend, by_target)?;
        }
        for backend in &self.backends {
            let (cached, prompt) = (n(backend.cached_tokens), n(backend.prompt_tokens));
            if cached > prompt {
                return equal("cached tokens <= prompt tokens", told, cached, prompt);
            }
        }
        let samples = (n(self.latency.count()), n(self.statuses.successes()));
        equal("latency samples = answered 2xx", told, samples.0, samples.1)?;
        let all = n(self.arrivals) + n(self.left_out);
        equal("arrivals of the run = told + in the warm-up", "the whole run", n(self.ledger.arrivals), all)?;
        if let Some(calls) = &self.calls {
            let ended = n(calls.succeeded) + n(calls.failed);
            equal(
                "calls = succeeded + failed + unfinished",
                told,
                n(calls.begun),
                ended + n(calls.unfinished),
            )?;
        }
        if !self.clients.is_empty() {
            GroupResult::check(&self.clients, self.arrivals, CLIENT_IDENTITIES)?;
        }
        if !self.regions.is_empty() {
            GroupResult::check(&self.regions, self.arrivals, REGION_IDENTITIES)?;
        }
        if let Some(faults) = &self.faults {
            let arrivals = faults.phases.iter().map(|phase| n(phase.arrivals)).sum();
            let identity = "arrivals = sum of before, during and after faults";
            equal(identity, told, n(self.arrivals), arrivals)?;
            for phase in &faults.phases {
                equal(
                    "arrivals of a phase = answered + broken off + cancelled + in flight",
                    told,
                    n(phase.arrivals),
                    n(phase.statuses.total()) + n(phase.broken_off) + n(phase.cancelled) + n(phase.in_flight),
                )?;
            }
        }
        self.ledger.check()
    }
}

fn sum<T>(of: &[T], figure: impl Fn(&T) -> u64) -> u128 {
    of.iter().map(|one| u128::from(figure(one))).sum()
}

impl BackendResult {
    /// Attempts of any outcome.
    pub fn attempts(&self) -> u64 {
        self.admitted + self.throttled + self.failed + self.spilled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::StatusCode;

    impl RunResult {
        fn calls_mut(&mut self) -> &mut CallsResult {
            self.calls.as_mut().unwrap()
        }

        fn phases_mut(&mut self) -> &mut [PhaseResult; 3] {
            &mut self.faults.as_mut().unwrap().phases
        }
    }

    /// Two requests: one answered by the backend, one given up. Each is a call of its own, before any fault.
    fn result() -> RunResult {
        let mut result = RunResult::empty(1);
        result.arrivals = 2;
        result.cancelled = 1;
        result.statuses.record(StatusCode::OK);
        result.latency.record(Duration::from_millis(1));
        result.attempts = 1;
        result.spillover = vec![SpilloverResult::default()];
        result.backends[0] = BackendResult { admitted: 1, answered: 1, ..BackendResult::default() };
        result.calls = Some(CallsResult { begun: 2, succeeded: 1, failed: 1, ..CallsResult::default() });
        let before = PhaseResult { arrivals: 2, cancelled: 1, ..PhaseResult::default() };
        result.faults = Some(Box::default());
        result.phases_mut()[0] = before;
        result.phases_mut()[0].statuses.record(StatusCode::OK);
        let one = GroupResult { arrivals: 1, ..GroupResult::default() };
        result.clients = vec![GroupResult { cancelled: 1, ..one.clone() }, one];
        result.clients[1].statuses.record(StatusCode::OK);
        result.regions.clone_from(&result.clients);
        result.ledger.enter(Timestamp::ZERO);
        result.ledger.enter(Timestamp::ZERO);
        result.ledger.leave(Timestamp::ZERO, Timestamp::from_nanos(5));
        result.ledger.leave(Timestamp::ZERO, Timestamp::from_nanos(7));
        result.ledger.number_in_system = result.ledger.present.whole_integral(Timestamp::from_nanos(7));
        result
    }

    #[test]
    fn every_identity_of_a_result_can_fail() {
        type Falsify = fn(&mut RunResult);
        assert_eq!(result().check(), Ok(()));
        let cases: [(Falsify, &str); 24] = [
            (|r| r.arrivals += 1, "arrivals = answered 2xx + answered otherwise"),
            (|r| r.statuses.record(StatusCode::NOT_FOUND), "arrivals = answered 2xx"),
            (|r| r.in_flight += 1, "arrivals = answered 2xx"),
            (|r| r.attempts += 1, "attempts = sum of admitted + throttled + failed + spilled + unrouted"),
            (|r| r.backends[0].throttled += 1, "attempts = sum of admitted"),
            (|r| r.backends[0].answered += 1, "answered by backends <= answered 2xx"),
            (|r| r.backends[0].spilled += 1, "attempts = sum of admitted"),
            (|r| r.spillover[0].admitted += 1, "spilled attempts = admitted by those spilled to"),
            (|r| r.backends[0].spilled_in_vain += 1, "attempts spilled in vain = refused by those"),
            (|r| r.backends[0].spilled_answered += 1, "requests answered through spillover"),
            (|r| r.spillover[0].prompt_tokens += 1, "tokens answered through spillover"),
            (|r| r.spillover[0].cached_tokens += 1, "cached tokens through spillover"),
            (|r| r.backends[0].cached_tokens += 1, "cached tokens <= prompt tokens"),
            (|r| r.latency.record(Duration::ZERO), "latency samples = answered 2xx"),
            (|r| r.left_out += 1, "arrivals of the run = told + in the warm-up"),
            (|r| r.calls_mut().begun += 1, "calls = succeeded + failed + unfinished"),
            (|r| r.calls_mut().unfinished += 1, "calls = succeeded + failed + unfinished"),
            (|r| r.clients[0].arrivals += 1, "arrivals = sum of the clients'"),
            (|r| r.clients[1].in_flight += 1, "arrivals of a client = answered + broken off"),
            (|r| r.regions[0].arrivals += 1, "arrivals = sum of the regions'"),
            (|r| r.regions[1].in_flight += 1, "arrivals of a region = answered + broken off"),
            (|r| r.phases_mut()[0].arrivals += 1, "arrivals = sum of before, during and after faults"),
            (|r| r.phases_mut()[2].cancelled += 1, "arrivals of a phase = answered + broken off"),
            (|r| r.ledger.ended -= 1, "arrivals = ended + in flight"),
        ];
        for (falsify, said) in cases {
            let mut result = result();
            falsify(&mut result);
            let error = result.check().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
