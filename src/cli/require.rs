//! Requirements on a run: `--require 'latency_ms_p99<3000'`, `--require 'client_429<0.1%'`.
//!
//! A requirement is a metric name, a comparison and a number. Metrics of a backend are written
//! `share[openai-eastus]`. `%` turns a number of client requests into a share of arrivals and divides a
//! share by 100; `ms` and `s` go with times. A metric without a value (nothing was measured) misses.

use crate::metrics::MeanInterval;
use crate::report::{CONFIDENCE, Metric, MetricKind, Summary};

/// One requirement, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Requirement {
    text: String,
    metric: String,
    backend: String,
    comparison: Comparison,
    number: f64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    None,
    Percent,
    Milliseconds,
    Seconds,
}

/// Whether a run meets a requirement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// The requirement as written.
    pub requirement: String,
    /// Whether it is met.
    pub is_met: bool,
    /// What was measured, in the unit of the requirement; the mean over replications.
    pub measured: Option<f64>,
    /// In how many of how many replications it is met by itself; nothing for a single run.
    pub met_in: Option<(usize, usize)>,
}

impl Requirement {
    /// Reads a requirement.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let usage = || format!("`{text}` is not `METRIC < NUMBER`, for example `latency_ms_p99<3000`");
        let at = text.find(['<', '>', '=', '!']).ok_or_else(usage)?;
        let (left, right) = text.split_at_checked(at).ok_or_else(usage)?;
        let operators = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            (">", Comparison::More),
        ];
        let found = operators.iter().find_map(|(sign, c)| right.strip_prefix(sign).map(|rest| (*c, rest)));
        let (comparison, right) = found.ok_or_else(usage)?;
        let left = left.trim();
        let (metric, backend) = match left.split_once('[') {
            Some((metric, rest)) => (metric.trim(), rest.strip_suffix(']').ok_or_else(usage)?.trim()),
            None => (left, ""),
        };
        let right = right.trim();
        let units =
            [("%", Unit::Percent), ("ms", Unit::Milliseconds), ("s", Unit::Seconds), ("", Unit::None)];
        let found = units.iter().find_map(|(sign, unit)| right.strip_suffix(sign).map(|rest| (*unit, rest)));
        let (unit, number) = found.ok_or_else(usage)?;
        let number: f64 = number.trim().parse().map_err(|_| usage())?;
        if !number.is_finite() || metric.is_empty() {
            return Err(usage());
        }
        Ok(Self {
            text: text.to_owned(),
            metric: metric.to_owned(),
            backend: backend.to_owned(),
            comparison,
            number,
            unit,
        })
    }

    /// Looks the metric up in `summary` and compares.
    ///
    /// # Errors
    /// The metric does not exist or does not go with the unit: what does, in one line.
    pub(crate) fn check(&self, summary: &Summary) -> Result<Verdict, String> {
        self.check_metrics(&summary.metrics(), summary.requests.arrivals)
    }

    /// Looks the metric up in `metrics` and compares; `arrivals` is what a number of requests is a share of.
    ///
    /// # Errors
    /// As [`Requirement::check`].
    pub(crate) fn check_metrics(&self, metrics: &[Metric], arrivals: u64) -> Result<Verdict, String> {
        let metric = metrics
            .iter()
            .find(|m| m.name == self.metric && m.backend.eq_ignore_ascii_case(&self.backend))
            .ok_or_else(|| self.unknown(metrics))?;
        let scale = match (self.unit, metric.kind) {
            (Unit::Percent, MetricKind::Share) => 100.0,
            (Unit::Percent, MetricKind::Requests) => 100.0 / (arrivals.max(1) as f64),
            (Unit::Seconds, MetricKind::Milliseconds) => 0.001,
            (Unit::None, _) | (Unit::Milliseconds, MetricKind::Milliseconds) => 1.0,
            (Unit::Percent | Unit::Milliseconds | Unit::Seconds, _) => {
                return Err(format!("`{}`: the unit does not go with `{}`", self.text, self.metric));
            }
        };
        let measured = metric.value.map(|value| value * scale);
        let is_met = measured.is_some_and(|value| self.holds(value));
        Ok(Verdict { requirement: self.text.clone(), is_met, measured, met_in: None })
    }

    /// As [`Requirement::check`] over several runs: their mean decides.
    ///
    /// # Errors
    /// As [`Requirement::check`].
    pub(crate) fn check_all(&self, runs: &[Summary]) -> Result<Verdict, String> {
        let each: Vec<Verdict> = runs.iter().map(|summary| self.check(summary)).collect::<Result<_, _>>()?;
        if let [single] = each.as_slice() {
            return Ok(single.clone());
        }
        let met_in = each.iter().filter(|verdict| verdict.is_met).count();
        // A run without a value misses, and so do all of them.
        let values: Option<Vec<f64>> = each.iter().map(|verdict| verdict.measured).collect();
        let measured = values.and_then(|values| MeanInterval::of(&values, CONFIDENCE)).map(|i| i.mean);
        let is_met = measured.is_some_and(|value| self.holds(value));
        Ok(Verdict { requirement: self.text.clone(), is_met, measured, met_in: Some((met_in, runs.len())) })
    }

    #[expect(clippy::float_cmp, reason = "`==` on metrics is for counts, which are exact")]
    fn holds(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::Less => value < self.number,
            Comparison::AtMost => value <= self.number,
            Comparison::More => value > self.number,
            Comparison::AtLeast => value >= self.number,
            Comparison::Equal => value == self.number,
            Comparison::NotEqual => value != self.number,
        }
    }

    fn unknown(&self, metrics: &[Metric]) -> String {
        let same_name: Vec<&str> =
            metrics.iter().filter(|m| m.name == self.metric).map(|m| m.backend.as_str()).collect();
        if let Some(first) = same_name.first() {
            return if first.is_empty() {
                format!("`{}`: `{}` is not a figure of a single backend", self.text, self.metric)
            } else {
                let example = format!("{}[{first}]", self.metric);
                format!(
                    "`{}`: no such backend; write one of {}, for example `{example}`",
                    self.text,
                    same_name.join(", ")
                )
            };
        }
        let closest = metrics
            .iter()
            .map(|m| (strsim::damerau_levenshtein(m.name, &self.metric), m.name))
            .min()
            .map_or("latency_ms_p99", |(_, name)| name);
        format!("`{}`: unknown metric `{}`; did you mean `{closest}`?", self.text, self.metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        let mut summary = crate::cli::test_support::summary();
        summary.requests.arrivals = 1_000;
        summary.requests.answered_2xx = 999;
        summary.requests.answered_otherwise = [(429, 1)].into();
        summary
    }

    fn check(text: &str) -> Result<bool, String> {
        Requirement::parse(text).and_then(|r| r.check(&summary())).map(|v| v.is_met)
    }

    #[test]
    fn compares_in_the_unit_written() {
        for (text, met) in [
            ("client_429<0.1%", false),
            ("client_429<=0.1%", true),
            ("client_429 < 2", true),
            ("client_429==1", true),
            ("client_429!=1", false),
            ("success>=99.9%", true),
            ("success>0.999", false),
            ("latency_ms_p99<3000", true),
            ("latency_ms_p99<3s", true),
            ("latency_ms_p99 > 2500ms", false),
            ("share[B0]>50%", true),
        ] {
            assert_eq!(check(text), Ok(met), "{text}");
        }
    }

    #[test]
    fn the_mean_of_several_runs_decides() {
        let with = |requests: u64| {
            let mut summary = summary();
            summary.requests.answered_otherwise = [(429, requests)].into();
            summary
        };
        let verdict = |text: &str| {
            let requirement = Requirement::parse(text).unwrap();
            requirement.check_all(&[with(1), with(2), with(6)]).unwrap()
        };
        assert_eq!(verdict("client_429<=3").measured, Some(3.0));
        assert_eq!((verdict("client_429<=3").is_met, verdict("client_429<=3").met_in), (true, Some((2, 3))));
        assert!(!verdict("client_429<3").is_met && !verdict("ttft_ms_p99<1e9").is_met);
        let single = Requirement::parse("client_429<3").unwrap().check_all(&[with(1)]).unwrap();
        assert_eq!((single.is_met, single.met_in), (true, None));
    }

    #[test]
    fn a_metric_without_a_value_misses() {
        assert_eq!(check("ttft_ms_p99<1e9"), Ok(false));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, part) in [
            ("latency", "is not `METRIC < NUMBER`"),
            ("latency_ms_p99<fast", "is not `METRIC < NUMBER`"),
            ("latency_ms_p99<NaN", "is not `METRIC < NUMBER`"),
            ("latency_p99<3", "did you mean `latency_ms_p99`"),
            ("latency_ms_p99<3%", "the unit does not go"),
            ("share[nowhere]<1", "no such backend"),
            ("share<1", "no such backend"),
            ("success[b0]<1", "not a figure of a single backend"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
