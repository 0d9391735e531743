//! `--all-readings`: what would change if an undocumented point were otherwise.
//!
//! Each other reading of each switch is run alone, everything else as configured. A reading whose run has
//! the same fingerprint changes nothing. For the others the figures that move are told, most influential
//! first, and which conclusions change: requirements that flip and, between variants, who is best.

use serde::Serialize;

use super::error::ExecuteError;
use super::execute::execute_silently;
use super::require::Requirement;
use crate::config::{Scenario, Variant};
use crate::report::{MetricKind, Summary};
use crate::semantics::Switch;

/// What all other readings do.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Readings {
    /// How many were tried.
    pub(crate) tried: usize,
    /// Those that change a result, most influential first.
    pub(crate) effects: Vec<Effect>,
    /// Those that make another variant best: reading and variant.
    pub(crate) best_changes: Vec<(String, String)>,
}

/// What one other reading does to one variant.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Effect {
    /// Variant.
    pub variant: String,
    /// Switch.
    pub switch: &'static str,
    /// The other reading.
    pub reading: &'static str,
    /// The reading in force otherwise.
    pub instead_of: String,
    /// Largest move of a share, in points of 100, or of a time, in percent of the 99th percentile of the
    /// response time.
    pub influence: f64,
    /// Figures that move, largest first.
    pub changes: Vec<Change>,
    /// Requirements that flip.
    pub flips: Vec<String>,
}

/// One figure that moves.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Change {
    /// Metric name, with the backend in brackets.
    pub metric: String,
    /// Under the configured reading.
    pub from: Option<f64>,
    /// Under the other one.
    pub to: Option<f64>,
    #[serde(skip)]
    weight: f64,
}

/// Tries all other readings on `variants`; with `is_comparison` also asks which variant is best.
pub(crate) fn all_readings(
    scenario: &Scenario,
    variants: &[Variant],
    summaries: &[Summary],
    requirements: &[Requirement],
    is_comparison: bool,
) -> Result<Readings, ExecuteError> {
    let usual = best(summaries).filter(|_| is_comparison);
    let mut readings = Readings { tried: 0, effects: Vec::new(), best_changes: Vec::new() };
    for switch in Switch::ALL {
        let info = switch.info();
        for reading in info.readings {
            let mut runs = Vec::new();
            for (variant, base) in variants.iter().zip(summaries) {
                let configured = variant.plan.gateway.semantics().get(*switch);
                let other = variant.with_reading(*switch, reading).filter(|_| configured != *reading);
                let Some(other) = other else {
                    runs.push(base.clone());
                    continue;
                };
                readings.tried += 1;
                let summary = execute_silently(scenario, &other)?;
                if summary.fingerprint != base.fingerprint {
                    let changes = changes(base, &summary);
                    readings.effects.push(Effect {
                        variant: variant.name.clone(),
                        switch: info.path,
                        reading,
                        instead_of: configured.to_owned(),
                        influence: changes.first().map_or(0.0, |c| c.weight),
                        changes,
                        flips: flips(requirements, base, &summary),
                    });
                }
                runs.push(summary);
            }
            if let (Some(usual), Some(best)) = (usual, best(&runs))
                && best.variant != usual.variant
            {
                readings.best_changes.push((format!("{} = {reading}", info.path), best.variant.clone()));
            }
        }
    }
    readings.effects.sort_by(|a, b| {
        let flips = b.flips.len().cmp(&a.flips.len());
        flips.then(b.influence.total_cmp(&a.influence)).then(a.switch.cmp(b.switch))
    });
    Ok(readings)
}

/// Which variant has the highest success, then the lowest p99; names the criterion.
pub(crate) fn best(summaries: &[Summary]) -> Option<&Summary> {
    summaries.iter().min_by(|a, b| {
        let success = |s: &Summary| s.share(s.requests.answered_2xx);
        let p99 = |s: &Summary| s.latency_ms.map_or(f64::INFINITY, |d| d.p99);
        success(b).total_cmp(&success(a)).then(p99(a).total_cmp(&p99(b)))
    })
}

/// The effects for people.
pub(crate) fn render(readings: &Readings) -> String {
    let Readings { tried, effects, .. } = readings;
    let mut text = format!(
        "other readings of undocumented points: {tried} tried, {} change this result\n",
        effects.len()
    );
    for effect in effects {
        let moved: Vec<String> = effect.changes.iter().take(4).map(Change::render).collect();
        let moved = if moved.is_empty() { "only single requests move".to_owned() } else { moved.join(", ") };
        text.push_str(&format!(
            "  {}: {} = {} instead of {}: {moved}\n",
            effect.variant, effect.switch, effect.reading, effect.instead_of
        ));
        for flip in &effect.flips {
            text.push_str(&format!("    conclusion changes: {flip}\n"));
        }
    }
    text
}

impl Change {
    fn render(&self) -> String {
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.4}"));
        format!("{} {} -> {}", self.metric, show(self.from), show(self.to))
    }
}

fn changes(base: &Summary, other: &Summary) -> Vec<Change> {
    let arrivals = base.requests.arrivals.max(1) as f64;
    // Times count by how much of a slow answer they are, so that a wait of nothing does not loom large.
    let slow = base.latency_ms.or(other.latency_ms).map_or(f64::INFINITY, |d| d.p99.max(1.0));
    let ttft_says_nothing = base.ttft_ms == base.latency_ms && other.ttft_ms == other.latency_ms;
    let mut changes: Vec<Change> = Vec::new();
    for (a, b) in base.metrics().into_iter().zip(other.metrics()) {
        // The largest of many samples is noise.
        if a.name.ends_with("_max") || (ttft_says_nothing && a.name.starts_with("ttft")) {
            continue;
        }
        let (from, to) = (a.value.unwrap_or(0.0), b.value.unwrap_or(0.0));
        let weight = match a.kind {
            MetricKind::Share => 100.0 * (to - from).abs(),
            MetricKind::Requests => 100.0 * (to - from).abs() / arrivals,
            MetricKind::Milliseconds => 100.0 * (to - from).abs() / slow,
            MetricKind::Count => 0.0,
        };
        if weight < 0.1 {
            continue;
        }
        let metric =
            if a.backend.is_empty() { a.name.to_owned() } else { format!("{}[{}]", a.name, a.backend) };
        changes.push(Change { metric, from: a.value, to: b.value, weight });
    }
    changes.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    changes
}

fn flips(requirements: &[Requirement], base: &Summary, other: &Summary) -> Vec<String> {
    requirements
        .iter()
        .filter_map(|requirement| {
            let (before, after) = (requirement.check(base).ok()?, requirement.check(other).ok()?);
            (before.is_met != after.is_met).then(|| {
                let now = if after.is_met { "holds" } else { "is missed" };
                format!("{} {now}", after.requirement)
            })
        })
        .collect()
}
