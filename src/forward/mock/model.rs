//! The model behind all backends of a mock, driven by a real clock.
//!
//! Rules
//! - Calls are numbered, timed and decided in one critical section, so that their order is one.
//! - What has ended by then is finished first, in order of time: no timer is needed, and no client can prevent it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use crate::backend::Reservation;
use crate::policy::Response;
use crate::random::Streams;
use crate::sim::{Asked, Reply, RunPlan, Served, Services, Spill, tell_spillover};
use crate::units::{BackendId, Demand, RequestId, Timestamp, Tokens};
use crate::wire::{Clock, Known};
use crate::workload::{ArrivalSpec, Sizes};

/// What a backend has been asked and has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that its deployment was asked.
    pub calls: u64,
    /// Of those, admitted, there or where the platform spills to.
    pub admitted: u64,
    /// Of those, refused with 429.
    pub throttled: u64,
}

/// Everything that changes.
#[derive(Debug)]
pub(super) struct Model {
    services: Services,
    endings: BinaryHeap<Reverse<Ending>>,
    tallies: Vec<Tally>,
    /// Endings so far: what comes at one instant comes in this order.
    entered: u64,
    /// How often each of the latest known requests was sent, by its key.
    attempts: BTreeMap<u64, u32>,
}

/// Known requests whose attempts are counted. Who has more of them under way draws some of them as first attempts.
const MOST_KNOWN: usize = 65_536;

/// An admitted call that is worked on.
#[derive(Debug)]
struct Ending {
    at: Timestamp,
    entered: u64,
    worker: u32,
    demand: Demand,
    counted: Reservation,
}

/// A call as it leaves the gateway.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) backend: BackendId,
    pub(super) streams: bool,
    /// With its query.
    pub(super) path: &'a str,
    /// Where the request says that it may be spilled to.
    pub(super) spills_to: Option<&'a str>,
    /// Which request of a simulation it is, if it says so.
    pub(super) known: Option<Known>,
}

/// What a call comes to.
#[derive(Debug)]
pub(super) struct Called {
    /// Its number at the backend, from 0.
    pub(super) number: u64,
    pub(super) demand: Demand,
    pub(super) served: Served,
    /// Status and headers, and the body of an error.
    pub(super) response: Response,
}

impl Model {
    pub(super) fn new(plan: &RunPlan) -> Self {
        Self {
            services: Services::new(plan).telling_all(plan),
            endings: BinaryHeap::new(),
            tallies: vec![Tally::default(); plan.targets.len()],
            entered: 0,
            attempts: BTreeMap::new(),
        }
    }

    /// A call comes. `demand` gives its size by what its draws are keyed with, and its number at the backend. `None`:
    /// there is no such backend.
    pub(super) fn call(
        &mut self,
        plan: &RunPlan,
        clock: &Clock,
        request: Request<'_>,
        demand: impl FnOnce(u64, u64) -> Demand,
    ) -> Option<Called> {
        let now = clock.now();
        self.advance(now);
        let Request { backend, streams, path, spills_to, known } = request;
        let attempt = known.map_or(1, |known| self.attempt_of(known.key));
        let tally = self.tallies.get_mut(backend.index())?;
        let number = tally.calls;
        tally.calls += 1;
        // Two backends draw different things for their first calls.
        let own = number ^ u64::from(backend.0) << 48;
        let key = known.map_or(own, |known| known.key);
        let demand = demand(own, number);
        let asked =
            Asked { backend, key, attempt, demand: &demand, streams, recorded: None, lost_body: None };
        let mut served = self.services.serve(plan, asked, now)?;
        let mut spill = Spill::None;
        if let Some(handed) = self.services.spill(plan, asked, &served, spills_to, now) {
            (served, spill) = (handed.served, handed.spill);
        }
        // Ids are given by the whole service: those of two backends are not the same.
        let named = Asked { key: own, ..asked };
        let mut response = self.services.response(plan, named, &served, path, now)?;
        tell_spillover(plan, backend, spill, &mut response.headers);
        let is_well = match served.reply {
            Reply::Admitted(_) => true,
            Reply::Played(_, status) => status.is_success(),
            Reply::Throttled { .. } | Reply::Refused(_) | Reply::Scripted(_) => false,
        };
        tally.admitted += u64::from(is_well);
        tally.throttled += u64::from(response.status.get() == 429);
        if let Some(counted) = served.counted {
            self.entered += 1;
            let demand = demand.clone();
            let (at, entered, worker) = (served.finishes(), self.entered, served.worker);
            self.endings.push(Reverse(Ending { at, entered, worker, demand, counted }));
        }
        Some(Called { number, demand, served, response })
    }

    /// How often a known request was sent by now.
    fn attempt_of(&mut self, key: u64) -> u32 {
        let attempt = self.attempts.entry(key).or_default();
        *attempt = attempt.saturating_add(1);
        let attempt = *attempt;
        while self.attempts.len() > MOST_KNOWN {
            self.attempts.pop_first();
        }
        attempt
    }

    /// Ends what is over by `now`, and makes the changes that are due.
    pub(super) fn advance(&mut self, now: Timestamp) {
        while let Some(Reverse(first)) = self.endings.peek()
            && first.at <= now
            && let Some(Reverse(ending)) = self.endings.pop()
        {
            self.services.advance(ending.at);
            self.services.finish(ending.worker, &ending.demand, ending.counted, ending.at);
        }
        self.services.advance(now);
    }

    /// What each backend has been asked.
    pub(super) fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// Calls that are worked on.
    #[cfg(test)]
    pub(super) fn at_work(&self) -> usize {
        self.endings.len()
    }
}

impl PartialEq for Ending {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ending {}

impl PartialOrd for Ending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.entered).cmp(&(other.at, other.entered))
    }
}

/// How much the model would write: as the scenario's traffic says, by number of the call.
#[derive(Debug)]
pub(super) enum Completions {
    /// Drawn.
    Drawn(Box<Sizes>),
    /// Those of a script or a trace, again and again.
    Listed(Arc<[Tokens]>),
}

impl Completions {
    /// Those of the traffic of a plan; in a mix, those of its first client.
    pub(super) fn of(plan: &RunPlan) -> Self {
        let traffic = match &plan.traffic.arrivals {
            ArrivalSpec::Mix(clients) => clients.first().map_or(&*plan.traffic, |client| &client.traffic),
            _ => &plan.traffic,
        };
        let listed: Arc<[Tokens]> = match &traffic.arrivals {
            ArrivalSpec::Scripted(requests) => {
                requests.iter().map(|request| request.demand.completion_tokens).collect()
            }
            ArrivalSpec::Replay(replay) => replay.rows().iter().map(|row| row.completion_tokens).collect(),
            _ => Arc::from([]),
        };
        if listed.is_empty() {
            return Self::Drawn(Box::new(Sizes::new(traffic.sizes.clone(), &Streams::new(plan.seed))));
        }
        Self::Listed(listed)
    }

    /// Those of a call: what its draws are keyed with, and its number at the backend.
    pub(super) fn tokens(&self, key: u64, call: u64) -> Tokens {
        match self {
            Self::Drawn(sizes) => sizes.of(RequestId(key)).completion_tokens,
            Self::Listed(listed) => {
                let place = call.checked_rem(listed.len() as u64).unwrap_or(0);
                let place = usize::try_from(place).unwrap_or(0);
                listed.get(place).copied().unwrap_or(Tokens(1))
            }
        }
    }
}
