//! What a run amounts to, and the accounting that every run must satisfy.

use thiserror::Error;

use super::faults::{Phase, PoolAbsence};
use super::observe::Outcome;
use crate::metrics::{LatencyHistogram, StatusCounts};
use crate::units::{Duration, StatusCode, Timestamp};

/// Totals of one run.
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
    /// Errors that reached on-error or ended in a plain error response.
    pub policy_errors: u64,
    /// Per backend, by `BackendId`.
    pub backends: Vec<BackendResult>,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency: LatencyHistogram,
    /// Arrival to first byte, of requests answered 2xx.
    pub ttft: LatencyHistogram,
    /// Time that the answering attempt did not use, of requests answered 2xx.
    pub wait: LatencyHistogram,
    /// Arrival to last byte, of requests answered otherwise.
    pub refusal_latency: LatencyHistogram,
    /// What faults did, if there were any.
    pub faults: Option<Box<FaultResult>>,
    /// When the run ended.
    pub end: Timestamp,
    /// Hash of the journal, 32 hex digits.
    pub fingerprint: String,
}

/// Totals of one backend. Each attempt is counted once among admitted, throttled and failed.
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
    /// Attempts that the gateway stopped waiting for.
    pub timeouts: u64,
    /// Client requests that ended 2xx here.
    pub answered: u64,
    /// Estimates of the admitted attempts.
    pub counted_tokens: u64,
    /// Estimates ever put into the deployment's window or bucket.
    pub inserted_tokens: u64,
    /// Prompt tokens of the client requests answered here.
    pub prompt_tokens: u64,
    /// Completion tokens of the client requests answered here.
    pub completion_tokens: u64,
    /// Trips of its breakers.
    pub trips: u64,
    /// Tripped time within the run, summed over gateway instances.
    pub tripped: Duration,
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
#[error("accounting broken: {identity}: {left} is not {right}")]
pub struct AccountingError {
    /// Which identity.
    pub identity: String,
    /// Its left side.
    pub left: u64,
    /// Its right side.
    pub right: u64,
}

impl RunResult {
    /// Checks the identities.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn check(&self) -> Result<(), AccountingError> {
        let equal = |identity: &str, left: u64, right: u64| {
            let identity = identity.to_owned();
            if left == right { Ok(()) } else { Err(AccountingError { identity, left, right }) }
        };
        equal(
            "arrivals = answered 2xx + answered otherwise + broken off + cancelled + in flight",
            self.arrivals,
            self.statuses.total() + self.broken_off + self.cancelled + self.in_flight,
        )?;
        let placed: u64 = self.backends.iter().map(|b| b.admitted + b.throttled + b.failed).sum();
        equal("attempts = sum of admitted + throttled + failed", self.attempts, placed + self.unrouted)?;
        for (at, backend) in self.backends.iter().enumerate() {
            equal(
                &format!("window insertions = admitted estimates (backend {at})"),
                backend.inserted_tokens,
                backend.counted_tokens,
            )?;
        }
        let answered: u64 = self.backends.iter().map(|b| b.answered).sum();
        if answered > self.statuses.successes() {
            return equal("answered by backends <= answered 2xx", answered, self.statuses.successes());
        }
        if let Some(faults) = &self.faults {
            let arrivals = faults.phases.iter().map(|phase| phase.arrivals).sum();
            equal("arrivals = sum of before, during and after faults", self.arrivals, arrivals)?;
            for phase in &faults.phases {
                equal(
                    "arrivals of a phase = answered + broken off + cancelled + in flight",
                    phase.arrivals,
                    phase.statuses.total() + phase.broken_off + phase.cancelled + phase.in_flight,
                )?;
            }
        }
        equal("latency samples = answered 2xx", self.latency.count(), self.statuses.successes())
    }
}

impl BackendResult {
    /// Attempts of any outcome.
    pub fn attempts(&self) -> u64 {
        self.admitted + self.throttled + self.failed
    }
}
