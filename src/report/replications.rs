//! A run repeated with other seeds: means with 95 % intervals, and differences between variants.
//!
//! Replications of all variants have the same seeds, so that run k of one variant saw the same traffic as run
//! k of another; their differences are taken run by run, where what the traffic does to both is gone.

use serde::{Deserialize, Serialize};

use super::{Metric, MetricKind};
use crate::metrics::MeanInterval;

/// Confidence of all intervals in reports.
pub const CONFIDENCE: f64 = 0.95;

/// The same variant under several seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Replications {
    /// Name of the variant.
    pub variant: String,
    /// The master seed of each run.
    pub seeds: Vec<u64>,
    /// The figures of each run; all runs have the same figures in the same order.
    pub runs: Vec<Vec<Metric>>,
    /// [`RunStamp::column`](super::RunStamp::column) of the first run.
    pub run: String,
}

/// One figure over all replications that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// [`Metric::name`].
    pub name: &'static str,
    /// [`Metric::backend`].
    pub backend: String,
    /// [`Metric::kind`].
    pub kind: MetricKind,
    /// Nothing when no run has a value.
    pub interval: Option<MeanInterval>,
}

/// A row of `replications.csv`: one figure of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicationRow {
    /// Number of the run, from 1.
    pub replication: u32,
    /// Its master seed.
    pub seed: u64,
    /// [`Metric::name`].
    pub metric: String,
    /// [`Metric::backend`].
    pub backend: String,
    /// [`Metric::value`].
    pub value: Option<f64>,
    /// [`RunStamp::column`](super::RunStamp::column) of the first run.
    pub run: String,
}

/// A row of `intervals.csv`: one figure over all replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalRow {
    /// [`Metric::name`].
    pub metric: String,
    /// [`Metric::backend`].
    pub backend: String,
    /// How many runs have a value.
    pub replications: u32,
    /// Mean of their values.
    pub mean: Option<f64>,
    /// Lower end of the 95 % interval of the mean.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Standard deviation from run to run.
    pub deviation: Option<f64>,
    /// [`RunStamp::column`](super::RunStamp::column) of the first run.
    pub run: String,
}

/// A row of `comparison.csv` when there are replications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicatedRow {
    /// Variant, in the order of the scenario.
    pub variant: String,
    /// [`Metric::name`].
    pub metric: String,
    /// [`Metric::backend`].
    pub backend: String,
    /// Mean over the replications.
    pub value: Option<f64>,
    /// How many runs have a value.
    pub replications: u32,
    /// Lower end of the 95 % interval of the mean.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Mean difference to the first variant, run by run; empty for the first.
    pub difference: Option<f64>,
    /// Lower end of its 95 % interval.
    pub difference_low: Option<f64>,
    /// Upper end.
    pub difference_high: Option<f64>,
    /// [`RunStamp::column`](super::RunStamp::column) of the first run.
    pub run: String,
}

impl Replications {
    /// Each figure over all runs.
    pub fn figures(&self) -> Vec<Figure> {
        let first = self.runs.first().map(Vec::as_slice).unwrap_or_default();
        first
            .iter()
            .enumerate()
            .map(|(at, metric)| {
                let values: Vec<f64> =
                    self.runs.iter().filter_map(|run| run.get(at).and_then(|m| m.value)).collect();
                figure(metric, &values)
            })
            .collect()
    }

    /// How each figure differs from that of `base`, run by run; runs where one of the two has no value do
    /// not count. Figures that `base` does not have are left out.
    pub fn against(&self, base: &Self) -> Vec<Figure> {
        let first = self.runs.first().map(Vec::as_slice).unwrap_or_default();
        let mut figures = Vec::new();
        for (at, metric) in first.iter().enumerate() {
            let same = |m: &Metric| m.name == metric.name && m.backend == metric.backend;
            let Some(there) = base.runs.first().and_then(|run| run.iter().position(same)) else { continue };
            let differences: Vec<f64> = self
                .runs
                .iter()
                .zip(&base.runs)
                .filter_map(|(run, other)| Some(run.get(at)?.value? - other.get(there)?.value?))
                .collect();
            figures.push(figure(metric, &differences));
        }
        figures
    }

    /// The rows of `replications.csv`.
    pub fn rows(&self) -> Vec<ReplicationRow> {
        let runs = (1_u32..).zip(&self.seeds).zip(&self.runs);
        runs.flat_map(|((replication, seed), metrics)| {
            metrics.iter().map(move |metric| ReplicationRow {
                replication,
                seed: *seed,
                metric: metric.name.to_owned(),
                backend: metric.backend.clone(),
                value: metric.value,
                run: self.run.clone(),
            })
        })
        .collect()
    }

    /// The rows of `intervals.csv`.
    pub fn interval_rows(&self) -> Vec<IntervalRow> {
        let row = |figure: Figure| IntervalRow {
            metric: figure.name.to_owned(),
            replications: figure.count(),
            mean: figure.interval.map(|i| i.mean),
            low: figure.interval.and_then(|i| i.low()),
            high: figure.interval.and_then(|i| i.high()),
            deviation: figure.interval.map(|i| i.deviation),
            backend: figure.backend,
            run: self.run.clone(),
        };
        self.figures().into_iter().map(row).collect()
    }

    /// The rows of `comparison.csv` that this variant brings; `base` is the first variant, or nothing when
    /// this is it.
    pub fn comparison_rows(&self, base: Option<&Self>) -> Vec<ReplicatedRow> {
        let differences = base.map(|base| self.against(base)).unwrap_or_default();
        let row = |figure: Figure| {
            let same = |f: &&Figure| f.name == figure.name && f.backend == figure.backend;
            let difference = differences.iter().find(same).and_then(|f| f.interval);
            ReplicatedRow {
                variant: self.variant.clone(),
                metric: figure.name.to_owned(),
                value: figure.interval.map(|i| i.mean),
                replications: figure.count(),
                low: figure.interval.and_then(|i| i.low()),
                high: figure.interval.and_then(|i| i.high()),
                difference: difference.map(|i| i.mean),
                difference_low: difference.and_then(|i| i.low()),
                difference_high: difference.and_then(|i| i.high()),
                backend: figure.backend,
                run: self.run.clone(),
            }
        };
        self.figures().into_iter().map(row).collect()
    }
}

impl Figure {
    fn count(&self) -> u32 {
        self.interval.map_or(0, |interval| interval.count)
    }
}

fn figure(metric: &Metric, values: &[f64]) -> Figure {
    Figure {
        name: metric.name,
        backend: metric.backend.clone(),
        kind: metric.kind,
        interval: MeanInterval::of(values, CONFIDENCE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replications(variant: &str, name: &'static str, values: &[Option<f64>]) -> Replications {
        let metric = |value: &Option<f64>| Metric {
            name,
            backend: String::new(),
            value: *value,
            kind: MetricKind::Milliseconds,
        };
        Replications {
            variant: variant.to_owned(),
            seeds: (1..=values.len() as u64).collect(),
            runs: values.iter().map(|value| vec![metric(value)]).collect(),
            run: "r".to_owned(),
        }
    }

    #[test]
    fn differences_are_taken_run_by_run() {
        // The runs differ a lot from each other, the variants hardly: what both share is gone.
        let base = replications("a", "m", &[Some(100.0), Some(500.0), Some(900.0)]);
        let other = replications("b", "m", &[Some(101.0), Some(503.0), Some(902.0)]);
        let difference = other.against(&base)[0].interval.unwrap();
        assert!((difference.mean - 2.0).abs() < 1e-12 && (difference.deviation - 1.0).abs() < 1e-12);
        assert!(!difference.covers(10.0) && other.figures()[0].interval.unwrap().covers(600.0));
        let rows = other.comparison_rows(Some(&base));
        assert_eq!((rows[0].value, rows[0].difference), (Some(502.0), Some(2.0)));
        assert_eq!(base.comparison_rows(None)[0].difference, None);
    }

    #[test]
    fn runs_without_a_value_do_not_count() {
        let base = replications("a", "m", &[Some(1.0), None, Some(3.0)]);
        let other = replications("b", "m", &[Some(2.0), Some(9.0), None]);
        assert_eq!(other.against(&base)[0].interval.unwrap().count, 1);
        assert_eq!(base.interval_rows()[0].replications, 2);
        let nothing = replications("c", "m", &[None, None]);
        assert_eq!(nothing.interval_rows()[0].mean, None);
        let rows = nothing.rows();
        assert_eq!((rows.len(), rows[1].replication, rows[1].seed), (2, 2, 2));
    }

    #[test]
    fn figures_that_the_base_lacks_have_no_difference() {
        let base = replications("a", "m", &[Some(1.0)]);
        let other = replications("b", "n", &[Some(2.0)]);
        assert_eq!(other.against(&base), []);
        assert_eq!(other.comparison_rows(Some(&base))[0].difference, None);
    }
}
