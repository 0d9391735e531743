//! How much was used of a rate: a sliding window or a token bucket.
//!
//! Rules
//! - Sliding (classic tiers): what was counted in `(now - period, now]`. A call exactly one period old has
//!   left.
//! - Token bucket (v2 tiers): see [`super::bucket`].
//! - What is counted after the response may go beyond the limit; then it takes longer to fit again.
//! - What is given back is part of what was counted then: once that has left the window, nothing is.
//! - A window remembers at most [`MAX_LOG`] instants. Beyond that, neighbours become one at the later
//!   instant: the window may then count a little too long, never too short.

use std::collections::VecDeque;

use super::bucket::Bucket;
use crate::semantics::RateAlgorithm;
use crate::units::{Duration, Timestamp};

/// Instants that a window remembers.
pub(super) const MAX_LOG: usize = 2_048;

/// A rate as a policy states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct Rate {
    /// Units of one period.
    pub(super) limit: u64,
    /// Length of the period, not zero.
    pub(super) period: Duration,
    pub(super) algorithm: RateAlgorithm,
}

/// What was used of one counter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::gateway) enum Meter {
    /// A window.
    Sliding(Log),
    /// A bucket.
    Bucket(Bucket),
}

impl Meter {
    /// Nothing used.
    pub(super) fn new(algorithm: RateAlgorithm) -> Self {
        match algorithm {
            RateAlgorithm::Sliding => Self::Sliding(Log::default()),
            RateAlgorithm::TokenBucket => Self::Bucket(Bucket::default()),
        }
    }

    /// Whether `amount` more fits now; else how long until it would, or until nothing is left when it never
    /// can.
    pub(super) fn fits(&mut self, now: Timestamp, rate: Rate, amount: u64) -> Result<(), Duration> {
        self.follow(rate.algorithm);
        match self {
            Self::Sliding(log) => log.fits(now, rate, amount),
            Self::Bucket(bucket) => bucket.fits(now, rate, amount),
        }
    }

    /// What is left of the limit now.
    pub(super) fn left(&mut self, now: Timestamp, rate: Rate) -> u64 {
        self.follow(rate.algorithm);
        let used = match self {
            Self::Sliding(log) => log.used(now, rate.period),
            Self::Bucket(bucket) => bucket.used(now, rate),
        };
        rate.limit.saturating_sub(used)
    }

    /// Counts.
    pub(super) fn add(&mut self, now: Timestamp, rate: Rate, amount: u64) {
        self.follow(rate.algorithm);
        match self {
            Self::Sliding(log) => log.add(now, rate.period, amount),
            Self::Bucket(bucket) => bucket.add(now, rate, amount),
        }
    }

    /// Counts what may be given back in part.
    pub(super) fn lend(&mut self, now: Timestamp, rate: Rate, amount: u64) {
        self.follow(rate.algorithm);
        match self {
            Self::Sliding(log) => log.add(now, rate.period, amount),
            Self::Bucket(bucket) => bucket.lend(now, rate, amount),
        }
    }

    /// Gives back part of what was lent at `at`, as far as it still counts.
    pub(super) fn give_back(&mut self, at: Timestamp, now: Timestamp, rate: Rate, amount: u64) {
        match self {
            Self::Sliding(log) => log.give_back(at, now, rate.period, amount),
            Self::Bucket(bucket) => bucket.give_back(at, now, rate, amount),
        }
    }

    /// Whether it is as good as new.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        match self {
            Self::Sliding(log) => log.entries.back().is_none_or(|(at, _)| now.since(*at) >= log.keep),
            Self::Bucket(bucket) => bucket.missing().0 == 0,
        }
    }

    /// Begins anew when another algorithm is read than before.
    fn follow(&mut self, algorithm: RateAlgorithm) {
        let same = match self {
            Self::Sliding(_) => algorithm == RateAlgorithm::Sliding,
            Self::Bucket(_) => algorithm == RateAlgorithm::TokenBucket,
        };
        if !same {
            *self = Self::new(algorithm);
        }
    }
}

/// What was counted, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct Log {
    entries: VecDeque<(Timestamp, u64)>,
    sum: u64,
    /// Longest period that was asked for.
    keep: Duration,
}

impl Log {
    /// What was counted when, the oldest first.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        self.entries.iter().copied()
    }

    fn fits(&mut self, now: Timestamp, rate: Rate, amount: u64) -> Result<(), Duration> {
        let used = self.used(now, rate.period);
        let Some(mut excess) = used.saturating_add(amount).checked_sub(rate.limit).filter(|e| *e > 0) else {
            return Ok(());
        };
        let mut wait = rate.period;
        for (at, counted) in &self.entries {
            let age = now.since(*at);
            if age >= rate.period {
                continue;
            }
            wait = rate.period.saturating_sub(age);
            excess = excess.saturating_sub(*counted);
            if excess == 0 {
                break;
            }
        }
        Err(wait)
    }

    fn used(&mut self, now: Timestamp, period: Duration) -> u64 {
        self.keep = self.keep.max(period);
        while let Some((at, amount)) = self.entries.front()
            && now.since(*at) >= self.keep
        {
            self.sum = self.sum.saturating_sub(*amount);
            self.entries.pop_front();
        }
        if period >= self.keep {
            return self.sum;
        }
        let young = self.entries.iter().rev().take_while(|(at, _)| now.since(*at) < period);
        young.fold(0, |sum: u64, (_, amount)| sum.saturating_add(*amount))
    }

    fn add(&mut self, now: Timestamp, period: Duration, amount: u64) {
        self.keep = self.keep.max(period);
        if amount == 0 {
            return;
        }
        // Not beyond what the sum can hold, so that it stays the sum.
        let amount = amount.min(u64::MAX.saturating_sub(self.sum));
        self.sum = self.sum.saturating_add(amount);
        match self.entries.back_mut() {
            Some((at, counted)) if *at == now => *counted = counted.saturating_add(amount),
            _ => self.entries.push_back((now, amount)),
        }
        if self.entries.len() > MAX_LOG {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        let mut coarse = VecDeque::with_capacity(MAX_LOG);
        let mut entries = self.entries.iter();
        while let Some((at, amount)) = entries.next() {
            match entries.next() {
                Some((later, more)) => coarse.push_back((*later, amount.saturating_add(*more))),
                None => coarse.push_back((*at, *amount)),
            }
        }
        self.entries = coarse;
    }

    fn give_back(&mut self, at: Timestamp, now: Timestamp, period: Duration, amount: u64) {
        if now.since(at) >= period {
            return;
        }
        // Where entries became one, what was counted then is in the first that is not older.
        if let Some((_, counted)) = self.entries.iter_mut().find(|(then, _)| *then >= at) {
            let back = amount.min(*counted);
            *counted = counted.saturating_sub(back);
            self.sum = self.sum.saturating_sub(back);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rate(limit: u64, period_s: u64, algorithm: RateAlgorithm) -> Rate {
        Rate { limit, period: Duration::from_secs(period_s), algorithm }
    }

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn a_call_one_period_old_has_left_the_window() {
        let rule = rate(2, 60, RateAlgorithm::Sliding);
        let mut meter = Meter::new(rule.algorithm);
        meter.add(at(0), rule, 1);
        meter.add(at(10 * SECOND), rule, 1);
        assert_eq!(meter.fits(at(60 * SECOND - 1), rule, 1), Err(Duration::from_nanos(1)));
        assert_eq!(meter.fits(at(60 * SECOND), rule, 1), Ok(()));
        assert_eq!(meter.fits(at(60 * SECOND), rule, 2), Err(Duration::from_secs(10)));
        assert_eq!(meter.left(at(60 * SECOND), rule), 1);
        assert_eq!(meter.fits(at(70 * SECOND), rule, 3), Err(Duration::from_secs(60)), "can never fit");
    }

    #[test]
    fn a_bucket_fills_evenly() {
        // 6 in 60 s: one every 10 s.
        let rule = rate(6, 60, RateAlgorithm::TokenBucket);
        let mut meter = Meter::new(rule.algorithm);
        for _ in 0..6 {
            assert_eq!(meter.fits(at(0), rule, 1), Ok(()));
            meter.add(at(0), rule, 1);
        }
        assert_eq!(meter.fits(at(0), rule, 1), Err(Duration::from_secs(10)));
        assert_eq!(meter.fits(at(10 * SECOND - 1), rule, 1), Err(Duration::from_nanos(1)));
        assert_eq!(meter.fits(at(10 * SECOND), rule, 1), Ok(()));
        assert_eq!(meter.left(at(25 * SECOND), rule), 2);
        assert_eq!(meter.fits(at(25 * SECOND), rule, 3), Err(Duration::from_secs(5)));
        assert_eq!(meter.left(at(600 * SECOND), rule), 6, "never more than one period's worth");
    }

    #[test]
    fn what_is_given_back_can_be_used_again() {
        for algorithm in [RateAlgorithm::Sliding, RateAlgorithm::TokenBucket] {
            let rule = rate(100, 60, algorithm);
            let mut meter = Meter::new(algorithm);
            meter.lend(at(5), rule, 100);
            meter.give_back(at(5), at(6), rule, 30);
            assert!((30..=31).contains(&meter.left(at(6), rule)), "{algorithm:?}");
        }
    }

    #[test]
    fn a_shorter_period_looks_at_less_of_the_same() {
        let (long, short) = (rate(9, 60, RateAlgorithm::Sliding), rate(9, 10, RateAlgorithm::Sliding));
        let mut meter = Meter::new(long.algorithm);
        meter.add(at(0), long, 2);
        meter.add(at(0), long, 1);
        meter.add(at(4 * SECOND), long, 4);
        let Meter::Sliding(log) = &meter else { panic!("a window was asked for") };
        assert_eq!(log.entries.len(), 2, "one moment is one entry");
        assert_eq!(meter.left(at(10 * SECOND - 1), short), 2);
        assert_eq!(meter.left(at(10 * SECOND), short), 5);
        assert_eq!(meter.left(at(14 * SECOND), short), 9);
        assert_eq!(meter.left(at(14 * SECOND), long), 2);
    }

    #[test]
    fn a_meter_is_idle_when_nothing_counts_any_more() {
        for algorithm in [RateAlgorithm::Sliding, RateAlgorithm::TokenBucket] {
            let rule = rate(1, 60, algorithm);
            let mut meter = Meter::new(algorithm);
            assert!(meter.is_idle(at(0)), "{algorithm:?}");
            meter.add(at(0), rule, 1);
            assert_eq!(meter.left(at(60 * SECOND - 1), rule), 0);
            assert!(!meter.is_idle(at(60 * SECOND - 1)), "{algorithm:?}");
            assert_eq!(meter.left(at(60 * SECOND), rule), 1);
            assert!(meter.is_idle(at(60 * SECOND)), "{algorithm:?}");
        }
    }

    #[test]
    fn only_what_was_counted_then_is_given_back() {
        let rule = rate(100, 60, RateAlgorithm::Sliding);
        let mut meter = Meter::new(rule.algorithm);
        for (second, amount) in [(0, 10), (20, 20), (40, 30)] {
            meter.lend(at(second * SECOND), rule, amount);
        }
        meter.give_back(at(20 * SECOND), at(41 * SECOND), rule, 15);
        assert_eq!(meter.left(at(41 * SECOND), rule), 55);
        assert_eq!(meter.left(at(60 * SECOND), rule), 65, "the first ten were left alone");
        assert_eq!(meter.left(at(80 * SECOND), rule), 70, "and the last thirty");
    }

    #[test]
    fn nothing_of_others_is_given_back_once_it_has_left() {
        for algorithm in [RateAlgorithm::Sliding, RateAlgorithm::TokenBucket] {
            let rule = rate(100, 60, algorithm);
            let mut meter = Meter::new(algorithm);
            meter.lend(at(0), rule, 50);
            meter.lend(at(60 * SECOND), rule, 90);
            meter.give_back(at(0), at(60 * SECOND), rule, 40);
            assert_eq!(meter.left(at(60 * SECOND), rule), 10, "{algorithm:?}");
        }
    }

    #[test]
    fn a_bucket_keeps_its_units_in_another_period() {
        let (minute, second) =
            (rate(6, 60, RateAlgorithm::TokenBucket), rate(6, 1, RateAlgorithm::TokenBucket));
        let mut meter = Meter::new(minute.algorithm);
        meter.add(at(0), minute, 3);
        assert_eq!(meter.left(at(0), minute), 3);
        assert_eq!(meter.left(at(0), second), 3);
    }

    #[test]
    fn another_algorithm_begins_anew() {
        let (window, bucket) = (rate(6, 60, RateAlgorithm::Sliding), rate(6, 60, RateAlgorithm::TokenBucket));
        let mut meter = Meter::new(window.algorithm);
        meter.add(at(0), window, 3);
        assert_eq!((meter.left(at(0), window), meter.left(at(0), bucket)), (3, 6));
        meter.add(at(0), bucket, 2);
        assert_eq!((meter.left(at(0), bucket), meter.left(at(0), window)), (4, 6));
    }

    #[test]
    fn a_long_log_is_coarsened_and_counts_no_less() {
        let rule = rate(u64::MAX, 60, RateAlgorithm::Sliding);
        let mut meter = Meter::new(rule.algorithm);
        for n in 0..10_000u64 {
            meter.add(at(n), rule, 3);
        }
        let Meter::Sliding(log) = &meter else { panic!("a window was asked for") };
        assert!(log.entries.len() <= MAX_LOG);
        assert_eq!(meter.left(at(10_000), rule), u64::MAX - 30_000);
        assert_eq!(meter.left(at(60 * SECOND + 10_000), rule), u64::MAX);
    }

    proptest! {
        /// Whoever was lent too much is, once it has been given back, as if it had never been lent.
        #[test]
        fn what_is_given_back_was_never_lent(
            calls in prop::collection::vec((0u64..9, 0u64..9, 0u64..5, 0u64..50), 1..40),
            limit in 1u64..20,
            period in 1u64..40,
            is_bucket in any::<bool>(),
        ) {
            let algorithm = if is_bucket { RateAlgorithm::TokenBucket } else { RateAlgorithm::Sliding };
            let rule = rate(limit, period, algorithm);
            // What happens when: lent, and the part of it that comes back later.
            let (mut events, mut now) = (Vec::new(), 0);
            for (gap, kept, over, takes) in calls {
                now += gap * SECOND;
                events.push((now, 0, kept, over));
                events.push((now + takes * SECOND, now + 1, 0, over));
            }
            events.sort_unstable();
            let (mut meter, end) = (Meter::new(algorithm), events.last().map_or(0, |(when, ..)| *when));
            for (when, since, kept, over) in &events {
                match since.checked_sub(1) {
                    None => meter.lend(at(*when), rule, kept + over),
                    Some(since) => meter.give_back(at(since), at(*when), rule, *over),
                }
            }
            let mut never = Meter::new(algorithm);
            for (when, since, kept, _) in &events {
                if *since == 0 {
                    never.add(at(*when), rule, *kept);
                }
            }
            prop_assert_eq!(meter.left(at(end), rule), never.left(at(end), rule));
        }

        /// The naive reference keeps everything that was admitted and looks at every window that ends with a
        /// call.
        #[test]
        fn no_window_admits_more_than_the_limit(
            calls in prop::collection::vec((0u64..30, 1u64..4), 1..200),
            limit in 1u64..8,
            period in 1u64..60,
        ) {
            let rule = rate(limit, period, RateAlgorithm::Sliding);
            let mut meter = Meter::new(rule.algorithm);
            let mut admitted: Vec<(u64, u64)> = Vec::new();
            let mut now = 0;
            for (gap, amount) in calls {
                now += gap * SECOND;
                let used: u64 =
                    admitted.iter().filter(|(t, _)| now - t < period * SECOND).map(|(_, n)| n).sum();
                let fits = meter.fits(at(now), rule, amount);
                prop_assert_eq!(fits.is_ok(), used + amount <= limit);
                match fits {
                    Ok(()) => {
                        meter.add(at(now), rule, amount);
                        admitted.push((now, amount));
                    }
                    Err(wait) if amount <= limit => {
                        let mut later = meter.clone();
                        let due = now + wait.as_nanos();
                        prop_assert_eq!(later.fits(at(due), rule, amount), Ok(()));
                        prop_assert!(meter.clone().fits(at(due - 1), rule, amount).is_err());
                    }
                    Err(_) => {}
                }
            }
        }

        /// A bucket admits at most its size and what has flowed in since.
        #[test]
        fn a_bucket_admits_its_size_and_its_inflow(
            calls in prop::collection::vec((0u64..30, 1u64..4), 1..200),
            limit in 1u64..8,
            period in 1u64..60,
        ) {
            let rule = rate(limit, period, RateAlgorithm::TokenBucket);
            let mut meter = Meter::new(rule.algorithm);
            let (mut now, mut admitted) = (0, 0);
            for (gap, amount) in calls {
                now += gap * SECOND;
                match meter.fits(at(now), rule, amount) {
                    Ok(()) => {
                        meter.add(at(now), rule, amount);
                        admitted += amount;
                    }
                    Err(wait) if amount <= limit => {
                        let mut later = meter.clone();
                        prop_assert_eq!(later.fits(at(now + wait.as_nanos()), rule, amount), Ok(()));
                        prop_assert!(meter.clone().fits(at(now + wait.as_nanos() - 1), rule, amount).is_err());
                    }
                    Err(_) => {}
                }
                prop_assert!(admitted * period * SECOND <= limit * (period * SECOND + now));
            }
        }
    }
}
