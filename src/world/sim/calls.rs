//! Calls of clients that try again: what waits for its next try, and what became of each call.
//!
//! Rules
//! - Every try is a request at the gateway of its own, with a number of its own; what is drawn for it
//!   depends on its call and its place in the call only, so that tries of other calls change nothing.
//! - A call belongs to the warm-up when it begins there, however late its tries are.
//! - Which try a closed loop or a script waits for is the last one of the call.

use super::calendar::{Event, EventKind};
use super::flight::Flight;
use super::observe::{Observer, Outcome};
use super::result::CallsResult;
use super::world::World;
use crate::gateway::retry_after;
use crate::policy::{HeaderValue, Headers};
use crate::random::{StreamName, whole};
use crate::units::{Demand, Duration, Timestamp};
use crate::workload::{ClientRetry, RetryBudget, Service};

const WAITS: StreamName = StreamName::new("client-retry");
const DISCONNECTS: StreamName = StreamName::new("disconnects");

/// Which try of which call a request is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Try {
    pub(super) call: u64,
    /// 0 for the first one.
    pub(super) number: u32,
    /// When the call began.
    pub(super) began: Timestamp,
    /// What stands for the client of a mix; 0 elsewhere.
    pub(super) salt: u64,
}

impl Try {
    /// What random streams of the request are keyed with: for first tries the number of the call.
    pub(super) const fn key(self) -> u64 {
        request_key(self.call, self.number, self.salt)
    }

    /// The same for what all tries of the call have in common.
    pub(super) const fn call_key(self) -> u64 {
        self.call ^ self.salt
    }
}

/// What random streams of a request are keyed with: the number of its call, which try of it this is (from 0), and what
/// stands for the client of a mix. Whoever answers it elsewhere draws the same by it.
pub const fn request_key(call: u64, tried: u32, salt: u64) -> u64 {
    (call | (tried as u64) << KEY_BITS) ^ salt
}

/// Calls have smaller numbers than 2 to the power of this.
const KEY_BITS: u32 = 40;

/// A call between two tries.
#[derive(Clone, Debug)]
struct Waiting {
    next: Try,
    client: Option<u32>,
    demand: Demand,
    service: Option<Service>,
}

/// The calls of a run whose clients try again.
#[derive(Debug)]
pub(super) struct Calls {
    /// One for all clients; in a mix one for each specification.
    budgets: Vec<RetryBudget>,
    waiting: Vec<Option<Waiting>>,
    free: Vec<u32>,
    warmup_end: Timestamp,
    told: CallsResult,
    early: CallsResult,
}

impl Calls {
    /// `warmup`: calls that begin in this time from the start of the run are left out of what is told.
    pub(super) fn new<'a>(retries: impl Iterator<Item = Option<&'a ClientRetry>>, warmup: Duration) -> Self {
        let budget = |retry: Option<&ClientRetry>| RetryBudget::new(retry.and_then(|r| r.budget_permille));
        Self {
            budgets: retries.map(budget).collect(),
            waiting: Vec::new(),
            free: Vec::new(),
            warmup_end: Timestamp::ZERO.saturating_add(warmup),
            told: CallsResult::default(),
            early: CallsResult::default(),
        }
    }

    /// A call begins, of a client of that specification.
    pub(super) fn begin(&mut self, now: Timestamp, row: usize) {
        self.of(now).begun += 1;
        if let Some(budget) = self.budgets.get_mut(row) {
            budget.earn();
        }
    }

    /// A try of a call that began so early is under way at the end of the run.
    pub(super) fn cut_off(&mut self, tried: Try) {
        self.of(tried.began).unfinished += 1;
    }

    /// What became of the calls.
    pub(super) fn finish(mut self) -> CallsResult {
        for waiting in std::mem::take(&mut self.waiting).into_iter().flatten() {
            self.cut_off(waiting.next);
        }
        self.told
    }

    fn of(&mut self, began: Timestamp) -> &mut CallsResult {
        if began < self.warmup_end { &mut self.early } else { &mut self.told }
    }

    fn park(&mut self, waiting: Waiting) -> u32 {
        if let Some(place) = self.free.pop()
            && let Some(slot) = self.waiting.get_mut(place as usize)
        {
            *slot = Some(waiting);
            return place;
        }
        self.waiting.push(Some(waiting));
        u32::try_from(self.waiting.len() - 1).unwrap_or(u32::MAX)
    }
}

impl<O: Observer> World<'_, O> {
    /// A client begins to read an answer: whether it is going to leave before the end, which is scheduled then.
    pub(super) fn watches(&mut self, slot: u32, now: Timestamp) {
        let Some(flight) = self.flights.get(slot as usize) else { return };
        let traffic = self.traffic_of(flight.client);
        let Some(disconnects) = traffic.disconnects.as_ref().filter(|_| flight.streams) else {
            return;
        };
        if !flight.status.is_some_and(crate::units::StatusCode::is_success) {
            return;
        }
        let tried = flight.tried;
        let mut stream = self.streams.keyed(DISCONNECTS, tried.call_key(), u64::from(tried.number));
        let generated = flight.demand.generated();
        let Some(after) = disconnects.of(generated, &mut stream) else { return };
        // Tokens come one as far from the next as ever.
        let gaps = u128::from(generated.get().saturating_sub(1).max(1));
        let rest = u128::from(flight.call.body_ends.since(now).as_nanos());
        let part = rest * u128::from(after.get().saturating_sub(1)) / gaps;
        let part = Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX));
        let kind = EventKind::ClientLeaves;
        let event = Event { kind, slot, epoch: flight.epoch, attempt: 0 };
        self.calendar.schedule(now.saturating_add(part), event);
    }

    /// A request ended: whether its client is going to try again, which is scheduled then.
    pub(super) fn tries_again(&mut self, slot: u32, now: Timestamp, outcome: Outcome) -> bool {
        let Some(flight) = self.flights.get(slot as usize) else { return false };
        let retry = self.traffic_of(flight.client).retry.as_ref();
        let row = self.callers.as_ref().map_or(0, |callers| callers.row(flight.client));
        let Some(calls) = &mut self.calls else { return false };
        let tried = flight.tried;
        let status = flight.status.filter(|_| outcome == Outcome::Answered);
        if status.is_some_and(crate::units::StatusCode::is_success) {
            let told = calls.of(tried.began);
            told.succeeded += 1;
            told.latency.record(now.since(tried.began));
            return false;
        }
        let wanted =
            retry.filter(|retry| tried.number < retry.retries && retry.wants(status) && !flight.has_left);
        let wants = wanted.is_some();
        let granted = wanted.filter(|_| calls.budgets.get_mut(row).is_some_and(RetryBudget::spend));
        let Some(retry) = granted else {
            let told = calls.of(tried.began);
            told.failed += 1;
            told.refused_by_budget += u64::from(wants);
            return false;
        };
        calls.of(tried.began).tried_again += 1;
        let next = Try { number: tried.number.saturating_add(1), ..tried };
        let response = flight.exchange.response().filter(|_| status.is_some());
        let told = response.and_then(|r| told_wait(&r.headers, now, self.plan.gateway.start_unix_s()));
        let mut stream = self.streams.keyed(WAITS, tried.call_key(), u64::from(next.number));
        let wait = retry.wait(next.number, told, &mut stream);
        let Flight { client, demand, service, .. } = flight;
        let waiting = Waiting { next, client: *client, demand: demand.clone(), service: *service };
        let place = calls.park(waiting);
        let event = Event { kind: EventKind::ClientTriesAgain, slot: place, epoch: 0, attempt: 0 };
        self.calendar.schedule(now.saturating_add(wait), event);
        true
    }

    /// The wait of a call is over.
    pub(super) fn try_again(&mut self, place: u32, now: Timestamp) {
        let Some(calls) = &mut self.calls else { return };
        let Some(waiting) = calls.waiting.get_mut(place as usize).and_then(Option::take) else { return };
        calls.free.push(place);
        self.send(now, waiting.next, waiting.client, waiting.demand, waiting.service);
    }
}

/// The wait that a response with these headers asks its client for: `retry-after-ms` first, then `Retry-After` in
/// seconds or as a date, as the libraries read them.
pub fn told_wait(headers: &Headers, now: Timestamp, start_unix_s: u64) -> Option<Duration> {
    let read =
        |name: &str, unit_ns: f64| number(headers, name).map(|n| Duration::from_nanos(whole(n * unit_ns)));
    read("retry-after-ms", 1e6)
        .or_else(|| read("Retry-After", 1e9))
        .or_else(|| retry_after(headers, now, start_unix_s))
}

fn number(headers: &Headers, name: &str) -> Option<f64> {
    match headers.values(name).next()? {
        HeaderValue::Number(number) => Some(*number as f64),
        HeaderValue::Text(text) => text.as_str().trim().parse().ok().filter(|n: &f64| n.is_finite()),
    }
}
