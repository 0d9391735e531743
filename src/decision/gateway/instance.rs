//! One gateway instance: the entry points of the decision core.
//!
//! Contract for drivers
//! 1. [`Gateway::start`] begins an exchange; [`Gateway::handle`] tells it what happened. Both take the
//!    time, which must not go back between calls on one gateway.
//! 2. After each call, carry out `Effects::actions` in order; each says which request it is for.
//! 3. [`super::Exchange::wake_up`] is the next deadline. A late call is fine; an early one is ignored.
//! 4. An input that does not belong to what the exchange awaits is ignored and reported as such, so a
//!    driver need not cancel timers or answers that are on their way.

use std::sync::Arc;

use super::breaker::{Breaker, BreakerState};
use super::cache::Caches;
use super::carbon::RegionCarbon;
use super::choices::Choices;
use super::exchange::{Exchange, Phase};
use super::io::{Effects, Input, RequestHead};
use super::limits::Limits;
use super::pipeline::Runner;
use super::seldom::Seldom;
use super::selection::PoolState;
use super::spec::GatewaySpec;
use crate::policy::{Facts, Text};
use crate::units::{AttemptNumber, BackendId, Timestamp};

/// One API Management gateway instance. Instances share nothing but their configuration (backends
/// article, 2025-05-20: they do not synchronise).
#[derive(Clone, Debug)]
pub struct Gateway {
    spec: Arc<GatewaySpec>,
    state: GatewayState,
}

/// Everything an instance remembers between requests. Plain data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GatewayState {
    pub(super) breakers: Vec<Breaker>,
    pub(super) pools: Vec<PoolState>,
    pub(super) tokens: Vec<CachedToken>,
    pub(super) limits: Seldom<Limits>,
    pub(super) caches: Seldom<Caches>,
}

/// A managed identity token in the instance's cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CachedToken {
    pub(super) resource: Text,
    pub(super) client_id: Option<Text>,
    pub(super) token: Text,
    pub(super) expires: Timestamp,
}

impl GatewayState {
    /// The breaker state of a backend; closed for one that does not exist.
    pub fn breaker(&self, backend: BackendId) -> BreakerState {
        self.breakers.get(backend.index()).map_or(BreakerState::Closed, Breaker::state)
    }

    /// The breakers of all backends, in their order.
    pub fn breakers(&self) -> &[Breaker] {
        &self.breakers
    }
}

impl Gateway {
    /// An instance that has just started.
    pub fn new(spec: Arc<GatewaySpec>) -> Self {
        let state = Self::new_state(&spec);
        Self { spec, state }
    }

    fn new_state(spec: &GatewaySpec) -> GatewayState {
        GatewayState {
            breakers: vec![Breaker::default(); spec.backends().len()],
            pools: spec.pools().iter().map(|p| PoolState::new(p.members.len())).collect(),
            tokens: Vec::new(),
            limits: Seldom::default(),
            caches: Seldom::default(),
        }
    }

    /// An instance that goes on from `state`.
    pub fn resume(spec: Arc<GatewaySpec>, state: GatewayState) -> Self {
        Self { spec, state }
    }

    /// What the instance remembers, without the instance.
    pub fn into_state(self) -> GatewayState {
        self.state
    }

    /// What an instance of another configuration takes over: the breakers of backends that are the same in both, by
    /// name, URL and rule. Rotations, limits, caches and tokens begin anew.
    pub fn handed_over_to(&self, spec: &GatewaySpec) -> GatewayState {
        let mut state = Self::new_state(spec);
        for (entity, breaker) in spec.backends().iter().zip(&mut state.breakers) {
            let is_same = |old: &super::spec::BackendEntity| {
                old.name.eq_ignore_ascii_case(&entity.name)
                    && old.url == entity.url
                    && old.breaker == entity.breaker
            };
            let before = self.spec.backends().iter().position(is_same);
            if let Some(old) = before.and_then(|at| self.state.breakers.get(at)) {
                breaker.clone_from(old);
            }
        }
        state
    }

    /// The configuration.
    pub fn spec(&self) -> &Arc<GatewaySpec> {
        &self.spec
    }

    /// What the instance remembers.
    pub fn state(&self) -> &GatewayState {
        &self.state
    }

    /// The breaker state of a backend; closed for one that does not exist.
    pub fn breaker(&self, backend: BackendId) -> BreakerState {
        self.state.breaker(backend)
    }

    /// Begins the exchange of a request that arrived at `now`. Whatever `exchange` held is gone; its
    /// memory is used again.
    pub fn start<C: Choices>(
        &mut self,
        exchange: &mut Exchange,
        head: &RequestHead,
        now: Timestamp,
        choices: &mut C,
        effects: &mut Effects,
    ) {
        let program = self.spec.program();
        exchange.id = head.id;
        exchange.started = now;
        exchange.pc = program.inbound;
        exchange.phase = Phase::Running;
        exchange.request.method.assign(&head.method);
        exchange.request.path.assign(&head.path);
        exchange.request.headers.reset(head.headers.as_ref());
        exchange.request.body.clone_from(&head.body);
        exchange.response = None;
        exchange.answerer = None;
        exchange.body = super::exchange::BodyProgress::Flowing;
        exchange.last_error = None;
        exchange.pending = None;
        exchange.variables.clear();
        exchange.variables.resize(program.variables.len(), None);
        exchange.heap.clear();
        exchange.trace.clear();
        exchange.frames.clear();
        exchange.target = super::exchange::Target::Unset;
        exchange.attempt = AttemptNumber::default();
        exchange.forwarded = false;
        exchange.body_used = false;
        // No counting for a slot that serves the same kind of call again.
        let facts = head.facts.as_ref().unwrap_or(self.spec.facts());
        if !exchange.facts.as_ref().is_some_and(|known| Arc::ptr_eq(known, facts)) {
            exchange.facts = Some(Arc::clone(facts));
        }
        if !self.spec.carbon().is_empty() {
            let of_region = |carbon: &&RegionCarbon| carbon.is_of(&facts.deployment.region);
            let category = self.spec.carbon().iter().find(of_region).and_then(|carbon| carbon.at(now));
            if let Some(category) = category {
                let mut facts = Facts::clone(facts);
                facts.deployment.carbon_intensity = Some(Text::Static(category.name()));
                exchange.facts = Some(Arc::new(facts));
            }
        }
        exchange.tokens = head.tokens;
        exchange.usage = None;
        exchange.calls.clear();
        exchange.last_call = super::calls::CallNumber::default();
        exchange.due.clear();
        exchange.stamps.clear();
        exchange.cache_key = None;
        exchange.meaning_key = None;
        exchange.cors.clear();
        exchange.set_cookie = None;
        self.runner(exchange, now, choices, effects).run();
    }

    /// Tells the exchange what happened at `now`. `false`: it did not await this, nothing changed.
    pub fn handle<C: Choices>(
        &mut self,
        exchange: &mut Exchange,
        input: Input,
        now: Timestamp,
        choices: &mut C,
        effects: &mut Effects,
    ) -> bool {
        self.runner(exchange, now, choices, effects).handle(input)
    }

    fn runner<'a, C: Choices>(
        &'a mut self,
        exchange: &'a mut Exchange,
        now: Timestamp,
        choices: &'a mut C,
        effects: &'a mut Effects,
    ) -> Runner<'a, C> {
        Runner { spec: &self.spec, state: &mut self.state, exchange, now, choices, effects }
    }
}
