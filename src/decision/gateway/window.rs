//! The statistic behind a breaker rule: which completed calls of the failure interval count.
//!
//! Rules
//! - Sliding: calls in `(now - interval, now]`. A call exactly one interval old has left.
//! - Tumbling from the first failure: the window begins with the first call that is kept (a failure, or any call
//!   where a percentage counts) and lasts one interval; the next begins with the first one after that.
//! - Tumbling by epoch: windows begin at multiples of the interval since run start.
//! - Only as much is remembered as the rule can need: for a count of n the newest n failures, for a
//!   percentage all calls of the window.

use std::collections::VecDeque;

use super::relative::earlier;
use super::seeded::{Fault, seeded};
use super::spec::Threshold;
use crate::semantics::BreakerWindow;
use crate::units::{Duration, Timestamp};

/// Completed calls that still count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct FailureWindow {
    calls: VecDeque<Call>,
    failures: u32,
    began: Timestamp,
}

/// A completed call that still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// When it was completed.
    pub at: Timestamp,
    /// Whether it failed.
    pub failed: bool,
    /// The Retry-After of a failure, if the rule accepts one.
    pub retry_after: Option<Duration>,
}

/// What the window holds after a call was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// Failures in the window.
    pub(super) failures: u32,
    /// Completed calls in the window; equals `failures` for a count rule, which does not keep others.
    pub(super) calls: u32,
}

impl FailureWindow {
    /// Records a completed call and says what counts now.
    pub(super) fn record(
        &mut self,
        now: Timestamp,
        failed: bool,
        retry_after: Option<Duration>,
        threshold: Threshold,
        interval: Duration,
        kind: BreakerWindow,
    ) -> Tally {
        self.expire(now, interval, kind);
        if seeded(Fault::FailuresForgotten) {
            self.clear();
        }
        let keep = failed || matches!(threshold, Threshold::Percentage(_));
        if keep {
            if self.calls.is_empty() {
                self.began = window_start(now, interval, kind);
            }
            self.calls.push_back(Call { at: now, failed, retry_after });
            if failed {
                self.failures = self.failures.saturating_add(1);
            }
        }
        if let Threshold::Count(count) = threshold {
            while self.calls.len() > count.max(1) as usize {
                self.drop_oldest();
            }
        }
        Tally { failures: self.failures, calls: u32::try_from(self.calls.len()).unwrap_or(u32::MAX) }
    }

    /// What is kept, the oldest first.
    pub(super) fn calls(&self) -> impl Iterator<Item = Call> {
        self.calls.iter().copied()
    }

    /// The largest Retry-After among the counted failures.
    pub(super) fn longest_retry_after(&self) -> Option<Duration> {
        self.calls.iter().filter(|c| c.failed).filter_map(|c| c.retry_after).max()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.calls.clear();
        self.failures = 0;
        self.began = Timestamp::ZERO;
    }

    /// Sets the clock back.
    pub(super) fn set_back(&mut self, by: Duration) {
        for call in &mut self.calls {
            call.at = earlier(call.at, by);
        }
        self.began = earlier(self.began, by);
    }

    /// Forgets calls when all are so old that no kind of window holds any.
    pub(super) fn forget(&mut self, interval: Duration, now: Timestamp) {
        if self.calls.back().is_some_and(|newest| now.since(newest.at) >= interval) {
            self.clear();
        }
    }

    /// When each call that counts leaves a sliding window.
    pub(super) fn ends(&self, interval: Duration) -> impl Iterator<Item = Timestamp> {
        self.calls.iter().map(move |call| call.at.saturating_add(interval))
    }

    fn expire(&mut self, now: Timestamp, mut interval: Duration, kind: BreakerWindow) {
        let moment = Duration::from_nanos(1);
        if seeded(Fault::WindowNeverEnds) {
            interval = Duration::from_nanos(u64::MAX);
        } else if seeded(Fault::WindowEdgeKept) {
            interval = interval.saturating_add(moment);
        } else if seeded(Fault::WindowEdgeLost) {
            interval = interval.saturating_sub(moment);
        }
        match kind {
            BreakerWindow::Sliding => {
                while self.calls.front().is_some_and(|c| now.since(c.at) >= interval) {
                    self.drop_oldest();
                }
            }
            BreakerWindow::TumblingFirstFailure => {
                if !self.calls.is_empty() && now.since(self.began) >= interval {
                    self.clear();
                }
            }
            BreakerWindow::TumblingEpoch => {
                if !self.calls.is_empty() && window_start(now, interval, kind) != self.began {
                    self.clear();
                }
            }
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.calls.pop_front()
            && oldest.failed
        {
            self.failures = self.failures.saturating_sub(1);
        }
    }
}

fn window_start(now: Timestamp, interval: Duration, kind: BreakerWindow) -> Timestamp {
    match kind {
        BreakerWindow::Sliding => Timestamp::ZERO,
        BreakerWindow::TumblingFirstFailure => now,
        BreakerWindow::TumblingEpoch => {
            let into = now.as_nanos().checked_rem(interval.as_nanos()).unwrap_or(0);
            now.saturating_sub(Duration::from_nanos(into))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    fn fail(window: &mut FailureWindow, nanos: u64, count: u32, kind: BreakerWindow) -> u32 {
        window.record(at(nanos), true, None, Threshold::Count(count), MINUTE, kind).failures
    }

    #[test]
    fn a_failure_exactly_one_interval_old_has_left_the_sliding_window() {
        let mut window = FailureWindow::default();
        fail(&mut window, 0, 3, BreakerWindow::Sliding);
        let mut younger = window.clone();
        assert_eq!(fail(&mut window, MINUTE.as_nanos(), 3, BreakerWindow::Sliding), 1);
        assert_eq!(fail(&mut younger, MINUTE.as_nanos() - 1, 3, BreakerWindow::Sliding), 2);
    }

    #[test]
    fn tumbling_windows_begin_where_they_say() {
        let s = 1_000_000_000;
        let mut first = FailureWindow::default();
        fail(&mut first, 50 * s, 9, BreakerWindow::TumblingFirstFailure);
        assert_eq!(fail(&mut first, 109 * s, 9, BreakerWindow::TumblingFirstFailure), 2);
        assert_eq!(fail(&mut first, 110 * s, 9, BreakerWindow::TumblingFirstFailure), 1);
        let mut epoch = FailureWindow::default();
        fail(&mut epoch, 50 * s, 9, BreakerWindow::TumblingEpoch);
        assert_eq!(fail(&mut epoch, 59 * s, 9, BreakerWindow::TumblingEpoch), 2);
        assert_eq!(fail(&mut epoch, 60 * s, 9, BreakerWindow::TumblingEpoch), 1);
    }

    #[test]
    fn percentages_count_all_calls() {
        let mut window = FailureWindow::default();
        let rule = Threshold::Percentage(50);
        for second in 0..4 {
            window.record(
                at(second * 1_000_000_000),
                second == 3,
                None,
                rule,
                MINUTE,
                BreakerWindow::Sliding,
            );
        }
        let tally = window.record(at(61_000_000_000), true, None, rule, MINUTE, BreakerWindow::Sliding);
        assert_eq!(tally, Tally { failures: 2, calls: 3 });
    }

    proptest! {
        /// The naive reference: keep everything, count what is younger than the interval.
        #[test]
        fn sliding_agrees_with_the_naive_count(
            gaps in prop::collection::vec((0u64..40, any::<bool>()), 1..60),
            count in 1u32..6,
        ) {
            let mut window = FailureWindow::default();
            let mut log: Vec<u64> = Vec::new();
            let mut now = 0u64;
            for (gap, failed) in gaps {
                now += gap * 1_000_000_000;
                if failed {
                    log.push(now);
                }
                let naive = log.iter().filter(|t| now - **t < MINUTE.as_nanos()).count();
                let tally = window.record(
                    at(now), failed, None, Threshold::Count(count), MINUTE, BreakerWindow::Sliding,
                );
                prop_assert_eq!(tally.failures >= count, naive >= count as usize);
                prop_assert!(window.calls.len() <= count as usize);
            }
        }

        /// Windows by the clock: those of the same minute. Windows that begin with a failure: one minute from there.
        #[test]
        fn tumbling_agrees_with_the_naive_count(
            gaps in prop::collection::vec((0u64..40, any::<bool>()), 1..60),
            percent in 1u8..=100,
        ) {
            let kinds = [BreakerWindow::TumblingEpoch, BreakerWindow::TumblingFirstFailure];
            for kind in kinds {
                let mut window = FailureWindow::default();
                let mut log: Vec<(u64, bool)> = Vec::new();
                let mut now = 0u64;
                for (gap, failed) in &gaps {
                    now += gap;
                    log.push((now, *failed));
                    let began = match kind {
                        BreakerWindow::TumblingEpoch => now / 60 * 60,
                        _ => log.iter().fold(0, |began, (at, _)| {
                            if *at == log[0].0 || *at >= began + 60 { *at } else { began }
                        }),
                    };
                    let inside: Vec<bool> =
                        log.iter().filter(|(at, _)| *at >= began).map(|(_, failed)| *failed).collect();
                    let tally = window.record(
                        at(now * 1_000_000_000), *failed, None, Threshold::Percentage(percent), MINUTE, kind,
                    );
                    prop_assert_eq!(tally.calls as usize, inside.len(), "{:?} at {}", kind, now);
                    prop_assert_eq!(tally.failures as usize, inside.iter().filter(|failed| **failed).count());
                }
            }
        }
    }
}
