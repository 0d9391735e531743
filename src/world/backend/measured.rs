//! Times drawn from a measured sample instead of from a distribution with parameters.

use crate::random::{Stream, whole};
use crate::units::Duration;

/// Measured times of one deployment, drawn by the inverse of their distribution function, with straight lines
/// between neighbours: never below the shortest nor above the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredLatency {
    sample: Sample,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Sample {
    /// To the first token, and per token after it; each by itself.
    Split { ttft: Vec<Duration>, tpot: Vec<Duration> },
    /// Whole calls, whatever their tokens.
    Total(Vec<Duration>),
}

impl MeasuredLatency {
    /// Of times to the first token and per further token. `None` if there are none of either.
    pub fn split(mut ttft: Vec<Duration>, mut tpot: Vec<Duration>) -> Option<Self> {
        ttft.sort_unstable();
        tpot.sort_unstable();
        let is_good = !ttft.is_empty() && !tpot.is_empty();
        is_good.then_some(Self { sample: Sample::Split { ttft, tpot } })
    }

    /// Of whole calls. `None` if there are none.
    pub fn total(mut total: Vec<Duration>) -> Option<Self> {
        total.sort_unstable();
        (!total.is_empty()).then_some(Self { sample: Sample::Total(total) })
    }

    /// Draws the time to the first token and the time for `after_first` further ones, in nanoseconds. Two
    /// words. Of whole calls, everything is there with the first token.
    pub(super) fn draw(&self, after_first: f64, stream: &mut Stream) -> (f64, f64) {
        let (first, second) = (stream.uniform_open(), stream.uniform_open());
        match &self.sample {
            Sample::Split { ttft, tpot } => (quantile(ttft, first), after_first * quantile(tpot, second)),
            Sample::Total(total) => (quantile(total, first), 0.0),
        }
    }
}

/// The quantile of a sorted sample, in nanoseconds.
fn quantile(sorted: &[Duration], p: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = p * last as f64;
    let below = usize::try_from(whole(place.floor())).unwrap_or(last).min(last);
    let at = |place: usize| sorted.get(place.min(last)).map_or(0.0, |time| time.as_nanos() as f64);
    let (low, high) = (at(below), at(below.saturating_add(1)));
    low + (high - low) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{StreamName, Streams};

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().map(|ms| Duration::from_millis(*ms)).collect()
    }

    #[test]
    fn quantiles_lie_on_lines_between_neighbours() {
        let sorted = ms(&[10, 20, 40]);
        for (p, expected) in [(0.0, 10.0), (0.25, 15.0), (0.5, 20.0), (0.75, 30.0), (1.0, 40.0)] {
            assert!((quantile(&sorted, p) / 1e6 - expected).abs() < 1e-9, "{p}");
        }
        assert!((quantile(&ms(&[7]), 0.9) / 1e6 - 7.0).abs() < 1e-12);
    }

    #[test]
    fn draws_have_the_distribution_of_the_sample() {
        let split = MeasuredLatency::split(ms(&[300, 100, 200]), ms(&[10, 20])).unwrap();
        let mut stream = Streams::new(3).named(StreamName::new("measured"));
        let draws: Vec<(f64, f64)> = (0..20_000).map(|_| split.draw(100.0, &mut stream)).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| draws.iter().map(of).sum::<f64>() / 20_000.0 / 1e6;
        // Uniform from 100 to 300 ms and from 1,000 to 2,000 ms: deviations of 58 and 289.
        assert!((mean(|d| d.0) - 200.0).abs() < 2.0 && (mean(|d| d.1) - 1_500.0).abs() < 8.0);
        assert!(draws.iter().all(|d| (1e8..=3e8).contains(&d.0) && (1e9..=2e9).contains(&d.1)));
        let total = MeasuredLatency::total(ms(&[50])).unwrap();
        assert_eq!(total.draw(100.0, &mut stream), (5e7, 0.0));
    }

    #[test]
    fn nothing_measured_is_no_sample() {
        assert_eq!(MeasuredLatency::total(Vec::new()), None);
        assert_eq!(MeasuredLatency::split(ms(&[1]), Vec::new()), None);
        assert_eq!(MeasuredLatency::split(Vec::new(), ms(&[1])), None);
    }
}
