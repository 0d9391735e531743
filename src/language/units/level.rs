//! How many of something there were, over time.

use super::Timestamp;

/// A number that goes up and down, and its integral over time: the mean over a time is the integral divided by
/// the time. What lies before a certain time (a warm-up) is kept apart. Times must not go backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    number: u64,
    since: Timestamp,
    counts_from: Timestamp,
    /// Number times nanoseconds, before and after.
    before: u128,
    area: u128,
}

impl Level {
    /// Nothing, with an integral that begins at `from`.
    pub const fn counting_from(from: Timestamp) -> Self {
        Self { number: 0, since: Timestamp::ZERO, counts_from: from, before: 0, area: 0 }
    }

    /// How many there are.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// One more.
    #[inline]
    pub fn enter(&mut self, now: Timestamp) {
        self.turn(now);
        self.number = self.number.saturating_add(1);
    }

    /// One less.
    #[inline]
    pub fn leave(&mut self, now: Timestamp) {
        self.turn(now);
        self.number = self.number.saturating_sub(1);
    }

    /// The integral until `now` from where it begins, in nanoseconds times number.
    pub fn integral(mut self, now: Timestamp) -> u128 {
        self.turn(now);
        self.area
    }

    /// The same from the very start.
    pub fn whole_integral(mut self, now: Timestamp) -> u128 {
        self.turn(now);
        self.area.saturating_add(self.before)
    }

    #[inline]
    fn turn(&mut self, now: Timestamp) {
        let area =
            |from: Timestamp| u128::from(self.number).saturating_mul(u128::from(now.since(from).as_nanos()));
        if self.since >= self.counts_from {
            self.area = self.area.saturating_add(area(self.since));
        } else {
            let counted = area(self.counts_from);
            let uncounted = area(self.since).saturating_sub(counted);
            self.area = self.area.saturating_add(counted);
            self.before = self.before.saturating_add(uncounted);
        }
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Duration;
    use super::*;

    fn at(nanoseconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_nanos(nanoseconds))
    }

    #[test]
    fn the_integral_is_number_times_time_from_where_it_begins() {
        // One from 2 on, two from 5 to 9, one until 12.
        for (from, expected) in [(0, 3 + 8 + 3), (2, 14), (4, 1 + 8 + 3), (9, 3), (11, 1), (12, 0), (20, 0)] {
            let mut level = Level::counting_from(at(from));
            level.enter(at(2));
            level.enter(at(5));
            assert_eq!(level.number(), 2);
            level.leave(at(9));
            assert_eq!(level.integral(at(12)), expected, "from {from}");
            assert_eq!(level.whole_integral(at(12)), 14, "from {from}");
        }
    }
}
