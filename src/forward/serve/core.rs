//! The decision core behind a lock: one input after another, each with its time.
//!
//! Rules
//! - Time is read inside of the lock, so that it never goes back between two inputs.
//! - Nothing is awaited inside of the lock. What a decision costs is measured there.
//! - Every input and what came of it goes into the journal, if there is one, in the order of the decisions.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::journal::{Entry, Journal};
use super::metrics::Metrics;
use super::observe::Observers;
use crate::gateway::{
    Action, Breaker, BreakerChange, Effects, Event, Exchange, Gateway, GatewaySpec, GatewayState, Input,
    RequestHead,
};
use crate::random::Streams;
use crate::sim::SeededChoices;
use crate::units::Timestamp;
use crate::wire::Clock;

/// Events that an operator can look back at.
const RECENT_EVENTS: usize = 256;

/// One gateway instance that real requests share.
#[derive(Debug)]
pub(super) struct Core {
    inner: Mutex<Inner>,
    spec: Arc<GatewaySpec>,
    clock: Clock,
    metrics: Arc<Metrics>,
    told: Option<Told>,
}

/// Who is told of breakers, and of which generation these are.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) observers: Arc<Observers>,
    pub(super) generation: u64,
}

#[derive(Debug)]
struct Inner {
    gateway: Gateway,
    choices: SeededChoices,
    effects: Effects,
    recent: VecDeque<(Timestamp, Event)>,
    journal: Option<Journal>,
}

impl Core {
    /// A gateway that goes on from `state`, or begins.
    pub(super) fn new(
        spec: &Arc<GatewaySpec>,
        state: Option<GatewayState>,
        seed: u64,
        clock: Clock,
        metrics: Arc<Metrics>,
        journal: Option<Journal>,
        told: Option<Told>,
    ) -> Self {
        let gateway = match state {
            Some(state) => Gateway::resume(Arc::clone(spec), state),
            None => Gateway::new(Arc::clone(spec)),
        };
        let inner = Inner {
            gateway,
            choices: SeededChoices::new(Streams::new(seed), 0),
            effects: Effects::default(),
            recent: VecDeque::with_capacity(RECENT_EVENTS),
            journal,
        };
        Self { inner: Mutex::new(inner), spec: Arc::clone(spec), clock, metrics, told }
    }

    /// The time of the run.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// A request arrives; what is to be done is added to `actions`.
    pub(super) fn start(&self, exchange: &mut Exchange, head: &RequestHead, actions: &mut VecDeque<Action>) {
        let mut inner = self.lock();
        let (now, began) = (self.clock.now(), Instant::now());
        let Inner { gateway, choices, effects, .. } = &mut *inner;
        gateway.start(exchange, head, now, choices, effects);
        self.metrics.decided(began.elapsed());
        self.carry_out(&mut inner, now, exchange, &Entry::Start(head), actions);
    }

    /// Something happened to a request; `why` is for the journal only. `false`: it did not await this.
    pub(super) fn tell(
        &self,
        exchange: &mut Exchange,
        input: Input,
        why: Option<&str>,
        actions: &mut VecDeque<Action>,
    ) -> bool {
        let mut inner = self.lock();
        let (now, began) = (self.clock.now(), Instant::now());
        let kept = inner.journal.is_some().then(|| input.clone());
        let Inner { gateway, choices, effects, .. } = &mut *inner;
        let is_awaited = gateway.handle(exchange, input, now, choices, effects);
        self.metrics.decided(began.elapsed());
        if is_awaited {
            let entry = kept.as_ref().map_or(Entry::Nothing, |input| Entry::Input(exchange.id(), input, why));
            self.carry_out(&mut inner, now, exchange, &entry, actions);
        }
        is_awaited
    }

    /// The breakers as they are, by backend.
    pub(super) fn breakers(&self) -> Vec<Breaker> {
        self.lock().gateway.state().breakers().to_vec()
    }

    /// The latest events, the oldest first.
    pub(super) fn recent(&self) -> Vec<(Timestamp, Event)> {
        self.lock().recent.iter().cloned().collect()
    }

    /// What a gateway of another configuration takes over: the breakers of backends that have not changed. The
    /// journal goes with it.
    pub(super) fn hand_over(&self, to: &GatewaySpec) -> (GatewayState, Option<Journal>) {
        let mut inner = self.lock();
        let journal = inner.journal.take();
        if let Some(journal) = &journal {
            journal.mark_reload();
        }
        (inner.gateway.handed_over_to(to), journal)
    }

    /// Journal lines that were lost so far.
    pub(super) fn lost_lines(&self) -> u64 {
        self.lock().journal.as_ref().map_or(0, Journal::lost)
    }

    /// Writes out what the journal still holds, and closes it.
    pub(super) fn close_journal(&self) {
        let journal = self.lock().journal.take();
        drop(journal);
    }

    fn carry_out(
        &self,
        inner: &mut Inner,
        now: Timestamp,
        exchange: &Exchange,
        entry: &Entry<'_>,
        actions: &mut VecDeque<Action>,
    ) {
        let Inner { effects, recent, journal, .. } = inner;
        if let Some(journal) = journal {
            journal.write(now, entry, effects, exchange, &self.spec);
        }
        for event in effects.events.drain(..) {
            self.count(&event);
            if let (Some(told), Event::Breaker { backend, change }) = (&self.told, &event) {
                told.observers.breaker(told.generation, *backend, change, &self.spec);
            }
            if recent.len() == RECENT_EVENTS {
                recent.pop_front();
            }
            recent.push_back((now, event));
        }
        actions.extend(effects.actions.drain(..));
    }

    fn count(&self, event: &Event) {
        match event {
            Event::Selected { selection, .. } => self.metrics.selected(selection.backend),
            Event::Exhausted { .. } => self.metrics.exhausted(),
            Event::Breaker { backend, change: BreakerChange::Tripped(_) } => self.metrics.tripped(*backend),
            Event::Retry { .. } => self.metrics.retried(),
            Event::Breaker { .. }
            | Event::Traced { .. }
            | Event::CallFailed { .. }
            | Event::Failed { .. } => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic inside of the core has left a state that is as good as any other: plain data.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
