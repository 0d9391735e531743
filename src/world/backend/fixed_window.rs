//! A window over amounts that starts anew at fixed times.
//!
//! The documentation describes the token counter so ("reset each minute", quota page, 2026-05-06); the
//! measurements contradict it, so this is an option. Windows begin at run start and every `span` after it.

use crate::units::{Duration, Timestamp};

use super::window::Entry;

/// The sum of the amounts since the last reset.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    span: Duration,
    limit: u64,
    used: u64,
    /// Number of the present window, 0 at run start.
    number: u64,
}

impl FixedWindow {
    /// An empty window that may hold `limit`. A `span` of nothing acts as 1 ns.
    pub const fn new(span: Duration, limit: u64) -> Self {
        Self { span, limit, used: 0, number: 0 }
    }

    /// The most it may hold.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// Another limit from now on.
    pub const fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Starts anew if `now` is in a later window, and tells the sum.
    #[inline]
    pub fn used(&mut self, now: Timestamp) -> u64 {
        let number = now.as_nanos().checked_div(self.span.as_nanos().max(1)).unwrap_or(0);
        if number > self.number {
            self.number = number;
            self.used = 0;
        }
        self.used
    }

    /// Adds `amount` at `now`, whether or not it fits.
    #[inline]
    pub fn insert(&mut self, amount: u64, now: Timestamp) -> Entry {
        self.used = self.used(now).saturating_add(amount);
        Entry(self.number)
    }

    /// Takes `amount` off what was added by an insertion; nothing if the window has started anew since.
    pub fn reduce(&mut self, entry: Entry, amount: u64) {
        if entry.0 == self.number {
            self.used = self.used.saturating_sub(amount);
        }
    }

    /// The earliest time, `now` or later, at which `amount` fits if nothing else is added. `None`: never,
    /// since it is above the limit.
    pub fn admits_at(&mut self, amount: u64, now: Timestamp) -> Option<Timestamp> {
        let room = self.limit.checked_sub(amount)?;
        if self.used(now) <= room {
            return Some(now);
        }
        let next = self.number.saturating_add(1).saturating_mul(self.span.as_nanos().max(1));
        Some(Timestamp::from_nanos(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(secs))
    }

    #[test]
    fn all_is_forgotten_at_the_full_minute() {
        let mut window = FixedWindow::new(Duration::from_secs(60), 10);
        window.insert(10, at(59));
        assert_eq!(window.admits_at(1, at(59)), Some(at(60)));
        assert_eq!(window.used(at(59)), 10);
        assert_eq!(window.used(at(60)), 0);
        let entry = window.insert(7, at(61));
        assert_eq!(window.admits_at(3, at(61)), Some(at(61)));
        assert_eq!(window.admits_at(4, at(61)), Some(at(120)));
        assert_eq!(window.admits_at(11, at(61)), None);
        window.reduce(entry, 5);
        assert_eq!(window.used(at(119)), 2);
        assert_eq!(window.used(at(200)), 0);
        window.insert(3, at(200));
        window.reduce(entry, 2);
        assert_eq!(window.used(at(200)), 3, "of an earlier minute");
    }

    #[test]
    fn odd_numbers_are_survived() {
        let mut window = FixedWindow::new(Duration::ZERO, u64::MAX);
        window.insert(u64::MAX, Timestamp::MAX);
        window.insert(u64::MAX, Timestamp::MAX);
        assert_eq!(window.admits_at(1, Timestamp::MAX), Some(Timestamp::MAX));
    }
}
