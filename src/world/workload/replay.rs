//! Replaying a trace: a slice of it, faster or slower, several times, with coarse times spread.
//!
//! Rules
//! - The slice and the length of a round are in the trace's time, the speed applies to what is left.
//! - Requests of one tick of a coarse clock are spread evenly at random over it, from the stream
//!   `trace-ticks` by tick and round, in the order of their rows; never beyond the next tick.
//! - Memory does not grow with rounds: the trace is held once, and the times of one tick.
//!
//! Assumed: a round without an end of its own lasts until one mean gap after its last request.

use std::sync::Arc;

use crate::random::{StreamName, Streams, whole};
use crate::units::{Duration, Timestamp};

use super::{Trace, TraceRow};

/// What of a trace is replayed, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplaySpec {
    /// The trace.
    pub trace: Arc<Trace>,
    /// Where the slice begins, from the first request of the trace on.
    pub from: Duration,
    /// Where it ends (not included); `None`: after the last request.
    pub to: Option<Duration>,
    /// How many times as fast, above 0.
    pub speed: f64,
    /// How often the slice is replayed, at least once.
    pub rounds: u64,
    /// Whether the requests of one tick of a coarse clock are spread over it.
    pub spread: bool,
}

const TICKS: StreamName = StreamName::new("trace-ticks");

impl ReplaySpec {
    /// The whole trace, once, as it is.
    pub const fn whole(trace: Arc<Trace>) -> Self {
        Self { trace, from: Duration::ZERO, to: None, speed: 1.0, rounds: 1, spread: true }
    }

    /// The rows of the slice.
    pub fn rows(&self) -> &[TraceRow] {
        let (from, to) = self.bounds();
        self.trace.rows.get(from..to).unwrap_or_default()
    }

    fn bounds(&self) -> (usize, usize) {
        let place = |limit: Duration| {
            let limit = Timestamp::ZERO.saturating_add(limit);
            self.trace.rows.partition_point(|row| row.at < limit)
        };
        let from = place(self.from);
        (from, self.to.map_or(self.trace.rows.len(), place).max(from))
    }

    /// How long a round lasts, in the trace's time; zero when a single instant is replayed.
    pub fn period(&self) -> Duration {
        if let Some(to) = self.to {
            return to.saturating_sub(self.from);
        }
        let rows = self.rows();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Duration::ZERO };
        let gaps = u64::try_from(rows.len()).unwrap_or(u64::MAX).saturating_sub(1);
        let mean = last.at.since(first.at).as_nanos().checked_div(gaps).unwrap_or(0);
        let after = Duration::from_nanos(mean).max(self.trace.tick.unwrap_or(Duration::ZERO));
        last.at.since(Timestamp::ZERO.saturating_add(self.from)).saturating_add(after)
    }
}

/// A replay under way.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    spec: ReplaySpec,
    streams: Streams,
    first: usize,
    end: usize,
    period: Duration,
    round: u64,
    next: usize,
    /// Times of the requests of the present tick that are still to come, the last one first.
    tick: Vec<u64>,
}

impl Replay {
    pub(super) fn new(spec: &ReplaySpec, streams: Streams) -> Self {
        let (first, end) = spec.bounds();
        let period = spec.period();
        let spec = spec.clone();
        Self { spec, streams, first, end, period, round: 0, next: first, tick: Vec::new() }
    }

    /// The next request and when it comes.
    pub(super) fn next(&mut self) -> Option<(Timestamp, &TraceRow)> {
        if self.next >= self.end {
            self.round = self.round.saturating_add(1);
            self.next = self.first;
        }
        if self.round >= self.spec.rounds || self.first >= self.end {
            return None;
        }
        if self.tick.is_empty() {
            self.begin_tick();
        }
        let row = self.spec.trace.rows.get(self.next)?;
        let at = self.tick.pop().unwrap_or(row.at.as_nanos());
        self.next = self.next.saturating_add(1);
        let within = Timestamp::from_nanos(at).since(Timestamp::ZERO.saturating_add(self.spec.from));
        let at = self.period.saturating_mul(self.round).saturating_add(within);
        Some((Timestamp::ZERO.saturating_add(self.scaled(at)), row))
    }

    /// Draws the times of all requests that share the next one's tick; nothing when the clock was fine.
    fn begin_tick(&mut self) {
        let Some(tick) = self.spec.trace.tick.filter(|_| self.spec.spread) else { return };
        let rows = self.spec.trace.rows.get(self.next..self.end).unwrap_or_default();
        let Some(start) = rows.first().map(|row| row.at) else { return };
        let count = rows.iter().take_while(|row| row.at == start).count();
        let slice_end = Timestamp::ZERO.saturating_add(self.spec.from).saturating_add(self.period);
        let next = rows.get(count).map_or(slice_end, |row| row.at);
        let width = tick.min(next.since(start)).as_nanos();
        let index = u64::try_from(self.next).unwrap_or(u64::MAX);
        let mut stream = self.streams.keyed(TICKS, index, self.round);
        self.tick.extend((0..count).map(|_| start.as_nanos().saturating_add(stream.below(width))));
        self.tick.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// A span of the trace's time in the run's.
    #[expect(clippy::float_cmp, reason = "a speed of one is exact, and keeps times exact")]
    fn scaled(&self, span: Duration) -> Duration {
        if self.spec.speed == 1.0 {
            return span;
        }
        Duration::from_nanos(whole(span.as_nanos() as f64 / self.spec.speed))
    }
}

#[cfg(test)]
mod tests {
    use crate::units::Tokens;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// One request at each of these seconds; its prompt is its number, from 1.
    fn trace(seconds: &[u64], tick: Option<u64>) -> Arc<Trace> {
        let rows = seconds.iter().zip(1..).map(|(second, number)| TraceRow {
            at: Timestamp::from_nanos(second * SECOND),
            prompt_tokens: Tokens(number),
            ..TraceRow::default()
        });
        let tick = tick.map(Duration::from_secs);
        Arc::new(Trace { rows: rows.collect(), tick, ..Trace::default() })
    }

    /// Seconds and numbers of what comes.
    fn played(spec: &ReplaySpec, seed: u64) -> Vec<(f64, u64)> {
        let mut replay = Replay::new(spec, Streams::new(seed));
        let mut all = Vec::new();
        while let Some((at, row)) = replay.next() {
            all.push((at.as_nanos() as f64 / 1e9, row.prompt_tokens.get()));
        }
        all
    }

    #[test]
    fn a_slice_begins_at_zero() {
        let whole = ReplaySpec::whole(trace(&[0, 10, 20, 30], None));
        let (from, to) = (Duration::from_secs(5), Some(Duration::from_secs(30)));
        let slice = ReplaySpec { from, to, ..whole.clone() };
        assert_eq!(played(&slice, 1), [(5.0, 2), (15.0, 3)]);
        assert_eq!(played(&ReplaySpec { speed: 4.0, ..slice.clone() }, 1), [(1.25, 2), (3.75, 3)]);
        assert_eq!(played(&ReplaySpec { from: Duration::from_secs(31), ..whole.clone() }, 1), []);
        assert_eq!(played(&ReplaySpec { from: Duration::from_secs(20), ..slice }, 1), [(0.0, 3)]);
        assert_eq!(played(&ReplaySpec { rounds: 0, ..whole }, 1), []);
    }

    #[test]
    fn rounds_follow_after_a_mean_gap_or_at_the_given_end() {
        let whole = ReplaySpec { rounds: 2, ..ReplaySpec::whole(trace(&[0, 1, 4], None)) };
        // Two gaps in 4 s.
        assert_eq!(played(&whole, 1), [(0.0, 1), (1.0, 2), (4.0, 3), (6.0, 1), (7.0, 2), (10.0, 3)]);
        let slice = ReplaySpec { to: Some(Duration::from_secs(3)), speed: 0.5, ..whole };
        assert_eq!(played(&slice, 1), [(0.0, 1), (2.0, 2), (6.0, 1), (8.0, 2)]);
    }

    #[test]
    fn ticks_are_spread_within_themselves() {
        let coarse = ReplaySpec::whole(trace(&[0, 0, 0, 3, 3, 5, 60], Some(3)));
        let all = played(&ReplaySpec { rounds: 2, ..coarse.clone() }, 1);
        assert!(all.is_sorted_by(|one, next| one.0 <= next.0), "{all:?}");
        assert_eq!(
            all.iter().map(|one| one.1).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7]
        );
        for (range, low, high) in [(0..3, 0.0, 3.0), (3..5, 3.0, 5.0), (5..6, 5.0, 8.0), (6..7, 60.0, 63.0)] {
            assert!(all[range].iter().all(|(at, _)| (low..high).contains(at)), "{all:?}");
        }
        // Another seed, other times; another round too.
        assert_ne!(played(&coarse, 2)[..3], all[..3]);
        assert!((all[7].0 - all[0].0 - (all[8].0 - all[1].0)).abs() > 1e-9);
        let plain = played(&ReplaySpec { spread: false, ..coarse }, 1);
        assert_eq!(plain[..4], [(0.0, 1), (0.0, 2), (0.0, 3), (3.0, 4)]);
    }

    #[test]
    fn spread_times_are_uniform() {
        // 20,000 requests in one tick of 3 s: ten bins, 9 degrees of freedom, below 27.9 in 99.9 % of cases.
        let all = played(
            &ReplaySpec {
                to: Some(Duration::from_secs(3)),
                ..ReplaySpec::whole(trace(&vec![0; 20_000], Some(3)))
            },
            1,
        );
        let mut bins = [0_f64; 10];
        for (at, _) in all {
            bins[usize::try_from(whole(at / 0.3 - 0.5)).unwrap()] += 1.0;
        }
        let chi: f64 = bins.iter().map(|n| (n - 2_000.0) * (n - 2_000.0) / 2_000.0).sum();
        assert!(chi < 27.9, "{bins:?}");
    }
}
