//! The books of a run: what must add up at its end, whatever happened.
//!
//! They are kept apart from the figures of a summary, which may leave a warm-up out; these never do.

use std::sync::Arc;

use super::result::AccountingError;
use crate::backend::{Breach, DeploymentBooks};
use crate::units::{Level, Timestamp, Tokens};

/// Everything that goes in and comes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Requests that came.
    pub arrivals: u64,
    /// Requests that ended in any way.
    pub ended: u64,
    /// Requests under way at the end.
    pub in_flight: u64,
    /// Time from arrival to end (of the request or of the run) in nanoseconds, summed over requests.
    pub time_in_system: u128,
    /// Number of requests under way, integrated over the run in nanoseconds.
    pub number_in_system: u128,
    /// Forwards.
    pub attempts: u64,
    /// Forwards to a base URL that no deployment stands behind.
    pub unrouted: u64,
    /// By `BackendId`.
    pub backends: Vec<BackendLedger>,
    /// What is spilled to, in the order of the plan. Their attempts are those of backends.
    pub spillover: Vec<BackendLedger>,
    /// Requests under way, over time.
    pub present: Level,
}

/// What goes in and comes out of one backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendLedger {
    /// Its name.
    pub name: Arc<str>,
    /// Attempts by what the deployment said.
    pub admitted: u64,
    /// Attempts refused with 429.
    pub throttled: u64,
    /// Attempts refused otherwise.
    pub failed: u64,
    /// Attempts refused here and admitted by what the deployment spills to.
    pub spilled: u64,
    /// Of the throttled and failed, those that it refused too.
    pub spilled_in_vain: u64,
    /// Estimates of the admitted attempts, as the world counted them.
    pub estimated: u64,
    /// Admitted attempts at work at the end.
    pub at_work: u64,
    /// Their estimates.
    pub open: u64,
    /// Prompt and completion tokens of the client requests answered here.
    pub answered_tokens: u64,
    /// What the deployment says itself.
    pub books: DeploymentBooks,
    /// The first bound of its way of limiting that did not hold.
    pub breach: Option<Breach>,
}

impl Ledger {
    /// Nothing yet, with means from `from` on.
    pub(super) fn counting_from(from: Timestamp) -> Self {
        Self { present: Level::counting_from(from), ..Self::default() }
    }

    pub(super) fn enter(&mut self, now: Timestamp) {
        self.arrivals = self.arrivals.saturating_add(1);
        self.present.enter(now);
    }

    pub(super) fn leave(&mut self, arrival: Timestamp, now: Timestamp) {
        self.ended = self.ended.saturating_add(1);
        self.present.leave(now);
        self.stayed(arrival, now);
    }

    /// A request is under way at the end of the run.
    pub(super) fn cut_off(&mut self, arrival: Timestamp, end: Timestamp) {
        self.in_flight = self.in_flight.saturating_add(1);
        self.stayed(arrival, end);
    }

    /// An admitted attempt with this estimate is at work at the end of the run, at this place among backends and
    /// what is spilled to.
    pub(super) fn at_work(&mut self, worker: usize, estimate: Tokens) {
        if let Some(backend) = self.backends.iter_mut().chain(&mut self.spillover).nth(worker) {
            backend.at_work = backend.at_work.saturating_add(1);
            backend.open = backend.open.saturating_add(estimate.get());
        }
    }

    fn stayed(&mut self, arrival: Timestamp, until: Timestamp) {
        let stay = u128::from(until.since(arrival).as_nanos());
        self.time_in_system = self.time_in_system.saturating_add(stay);
    }

    /// Checks that everything adds up.
    ///
    /// # Errors
    /// The first identity that does not hold, and where.
    pub fn check(&self) -> Result<(), AccountingError> {
        let (n, run) = (|number: u64| u128::from(number), "the whole run");
        equal("arrivals = ended + in flight", run, n(self.arrivals), n(self.ended) + n(self.in_flight))?;
        equal(
            "sum of times in the system = integral of the number in the system (Little's law)",
            run,
            self.time_in_system,
            self.number_in_system,
        )?;
        let placed: u128 =
            self.backends.iter().map(|b| n(b.admitted) + n(b.throttled) + n(b.failed) + n(b.spilled)).sum();
        let attempts = placed + n(self.unrouted);
        let identity = "attempts = sum of admitted + throttled + failed + spilled + unrouted";
        equal(identity, run, n(self.attempts), attempts)?;
        let sum = |of: &[BackendLedger], figure: fn(&BackendLedger) -> u64| -> u128 {
            of.iter().map(|one| n(figure(one))).sum()
        };
        let (spilled, taken) = (sum(&self.backends, |b| b.spilled), sum(&self.spillover, |s| s.admitted));
        equal("spilled attempts = admitted by those spilled to", run, spilled, taken)?;
        let in_vain = sum(&self.backends, |b| b.spilled_in_vain);
        let refused = sum(&self.spillover, |s| s.throttled);
        equal("attempts spilled in vain = refused by those spilled to", run, in_vain, refused)?;
        let spillover = self.spillover.iter().map(|one| ("spillover deployment", one));
        for (what, backend) in self.backends.iter().map(|one| ("backend", one)).chain(spillover) {
            let place = format!("{what} `{}`", backend.name);
            let books = &backend.books;
            for (identity, left, right) in [
                (
                    "admitted attempts = requests the deployment counted",
                    n(backend.admitted),
                    n(books.admitted),
                ),
                (
                    "admitted attempts = finished + at work",
                    n(books.admitted),
                    n(books.finished) + n(backend.at_work),
                ),
                ("window insertions = admitted estimates", n(books.inserted), n(backend.estimated)),
                (
                    "admitted estimates = settled + at work",
                    n(books.inserted),
                    n(books.settled) + n(backend.open),
                ),
            ] {
                equal(identity, &place, left, right)?;
            }
            if let Some(Breach { bound, at, found, limit }) = backend.breach {
                let at_s = at.since(Timestamp::ZERO).as_secs_f64();
                return Err(AccountingError {
                    identity: bound.to_owned(),
                    place: format!("{place} at {at_s} s"),
                    left: found,
                    right: limit,
                });
            }
        }
        Ok(())
    }
}

/// The identity `left = right`.
pub(super) fn equal(identity: &str, place: &str, left: u128, right: u128) -> Result<(), AccountingError> {
    if left == right {
        return Ok(());
    }
    Err(AccountingError { identity: identity.to_owned(), place: place.to_owned(), left, right })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    /// Three requests: 0..10, 3..7 and 5 to the end at 20; one attempt of each, the last at work.
    fn ledger() -> Ledger {
        let backend = BackendLedger {
            name: "east".into(),
            admitted: 2,
            throttled: 1,
            estimated: 70,
            books: DeploymentBooks {
                admitted: 2,
                finished: 1,
                inserted: 70,
                settled: 30,
                ..DeploymentBooks::default()
            },
            ..BackendLedger::default()
        };
        let extra = BackendLedger { name: "extra".into(), ..BackendLedger::default() };
        let mut ledger = Ledger {
            attempts: 4,
            unrouted: 1,
            backends: vec![backend],
            spillover: vec![extra],
            ..Ledger::default()
        };
        ledger.enter(at(0));
        ledger.enter(at(3));
        ledger.enter(at(5));
        ledger.leave(at(3), at(7));
        ledger.leave(at(0), at(10));
        ledger.cut_off(at(5), at(20));
        ledger.at_work(0, Tokens(40));
        ledger.number_in_system = ledger.present.whole_integral(at(20));
        ledger
    }

    #[test]
    fn what_adds_up_passes() {
        let ledger = ledger();
        assert_eq!(ledger.check(), Ok(()));
        // 10 + 4 + 15.
        assert_eq!((ledger.time_in_system, ledger.number_in_system), (29, 29));
        assert_eq!(Ledger::default().check(), Ok(()));
    }

    /// Each identity finds a count that is off by one, and says which and where.
    #[test]
    fn every_identity_can_fail() {
        type Falsify = fn(&mut Ledger);
        let cases: [(Falsify, &str); 18] = [
            (|l| l.arrivals += 1, "arrivals = ended + in flight (the whole run): 4, and not 3"),
            (|l| l.ended -= 1, "arrivals = ended + in flight"),
            (|l| l.in_flight += 1, "arrivals = ended + in flight"),
            (|l| l.time_in_system += 1, "Little's law) (the whole run): 30, and not 29"),
            (|l| l.number_in_system -= 1, "Little's law"),
            (|l| l.attempts += 1, "attempts = sum of admitted + throttled + failed + spilled + unrouted"),
            (|l| l.backends[0].spilled += 1, "attempts = sum of admitted"),
            (|l| l.spillover[0].admitted += 1, "spilled attempts = admitted by those spilled to"),
            (|l| l.spillover[0].throttled += 1, "attempts spilled in vain = refused by those spilled to"),
            (|l| l.spillover[0].books.inserted += 1, "(spillover deployment `extra`)"),
            (|l| l.unrouted += 1, "attempts = sum of admitted + throttled + failed + spilled + unrouted"),
            (
                |l| l.backends[0].failed += 1,
                "attempts = sum of admitted + throttled + failed + spilled + unrouted",
            ),
            (
                |l| l.backends[0].books.admitted += 1,
                "admitted attempts = requests the deployment counted (backend `east`): 2, and not 3",
            ),
            (|l| l.backends[0].books.finished += 1, "admitted attempts = finished + at work"),
            (|l| l.backends[0].at_work -= 1, "admitted attempts = finished + at work"),
            (|l| l.backends[0].estimated -= 1, "window insertions = admitted estimates"),
            (|l| l.backends[0].books.settled += 1, "admitted estimates = settled + at work"),
            (|l| l.backends[0].open -= 1, "admitted estimates = settled + at work"),
        ];
        for (falsify, said) in cases {
            let mut ledger = ledger();
            falsify(&mut ledger);
            let error = ledger.check().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_broken_bound_is_told_with_its_place() {
        let mut ledger = ledger();
        let at = at(1_500_000_000);
        ledger.backends[0].breach = Some(Breach { bound: "used <= limit", at, found: 101, limit: 100 });
        let error = ledger.check().unwrap_err().to_string();
        assert_eq!(error, "accounting broken: used <= limit (backend `east` at 1.5 s): 101, and not 100");
    }
}
