//! A token bucket.
//!
//! Rules
//! - It holds one period's worth, is full at first and fills evenly. Kept as what is missing, in units times
//!   nanoseconds of the period, so that nothing is rounded.
//! - What is given back makes it as if that had never been lent. What has flowed in since is then lost where it would
//!   have run over: no more is given back than the least that was missing at any time since.
//! - It remembers at most [`MOST_LOWS`] such lows. Beyond that, two become one that is as late as the later and as low
//!   as the lower: a little less may be given back, never more.
//!
//! Deliberately absent: giving back what was lent in another period.

use std::collections::VecDeque;

use super::meter::Rate;
use crate::units::{Duration, Timestamp};

/// Lows that are remembered.
const MOST_LOWS: usize = 256;

/// What is missing in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct Bucket {
    /// Units times nanoseconds of `period`.
    missing: u128,
    period: Duration,
    at: Timestamp,
    /// When less was missing than ever after, and how much: both grow. Empty until something is lent.
    lows: VecDeque<(Timestamp, u128)>,
}

impl Bucket {
    /// Units times nanoseconds of the period that were missing at a time.
    pub(super) fn missing(&self) -> (u128, Timestamp) {
        (self.missing, self.at)
    }

    pub(super) fn fits(&mut self, now: Timestamp, rate: Rate, amount: u64) -> Result<(), Duration> {
        self.fill(now, rate);
        let (limit, period) = (u128::from(rate.limit), u128::from(rate.period.as_nanos()));
        let whole = limit.saturating_mul(period);
        let wanted = u128::from(amount).saturating_mul(period);
        if self.missing.saturating_add(wanted) <= whole {
            return Ok(());
        }
        let over = self.missing.saturating_sub(whole.saturating_sub(wanted));
        let nanos = over.saturating_add(limit.saturating_sub(1)).checked_div(limit).unwrap_or(period);
        Err(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    pub(super) fn used(&mut self, now: Timestamp, rate: Rate) -> u64 {
        self.fill(now, rate);
        let period = u128::from(rate.period.as_nanos());
        let used = self.missing.saturating_add(period.saturating_sub(1)).checked_div(period).unwrap_or(0);
        u64::try_from(used).unwrap_or(u64::MAX)
    }

    pub(super) fn add(&mut self, now: Timestamp, rate: Rate, amount: u64) {
        self.fill(now, rate);
        if !self.lows.is_empty() {
            self.note_low();
        }
        self.missing = self.missing.saturating_add(units(rate, amount));
    }

    pub(super) fn lend(&mut self, now: Timestamp, rate: Rate, amount: u64) {
        if amount == 0 {
            return;
        }
        self.fill(now, rate);
        self.note_low();
        self.missing = self.missing.saturating_add(units(rate, amount));
    }

    pub(super) fn give_back(&mut self, at: Timestamp, now: Timestamp, rate: Rate, amount: u64) {
        self.fill(now, rate);
        // A low at that very time was before it was lent, or something was lent beside it.
        let least = self.lows.iter().find(|(then, _)| *then > at).map_or(self.missing, |(_, low)| *low);
        let back = units(rate, amount).min(least).min(self.missing);
        self.missing = self.missing.saturating_sub(back);
        let mut lows = std::mem::take(&mut self.lows);
        for (then, low) in &mut lows {
            if *then > at {
                *low = low.saturating_sub(back);
            }
        }
        for (then, low) in lows {
            self.push_low(then, low);
        }
    }

    fn note_low(&mut self) {
        self.push_low(self.at, self.missing);
        if self.lows.len() > MOST_LOWS
            && let (Some((_, low)), Some((then, _))) = (self.lows.pop_front(), self.lows.pop_front())
        {
            self.lows.push_front((then, low));
        }
    }

    fn push_low(&mut self, then: Timestamp, low: u128) {
        while self.lows.back().is_some_and(|(_, before)| *before >= low) {
            self.lows.pop_back();
        }
        // At one time the first is the least: more is only missing because of what was lent then.
        if self.lows.back().is_none_or(|(before, _)| *before != then) {
            self.lows.push_back((then, low));
        }
    }

    fn fill(&mut self, now: Timestamp, rate: Rate) {
        if self.period != rate.period {
            // The same units, counted in another period.
            let (old, new) = (u128::from(self.period.as_nanos()), u128::from(rate.period.as_nanos()));
            self.missing = self.missing.checked_div(old).unwrap_or(0).saturating_mul(new);
            self.period = rate.period;
            if !self.lows.is_empty() {
                self.lows = VecDeque::from([(now, 0)]);
            }
        }
        let elapsed = u128::from(now.since(self.at).as_nanos());
        self.missing = self.missing.saturating_sub(elapsed.saturating_mul(u128::from(rate.limit)));
        self.at = now;
    }
}

fn units(rate: Rate, amount: u64) -> u128 {
    u128::from(amount).saturating_mul(u128::from(rate.period.as_nanos()))
}
