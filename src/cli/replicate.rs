//! `--replications`: the same variants again under other seeds, on all cores.
//!
//! The first run has the master seed itself and is the one whose tables and charts are written; the seed of
//! run k is a draw of the stream `replications` for k. Results stand in the order of variants and runs, so
//! nothing depends on how many threads there are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::ExecuteError;
use super::execute::execute_silently;
use super::summarise::stamp;
use super::table::Table;
use crate::backend::Capacity;
use crate::config::{Scenario, Variant};
use crate::random::{StreamName, Streams};
use crate::report::{Metric, MetricKind, Replications, Scale, Summary, findings, headline, headlines};

const SEEDS: StreamName = StreamName::new("replications");

/// The summaries of all runs of each variant, the first being the one given.
pub(crate) fn replicate(
    scenario: &Scenario,
    variants: &[Variant],
    firsts: &[Summary],
    count: u32,
    threads: usize,
) -> Result<Vec<Vec<Summary>>, ExecuteError> {
    let jobs: Vec<(&Variant, u32)> =
        variants.iter().flat_map(|variant| (1..count).map(move |run| (variant, run))).collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Option<Result<Summary, ExecuteError>>>> =
        Mutex::new(jobs.iter().map(|_| None).collect());
    let work = || {
        while let Some((at, (variant, run))) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(at).map(|job| (at, job))
        } {
            let mut variant = (*variant).clone();
            variant.plan.seed = seed_of(variant.plan.seed, *run);
            let result = execute_silently(scenario, &variant);
            // A poisoned lock means that another thread panicked, which ends the program anyway.
            let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(place) = done.get_mut(at) {
                *place = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, jobs.len().max(1)) {
            scope.spawn(work);
        }
    });
    let mut results = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).into_iter();
    let mut all = Vec::new();
    for first in firsts {
        let mut runs = vec![first.clone()];
        for _ in 1..count {
            if let Some(result) = results.next().flatten() {
                runs.push(result?);
            }
        }
        all.push(runs);
    }
    Ok(all)
}

/// The master seed of run `run`, counted from 0.
fn seed_of(seed: u64, run: u32) -> u64 {
    if run == 0 { seed } else { Streams::new(seed).keyed(SEEDS, u64::from(run), 0).word() }
}

/// The figures of all runs of a variant.
pub(crate) fn replications(variant: &Variant, runs: &[Summary]) -> Replications {
    Replications {
        variant: variant.name.clone(),
        seeds: runs.iter().map(|summary| summary.run.seed).collect(),
        runs: runs.iter().map(|summary| metrics(variant, summary)).collect(),
        run: stamp(variant).column(),
    }
}

/// All figures of a summary, and those that only make sense as means.
fn metrics(variant: &Variant, summary: &Summary) -> Vec<Metric> {
    let mut metrics = summary.metrics();
    let refused: u64 = summary.requests.answered_otherwise.values().sum();
    let share = |requests| Some(summary.share(requests));
    let targets = summary.backends.iter().zip(&variant.plan.targets);
    let payg = targets.filter(|(_, t)| matches!(t.deployment.capacity, Capacity::Standard(_)));
    let payg_tokens: u64 = payg.map(|(backend, _)| backend.tokens).sum();
    for (name, value, kind) in [
        ("refused", share(refused), MetricKind::Share),
        ("client_429_share", share(summary.answered_with(|c| c == 429)), MetricKind::Share),
        ("client_5xx_share", share(summary.answered_with(|c| c >= 500)), MetricKind::Share),
        ("payg_tokens", Some(payg_tokens as f64), MetricKind::Count),
    ] {
        metrics.push(Metric { name, backend: String::new(), value, kind });
    }
    metrics
}

/// The figures that matter most, for people.
pub(crate) fn render(replications: &Replications) -> String {
    let mut table = Table::new(&["mean and 95 % interval", "mean", "low", "high"]);
    let figures = replications.figures();
    for figure in headlines(&figures) {
        let Some(label) = headline(figure) else { continue };
        let Some(interval) = figure.interval else { continue };
        let scale = Scale::of(figure);
        let end = |value: Option<f64>| value.map_or("-".to_owned(), |value| scale.value(value));
        table.row(vec![label, scale.value(interval.mean), end(interval.low()), end(interval.high())]);
    }
    format!("  {} replications\n{}", replications.runs.len(), table.render("  "))
}

/// What each variant does better or worse than the first, for people.
pub(crate) fn render_findings(all: &[Replications]) -> String {
    let Some((base, others)) = all.split_first() else { return String::new() };
    let mut text = String::new();
    for variant in others {
        text.push_str(&format!(
            "{} against {}, {} replications of both over the same traffic\n",
            variant.variant,
            base.variant,
            variant.runs.len()
        ));
        for finding in findings(base, variant) {
            text.push_str(&format!("  {}\n", finding.sentence));
        }
    }
    text
}

/// The replications of one variant, for programs.
pub(crate) fn to_json(replications: &Replications) -> serde_json::Value {
    let figures: Vec<serde_json::Value> = replications
        .interval_rows()
        .iter()
        .map(|row| {
            serde_json::json!({
                "metric": row.metric, "backend": row.backend, "replications": row.replications,
                "mean": row.mean, "low": row.low, "high": row.high, "deviation": row.deviation,
            })
        })
        .collect();
    serde_json::json!({
        "seeds": replications.seeds, "confidence": crate::report::CONFIDENCE, "figures": figures,
    })
}

/// What each variant does better or worse than the first, for programs.
pub(crate) fn findings_json(all: &[Replications]) -> serde_json::Value {
    let Some((base, others)) = all.split_first() else { return serde_json::Value::Null };
    others
        .iter()
        .flat_map(|variant| {
            findings(base, variant).into_iter().map(move |finding| {
                let interval = finding.figure.interval;
                serde_json::json!({
                    "variant": variant.variant, "against": base.variant,
                    "metric": finding.figure.name, "backend": finding.figure.backend,
                    "difference": interval.map(|i| i.mean),
                    "low": interval.and_then(|i| i.low()), "high": interval.and_then(|i| i.high()),
                    "verdict": finding.verdict.name(), "sentence": finding.sentence,
                })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_seed_is_the_master_seed_and_all_differ() {
        let seeds: Vec<u64> = (0..1_000).map(|run| seed_of(42, run)).collect();
        assert_eq!(seeds.first(), Some(&42));
        let mut sorted = seeds.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 1_000);
        // More replications do not change the first ones, another master seed changes all.
        assert!(seeds.iter().zip((0..1_000).map(|run| seed_of(43, run))).all(|(a, b)| *a != b));
    }
}
