//! When something that is on for a while goes on and off.

use super::spec::{FaultKind, FaultSpec, FaultTimes};
use crate::random::{Stream, whole};
use crate::units::{Duration, Timestamp};

/// Goes from change to change.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    /// Whether it is on at all.
    pub(super) is_on: bool,
    /// Whether it acts: while flapping, only in part of the time that it is on.
    pub(super) acts: bool,
    /// The next change; [`Timestamp::MAX`]: none.
    pub(super) change_at: Timestamp,
    pace: Pace,
    until: Timestamp,
}

#[derive(Clone, Debug)]
enum Pace {
    Once,
    Flapping { period: Duration, down: Duration, next_period: Timestamp },
    Random { mtbf: Duration, mttr: Duration, stream: Box<Stream> },
}

impl Clock {
    pub(super) fn of(fault: &FaultSpec, stream: Stream) -> Self {
        match (fault.times, &fault.kind) {
            (FaultTimes::Window { from, until }, FaultKind::Flapping { period, down, .. }) => {
                let pace = Pace::Flapping { period: *period, down: *down, next_period: from };
                Self { is_on: false, acts: false, change_at: from, pace, until }
            }
            (FaultTimes::Window { from, until }, _) => {
                Self { is_on: false, acts: false, change_at: from, pace: Pace::Once, until }
            }
            (FaultTimes::Random { from, until, mtbf, mttr }, _) => {
                Self::random(from, until, mtbf, mttr, stream)
            }
        }
    }

    /// On for `mttr` in the mean, after `mtbf` in the mean, again and again.
    pub(super) fn random(
        from: Timestamp,
        until: Timestamp,
        mtbf: Duration,
        mttr: Duration,
        stream: Stream,
    ) -> Self {
        let pace = Pace::Random { mtbf, mttr, stream: Box::new(stream) };
        let mut clock = Self { is_on: false, acts: false, change_at: from, pace, until };
        clock.change_at = clock.draw(from);
        clock
    }

    /// Makes the change that is due.
    pub(super) fn step(&mut self) {
        let at = self.change_at;
        if at >= self.until {
            self.end();
            return;
        }
        match &mut self.pace {
            Pace::Once => {
                (self.is_on, self.acts) = (true, true);
                self.change_at = self.until;
            }
            Pace::Flapping { period, down, next_period } => {
                self.is_on = true;
                self.acts = at >= *next_period;
                let change_at = if self.acts {
                    let up_at = at.saturating_add(*down);
                    *next_period = at.saturating_add(*period);
                    up_at
                } else {
                    *next_period
                };
                self.change_at = change_at.min(self.until);
            }
            Pace::Random { .. } => {
                self.is_on = !self.is_on;
                self.acts = self.is_on;
                self.change_at = self.draw(at);
            }
        }
    }

    /// Never on again.
    pub(super) fn end(&mut self) {
        (self.is_on, self.acts) = (false, false);
        self.change_at = Timestamp::MAX;
    }

    /// When it next begins to act; [`Timestamp::MAX`] when it acts already or will not any more.
    pub(super) fn acts_from(&self) -> Timestamp {
        if self.acts || self.change_at >= self.until { Timestamp::MAX } else { self.change_at }
    }

    fn draw(&mut self, at: Timestamp) -> Timestamp {
        let Pace::Random { mtbf, mttr, stream } = &mut self.pace else { return Timestamp::MAX };
        let mean = if self.is_on { *mttr } else { *mtbf };
        let time = whole(stream.exponential(mean.as_nanos() as f64)).max(1);
        at.saturating_add(Duration::from_nanos(time)).min(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::{Loss, LossKind};
    use super::*;
    use crate::random::{StreamName, Streams};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    fn clock(kind: FaultKind, times: FaultTimes) -> Clock {
        let spec = FaultSpec { name: "f".into(), targets: Vec::new(), kind, times };
        Clock::of(&spec, Streams::new(1).named(StreamName::new("f")))
    }

    /// Second of each change, and what it acts from there.
    fn changes(mut clock: Clock, most: usize) -> Vec<(u64, bool)> {
        let mut seen = Vec::new();
        while clock.change_at < Timestamp::MAX && seen.len() < most {
            let second = clock.change_at.since(Timestamp::ZERO).as_secs_ceil();
            clock.step();
            seen.push((second, clock.acts));
        }
        seen
    }

    #[test]
    fn a_window_goes_on_and_off_once() {
        let window = FaultTimes::Window { from: at(10), until: at(30) };
        assert_eq!(changes(clock(FaultKind::BlackHole, window), 9), [(10, true), (30, false)]);
        let open = FaultTimes::Window { from: at(0), until: Timestamp::MAX };
        assert_eq!(changes(clock(FaultKind::BlackHole, open), 9), [(0, true)]);
    }

    #[test]
    fn flapping_is_down_first_in_each_period() {
        let (period, down) = (Duration::from_secs(10), Duration::from_secs(4));
        let loss = Loss { how: LossKind::Refused, after: None };
        let kind = FaultKind::Flapping { loss, period, down };
        let mut flapping = clock(kind, FaultTimes::Window { from: at(5), until: at(27) });
        assert_eq!(flapping.acts_from(), at(5));
        assert_eq!(
            changes(flapping.clone(), 9),
            [(5, true), (9, false), (15, true), (19, false), (25, true), (27, false)]
        );
        flapping.step();
        assert_eq!(flapping.acts_from(), Timestamp::MAX, "it acts");
        flapping.step();
        assert!(flapping.is_on && !flapping.acts);
        assert_eq!(flapping.acts_from(), at(15));
    }

    #[test]
    fn chance_keeps_its_means() {
        let (mtbf, mttr) = (Duration::from_secs(90), Duration::from_secs(10));
        let times = FaultTimes::Random { from: at(0), until: Timestamp::MAX, mtbf, mttr };
        let seen = changes(clock(FaultKind::BlackHole, times), 20_000);
        // 10,000 cycles of 100 s: the standard deviation of the sum is 100 * sqrt(90^2 + 10^2) s, about 0.9 %.
        let end = seen.last().unwrap().0;
        assert!((970_000..1_030_000).contains(&end), "{end}");
        let on: u64 = seen.chunks(2).map(|pair| pair[1].0 - pair[0].0).sum();
        assert!((96_000..104_000).contains(&on), "{on}");
    }

    #[test]
    fn chance_ends_with_its_window() {
        let (mtbf, mttr) = (Duration::from_secs(1), Duration::from_secs(1));
        let times = FaultTimes::Random { from: at(100), until: at(110), mtbf, mttr };
        let seen = changes(clock(FaultKind::BlackHole, times), 1_000);
        assert!(seen.len() < 100 && seen[0].0 >= 100, "{seen:?}");
        assert_eq!(*seen.last().unwrap(), (110, false));
    }
}
