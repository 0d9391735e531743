//! Per-interval figures of each backend, kept for the current interval only.
//!
//! A run that goes on for very many intervals gets longer ones: the length doubles after each 65,536, so
//! that an absurdly long run (a day's latency, a nanosecond's interval) still ends with a readable table.

use super::fleet::Life;
use super::observe::{IntervalRecord, Observer};
use crate::backend::Deployment;
use crate::units::{BackendId, Duration, Timestamp, Tokens};

/// Figures of the current interval and of the trips that reach into it.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    interval: Duration,
    start: Timestamp,
    end: Timestamp,
    /// Intervals since the length last changed.
    closed: u32,
    /// When each instance serves.
    lives: Vec<Life>,
    /// What was tripped before this is not in the totals.
    counts_from: Timestamp,
    lanes: Vec<Lane>,
}

/// Intervals of one length.
const INTERVALS_BEFORE_DOUBLING: u32 = 65_536;

#[derive(Clone, Debug, Default)]
struct Lane {
    admitted: u64,
    throttled: u64,
    failed: u64,
    answered: u64,
    counted: Tokens,
    fill_max_permille: u64,
    /// Tripped time of this interval from trips that are over.
    tripped: Duration,
    tripped_total: Duration,
    /// Current or last trip of each instance: from, until.
    trips: Vec<(Timestamp, Timestamp)>,
}

impl Timeline {
    pub(super) fn new(backends: usize, lives: &[Life], interval: Duration) -> Self {
        let trips = vec![(Timestamp::ZERO, Timestamp::ZERO); lives.len()];
        let lane = Lane { trips, ..Lane::default() };
        let interval = interval.max(Duration::from_nanos(1));
        let end = Timestamp::ZERO.saturating_add(interval);
        Self {
            interval,
            start: Timestamp::ZERO,
            end,
            closed: 0,
            lives: lives.to_vec(),
            counts_from: Timestamp::ZERO,
            lanes: vec![lane; backends],
        }
    }

    /// The same with totals that begin at `from`.
    pub(super) fn counting_from(self, from: Timestamp) -> Self {
        Self { counts_from: from, ..self }
    }

    /// Ends all intervals that are over at `now`.
    #[inline]
    pub(super) fn advance<O: Observer>(
        &mut self,
        now: Timestamp,
        deployments: &mut [Deployment],
        observer: &mut O,
    ) {
        while now >= self.end && self.end < Timestamp::MAX {
            self.close(self.end, deployments, observer);
            self.closed += 1;
            if self.closed == INTERVALS_BEFORE_DOUBLING {
                self.closed = 0;
                self.interval = self.interval.saturating_mul(2);
            }
            self.end = self.start.saturating_add(self.interval);
        }
    }

    /// Ends the last interval at `end` of the run, unless it is empty, and gives the whole tripped time
    /// of each backend.
    pub(super) fn finish<O: Observer>(
        &mut self,
        end: Timestamp,
        deployments: &mut [Deployment],
        observer: &mut O,
    ) -> Vec<Duration> {
        self.advance(end, deployments, observer);
        if end > self.start {
            self.close(end, deployments, observer);
        }
        self.lanes.iter().map(|lane| lane.tripped_total).collect()
    }

    #[inline]
    pub(super) fn admitted(&mut self, backend: BackendId, counted: Tokens, fill_permille: u64) {
        if let Some(lane) = self.lanes.get_mut(backend.index()) {
            lane.admitted += 1;
            lane.counted = lane.counted.saturating_add(counted);
            lane.fill_max_permille = lane.fill_max_permille.max(fill_permille);
        }
    }

    pub(super) fn throttled(&mut self, backend: BackendId) {
        if let Some(lane) = self.lanes.get_mut(backend.index()) {
            lane.throttled += 1;
        }
    }

    pub(super) fn failed(&mut self, backend: BackendId) {
        if let Some(lane) = self.lanes.get_mut(backend.index()) {
            lane.failed += 1;
        }
    }

    #[inline]
    pub(super) fn answered(&mut self, backend: BackendId) {
        if let Some(lane) = self.lanes.get_mut(backend.index()) {
            lane.answered += 1;
        }
    }

    pub(super) fn tripped(&mut self, backend: BackendId, instance: u32, from: Timestamp, until: Timestamp) {
        let (start, counts_from) = (self.start, self.counts_from);
        // Nobody is kept away by an instance that gets no calls.
        let end_of_life = self.lives.get(instance as usize).map_or(Timestamp::MAX, |life| life.until);
        let Some(lane) = self.lanes.get_mut(backend.index()) else { return };
        let Some(trip) = lane.trips.get_mut(instance as usize) else { return };
        // A probe that fails trips again before the old end only in name: never count time twice.
        let old_end = trip.1.min(from).min(end_of_life);
        let old_start = trip.0.max(start);
        lane.tripped = lane.tripped.saturating_add(old_end.since(old_start));
        lane.tripped_total = lane.tripped_total.saturating_add(old_end.since(old_start.max(counts_from)));
        *trip = (from, until);
    }

    pub(super) fn extended(&mut self, backend: BackendId, instance: u32, until: Timestamp) {
        let lane = self.lanes.get_mut(backend.index());
        if let Some(trip) = lane.and_then(|l| l.trips.get_mut(instance as usize)) {
            trip.1 = until;
        }
    }

    /// When a backend is tripped in all instances, as far as is known at `now`: from, until. Equal: it is not.
    pub(super) fn out_of_reach(&self, backend: BackendId, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let lane = self.lanes.get(backend.index())?;
        let serving = || self.lives.iter().zip(&lane.trips).filter(|(life, _)| life.serves_at(now));
        let from = serving().map(|(_, (from, _))| *from).max()?.max(now).max(self.counts_from);
        let until = serving().map(|(_, (_, until))| *until).min()?;
        // An instance that is added knows of no trip.
        let added = self.lives.iter().map(|life| life.from).filter(|from| *from > now).min();
        let until = added.map_or(until, |added| until.min(added));
        Some((from, until.max(from)))
    }

    fn close<O: Observer>(&mut self, end: Timestamp, deployments: &mut [Deployment], observer: &mut O) {
        let within = |sum: Duration, life: &Life| sum.saturating_add(life.within(self.start, end));
        let serving = self.lives.iter().fold(Duration::ZERO, within);
        for ((lane, deployment), id) in self.lanes.iter_mut().zip(deployments).zip(0u16..) {
            let mut tripped = lane.tripped;
            for ((from, until), life) in lane.trips.iter().zip(&self.lives) {
                let (from, until) = ((*from).max(self.start), (*until).min(end).min(life.until));
                tripped = tripped.saturating_add(until.since(from));
                let counted = until.since(from.max(self.counts_from));
                lane.tripped_total = lane.tripped_total.saturating_add(counted);
            }
            observer.interval(&IntervalRecord {
                start: self.start,
                length: end.since(self.start),
                backend: BackendId(id),
                admitted: lane.admitted,
                throttled: lane.throttled,
                failed: lane.failed,
                answered: lane.answered,
                counted: lane.counted,
                fill_max_permille: lane.fill_max_permille,
                tripped,
                serving,
            });
            let trips = std::mem::take(&mut lane.trips);
            let tripped_total = lane.tripped_total;
            // What is in the window now is in the next interval's window when it begins.
            let fill_max_permille = deployment.fill_permille(end);
            *lane = Lane { fill_max_permille, tripped_total, trips, ..Lane::default() };
        }
        self.start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fleet::FleetSpec;
    use crate::sim::observe::{RequestRecord, TripRecord};

    #[derive(Default)]
    struct Tripped(Vec<u64>);

    impl Observer for Tripped {
        const WANTS_STEPS: bool = false;
        fn request(&mut self, _: &RequestRecord<'_>) {}
        fn interval(&mut self, record: &IntervalRecord) {
            self.0.push(record.tripped.as_nanos());
        }
        fn trip(&mut self, _: &TripRecord) {}
    }

    fn at(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    #[test]
    fn very_many_intervals_get_longer() {
        let spec = crate::sim::test_support::deployment("b");
        let mut deployments = vec![Deployment::new(spec, &crate::semantics::Semantics::default())];
        let mut timeline = Timeline::new(1, &FleetSpec::constant(1).lives(), Duration::from_nanos(1));
        let mut seen = Tripped::default();
        timeline.finish(at(65_536 * 3 + 4), &mut deployments, &mut seen);
        // 65,536 of 1 ns, 65,536 of 2 ns, one of 4 ns.
        assert_eq!(seen.0.len(), 65_536 * 2 + 1);
    }

    #[test]
    fn tripped_time_is_cut_at_interval_ends_and_summed_over_instances() {
        let spec = crate::sim::test_support::deployment("b");
        let mut deployments = vec![Deployment::new(spec, &crate::semantics::Semantics::default())];
        let mut timeline = Timeline::new(1, &FleetSpec::constant(2).lives(), Duration::from_nanos(10));
        let mut seen = Tripped::default();
        timeline.tripped(BackendId(0), 0, at(4), at(23));
        timeline.tripped(BackendId(0), 1, at(8), at(9));
        timeline.tripped(BackendId(0), 1, at(9), at(12));
        timeline.advance(at(21), &mut deployments, &mut seen);
        let total = timeline.finish(at(25), &mut deployments, &mut seen);
        // instance 0: 4..10, 10..20, 20..23; instance 1: 8..10, 10..12
        assert_eq!(seen.0, [6 + 2, 10 + 2, 3]);
        assert_eq!(total, [Duration::from_nanos(23)]);
    }

    #[test]
    fn totals_leave_the_warm_up_out_and_intervals_do_not() {
        let spec = crate::sim::test_support::deployment("b");
        let mut deployments = vec![Deployment::new(spec, &crate::semantics::Semantics::default())];
        let mut timeline =
            Timeline::new(1, &FleetSpec::constant(1).lives(), Duration::from_nanos(10)).counting_from(at(8));
        let mut seen = Tripped::default();
        timeline.tripped(BackendId(0), 0, at(1), at(3));
        timeline.tripped(BackendId(0), 0, at(5), at(9));
        timeline.tripped(BackendId(0), 0, at(9), at(12));
        let total = timeline.finish(at(20), &mut deployments, &mut seen);
        assert_eq!(seen.0, [2 + 4 + 1, 2]);
        // 8..9, 9..10 and 10..12.
        assert_eq!(total, [Duration::from_nanos(4)]);
    }
}
