//! What `run` and `compare` share: simulate variants, write their folders, check requirements, print.

use super::args::{Format, SimulateArgs};
use super::charts;
use super::error::ExecuteError;
use super::execute::{Wanted, execute, write_table};
use super::exit_code::Exit;
use super::load::Loaded;
use super::output::Staging;
use super::readings::{self, Effect, Readings};
use super::require::{Requirement, Verdict};
use super::session::{Session, Stop, guesses_json};
use super::table::{render_assumptions, render_comparison, render_summary};
use crate::config::Variant;
use crate::report::Summary;

/// A scenario and which of its variants to simulate.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The scenario.
    pub loaded: Loaded,
    /// What to simulate.
    pub variants: Vec<Variant>,
    /// Whether the variants are to be compared.
    pub is_comparison: bool,
}

struct Done {
    batch: Batch,
    summaries: Vec<Summary>,
    verdicts: Vec<Vec<Verdict>>,
    readings: Option<Readings>,
    folder: String,
}

/// Simulates the batches in order.
pub(crate) fn simulate(batches: Vec<Batch>, args: &SimulateArgs, session: &mut Session) -> Result<(), Stop> {
    let mut requirements = Vec::new();
    for text in &args.require {
        requirements.push(Requirement::parse(text).map_err(|message| session.usage(&message))?);
    }
    if batches.iter().all(|b| b.variants.is_empty()) {
        return Err(session.nothing_ran("no scenario to run"));
    }
    if !charts::CAN_DRAW && !args.no_charts {
        session.remark("note: this build draws no charts: it was made without the feature `charts`\n");
    }
    let mut done = Vec::new();
    for batch in batches {
        done.push(one(batch, args, &requirements, session)?);
    }
    match args.format {
        Format::Human => done.iter().for_each(|d| print_human(d, session)),
        Format::Json => {
            let all: Vec<serde_json::Value> = done.iter().map(to_json).collect();
            session.print_json(&serde_json::json!({ "scenarios": all }))?;
        }
    }
    let is_met = done.iter().flat_map(|d| d.verdicts.iter().flatten()).all(|v| v.is_met);
    if is_met { Ok(()) } else { Err(Stop(Exit::Finding)) }
}

fn one(
    batch: Batch,
    args: &SimulateArgs,
    requirements: &[Requirement],
    session: &Session,
) -> Result<Done, Stop> {
    let scenario = &batch.loaded.scenario;
    let folder = args.out.join(&scenario.name);
    let wanted = Wanted {
        requests: scenario.writes_requests && !args.no_requests,
        charts: charts::CAN_DRAW && !args.no_charts,
    };
    let failed = |error: ExecuteError| {
        if error.is_internal() {
            session.internal(&error.to_string())
        } else {
            session.usage(&error.to_string())
        }
    };
    let mut stagings = Vec::new();
    let mut summaries = Vec::new();
    for variant in &batch.variants {
        let staging = Staging::new(folder.join(&variant.name)).map_err(|e| failed(e.into()))?;
        summaries.push(execute(scenario, variant, &staging, wanted).map_err(failed)?);
        stagings.push(staging);
    }
    let mut verdicts = Vec::new();
    for summary in &summaries {
        let checked: Result<Vec<Verdict>, String> = requirements.iter().map(|r| r.check(summary)).collect();
        verdicts.push(checked.map_err(|message| session.usage(&message))?);
    }
    let readings = if args.all_readings {
        let readings =
            readings::all_readings(scenario, &batch.variants, &summaries, requirements, batch.is_comparison)
                .map_err(failed)?;
        for (staging, variant) in stagings.iter().zip(&batch.variants) {
            let own: Vec<&Effect> = readings.effects.iter().filter(|e| e.variant == variant.name).collect();
            let run = super::summarise::stamp(variant);
            let json = serde_json::json!({ "run": run, "readings_that_change_the_result": own });
            let text = serde_json::to_string_pretty(&json).map_err(|e| failed(e.into()))?;
            staging.write("readings.json", (text + "\n").as_bytes()).map_err(|e| failed(e.into()))?;
        }
        Some(readings)
    } else {
        None
    };
    if batch.is_comparison {
        let staging = Staging::new(&folder).map_err(|e| failed(e.into()))?;
        let rows: Vec<_> = summaries.iter().flat_map(Summary::comparison_rows).collect();
        write_table(&staging, "comparison.csv", &rows).map_err(failed)?;
        if wanted.charts {
            charts::draw_comparison(&summaries, &staging).map_err(failed)?;
        }
        stagings.push(staging);
    }
    for staging in stagings {
        staging.commit().map_err(|e| failed(e.into()))?;
    }
    let folder = folder.display().to_string();
    Ok(Done { batch, summaries, verdicts, readings, folder })
}

fn print_human(done: &Done, session: &Session) {
    if let Some(guessed) = &done.batch.loaded.guessed {
        session.print(&session.render_guesses(guessed));
        session.print("\n");
    }
    for (summary, verdicts) in done.summaries.iter().zip(&done.verdicts) {
        session.print(&render_summary(summary));
        for verdict in verdicts {
            let measured =
                verdict.measured.map_or("nothing measured".to_owned(), |m| format!("measured {m:.4}"));
            let word = if verdict.is_met { "met   " } else { "MISSED" };
            session.print(&format!("  {word}  {}  ({measured})\n", verdict.requirement));
        }
        session.print("\n");
    }
    if done.batch.is_comparison {
        session.print(&format!("{}: variants over the same traffic\n", done.batch.loaded.scenario.name));
        session.print(&render_comparison(&done.summaries));
        session.print("\n");
    }
    if let Some(summary) = done.summaries.first() {
        session.print(&render_assumptions(summary));
    }
    if let Some(readings) = &done.readings {
        let best = &readings.best_changes;
        session.print("\n");
        session.print(&readings::render(readings));
        if let (true, Some(usual)) = (done.batch.is_comparison, readings::best(&done.summaries)) {
            session.print(&format!(
                "best by success, then p99: {}; {} reading(s) make another variant best\n",
                usual.variant,
                best.len()
            ));
            for (reading, variant) in best {
                session.print(&format!("  under {reading}: {variant}\n"));
            }
        }
    }
    session.print(&format!("\nresults in {}\n", done.folder));
}

fn to_json(done: &Done) -> serde_json::Value {
    let runs: Vec<serde_json::Value> = done
        .summaries
        .iter()
        .zip(&done.verdicts)
        .map(|(summary, verdicts)| {
            let verdicts: Vec<serde_json::Value> = verdicts
                .iter()
                .map(|v| serde_json::json!({ "requirement": v.requirement, "met": v.is_met, "measured": v.measured }))
                .collect();
            serde_json::json!({ "summary": summary, "requirements": verdicts })
        })
        .collect();
    serde_json::json!({
        "scenario": done.batch.loaded.scenario.name,
        "folder": done.folder,
        "guesses": done.batch.loaded.guessed.as_ref().map(guesses_json),
        "runs": runs,
        "readings": done.readings,
    })
}
