//! How requests end, and the run with them: what is counted, told and closed.

use std::sync::Arc;

use super::calendar::{Event, EventKind};
use super::calls::Calls;
use super::faults::Phase;
use super::flight::Flight;
use super::journal::Record;
use super::ledger::BackendLedger;
use super::observe::{Observer, Outcome, RequestRecord};
use super::plan::RunPlan;
use super::result::RunResult;
use super::timeline::Timeline;
use super::world::World;
use crate::gateway::Ending;
use crate::units::{BackendId, Duration, StatusCode, Timestamp};
use crate::workload::{ArrivalSpec, Start};

impl<O: Observer> World<'_, O> {
    /// Ends the run at `end`: what is still under way is counted as such.
    pub(super) fn finish(mut self, end: Timestamp) -> RunResult {
        let mut flights = std::mem::take(&mut self.flights);
        self.close_books(&flights);
        flights.retain(|f| f.is_used);
        flights.sort_by_key(|f| f.exchange.id());
        for flight in &flights {
            if let Some(calls) = &mut self.calls {
                calls.cut_off(flight.tried);
            }
            self.ledger.cut_off(flight.arrival, end);
            let is_early = self.is_early(flight.arrival);
            let result = if is_early { &mut self.early } else { &mut self.result };
            result.in_flight += 1;
            if let Some(faults) = &mut result.faults {
                faults.phase(flight.phase).in_flight += 1;
            }
            if let Some(callers) = &self.callers
                && let Some(client) = result.clients.get_mut(callers.row(flight.client))
            {
                client.in_flight += 1;
            }
            if let Some(region) = result.regions.get_mut(usize::from(self.fleet.region(flight.instance))) {
                region.in_flight += 1;
            }
            self.observer.request(&record(flight, end, Outcome::InFlight));
        }
        let tripped = self.timeline.finish(end, &mut self.services.deployments, self.observer);
        for (backend, tripped) in self.result.backends.iter_mut().zip(tripped) {
            backend.tripped = tripped;
        }
        for (backend, deployment) in self.result.backends.iter_mut().zip(&self.services.deployments) {
            backend.idle_while_tripped = deployment.idle_out_of_reach();
            backend.at_work = deployment.at_work().integral(end);
        }
        if !self.plan.traffic.stream && self.callers.is_none() {
            // Head and last byte arrive together.
            self.result.ttft = self.result.latency.clone();
        }
        self.result.calls = self.calls.take().map(Calls::finish);
        let services = &mut self.services;
        if let (Some(board), Some(faults)) = (&mut services.board, &mut self.result.faults) {
            let (times, pools) = board.finish(end, &mut services.deployments);
            faults.pools = pools;
            for (phase, time) in Phase::ALL.into_iter().zip(times) {
                faults.phase(phase).time = time;
            }
        }
        self.result.end = end;
        self.result.left_out = self.early.arrivals;
        self.ledger.number_in_system = self.ledger.present.whole_integral(end);
        self.result.under_way = self.ledger.present.integral(end);
        self.result.ledger = self.ledger;
        self.result.fingerprint = self.journal.fingerprint();
        self.result
    }

    /// Enters into the books what only shows at the end.
    fn close_books(&mut self, flights: &[Flight]) {
        let both = [&self.result, &self.early];
        self.ledger.attempts = both.iter().map(|r| r.attempts).sum();
        self.ledger.unrouted = both.iter().map(|r| r.unrouted).sum();
        let entities = self.plan.gateway.backends().iter().zip(&self.services.deployments);
        let totals = self.result.backends.iter().zip(&self.early.backends);
        self.ledger.backends = entities
            .zip(totals)
            .map(|((entity, deployment), (late, early))| BackendLedger {
                name: Arc::clone(&entity.name),
                admitted: late.admitted + early.admitted,
                throttled: late.throttled + early.throttled,
                failed: late.failed + early.failed,
                spilled: late.spilled + early.spilled,
                spilled_in_vain: late.spilled_in_vain + early.spilled_in_vain,
                estimated: late.counted_tokens + early.counted_tokens,
                answered_tokens: [late, early].iter().map(|b| b.prompt_tokens + b.completion_tokens).sum(),
                books: *deployment.books(),
                breach: deployment.breach().copied(),
                ..BackendLedger::default()
            })
            .collect();
        let spilled_to =
            self.plan.spillover.iter().zip(self.services.deployments.iter().skip(self.plan.targets.len()));
        let totals = self.result.spillover.iter().zip(&self.early.spillover);
        self.ledger.spillover = spilled_to
            .zip(totals)
            .map(|((target, deployment), (late, early))| BackendLedger {
                name: Arc::clone(&target.deployment.name),
                admitted: late.admitted + early.admitted,
                throttled: late.throttled + early.throttled,
                estimated: late.counted_tokens + early.counted_tokens,
                books: *deployment.books(),
                breach: deployment.breach().copied(),
                ..BackendLedger::default()
            })
            .collect();
        let live = flights.iter().filter_map(|f| Some((f.call.worker, f.call.counted?)));
        let orphans = self.orphans.values().map(|(worker, _, counted)| (*worker, *counted));
        for (worker, counted) in live.chain(orphans) {
            self.ledger.at_work(worker as usize, counted.tokens);
        }
    }

    pub(super) fn end(&mut self, slot: u32, now: Timestamp, ending: Ending) {
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        let outcome = match ending {
            Ending::Answered => Outcome::Answered,
            Ending::BrokenOff => Outcome::BrokenOff,
            Ending::Cancelled => Outcome::Cancelled,
        };
        let code = flight.status.map_or(0, |s| u64::from(s.get()));
        self.journal.record(now, Record::End, flight.exchange.id().0, code << 8 | ending as u64);
        match outcome {
            Outcome::Answered => {
                answered(flight, now, self.plan, &mut self.result, &mut self.timeline);
                if matches!(
                    flight.status,
                    Some(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
                ) {
                    self.judge_refusal(slot, now);
                }
            }
            Outcome::BrokenOff => self.result.broken_off += 1,
            Outcome::Cancelled => self.result.cancelled += 1,
            Outcome::InFlight => {}
        }
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        if let Some(faults) = &mut self.result.faults {
            let latency = now.since(flight.arrival);
            faults.phase(flight.phase).ended(outcome, flight.status, latency);
        }
        if let Some(callers) = &self.callers
            && let Some(client) = self.result.clients.get_mut(callers.row(flight.client))
        {
            client.ended(outcome, flight.status, now.since(flight.arrival), &flight.demand);
        }
        if let Some(region) = self.result.regions.get_mut(usize::from(self.fleet.region(flight.instance))) {
            region.ended(outcome, flight.status, now.since(flight.arrival), &flight.demand);
        }
        if let (Some(sessions), Some(totals)) = (&mut self.sessions, &mut self.result.sessions)
            && outcome == Outcome::Answered
        {
            sessions.answered(flight, totals);
        }
        self.result.oversized += u64::from(flight.was_oversized);
        self.observer.request(&record(flight, now, outcome));
        let client = flight.client;
        let goes_on = self.tries_again(slot, now, outcome);
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        self.ledger.leave(flight.arrival, now);
        flight.is_used = false;
        flight.epoch = flight.epoch.wrapping_add(1);
        self.free.push(slot);
        if goes_on {
            return;
        }
        if let Some((client, pause)) = client.and_then(|client| self.next_of(client)) {
            let event = Event { kind: EventKind::ClientSends, slot: client, epoch: 0, attempt: 0 };
            self.calendar.schedule(now.saturating_add(pause), event);
        }
    }

    /// Counts a refused request if a deployment of its model could have answered it now.
    fn judge_refusal(&mut self, slot: u32, now: Timestamp) {
        let Some(flight) = self.flights.get(slot as usize) else { return };
        let target = |backend: BackendId| self.plan.targets.get(backend.index());
        let model = flight.last_target.and_then(target).map(|target| &target.deployment.model);
        let board = self.services.board.as_ref();
        let has_capacity = self.plan.targets.iter().zip(&mut self.services.deployments).zip(0u16..).any(
            |((target, deployment), id)| {
                target.refuses_with.is_none()
                    && model.is_none_or(|model| *model == target.deployment.model)
                    && board.is_none_or(|board| board.is_up(BackendId(id)))
                    && deployment.would_admit(&flight.demand, now)
            },
        );
        self.result.refused_needlessly += u64::from(has_capacity);
    }

    /// Who sends next now that a client (of a script: a request) has ended, and how long from now.
    fn next_of(&mut self, client: u32) -> Option<(u32, Duration)> {
        match &self.plan.traffic.arrivals {
            ArrivalSpec::Sessions(_) => self.sessions.as_mut()?.goes_on(client),
            ArrivalSpec::ClosedLoop { pause, .. } => Some((client, *pause)),
            ArrivalSpec::Scripted(requests) => {
                let next = client.checked_add(1)?;
                match requests.get(usize::try_from(next).ok()?)?.start {
                    Start::After(pause) => Some((next, pause)),
                    Start::At(_) => None,
                }
            }
            ArrivalSpec::Poisson { .. }
            | ArrivalSpec::Process { .. }
            | ArrivalSpec::Replay(_)
            | ArrivalSpec::Mix(_) => None,
        }
    }
}

fn answered(
    flight: &Flight,
    now: Timestamp,
    plan: &RunPlan,
    result: &mut RunResult,
    timeline: &mut Timeline,
) {
    let Some(status) = flight.status else { return };
    result.statuses.record(status);
    let latency = now.since(flight.arrival);
    if !status.is_success() {
        result.refusal_latency.record(latency);
        return;
    }
    result.latency.record(latency);
    let ttft = flight.first_byte.unwrap_or(now).since(flight.arrival);
    if plan.traffic.stream || !plan.callers.is_empty() {
        result.ttft.record(ttft);
    }
    if plan.objective.is_some_and(|objective| objective.is_met(ttft, latency)) {
        result.good += 1;
    }
    result.wait.record(waited(flight, now));
    let backends = result.backends.len();
    if let Some(backend) = flight.answerer
        && let Some(totals) = result.backends.get_mut(backend.index())
    {
        totals.answered += 1;
        let (prompt, completion) = (flight.demand.prompt_tokens.get(), flight.demand.generated().get());
        totals.prompt_tokens += prompt;
        totals.completion_tokens += completion;
        let cached = flight.answer_cached.get();
        totals.prefixed += u64::from(flight.demand.prefix.is_some());
        totals.cache_hits += u64::from(cached > 0);
        totals.cached_tokens += cached;
        let Some(place) = flight.answer_spilled else { return timeline.answered(backend) };
        totals.spilled_answered += 1;
        totals.spilled_prompt_tokens += prompt;
        totals.spilled_completion_tokens += completion;
        totals.spilled_cached_tokens += cached;
        if let Some(target) = result.spillover.get_mut(usize::from(place)) {
            target.answered += 1;
            target.prompt_tokens += prompt;
            target.completion_tokens += completion;
            target.cached_tokens += cached;
        }
        let lane = u16::try_from(backends + usize::from(place)).unwrap_or(u16::MAX);
        timeline.answered(BackendId(lane));
    }
}

fn record(flight: &Flight, end: Timestamp, outcome: Outcome) -> RequestRecord<'_> {
    let is_answered = outcome == Outcome::Answered;
    RequestRecord {
        id: flight.exchange.id(),
        arrival: flight.arrival,
        end,
        instance: flight.instance,
        client: flight.client,
        outcome,
        status: flight.status.filter(|_| is_answered),
        answerer: flight.answerer.filter(|_| is_answered),
        last_target: flight.last_target,
        attempts: flight.exchange.attempts(),
        first_byte: flight.first_byte,
        wait: waited(flight, end),
        demand: &flight.demand,
        counted: flight.answer_counted,
        steps: &flight.steps,
    }
}

/// Time in the gateway before the answering attempt was sent; all of it when none answered.
fn waited(flight: &Flight, end: Timestamp) -> Duration {
    let until = if flight.answerer.is_some() { flight.answer_sent_at } else { end };
    until.since(flight.arrival)
}
