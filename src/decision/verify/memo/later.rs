//! What passing time makes of requests and gateways.

use super::super::stage::Thread;
use super::super::state::State;
use super::{GatewayId, Memo, START, ThreadId};
use crate::gateway::Phase;
use crate::units::{Duration, Timestamp};

impl Memo<'_> {
    /// The state when `by` has passed and nothing has happened. `None`: not known yet.
    pub(in super::super) fn later(&self, state: &State, by: Duration) -> Option<State> {
        let mut later = *state;
        later.now = self.now_after(state.now, by);
        if by == Duration::ZERO || self.has_calendar {
            return Some(later);
        }
        for gateway in later.gateways.iter_mut().take(self.instances) {
            *gateway = *self.later_gateways.get(&(*gateway, by))?;
        }
        for thread in later.threads.iter_mut().filter(|thread| **thread != 0) {
            *thread = *self.later_threads.get(&(*thread, by))?;
        }
        Some(later)
    }

    /// Works out how everything in a state is when `by` has passed.
    pub(in super::super) fn learn_later(&mut self, state: &State, by: Duration) {
        if by == Duration::ZERO || self.has_calendar {
            return;
        }
        for gateway in state.gateways.into_iter().take(self.instances) {
            self.learn_later_gateway(gateway, by);
        }
        for thread in state.threads.into_iter().filter(|thread| *thread != 0) {
            self.learn_later_thread(thread, by);
        }
    }

    /// The time when everything is `by` later.
    fn now_after(&self, now: Timestamp, by: Duration) -> Timestamp {
        if self.has_calendar { now.saturating_add(by) } else { now }
    }

    fn learn_later_thread(&mut self, thread: ThreadId, by: Duration) {
        if self.later_threads.contains_key(&(thread, by)) {
            return;
        }
        let Some(mut later) = self.threads.get_index(thread as usize - 1).cloned() else { return };
        later.exchange.set_back(by);
        settle_thread(&mut later, Some(START));
        let later = self.keep_thread(later);
        self.later_threads.insert((thread, by), later);
    }

    fn learn_later_gateway(&mut self, gateway: GatewayId, by: Duration) {
        if self.later_gateways.contains_key(&(gateway, by)) {
            return;
        }
        let Some(mut later) = self.gateways.get_index(gateway as usize).cloned() else { return };
        later.set_back(by);
        later.forget(&self.watch.setup.gateway, START);
        let later = self.keep_gateway(later);
        self.later_gateways.insert((gateway, by), later);
    }
}

/// Forgets of a request what makes no difference from here on; with `now`, also when it arrived.
pub(super) fn settle_thread(thread: &mut Thread, now: Option<Timestamp>) {
    thread.exchange.forget(now);
    if matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. }) {
        thread.history.forget_last();
    }
}
