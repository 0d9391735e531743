//! A sliding window over amounts.

use std::collections::VecDeque;

use crate::units::{Duration, Timestamp};

/// The sum of amounts of the last `span`: each amount counts until it is exactly `span` old.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    span: Duration,
    limit: u64,
    used: u64,
    /// Live amounts by time, oldest first. None is 0.
    entries: VecDeque<(Timestamp, u64)>,
}

impl SlidingWindow {
    /// An empty window that may hold `limit`.
    pub const fn new(span: Duration, limit: u64) -> Self {
        Self { span, limit, used: 0, entries: VecDeque::new() }
    }

    /// The most it may hold.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Forgets what is `span` old or older at `now`, and tells the sum of the rest.
    #[inline]
    pub fn used(&mut self, now: Timestamp) -> u64 {
        while let Some((at, amount)) = self.entries.front() {
            if now < at.saturating_add(self.span) {
                break;
            }
            self.used = self.used.saturating_sub(*amount);
            self.entries.pop_front();
        }
        self.used
    }

    /// Whether `amount` more fits at `now`. Exactly full fits.
    #[inline]
    pub fn admits(&mut self, amount: u64, now: Timestamp) -> bool {
        self.used(now).checked_add(amount).is_some_and(|sum| sum <= self.limit)
    }

    /// Adds `amount` at `now`, whether or not it fits.
    #[inline]
    pub fn insert(&mut self, amount: u64, now: Timestamp) {
        if amount > 0 {
            self.used = self.used.saturating_add(amount);
            self.entries.push_back((now, amount));
        }
    }

    /// The earliest time, `now` or later, at which `amount` fits if nothing else is added. `None`: never,
    /// since it is above the limit.
    pub fn admits_at(&mut self, amount: u64, now: Timestamp) -> Option<Timestamp> {
        let room = self.limit.checked_sub(amount)?;
        let mut excess = self.used(now).saturating_sub(room);
        if excess == 0 {
            return Some(now);
        }
        // Amounts leave oldest first; the sum of all is `used`, so the excess is covered before the end.
        self.entries.iter().find_map(|(at, amount)| {
            excess = excess.saturating_sub(*amount);
            (excess == 0).then(|| at.saturating_add(self.span))
        })
    }

    /// What would still fit at `now`.
    #[inline]
    pub fn remaining(&mut self, now: Timestamp) -> u64 {
        self.limit.saturating_sub(self.used(now))
    }
}
