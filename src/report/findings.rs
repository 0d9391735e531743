//! What replications say about two variants, in plain sentences.

use super::{Figure, MetricKind, Replications};

/// One sentence about a figure of a variant against that of the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The figure's difference.
    pub figure: Figure,
    /// What the difference says.
    pub verdict: Verdict,
    /// The sentence, without a full stop.
    pub sentence: String,
}

/// What a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The variant is better than the first.
    Better,
    /// It is worse.
    Worse,
    /// It is different, and which is better depends on what one wants.
    Different,
    /// The interval holds 0: nothing can be told apart.
    Open,
    /// Each run has the same value in both.
    Same,
}

impl Verdict {
    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Different => "different",
            Self::Open => "cannot be told apart",
            Self::Same => "same",
        }
    }
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Good {
    More,
    Less,
    Neither,
}

/// The figures that reports tell first: name, what people call it, and which direction is good.
const HEADLINES: &[(&str, &str, Good)] = &[
    ("success", "success", Good::More),
    ("refused", "refused", Good::Less),
    ("latency_ms_p50", "latency p50", Good::Less),
    ("latency_ms_p95", "latency p95", Good::Less),
    ("latency_ms_p99", "latency p99", Good::Less),
    ("payg_tokens", "pay-as-you-go tokens", Good::Less),
    ("share", "share", Good::Neither),
];

/// What people call a figure that reports tell first; nothing for the others.
pub fn headline(figure: &Figure) -> Option<String> {
    let (_, label, _) = HEADLINES.iter().find(|(name, _, _)| *name == figure.name)?;
    Some(if figure.backend.is_empty() {
        (*label).to_owned()
    } else {
        format!("{label} of {}", figure.backend)
    })
}

/// The figures that reports tell first, in their order.
pub fn headlines(figures: &[Figure]) -> Vec<&Figure> {
    HEADLINES.iter().flat_map(|(name, _, _)| figures.iter().filter(move |f| f.name == *name)).collect()
}

/// What the replications say about `variant` against `base`: a sentence for each headline figure.
pub fn findings(base: &Replications, variant: &Replications) -> Vec<Finding> {
    let differences = variant.against(base);
    let told = headlines(&differences).into_iter().filter_map(|figure| {
        let interval = figure.interval?;
        let label = headline(figure)?;
        let (_, _, good) = HEADLINES.iter().find(|(name, _, _)| *name == figure.name)?;
        let verdict = match interval.half_width {
            Some(half) if half <= 0.0 && interval.mean.abs() <= 0.0 => Verdict::Same,
            Some(_) if !interval.covers(0.0) => match (good, interval.mean > 0.0) {
                (Good::Neither, _) => Verdict::Different,
                (Good::More, true) | (Good::Less, false) => Verdict::Better,
                (Good::More, false) | (Good::Less, true) => Verdict::Worse,
            },
            Some(_) | None => Verdict::Open,
        };
        let sentence = sentence(&label, verdict, figure, base, variant)?;
        Some(Finding { figure: figure.clone(), verdict, sentence })
    });
    told.collect()
}

fn sentence(
    label: &str,
    verdict: Verdict,
    figure: &Figure,
    base: &Replications,
    variant: &Replications,
) -> Option<String> {
    let interval = figure.interval?;
    let name = &variant.variant;
    let scale = Scale::of(figure);
    let apart = |low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => format!(", 95 % interval {} to {}", scale.number(low), scale.number(high)),
        _ => ", from a single pair of runs".to_owned(),
    };
    let amount = scale.amount(interval.mean.abs());
    // The ends turn with the sign: "worse by 3, 2 to 4".
    let sized = if interval.mean < 0.0 {
        apart(interval.high().map(f64::abs), interval.low().map(f64::abs))
    } else {
        apart(interval.low(), interval.high())
    };
    Some(match verdict {
        Verdict::Better => format!("{label}: {name} is better by {amount}{sized}"),
        Verdict::Worse => format!("{label}: {name} is worse by {amount}{sized}"),
        Verdict::Different => {
            let word = if interval.mean > 0.0 { "higher" } else { "lower" };
            format!("{label}: {word} in {name} by {amount}{sized}")
        }
        Verdict::Open => format!(
            "{label}: {name} and {} cannot be told apart: difference {}{}",
            base.variant,
            scale.amount(interval.mean),
            apart(interval.low(), interval.high())
        ),
        Verdict::Same => format!("{label}: the same in every run"),
    })
}

/// How a figure is written: in which unit, and with how many decimals.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    factor: f64,
    unit: &'static str,
    decimals: usize,
}

impl Scale {
    /// As precise as the interval of a figure: two digits of its half width.
    pub fn of(figure: &Figure) -> Self {
        let (factor, unit) = match figure.kind {
            MetricKind::Share => (100.0, " points"),
            MetricKind::Milliseconds => (1.0, " ms"),
            MetricKind::Requests | MetricKind::Count => (1.0, ""),
        };
        let half = figure.interval.and_then(|i| i.half_width).unwrap_or(0.0) * factor;
        let decimals = match half {
            half if half <= 0.0 || half >= 10.0 => usize::from(figure.kind == MetricKind::Share),
            half if half >= 0.1 => 1,
            half if half >= 0.01 => 2,
            _ => 3,
        };
        Self { factor, unit, decimals }
    }

    /// The number without its unit.
    pub fn number(self, value: f64) -> String {
        let text = format!("{:.*}", self.decimals, value * self.factor);
        // No "-0.0".
        if text.trim_matches(['-', '0', '.']).is_empty() {
            text.trim_start_matches('-').to_owned()
        } else {
            text
        }
    }

    /// A difference with its unit.
    pub fn amount(self, value: f64) -> String {
        format!("{}{}", self.number(value), self.unit)
    }

    /// A value with its unit: shares are percentages, their differences points.
    pub fn value(self, value: f64) -> String {
        let unit = if self.unit == " points" { " %" } else { self.unit };
        format!("{}{unit}", self.number(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Metric;

    fn replications(
        variant: &str,
        name: &'static str,
        backend: &str,
        kind: MetricKind,
        values: &[f64],
    ) -> Replications {
        let metric = |value: &f64| Metric { name, backend: backend.to_owned(), value: Some(*value), kind };
        Replications {
            variant: variant.to_owned(),
            seeds: (1..=values.len() as u64).collect(),
            runs: values.iter().map(|value| vec![metric(value)]).collect(),
            run: "r".to_owned(),
        }
    }

    #[track_caller]
    fn said(name: &'static str, backend: &str, kind: MetricKind, values: [&[f64]; 2]) -> (Verdict, String) {
        let base = replications("equal", name, backend, kind, values[0]);
        let other = replications("priority", name, backend, kind, values[1]);
        let finding = findings(&base, &other).remove(0);
        (finding.verdict, finding.sentence)
    }

    #[test]
    fn sentences_say_which_is_better_and_by_how_much() {
        let base = [0.90, 0.91, 0.92, 0.90, 0.91];
        // Differences of 3.0, 3.1, 3.2, 3.0 and 3.2 points: mean 3.1, deviation 0.1, t(0.975, 4) = 2.776.
        let more = [0.93, 0.941, 0.952, 0.93, 0.942];
        let (verdict, sentence) = said("success", "", MetricKind::Share, [&base, &more]);
        assert_eq!(verdict, Verdict::Better);
        assert_eq!(sentence, "success: priority is better by 3.1 points, 95 % interval 3.0 to 3.2");
        let (verdict, sentence) = said("refused", "", MetricKind::Share, [&base, &more]);
        assert_eq!(verdict, Verdict::Worse);
        assert!(sentence.starts_with("refused: priority is worse by 3.1 points"), "{sentence}");
        let (verdict, sentence) = said("share", "east", MetricKind::Share, [&more, &base]);
        assert_eq!(verdict, Verdict::Different);
        assert_eq!(sentence, "share of east: lower in priority by 3.1 points, 95 % interval 3.0 to 3.2");
        let slow = [500.0, 700.0, 600.0];
        let (verdict, sentence) =
            said("latency_ms_p99", "", MetricKind::Milliseconds, [&slow, &[400.0, 600.0, 500.0]]);
        assert_eq!(verdict, Verdict::Better);
        assert_eq!(sentence, "latency p99: priority is better by 100 ms, 95 % interval 100 to 100");
    }

    #[test]
    fn sentences_say_when_nothing_can_be_told() {
        // Differences -1, 0 and 2: mean 1/3, deviation 1.5275, half width 3.79.
        let values: [&[f64]; 2] = [&[10.0, 20.0, 30.0], &[9.0, 20.0, 32.0]];
        let (verdict, sentence) = said("latency_ms_p50", "", MetricKind::Milliseconds, values);
        assert_eq!(verdict, Verdict::Open);
        assert_eq!(
            sentence,
            "latency p50: priority and equal cannot be told apart: difference 0.3 ms, 95 % interval -3.5 to 4.1"
        );
        let (verdict, sentence) = said("success", "", MetricKind::Share, [&[1.0, 1.0], &[1.0, 1.0]]);
        assert_eq!((verdict, sentence.as_str()), (Verdict::Same, "success: the same in every run"));
        let (verdict, sentence) = said("success", "", MetricKind::Share, [&[0.9], &[1.0]]);
        assert_eq!(verdict, Verdict::Open);
        assert!(sentence.ends_with("from a single pair of runs"), "{sentence}");
    }

    #[test]
    fn no_negative_zero() {
        let figure = Figure { name: "x", backend: String::new(), kind: MetricKind::Share, interval: None };
        assert_eq!(Scale::of(&figure).amount(-0.000_001), "0.0 points");
        assert_eq!(Scale::of(&figure).value(0.5), "50.0 %");
    }
}
