//! A sliding window over amounts.
//!
//! Rules: an amount counts from its time until it is exactly `span` old, when it counts no more (assumed
//! for the exact end; that the window slides was measured by the remaining-tokens header, aoai-testing,
//! 2024-08). Each amount is added and removed once, so a call costs constant time on average, and memory is
//! in proportion to the amounts that still count. `now` must not go backwards between calls.
//!
//! An amount can be reduced later by the [`Entry`] that its insertion gave, in constant time.

use std::collections::VecDeque;

use crate::units::{Duration, Timestamp};

/// The sum of amounts of the last `span`: each amount counts until it is exactly `span` old.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    span: Duration,
    limit: u64,
    used: u64,
    /// Live amounts by time, oldest first. None was 0 when it came.
    entries: VecDeque<(Timestamp, u64)>,
    /// How many amounts were forgotten: the number of the first live one.
    forgotten: u64,
}

/// Names an amount in a window, until it is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry(pub(super) u64);

impl Entry {
    /// Names nothing.
    pub const NONE: Self = Self(u64::MAX);
}

impl SlidingWindow {
    /// An empty window that may hold `limit`.
    pub const fn new(span: Duration, limit: u64) -> Self {
        Self { span, limit, used: 0, entries: VecDeque::new(), forgotten: 0 }
    }

    /// The most it may hold.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Another limit from now on; what was added stays.
    pub const fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
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
            self.forgotten = self.forgotten.saturating_add(1);
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
    pub fn insert(&mut self, amount: u64, now: Timestamp) -> Entry {
        if amount == 0 {
            return Entry::NONE;
        }
        let number = self.forgotten.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX));
        // The sum of all entries is `used`, so one that would exceed the largest sum is cut.
        let amount = amount.min(u64::MAX.saturating_sub(self.used));
        self.used = self.used.saturating_add(amount);
        self.entries.push_back((now, amount));
        Entry(number)
    }

    /// Takes `amount` off an entry, at most all of it; nothing if it counts no more.
    pub fn reduce(&mut self, entry: Entry, amount: u64) {
        let place = entry.0.checked_sub(self.forgotten).and_then(|place| usize::try_from(place).ok());
        if let Some((_, present)) = place.and_then(|place| self.entries.get_mut(place)) {
            let amount = amount.min(*present);
            *present = present.saturating_sub(amount);
            self.used = self.used.saturating_sub(amount);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = Duration::from_secs(60);

    fn at(ns: u64) -> Timestamp {
        Timestamp::from_nanos(ns)
    }

    #[test]
    fn an_amount_counts_until_it_is_span_old() {
        let mut window = SlidingWindow::new(SPAN, 10);
        window.insert(10, at(5));
        assert_eq!(window.used(at(60_000_000_004)), 10);
        assert!(!window.admits(1, at(60_000_000_004)));
        assert_eq!(window.admits_at(1, at(60_000_000_004)), Some(at(60_000_000_005)));
        assert!(window.admits(10, at(60_000_000_005)));
        assert_eq!(window.used(at(60_000_000_005)), 0);
    }

    #[test]
    fn exactly_full_fits() {
        let mut window = SlidingWindow::new(SPAN, 10);
        window.insert(7, at(0));
        assert!(window.admits(3, at(0)) && !window.admits(4, at(0)));
        assert_eq!(window.remaining(at(0)), 3);
        assert_eq!(window.admits_at(3, at(1)), Some(at(1)));
    }

    #[test]
    fn room_comes_when_enough_old_amounts_are_gone() {
        let mut window = SlidingWindow::new(SPAN, 10);
        for (second, amount) in [(0, 2), (1, 3), (2, 5)] {
            window.insert(amount, Timestamp::ZERO.saturating_add(Duration::from_secs(second)));
        }
        let now = at(2_000_000_000);
        let seconds = |amount, window: &mut SlidingWindow| {
            window.admits_at(amount, now).map(|at| at.since(Timestamp::ZERO).as_secs_ceil())
        };
        for (amount, expected) in [(0, 2), (2, 60), (3, 61), (5, 61), (6, 62), (10, 62)] {
            assert_eq!(seconds(amount, &mut window), Some(expected), "{amount}");
        }
        assert_eq!(seconds(11, &mut window), None);
    }

    #[test]
    fn an_amount_can_be_reduced_while_it_counts() {
        let mut window = SlidingWindow::new(SPAN, 10);
        let first = window.insert(4, at(0));
        let second = window.insert(6, at(1));
        window.reduce(second, 5);
        assert_eq!(window.used(at(1)), 5);
        window.reduce(second, 5);
        assert_eq!(window.used(at(1)), 4, "no more than all of it");
        assert_eq!(window.used(at(60_000_000_000)), 0);
        window.reduce(first, 4);
        window.reduce(Entry::NONE, 4);
        let third = window.insert(3, at(60_000_000_000));
        window.reduce(third, 1);
        assert_eq!(window.used(at(60_000_000_000)), 2, "numbers go on after some are forgotten");
    }

    #[test]
    fn memory_follows_what_counts() {
        let mut window = SlidingWindow::new(Duration::from_secs(1), u64::MAX);
        for ms in 0..100_000 {
            let now = at(ms * 1_000_000);
            window.insert(1, now);
            assert!(window.used(now) <= 1_000);
        }
        assert_eq!(window.entries.len(), 1_000);
        assert!(window.entries.capacity() <= 2_048);
    }

    #[test]
    fn the_largest_amounts_do_not_fit_twice() {
        let mut window = SlidingWindow::new(SPAN, u64::MAX);
        window.insert(u64::MAX, at(0));
        assert!(!window.admits(1, at(0)) && !window.admits(u64::MAX, at(0)));
        assert_eq!(window.admits_at(u64::MAX, at(0)), Some(at(60_000_000_000)));
    }
}
