//! The same state with the clock set back, for those who look at all futures of it: two moments that differ only in
//! when they are become equal values.
//!
//! Rules
//! - Only what lies ahead is kept apart: ends of trips, deadlines, calls that still count. What is over is forgotten
//!   where every reading treats it alike.
//! - [`Timestamp::MAX`] stands for never and stays.
//! - A gateway that counts by the calendar, or whose policy looks at the clock, cannot be set back:
//!   [`GatewaySpec::has_calendar`].

use super::breaker::Breaker;
use super::choices::Choices;
use super::exchange::{Exchange, Frame, Phase, Target};
use super::instance::GatewayState;
use super::selection::Pin;
use super::spec::{BackendRef, GatewaySpec};
use crate::policy::operations::Guard;
use crate::policy::{Limit, Op};
use crate::semantics::BreakerWindow;
use crate::units::{BackendId, Duration, PoolId, RequestId, Timestamp};

impl GatewaySpec {
    /// Whether anything but durations matters: the time of day, or windows that began before what is kept.
    pub fn has_calendar(&self) -> bool {
        let program = self.program();
        let counts = program.ops.iter().any(|op| match op {
            Op::Limit(limit) => !matches!(**limit, Limit::Concurrency { .. } | Limit::ConcurrencyEnd),
            Op::Cache(_) => true,
            Op::Guard(guard) => matches!(**guard, Guard::Token(_)),
            _ => false,
        });
        let has_epoch = self.semantics().breaker_window == BreakerWindow::TumblingEpoch;
        counts || has_epoch || program.reads_clock || !self.carbon().is_empty()
    }
}

impl GatewayState {
    /// Sets the clock back.
    pub fn set_back(&mut self, by: Duration) {
        for breaker in &mut self.breakers {
            breaker.set_back(by);
        }
        for token in &mut self.tokens {
            token.expires = earlier(token.expires, by);
        }
    }

    /// Forgets what is over at `now` and makes no difference under any reading.
    pub fn forget(&mut self, spec: &GatewaySpec, now: Timestamp) {
        for (breaker, backend) in self.breakers.iter_mut().zip(spec.backends()) {
            let interval = backend.breaker.as_ref().map_or(Duration::ZERO, |rule| rule.interval);
            breaker.forget(interval, now);
        }
        self.limits.settle();
        self.caches.settle();
    }

    /// The moments after `now` at which a breaker may change by time alone, and the ones just before and after, as
    /// readings differ there.
    pub fn instants(&self, spec: &GatewaySpec, now: Timestamp) -> Vec<Timestamp> {
        let mut found = Vec::new();
        for (breaker, backend) in self.breakers.iter().zip(spec.backends()) {
            if let Some(rule) = &backend.breaker {
                breaker.instants(rule.interval, &mut found);
            }
        }
        found.retain(|at| *at > now && *at < Timestamp::MAX);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a call to `backend` could be sent at `now`.
    pub fn is_ready<C: Choices>(
        &self,
        backend: BackendId,
        spec: &GatewaySpec,
        now: Timestamp,
        choices: &mut C,
    ) -> bool {
        let Some(breaker) = self.breakers.get(backend.index()) else { return false };
        let mut breaker: Breaker = breaker.clone();
        breaker.expire(now, spec.semantics(), choices);
        breaker.is_available()
    }

    /// Takes the member of a pool that is next in turn for requests without a cookie, whatever regions emit.
    pub fn pick<C: Choices>(
        &mut self,
        pool: PoolId,
        spec: &GatewaySpec,
        now: Timestamp,
        choices: &mut C,
    ) -> Option<BackendId> {
        let members = spec.pool(pool)?;
        let rotation = self.pools.get_mut(pool.index())?;
        let (breakers, semantics) = (&mut self.breakers, spec.semantics());
        let picked = rotation.select(members, Pin::None, 0, breakers, now, semantics, choices, |_, _| ());
        picked.map(|selection| selection.backend)
    }

    /// Slots of `limit-concurrency` that are taken.
    pub fn slots_taken(&self) -> u32 {
        self.limits.inside()
    }

    /// When the last trip ends; `now` without any.
    pub fn last_reset(&self, now: Timestamp) -> Timestamp {
        let ends = self.breakers.iter().map(|breaker| now.saturating_add(breaker.remaining(now)));
        ends.max().unwrap_or(now)
    }
}

impl Exchange {
    /// Sets the clock back.
    pub fn set_back(&mut self, by: Duration) {
        self.started = earlier(self.started, by);
        match &mut self.phase {
            Phase::AwaitingHeaders { deadline, .. } => *deadline = earlier(*deadline, by),
            Phase::Sleeping { until, .. } => *until = earlier(*until, by),
            Phase::Idle | Phase::Running | Phase::AwaitingSideCalls | Phase::Relaying | Phase::Done(_) => {}
        }
        for call in &mut self.calls {
            call.deadline = call.deadline.map(|at| earlier(at, by));
        }
    }

    /// Forgets its name and, unless somebody may ask how long it has taken, when it arrived: it is as if that were
    /// `now`.
    pub fn forget(&mut self, now: Option<Timestamp>) {
        self.id = RequestId::default();
        self.trace.clear();
        self.started = now.unwrap_or(self.started);
    }

    /// Where the next forward goes, as far as `set-backend-service` named an entity.
    pub fn target(&self) -> Option<BackendRef> {
        match &self.target {
            Target::Entity(entity) | Target::Selected(entity, _) => Some(*entity),
            Target::Unset | Target::Url(_) => None,
        }
    }

    /// Retries that the innermost retry policy has left; `None` outside of any.
    pub fn retries_left(&self) -> Option<u32> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Retry(retry) => Some(retry.times.count.saturating_sub(retry.done)),
            Frame::Concurrency(_) | Frame::Wait(_) => None,
        })
    }
}

/// A point in time as the clock that was set back shows it.
pub(super) fn earlier(at: Timestamp, by: Duration) -> Timestamp {
    if at == Timestamp::MAX { at } else { at.saturating_sub(by) }
}
