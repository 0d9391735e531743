//! Means of independent values with confidence intervals.

use super::special::student_quantile;

/// The mean of independent values, and where the mean of all that could be drawn lies with some confidence:
/// Student's t interval. It supposes values that are about normal, as means and shares over a run are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanInterval {
    /// How many values.
    pub count: u32,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation (with n - 1); 0 for a single one.
    pub deviation: f64,
    /// Half the width of the interval; nothing for a single value, which says nothing about others.
    pub half_width: Option<f64>,
}

impl MeanInterval {
    /// The mean of `values` with an interval of this `confidence`, for example 0.95. `None` without values,
    /// or when one of them is not finite.
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let (first, count) = (*values.first()?, u32::try_from(values.len()).ok()?);
        if values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let n = f64::from(count);
        // Distances from the first: equal values have exactly their mean and no deviation.
        let mean = first + values.iter().map(|value| value - first).sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let degrees = count.saturating_sub(1);
        if degrees == 0 {
            return Some(Self { count, mean, deviation: 0.0, half_width: None });
        }
        let deviation = (squares / f64::from(degrees)).sqrt();
        let half_width = student_quantile(f64::midpoint(1.0, confidence), degrees) * deviation / n.sqrt();
        Some(Self { count, mean, deviation, half_width: Some(half_width) })
    }

    /// Lower end; nothing for a single value.
    pub fn low(&self) -> Option<f64> {
        self.half_width.map(|half| self.mean - half)
    }

    /// Upper end; nothing for a single value.
    pub fn high(&self) -> Option<f64> {
        self.half_width.map(|half| self.mean + half)
    }

    /// Whether the interval holds `value`. A single value excludes nothing.
    pub fn covers(&self, value: f64) -> bool {
        self.half_width.is_none_or(|half| (value - self.mean).abs() <= half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{StreamName, Streams};

    #[test]
    fn a_small_sample_by_hand() {
        // Mean 3, squares 10, variance 10 / 4; t(0.975, 4) = 2.776445.
        let interval = MeanInterval::of(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert!((interval.mean - 3.0).abs() < 1e-15 && (interval.deviation - 2.5_f64.sqrt()).abs() < 1e-15);
        assert!((interval.half_width.unwrap() - 2.776_445_105 * (2.5_f64 / 5.0).sqrt()).abs() < 1e-7);
        assert!(interval.covers(4.9) && !interval.covers(5.0) && interval.covers(1.1));
        assert!(interval.low().unwrap() < 1.1 && interval.high().unwrap() > 4.9);
    }

    #[test]
    fn one_value_and_equal_values() {
        let one = MeanInterval::of(&[7.0], 0.95).unwrap();
        assert_eq!((one.count, one.half_width), (1, None));
        assert!(one.covers(1e9));
        let equal = MeanInterval::of(&[0.1; 7], 0.95).unwrap();
        assert_eq!(equal.mean.to_bits(), 0.1_f64.to_bits());
        assert_eq!((equal.deviation.to_bits(), equal.half_width), (0, Some(0.0)));
        assert!(equal.covers(0.1) && !equal.covers(0.1 + 1e-9));
    }

    #[test]
    fn nothing_and_nonsense_have_no_mean() {
        assert_eq!(MeanInterval::of(&[], 0.95), None);
        assert_eq!(MeanInterval::of(&[1.0, f64::NAN], 0.95), None);
        assert_eq!(MeanInterval::of(&[1.0, f64::INFINITY], 0.95), None);
    }

    #[test]
    fn the_interval_covers_as_often_as_it_says() {
        let mut stream = Streams::new(1).named(StreamName::new("coverage"));
        let covered = (0..4_000)
            .filter(|_| {
                let values: Vec<f64> = (0..5).map(|_| stream.standard_normal()).collect();
                MeanInterval::of(&values, 0.95).unwrap().covers(0.0)
            })
            .count();
        // 3,800 expected, with a standard deviation of 13.8.
        assert!((3_754..=3_846).contains(&covered), "{covered}");
    }
}
