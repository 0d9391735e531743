//! Distribution of durations.

use hdrhistogram::Histogram;

use crate::units::Duration;

/// How often durations of each size occurred, to three significant digits, up to one day.
///
/// Count, sum, smallest and largest are exact; only percentiles are rounded (upwards, by less than 0.1 %
/// and never past the largest). Longer durations count as one day in percentiles. An empty one holds no memory.
#[derive(Clone, Debug, Default)]
pub struct LatencyHistogram {
    /// Absent until the first observation.
    buckets: Option<Box<Histogram<u64>>>,
    count: u64,
    zeros: u64,
    clamped: u64,
    sum_ns: u128,
    min: Option<Duration>,
    max: Duration,
}

const ONE_DAY_NS: u64 = 86_400_000_000_000;
/// Finer differences than this are not kept.
const FINEST_NS: u64 = 1_000;
const SIGNIFICANT_DIGITS: u8 = 3;
/// Percentages are taken in thousandths, so that a rank is an exact integer.
const FULL_PERCENT: u64 = 100_000;

impl LatencyHistogram {
    /// No observations yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one observation.
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        let ns = duration.as_nanos();
        if ns == 0 {
            // By far the commonest wait: counted apart, below every bucket.
            self.zeros = self.zeros.saturating_add(1);
            self.count = self.count.saturating_add(1);
            self.min = Some(duration);
            return;
        }
        self.count = self.count.saturating_add(1);
        self.clamped = self.clamped.saturating_add(u64::from(ns > ONE_DAY_NS));
        self.sum_ns = self.sum_ns.saturating_add(u128::from(ns));
        self.min = Some(self.min.map_or(duration, |min| min.min(duration)));
        self.max = self.max.max(duration);
        if self.buckets.is_none() {
            // The constants above are within the limits of the histogram, so this yields one.
            self.buckets =
                Histogram::new_with_bounds(FINEST_NS, ONE_DAY_NS, SIGNIFICANT_DIGITS).ok().map(Box::new);
        }
        if let Some(buckets) = &mut self.buckets {
            buckets.saturating_record(ns.min(ONE_DAY_NS));
        }
    }

    /// Adds all observations of `other`.
    pub fn merge(&mut self, other: &Self) {
        let Some(min) = other.min else { return };
        self.count = self.count.saturating_add(other.count);
        self.zeros = self.zeros.saturating_add(other.zeros);
        self.clamped = self.clamped.saturating_add(other.clamped);
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.min = Some(self.min.map_or(min, |mine| mine.min(min)));
        self.max = self.max.max(other.max);
        match (&mut self.buckets, &other.buckets) {
            // Both have the same bounds, so adding cannot fail.
            (Some(mine), Some(theirs)) => mine.add(&**theirs).unwrap_or(()),
            (mine @ None, theirs) => mine.clone_from(theirs),
            (Some(_), None) => {}
        }
    }

    /// Number of observations.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many were longer than one day.
    pub const fn clamped(&self) -> u64 {
        self.clamped
    }

    /// Sum of all observations in nanoseconds.
    pub const fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// The shortest; `None` without observations.
    pub const fn min(&self) -> Option<Duration> {
        self.min
    }

    /// The longest; `None` without observations.
    pub fn max(&self) -> Option<Duration> {
        self.min.map(|_| self.max)
    }

    /// The mean, rounded down to a nanosecond; `None` without observations.
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.sum_ns.checked_div(u128::from(self.count))?;
        Some(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
    }

    /// The shortest duration that at least `p` percent of the observations do not exceed, `p` in 0 to 100
    /// by thousandths (values outside act as the nearer end). `None` without observations.
    pub fn percentile(&self, p: f64) -> Option<Duration> {
        let min = self.min?;
        let share = u128::from(thousandths(p));
        let rank = (share * u128::from(self.count)).div_ceil(u128::from(FULL_PERCENT)).max(1);
        if rank >= u128::from(self.count) {
            return Some(self.max);
        }
        let mut seen = u128::from(self.zeros);
        if seen >= rank {
            return Some(Duration::ZERO);
        }
        for step in self.buckets.iter().flat_map(|buckets| buckets.iter_recorded()) {
            seen += u128::from(step.count_since_last_iteration());
            if seen >= rank {
                let value = Duration::from_nanos(step.value_iterated_to());
                return Some(value.clamp(min, self.max));
            }
        }
        Some(self.max)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100000 before")]
fn thousandths(percent: f64) -> u64 {
    (percent * 1000.0).round().clamp(0.0, FULL_PERCENT as f64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(durations: &[u64]) -> LatencyHistogram {
        let mut histogram = LatencyHistogram::new();
        for ns in durations {
            histogram.record(Duration::from_nanos(*ns));
        }
        histogram
    }

    #[test]
    fn nothing_recorded_has_no_statistics() {
        let empty = LatencyHistogram::new();
        assert_eq!((empty.count(), empty.sum_ns(), empty.clamped()), (0, 0, 0));
        assert_eq!([empty.min(), empty.max(), empty.mean(), empty.percentile(50.0)], [None; 4]);
    }

    #[test]
    fn ranks_are_exact() {
        // 1..=1000 ms: p% is the p/100 * 1000-th value. Buckets of 3 digits hold 1 to 1000 ms apart.
        let ms: Vec<u64> = (1..=1000).map(|ms| ms * 1_000_000).collect();
        let histogram = of(&ms);
        for (p, expected_ms) in [(0.0, 1), (0.1, 1), (50.0, 500), (99.0, 990), (99.9, 999), (100.0, 1000)] {
            let got = histogram.percentile(p).unwrap().as_millis_f64();
            assert!((got / f64::from(expected_ms) - 1.0).abs() < 0.001, "p{p}: {got} ms");
        }
        assert_eq!(histogram.mean(), Some(Duration::from_nanos(500_500_000)));
    }

    #[test]
    fn more_than_a_day_is_clamped_and_counted() {
        let histogram = of(&[1, ONE_DAY_NS, ONE_DAY_NS + 1, u64::MAX]);
        assert_eq!(histogram.clamped(), 2);
        assert_eq!(histogram.max(), Some(Duration::from_nanos(u64::MAX)));
        assert_eq!(histogram.sum_ns(), 1 + 2 * u128::from(ONE_DAY_NS) + 1 + u128::from(u64::MAX));
        let p75 = histogram.percentile(75.0).unwrap().as_nanos();
        assert!((ONE_DAY_NS..ONE_DAY_NS + ONE_DAY_NS / 1000).contains(&p75), "{p75}");
    }

    #[test]
    fn odd_percentages_act_as_the_nearer_end() {
        let histogram = of(&[2_000_000, 3_000_000]);
        assert_eq!(histogram.percentile(1e300), histogram.max());
        assert_eq!(histogram.percentile(-1.0), histogram.percentile(0.0));
        assert_eq!(histogram.percentile(f64::NAN), histogram.percentile(0.0));
    }

    proptest! {
        #[test]
        fn agrees_with_sorting(
            mut values in prop::collection::vec(1_000_u64..10_u64.pow(13), 1..200),
            p in 0_u64..=1000,
        ) {
            let histogram = of(&values);
            values.sort_unstable();
            let rank = (u64::try_from(values.len()).unwrap() * p).div_ceil(1000).max(1);
            let exact = values[usize::try_from(rank).unwrap() - 1];
            let got = histogram.percentile(p as f64 / 10.0).unwrap().as_nanos();
            prop_assert!(got >= exact && got - exact <= exact / 1000 + 1_000, "{} for {}", got, exact);
        }

        #[test]
        fn merging_is_recording_both(
            a in prop::collection::vec(any::<u64>(), 0..50),
            b in prop::collection::vec(any::<u64>(), 0..50),
        ) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let both = of(&[a, b].concat());
            prop_assert_eq!(merged.count(), both.count());
            prop_assert_eq!(merged.clamped(), both.clamped());
            prop_assert_eq!(merged.sum_ns(), both.sum_ns());
            prop_assert_eq!((merged.min(), merged.max()), (both.min(), both.max()));
            for p in [0.0, 10.0, 50.0, 99.9] {
                prop_assert_eq!(merged.percentile(p), both.percentile(p));
            }
        }
    }
}
