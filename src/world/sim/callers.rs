//! Clients of a mix while a run goes on: whose call is whose, and what became of the requests of each.
//!
//! Rule: what is drawn for a request of a mix depends on its client and the number of the call among that
//! client's own, whatever the others do.

use super::calls::Try;
use super::ledger::equal;
use super::observe::Outcome;
use super::plan::RunPlan;
use super::result::AccountingError;
use crate::metrics::{LatencyHistogram, StatusCounts};
use crate::random::Streams;
use crate::units::{Demand, Duration, StatusCode};
use crate::workload::{ArrivalSpec, ClientSpec, TrafficSpec, members};

/// Requests of one client, of several that are alike, or of a gateway region.
#[derive(Clone, Debug, Default)]
pub struct GroupResult {
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
    /// Prompt and completion tokens of the requests answered 2xx.
    pub tokens: u64,
    /// Arrival to last byte, of requests answered 2xx.
    pub latency: LatencyHistogram,
}

impl GroupResult {
    /// Counts the end of a request.
    pub(super) fn ended(
        &mut self,
        outcome: Outcome,
        status: Option<StatusCode>,
        latency: Duration,
        demand: &Demand,
    ) {
        match (outcome, status) {
            (Outcome::Answered, Some(status)) => {
                self.statuses.record(status);
                if status.is_success() {
                    self.latency.record(latency);
                    self.tokens += demand.prompt_tokens.get() + demand.generated().get();
                }
            }
            (Outcome::BrokenOff, _) => self.broken_off += 1,
            (Outcome::Cancelled, _) => self.cancelled += 1,
            (Outcome::Answered, None) | (Outcome::InFlight, _) => {}
        }
    }

    /// Checks that the requests of all `groups` are `arrivals`, and that each has ended in one way: the first and
    /// the second of `identities`.
    pub(super) fn check(
        groups: &[Self],
        arrivals: u64,
        identities: [&'static str; 2],
    ) -> Result<(), AccountingError> {
        let (n, told) = (|number: u64| u128::from(number), "what the summary tells");
        let [sum, ends] = identities;
        let all = groups.iter().map(|group| n(group.arrivals)).sum();
        equal(sum, told, n(arrivals), all)?;
        for group in groups {
            let ended = n(group.statuses.total()) + n(group.broken_off);
            equal(ends, told, n(group.arrivals), ended + n(group.cancelled) + n(group.in_flight))?;
        }
        Ok(())
    }
}

/// The clients of a mix.
#[derive(Debug)]
pub(super) struct Callers<'p> {
    clients: &'p [ClientSpec],
    members: Vec<Member<'p>>,
}

#[derive(Debug)]
struct Member<'p> {
    row: usize,
    spec: &'p ClientSpec,
    salt: u64,
    calls: u64,
}

impl<'p> Callers<'p> {
    /// Those of the plan; `None` when it has no mix.
    pub(super) fn new(plan: &'p RunPlan, streams: Streams) -> Option<Self> {
        let ArrivalSpec::Mix(clients) = &plan.traffic.arrivals else { return None };
        let member = |(row, spec, index): (usize, &'p ClientSpec, u32)| {
            let salt = spec.salt(streams, index);
            Member { row, spec, salt, calls: 0 }
        };
        Some(Self { clients, members: members(clients).map(member).collect() })
    }

    /// How many specifications there are.
    pub(super) fn rows(&self) -> usize {
        self.clients.len()
    }

    /// Which specification a client is of.
    pub(super) fn row(&self, client: Option<u32>) -> usize {
        self.member(client).map_or(0, |member| member.row)
    }

    /// A call begins: its number among the client's own, and what stands for the client in keys.
    pub(super) fn begin(&mut self, client: Option<u32>) -> (u64, u64) {
        let member = client.and_then(|client| self.members.get_mut(client as usize));
        member.map_or((0, 0), |member| {
            let call = member.calls;
            member.calls += 1;
            (call, member.salt)
        })
    }

    /// What a client sends.
    pub(super) fn traffic(&self, client: Option<u32>) -> Option<&'p TrafficSpec> {
        self.member(client).map(|member| &member.spec.traffic)
    }

    /// Of each specification, what its clients send.
    pub(super) fn traffics(&self) -> impl Iterator<Item = &'p TrafficSpec> {
        self.clients.iter().map(|client| &client.traffic)
    }

    /// Whether a call asks for a stream of tokens.
    pub(super) fn asks_for_stream(&self, client: Option<u32>, tried: Try, streams: Streams) -> bool {
        self.member(client).is_some_and(|member| member.spec.asks_for_stream(tried.call_key(), streams))
    }

    fn member(&self, client: Option<u32>) -> Option<&Member<'p>> {
        self.members.get(client? as usize)
    }
}
