//! The world of a run: gateway instances, deployments and requests under way, and what each event does.
//!
//! The world carries out the core's actions and reports back; it decides nothing that a gateway decides.
//!
//! Model choices (assumptions that output names)
//! - A gateway that stops waiting does not stop the deployment: what was counted stays counted, and a
//!   provisioned deployment settles when the work would have ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::calendar::{Calendar, Event, EventKind};
use super::callers::{Callers, GroupResult};
use super::calls::{Calls, Try};
use super::choices::SeededChoices;
use super::endpoints;
use super::fleet::{Fleet, Sender};
use super::flight::Flight;
use super::journal::{Journal, Record};
use super::ledger::Ledger;
use super::observe::{Observer, Step, TripRecord};
use super::plan::RunPlan;
use super::result::{RunResult, SpilloverResult};
use super::services::Services;
use super::sessions::{Sessions, SessionsResult};
use super::spillover::Spill;
use super::timeline::Timeline;
use crate::backend::{Deployment, Reservation};
use crate::gateway::{
    Action, Answerer, BreakerChange, CallNumber, Effects, Event as GatewayEvent, Gateway, Input, RequestHead,
    SideAnswer, SideCall, TokenFacts, Usage,
};
use crate::policy::{Body, Text};
use crate::random::Streams;
use crate::units::{AttemptNumber, BackendId, Demand, Duration, RequestId, Timestamp, Tokens};
use crate::workload::{Service, TrafficSpec};

/// Everything that changes while a run goes on.
pub(super) struct World<'p, O> {
    pub(super) plan: &'p RunPlan,
    pub(super) observer: &'p mut O,
    pub(super) streams: Streams,
    pub(super) head: RequestHead,
    pub(super) token: Text,
    /// By instance.
    pub(super) gateways: Vec<(Gateway, SeededChoices)>,
    pub(super) fleet: Fleet<'p>,
    pub(super) services: Services,
    pub(super) flights: Vec<Flight>,
    pub(super) free: Vec<u32>,
    /// Attempts at work for which nobody waits any more.
    pub(super) orphans: BTreeMap<(u32, u32, u32), (u32, Demand, Reservation)>,
    pub(super) calendar: Calendar,
    pub(super) timeline: Timeline,
    pub(super) journal: Journal,
    pub(super) effects: Effects,
    pub(super) actions: Vec<Action>,
    pub(super) ledger: Ledger,
    /// What is told about requests that arrived after the warm-up.
    pub(super) result: RunResult,
    /// The same of those that arrived before; in its place while one of them is dealt with.
    pub(super) early: RunResult,
    pub(super) next_request: u64,
    pub(super) next_call: u64,
    /// What waits for its next try, when clients try again.
    pub(super) calls: Option<Calls>,
    /// Who sends, in a mix of clients.
    pub(super) callers: Option<Box<Callers<'p>>>,
    /// Sessions under way, where traffic is made of them.
    pub(super) sessions: Option<Box<Sessions<'p>>>,
}

impl<'p, O: Observer> World<'p, O> {
    pub(super) fn new(plan: &'p RunPlan, observer: &'p mut O) -> Self {
        let streams = Streams::new(plan.seed);
        let semantics = plan.gateway.semantics();
        let counts_from = Timestamp::ZERO.saturating_add(plan.warmup);
        let services = Services::new(plan);
        let callers = Callers::new(plan, streams);
        let sessions = Sessions::new(plan, streams);
        let mut retries: Vec<_> =
            callers.iter().flat_map(Callers::traffics).map(|t| t.retry.as_ref()).collect();
        if callers.is_none() {
            retries.push(plan.traffic.retry.as_ref());
        }
        let fleet = Fleet::new(&plan.fleet, semantics.gateway_assignment, plan.callers.len());
        let instances = u32::try_from(fleet.lives().len()).unwrap_or(u32::MAX);
        let regions = if plan.fleet.is_regional() { plan.fleet.regions.len() } else { 0 };
        let empty = || RunResult {
            regions: vec![GroupResult::default(); regions],
            spillover: vec![SpilloverResult::default(); plan.spillover.len()],
            sessions: sessions.is_some().then(SessionsResult::default),
            clients: vec![GroupResult::default(); callers.as_ref().map_or(0, Callers::rows)],
            faults: (!plan.faults.is_empty()).then(Box::default),
            ..RunResult::empty(plan.targets.len())
        };
        let gateway =
            |instance| (Gateway::new(Arc::clone(&plan.gateway)), SeededChoices::new(streams, instance));
        Self {
            plan,
            observer,
            streams,
            head: RequestHead {
                id: RequestId(0),
                method: plan.operation.method.clone(),
                path: plan.operation.path.clone(),
                headers: Some(Arc::clone(&plan.operation.headers)),
                body: Body::Opaque,
                facts: None,
                tokens: TokenFacts::default(),
            },
            token: Text::Static("simulated-managed-identity-token"),
            gateways: (0..instances).map(gateway).collect(),
            timeline: Timeline::new(services.deployments.len(), fleet.lives(), plan.interval)
                .counting_from(counts_from),
            result: empty(),
            early: empty(),
            ledger: Ledger::counting_from(counts_from),
            fleet,
            services,
            flights: Vec::new(),
            free: Vec::new(),
            orphans: BTreeMap::new(),
            calendar: Calendar::default(),
            journal: Journal::new(),
            effects: Effects::default(),
            actions: Vec::new(),
            next_request: 0,
            next_call: 0,
            calls: retries.iter().any(Option::is_some).then(|| Calls::new(retries.into_iter(), plan.warmup)),
            callers: callers.map(Box::new),
            sessions: sessions.map(Box::new),
        }
    }

    /// Calls that have begun so far; requests, where clients do not try again.
    pub(super) fn begun(&self) -> u64 {
        self.next_call
    }

    /// Ends the intervals that are over and makes the changes that are due.
    #[inline]
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.timeline.advance(now, &mut self.services.deployments, self.observer);
        if self.fleet.advance(now) {
            for backend in 0..self.plan.targets.len() {
                let backend = BackendId(u16::try_from(backend).unwrap_or(u16::MAX));
                tell_reach(&self.timeline, &mut self.services.deployments, backend, now);
            }
        }
        self.services.advance(now);
    }

    /// A call begins, of a client if it is one of those that wait for answers.
    pub(super) fn arrive(
        &mut self,
        now: Timestamp,
        client: Option<u32>,
        demand: Demand,
        service: Option<Service>,
    ) {
        let (call, salt) = match &mut self.callers {
            Some(callers) => callers.begin(client),
            None => (self.next_call, 0),
        };
        let first = Try { call, number: 0, began: now, salt };
        self.next_call += 1;
        if let Some(calls) = &mut self.calls {
            calls.begin(now, self.callers.as_ref().map_or(0, |callers| callers.row(client)));
        }
        self.send(now, first, client, demand, service);
    }

    /// The traffic that a client is part of.
    pub(super) fn traffic_of(&self, client: Option<u32>) -> &'p TrafficSpec {
        let own = self.callers.as_ref().and_then(|callers| callers.traffic(client));
        own.unwrap_or(&self.plan.traffic)
    }

    /// A request arrives.
    pub(super) fn send(
        &mut self,
        now: Timestamp,
        tried: Try,
        client: Option<u32>,
        demand: Demand,
        service: Option<Service>,
    ) {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.ledger.enter(now);
        if self.is_early(now) {
            std::mem::swap(&mut self.result, &mut self.early);
            self.begin((id, tried), now, client, demand, service);
            std::mem::swap(&mut self.result, &mut self.early);
        } else {
            self.begin((id, tried), now, client, demand, service);
        }
    }

    fn begin(
        &mut self,
        (id, tried): (RequestId, Try),
        now: Timestamp,
        client: Option<u32>,
        demand: Demand,
        service: Option<Service>,
    ) {
        self.result.arrivals += 1;
        let instance = self.fleet.choose(self.sender(id, tried, client), self.streams);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.flights.push(Flight::new());
            u32::try_from(self.flights.len() - 1).unwrap_or(u32::MAX)
        });
        self.journal.record(now, Record::Arrival, id.0, u64::from(instance));
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        let Some((gateway, choices)) = self.gateways.get_mut(instance as usize) else { return };
        flight.begin(now, instance, client, demand);
        flight.service = service;
        flight.tried = tried;
        flight.streams = self.plan.traffic.stream;
        if let Some(callers) = &self.callers {
            flight.streams = callers.asks_for_stream(client, tried, self.streams);
            if let Some(totals) = self.result.clients.get_mut(callers.row(client)) {
                totals.arrivals += 1;
            }
            if let Some(caller) = client.and_then(|client| self.plan.callers.get(client as usize)) {
                self.head.headers = Some(Arc::clone(&caller.headers));
                self.head.facts = Some(Arc::clone(&caller.facts));
            }
        }
        if let Some(sessions) = &self.sessions {
            self.head.headers = Some(sessions.headers(client));
        }
        if let Some(totals) = self.result.regions.get_mut(usize::from(self.fleet.region(instance))) {
            totals.arrivals += 1;
            let caller = client.and_then(|client| self.plan.callers.get(client as usize));
            let usual = caller.map_or(self.plan.gateway.facts(), |caller| &caller.facts);
            self.head.facts = self.fleet.facts(instance, caller.and(client), usual);
        }
        if let (Some(board), Some(faults)) = (&self.services.board, &mut self.result.faults) {
            flight.phase = board.phase();
            faults.phase(flight.phase).arrivals += 1;
        }
        let epoch = flight.epoch;
        self.head.id = id;
        self.head.tokens.prompt = u32::try_from(flight.demand.prompt_tokens.get()).ok();
        gateway.start(&mut flight.exchange, &self.head, now, choices, &mut self.effects);
        if let Some(patience) = self.traffic_of(client).client_timeout {
            let kind = EventKind::ClientTimeout;
            self.calendar.schedule(now.saturating_add(patience), Event { kind, slot, epoch, attempt: 0 });
        }
        self.carry_out(slot, now);
    }

    /// Whether nothing will come of an event: a timer whose request is over, or an answer for nobody
    /// that no deployment still works on. Such an event does not make the run longer.
    #[inline]
    pub(super) fn is_stale(&self, event: &Event) -> bool {
        let Some(flight) = self.flights.get(event.slot as usize) else { return false };
        let is_tenant = flight.is_used && flight.epoch == event.epoch;
        match event.kind {
            EventKind::Answer | EventKind::Headers | EventKind::BodyEnd | EventKind::Lost => {
                !flight.awaits(event.epoch, event.attempt)
                    && !self.orphans.contains_key(&(event.slot, event.epoch, event.attempt))
            }
            EventKind::HeaderDeadline => !flight.awaits(event.epoch, event.attempt),
            EventKind::SideCallDone
            | EventKind::Wake
            | EventKind::ClientTimeout
            | EventKind::ClientLeaves => !is_tenant,
            EventKind::ClientTriesAgain | EventKind::ClientSends => false,
        }
    }

    /// Whether a request that arrived then belongs to the warm-up.
    pub(super) fn is_early(&self, arrival: Timestamp) -> bool {
        arrival.as_nanos() < self.plan.warmup.as_nanos()
    }

    /// Something that was scheduled happens.
    #[inline]
    pub(super) fn happen(&mut self, now: Timestamp, event: Event) {
        // The slot of a call that waits is none of a request.
        let is_of_request = event.kind != EventKind::ClientTriesAgain;
        let flight = self.flights.get(event.slot as usize).filter(|_| is_of_request);
        if flight.is_some_and(|flight| self.is_early(flight.arrival)) {
            std::mem::swap(&mut self.result, &mut self.early);
            self.carry_on(now, event);
            std::mem::swap(&mut self.result, &mut self.early);
        } else {
            self.carry_on(now, event);
        }
    }

    #[inline]
    fn carry_on(&mut self, now: Timestamp, event: Event) {
        let Event { kind, slot, epoch, attempt } = event;
        match kind {
            EventKind::Answer => {
                if self.respond(now, event) {
                    self.end_service(now, event);
                    let usage = self.usage(event);
                    let attempt = AttemptNumber(attempt);
                    self.tell_if_current(now, event, Input::BodyEnd { attempt, usage });
                } else {
                    self.end_service(now, event);
                }
            }
            EventKind::Headers => {
                self.respond(now, event);
            }
            EventKind::BodyEnd => {
                self.end_service(now, event);
                let usage = self.usage(event);
                self.tell_if_current(now, event, Input::BodyEnd { attempt: AttemptNumber(attempt), usage });
            }
            EventKind::Lost => self.lose(now, event),
            EventKind::HeaderDeadline => {
                if self.flights.get(slot as usize).is_some_and(|f| f.awaits(epoch, attempt)) {
                    self.timed_out(slot);
                    self.tell(slot, now, Input::HeaderTimeout { attempt: AttemptNumber(attempt) });
                }
            }
            EventKind::SideCallDone => {
                let number = CallNumber(attempt);
                let answer = self.side_answer(slot, number, now);
                self.tell_if_current(now, event, Input::SideCallDone { number, answer });
            }
            EventKind::Wake => self.tell_if_current(now, event, Input::Wake),
            EventKind::ClientTimeout => self.tell_if_current(now, event, Input::ClientCancel),
            EventKind::ClientLeaves => {
                self.result.disconnected += 1;
                if let Some(flight) = self.flights.get_mut(slot as usize) {
                    flight.has_left = true;
                }
                self.tell_if_current(now, event, Input::ClientCancel);
            }
            EventKind::ClientTriesAgain => self.try_again(slot, now),
            EventKind::ClientSends => {}
        }
    }

    /// Who sends a request, as far as it decides which instance it reaches.
    fn sender(&self, id: RequestId, tried: Try, client: Option<u32>) -> Sender {
        let who = match client {
            Some(client) if self.callers.is_none() => u64::from(client),
            Some(_) => tried.salt,
            // Where nobody says who sends, each call is a client of its own.
            None => tried.call,
        };
        let caller = client.and_then(|client| self.plan.callers.get(client as usize));
        let key = if self.callers.is_some() { tried.key() } else { id.0 };
        Sender { who, key, region: caller.and_then(|caller| caller.region) }
    }

    fn tell_if_current(&mut self, now: Timestamp, event: Event, input: Input) {
        let flight = self.flights.get(event.slot as usize);
        if flight.is_some_and(|f| f.is_used && f.epoch == event.epoch) {
            self.tell(event.slot, now, input);
        }
    }

    /// Passes an input to the core and carries out what it answers.
    pub(super) fn tell(&mut self, slot: u32, now: Timestamp, input: Input) {
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        let Some((gateway, choices)) = self.gateways.get_mut(flight.instance as usize) else { return };
        gateway.handle(&mut flight.exchange, input, now, choices, &mut self.effects);
        self.carry_out(slot, now);
    }

    fn carry_out(&mut self, slot: u32, now: Timestamp) {
        loop {
            if !self.effects.events.is_empty() {
                self.take_events(slot, now);
            }
            if self.effects.actions.is_empty() {
                return;
            }
            let mut actions = std::mem::take(&mut self.actions);
            std::mem::swap(&mut actions, &mut self.effects.actions);
            for action in actions.drain(..) {
                self.act(slot, now, action);
            }
            self.actions = actions;
        }
    }

    fn act(&mut self, slot: u32, now: Timestamp, action: Action) {
        match action {
            Action::Forward { attempt, target, body, deadline, .. } => {
                self.forward(slot, now, attempt, &target, body, deadline);
            }
            Action::Abort { attempt, .. } => self.abandon(slot, attempt),
            Action::Sleep { until, .. } => {
                let event = self.event(EventKind::Wake, slot, 0);
                self.calendar.schedule(until, event);
            }
            Action::SideCall { number, deadline, call, .. } => {
                self.call_side(slot, now, number, deadline, &call);
            }
            Action::Respond { answerer, .. } => {
                let Some(flight) = self.flights.get_mut(slot as usize) else { return };
                flight.first_byte = Some(now);
                flight.status = flight.exchange.response().map(|r| r.status);
                if let Answerer::Backend { .. } = answerer {
                    flight.answerer = Some(flight.call.backend);
                    flight.answer_sent_at = flight.call.sent_at;
                    flight.answer_counted = flight.call.counted.map(|counted| counted.tokens);
                    flight.answer_cached = flight.call.cached;
                    if let Spill::Served { place } = flight.call.spill {
                        flight.answer_spilled = Some(place);
                    }
                    self.watches(slot, now);
                }
            }
            Action::Finish { ending, .. } => self.end(slot, now, ending),
        }
    }

    fn event(&self, kind: EventKind, slot: u32, attempt: u32) -> Event {
        let epoch = self.flights.get(slot as usize).map_or(0, |f| f.epoch);
        Event { kind, slot, epoch, attempt }
    }

    fn call_side(
        &mut self,
        slot: u32,
        now: Timestamp,
        number: CallNumber,
        deadline: Option<Timestamp>,
        call: &SideCall,
    ) {
        let latency = match call {
            SideCall::Token { .. } => self.plan.token_fetch,
            SideCall::Request(request) if request.one_way => return,
            SideCall::Request(request) => {
                endpoints::find(&self.plan.endpoints, request).map_or(Duration::ZERO, |found| found.latency)
            }
        };
        let answer_at = now.saturating_add(latency);
        if answer_at == now {
            let answer = self.side_answer(slot, number, now);
            self.tell(slot, now, Input::SideCallDone { number, answer });
        } else if let Some(deadline) = deadline.filter(|deadline| *deadline < answer_at) {
            let event = self.event(EventKind::Wake, slot, 0);
            self.calendar.schedule(deadline, event);
        } else {
            let event = self.event(EventKind::SideCallDone, slot, number.0);
            self.calendar.schedule(answer_at, event);
        }
    }

    fn side_answer(&self, slot: u32, number: CallNumber, now: Timestamp) -> SideAnswer {
        let flight = self.flights.get(slot as usize);
        match flight.and_then(|flight| flight.exchange.side_call(number)) {
            Some(SideCall::Token { .. }) => SideAnswer::Token {
                token: self.token.clone(),
                expires: now.saturating_add(self.plan.token_lifetime),
            },
            Some(SideCall::Request(request)) => endpoints::answer(&self.plan.endpoints, request),
            None => SideAnswer::Failed,
        }
    }

    /// What the response of an attempt says it used: only what a deployment worked on.
    fn usage(&self, event: Event) -> Option<Usage> {
        let flight = self.flights.get(event.slot as usize)?;
        let is_current = flight.epoch == event.epoch && flight.call.attempt == event.attempt;
        if !is_current || !flight.call.reply.is_well() {
            return None;
        }
        let number = |tokens: Tokens| u32::try_from(tokens.get()).unwrap_or(u32::MAX);
        Some(Usage {
            prompt: number(flight.demand.prompt_tokens),
            completion: number(flight.demand.generated()),
        })
    }

    fn take_events(&mut self, slot: u32, now: Timestamp) {
        let mut events = std::mem::take(&mut self.effects.events);
        let Some(flight) = self.flights.get_mut(slot as usize) else { return };
        for event in events.drain(..) {
            match event {
                GatewayEvent::Selected { selection, .. } => flight.selection = Some(selection),
                GatewayEvent::Exhausted { request, status, .. } => {
                    self.result.exhausted += 1;
                    self.journal.record(now, Record::Exhausted, request.0, u64::from(status.get()));
                    if O::WANTS_STEPS {
                        flight.steps.push(Step::Exhausted { status });
                    }
                }
                GatewayEvent::Breaker { backend, change } => {
                    let instance = flight.instance;
                    let lane = u64::from(backend.0) << 32 | u64::from(instance);
                    match change {
                        BreakerChange::Tripped(trip) => {
                            if let Some(totals) = self.result.backends.get_mut(backend.index()) {
                                totals.trips += 1;
                            }
                            self.journal.record(
                                now,
                                Record::Trip,
                                lane,
                                trip.until.as_nanos() & (u64::MAX >> 8),
                            );
                            self.timeline.tripped(backend, instance, trip.at, trip.until);
                            tell_reach(&self.timeline, &mut self.services.deployments, backend, now);
                            if let Some(board) = &mut self.services.board {
                                board.tripped(backend, instance, now, trip.until);
                            }
                            self.observer.trip(&TripRecord::Tripped { backend, instance, trip });
                        }
                        BreakerChange::Extended { until } => {
                            self.journal.record(now, Record::Trip, lane, until.as_nanos() & (u64::MAX >> 8));
                            self.timeline.extended(backend, instance, until);
                            tell_reach(&self.timeline, &mut self.services.deployments, backend, now);
                            if let Some(board) = &mut self.services.board {
                                board.tripped(backend, instance, now, until);
                            }
                            self.observer.trip(&TripRecord::Extended { backend, instance, until });
                        }
                        BreakerChange::Reset { .. } => {}
                    }
                }
                GatewayEvent::Retry { wait, .. } => {
                    self.result.retries += 1;
                    if O::WANTS_STEPS && wait.as_nanos() > 0 {
                        flight.steps.push(Step::Wait(wait));
                    }
                }
                GatewayEvent::Failed { .. } => self.result.policy_errors += 1,
                GatewayEvent::Traced { .. } | GatewayEvent::CallFailed { .. } => {}
            }
        }
        self.effects.events = events;
    }
}

/// Tells a deployment when the breakers of all instances keep requests from it.
fn tell_reach(timeline: &Timeline, deployments: &mut [Deployment], backend: BackendId, now: Timestamp) {
    if let Some((from, until)) = timeline.out_of_reach(backend, now)
        && let Some(deployment) = deployments.get_mut(backend.index())
    {
        deployment.out_of_reach(from, until, now);
    }
}
