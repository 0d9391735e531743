//! Recorded calls through a limiter, outside of any simulation: what it decides and what it has left.
//!
//! Rules: calls are in order of time. A call that ends at the very time another comes ends first (assumed).
//! Calls carried in are counted without being asked: they were admitted before the recording begins.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Duration, Timestamp, Tokens};

use super::window::Entry;
use super::{Headroom, LeakyBucket, LimitKind, RateLimit, Refusal, Reservation};

/// One recorded call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it comes.
    pub at: Timestamp,
    /// What it is estimated to cost.
    pub cost: Tokens,
    /// Counted without a decision, as so many requests.
    pub carried_in: Option<u64>,
    /// When it ends, if admitted, and what it really used.
    pub end: Option<(Timestamp, Tokens)>,
}

impl Call {
    /// A call of which nothing but time and cost is known.
    pub const fn new(at: Timestamp, cost: Tokens) -> Self {
        Self { at, cost, carried_in: None, end: None }
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallDecision {
    /// Counted without being asked.
    CarriedIn,
    /// 200.
    Admitted,
    /// 429.
    Refused {
        /// The limit that takes longest to admit it.
        limit: LimitKind,
        /// The exact time until it would be admitted if nothing else came; `None`: no header says.
        retry_after: Option<Duration>,
    },
}

/// What became of a call, and the room left after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallOutcome {
    /// Admitted or not.
    pub decision: CallDecision,
    /// What is left, whatever was decided. A refusal of the service has no such header.
    pub headroom: Headroom,
}

/// A limiter that calls can be replayed through.
pub trait Replayable {
    /// Admits and counts a call, or refuses it.
    fn offer(&mut self, cost: Tokens, now: Timestamp) -> Result<Reservation, Refusal>;
    /// Counts use that nobody asked about.
    fn carry_in(&mut self, cost: Tokens, requests: u64, now: Timestamp) -> Reservation;
    /// An admitted call has ended.
    fn settle(&mut self, reservation: Reservation, actual: Tokens, now: Timestamp);
    /// The room left.
    fn headroom(&mut self, now: Timestamp) -> Headroom;
}

/// What `limiter` says to each of `calls`.
pub fn replay<L: Replayable>(limiter: &mut L, calls: &[Call]) -> Vec<CallOutcome> {
    // Ends to come, earliest first; those of one time in the order of the calls.
    let mut ends: BinaryHeap<Reverse<(Timestamp, usize)>> = BinaryHeap::new();
    let mut reservations: Vec<Option<Reservation>> = Vec::with_capacity(calls.len());
    let mut outcomes = Vec::with_capacity(calls.len());
    for (number, call) in calls.iter().enumerate() {
        while let Some(Reverse((at, ended))) = ends.peek().copied()
            && at <= call.at
        {
            ends.pop();
            let actual = calls.get(ended).and_then(|ended| ended.end).map(|(_, actual)| actual);
            if let (Some(Some(reservation)), Some(actual)) = (reservations.get(ended), actual) {
                limiter.settle(*reservation, actual, at);
            }
        }
        let (reservation, decision) = if let Some(requests) = call.carried_in {
            (Some(limiter.carry_in(call.cost, requests, call.at)), CallDecision::CarriedIn)
        } else {
            match limiter.offer(call.cost, call.at) {
                Ok(reservation) => (Some(reservation), CallDecision::Admitted),
                Err(Refusal { limit, retry_after }) => (None, CallDecision::Refused { limit, retry_after }),
            }
        };
        reservations.push(reservation);
        if reservation.is_some()
            && let Some((at, _)) = call.end
        {
            ends.push(Reverse((at, number)));
        }
        outcomes.push(CallOutcome { decision, headroom: limiter.headroom(call.at) });
    }
    outcomes
}

impl Replayable for RateLimit {
    fn offer(&mut self, cost: Tokens, now: Timestamp) -> Result<Reservation, Refusal> {
        Self::offer(self, cost, now)
    }

    fn carry_in(&mut self, cost: Tokens, requests: u64, now: Timestamp) -> Reservation {
        Self::carry_in(self, cost, requests, now)
    }

    fn settle(&mut self, reservation: Reservation, actual: Tokens, now: Timestamp) {
        Self::settle(self, reservation, actual, now);
    }

    fn headroom(&mut self, now: Timestamp) -> Headroom {
        Headroom::Remaining { tokens: self.remaining_tokens(now), requests: self.remaining_requests(now) }
    }
}

impl Replayable for LeakyBucket {
    fn offer(&mut self, cost: Tokens, now: Timestamp) -> Result<Reservation, Refusal> {
        match Self::offer(self, cost, now) {
            Ok(()) => Ok(Reservation { tokens: cost, entry: Entry::NONE, cached: Tokens(0) }),
            Err(retry_after) => Err(Refusal { limit: LimitKind::Utilisation, retry_after }),
        }
    }

    fn carry_in(&mut self, cost: Tokens, _requests: u64, now: Timestamp) -> Reservation {
        Self::carry_in(self, cost, now);
        Reservation { tokens: cost, entry: Entry::NONE, cached: Tokens(0) }
    }

    fn settle(&mut self, reservation: Reservation, actual: Tokens, now: Timestamp) {
        Self::settle(self, reservation.tokens, actual, now);
    }

    fn headroom(&mut self, now: Timestamp) -> Headroom {
        Headroom::Utilisation { permille: self.utilisation_permille(now) }
    }
}

#[cfg(test)]
mod tests {
    use crate::backend::{PtuSpec, StandardSpec, TokenCost};
    use crate::semantics::Semantics;
    use crate::units::{Ptu, RequestsPerMinute, TokensPerMinute};

    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    fn limit(refund_on_completion: bool) -> RateLimit {
        let measured =
            StandardSpec::measured(TokensPerMinute(1_000), RequestsPerMinute(60), TokenCost::GPT_4);
        RateLimit::new(&StandardSpec { refund_on_completion, ..measured }, &Semantics::default())
    }

    fn room(outcomes: &[CallOutcome]) -> Vec<(bool, u64, u64)> {
        let room = |outcome: &CallOutcome| match outcome.headroom {
            Headroom::Remaining { tokens, requests } => {
                (!matches!(outcome.decision, CallDecision::Refused { .. }), tokens.get(), requests)
            }
            Headroom::Utilisation { .. } | Headroom::Places { .. } => panic!("not a bucket"),
        };
        outcomes.iter().map(room).collect()
    }

    #[test]
    fn calls_before_the_recording_count_until_they_are_old() {
        let early = Call { carried_in: Some(1), ..Call::new(at(0), Tokens(900)) };
        let calls = [early, Call::new(at(59_999), Tokens(101)), Call::new(at(60_000), Tokens(1_000))];
        let outcomes = replay(&mut limit(false), &calls);
        assert_eq!(room(&outcomes), [(true, 100, 9), (false, 100, 10), (true, 0, 9)]);
    }

    #[test]
    fn an_end_is_seen_by_a_call_of_the_same_time_only_where_it_refunds() {
        let first = Call { end: Some((at(2_000), Tokens(100))), ..Call::new(at(0), Tokens(1_000)) };
        let calls = [first, Call::new(at(1_999), Tokens(1)), Call::new(at(2_000), Tokens(900))];
        assert_eq!(room(&replay(&mut limit(true), &calls)), [(true, 0, 9), (false, 0, 9), (true, 0, 8)]);
        assert_eq!(room(&replay(&mut limit(false), &calls)), [(true, 0, 9), (false, 0, 9), (false, 0, 9)]);
    }

    #[test]
    fn a_bucket_takes_42_calls_of_3000_and_tells_the_wait() {
        let spec = PtuSpec {
            ptu: Ptu(50),
            input_tpm_per_ptu: 2_500,
            output_weight: 4,
            bucket_depth: Some(Duration::from_secs(60)),
            default_completion_tokens: Tokens(1_000),
        };
        let mut bucket = LeakyBucket::new(&spec, &Semantics::default());
        let outcomes = replay(&mut bucket, &[Call::new(at(0), Tokens(3_000)); 43]);
        let admitted = outcomes.iter().filter(|o| o.decision == CallDecision::Admitted).count();
        assert_eq!(admitted, 42);
        let retry_after = Some(Duration::from_millis(480));
        let refused = CallDecision::Refused { limit: LimitKind::Utilisation, retry_after };
        assert_eq!(outcomes.last().unwrap().decision, refused);
        assert_eq!((bucket.level(at(0)), bucket.capacity()), (Tokens(126_000), Tokens(125_000)));
    }
}
