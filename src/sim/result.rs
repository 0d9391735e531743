//! What a run amounts to, and the accounting that every run must satisfy.

use thiserror::Error;

use crate::metrics::{LatencyHistogram, StatusCounts};
use crate::units::{Duration, Timestamp};

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
    /// What became of calls, when clients try again.
    pub calls: Option<CallsResult>,
    /// When the run ended.
    pub end: Timestamp,
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

/// Totals of one backend. Each attempt is counted once among admitted, throttled and failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendResult {
    /// Attempts that the deployment's quota admitted.
    pub admitted: u64,
    /// Attempts refused with 429.
    pub throttled: u64,
    /// Of those, refused because the request alone exceeds the quota.
    pub throttled_oversized: u64,
    /// Attempts refused otherwise (unknown path, lost body).
    pub failed: u64,
    /// Admitted attempts that the gateway stopped waiting for.
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
        if let Some(calls) = &self.calls {
            equal(
                "calls = succeeded + failed + unfinished",
                calls.begun,
                calls.succeeded + calls.failed + calls.unfinished,
            )?;
            equal("calls that succeeded = answered 2xx", calls.succeeded, self.statuses.successes())?;
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
