//! What `run` and `compare` share: simulate variants, write their folders, check requirements, print.

use super::args::{Format, SimulateArgs};
use super::charts;
use super::error::ExecuteError;
use super::execute::{Wanted, execute, write_table};
use super::exit_code::Exit;
use super::load::Loaded;
use super::output::Staging;
use super::readings::{self, Effect, Readings};
use super::replicate::{self, replicate, replications};
use super::require::{Requirement, Verdict};
use super::session::{Session, Stop, guesses_json};
use super::table::{render_assumptions, render_comparison, render_summary};
use crate::config::Variant;
use crate::report::{Replications, Summary};

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
    /// By variant; nothing without `--replications`.
    replications: Vec<Replications>,
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
    let (count, threads) = (args.replications, args.thread_count());
    let runs = replicate(scenario, &batch.variants, &summaries, count, threads).map_err(failed)?;
    let mut replicated = Vec::new();
    if count > 1 {
        for ((variant, runs), staging) in batch.variants.iter().zip(&runs).zip(&stagings) {
            let own = replications(variant, runs);
            write_table(staging, "replications.csv", &own.rows()).map_err(failed)?;
            write_table(staging, "intervals.csv", &own.interval_rows()).map_err(failed)?;
            replicated.push(own);
        }
    }
    let mut verdicts = Vec::new();
    for runs in &runs {
        let checked: Result<Vec<Verdict>, String> = requirements.iter().map(|r| r.check_all(runs)).collect();
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
        let mut means = Vec::new();
        if replicated.is_empty() {
            let rows: Vec<_> = summaries.iter().flat_map(Summary::comparison_rows).collect();
            write_table(&staging, "comparison.csv", &rows).map_err(failed)?;
        } else {
            let first = replicated.first();
            for (at, own) in replicated.iter().enumerate() {
                means.extend(own.comparison_rows(first.filter(|_| at > 0)));
            }
            write_table(&staging, "comparison.csv", &means).map_err(failed)?;
        }
        if wanted.charts {
            charts::draw_comparison(&summaries, &means, &staging).map_err(failed)?;
        }
        stagings.push(staging);
    }
    for staging in stagings {
        staging.commit().map_err(|e| failed(e.into()))?;
    }
    let folder = folder.display().to_string();
    Ok(Done { batch, summaries, replications: replicated, verdicts, readings, folder })
}

fn print_human(done: &Done, session: &Session) {
    if let Some(guessed) = &done.batch.loaded.guessed {
        session.print(&session.render_guesses(guessed));
        session.print("\n");
    }
    for (at, (summary, verdicts)) in done.summaries.iter().zip(&done.verdicts).enumerate() {
        session.print(&render_summary(summary));
        if let Some(own) = done.replications.get(at) {
            session.print(&replicate::render(own));
        }
        for verdict in verdicts {
            let measured =
                verdict.measured.map_or("nothing measured".to_owned(), |m| format!("measured {m:.4}"));
            let word = if verdict.is_met { "met   " } else { "MISSED" };
            let each =
                verdict.met_in.map_or(String::new(), |(met, of)| format!(", met in {met} of {of} runs"));
            session.print(&format!("  {word}  {}  ({measured}{each})\n", verdict.requirement));
        }
        session.print("\n");
    }
    if done.batch.is_comparison {
        session.print(&format!("{}: variants over the same traffic\n", done.batch.loaded.scenario.name));
        session.print(&render_comparison(&done.summaries));
        session.print("\n");
        if !done.replications.is_empty() {
            session.print(&replicate::render_findings(&done.replications));
            session.print("\n");
        }
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
        .enumerate()
        .map(|(at, (summary, verdicts))| {
            let verdicts: Vec<serde_json::Value> = verdicts
                .iter()
                .map(|v| {
                    let mut json =
                        serde_json::json!({ "requirement": v.requirement, "met": v.is_met, "measured": v.measured });
                    add(&mut json, "met_in", v.met_in.map(|(met, _)| met.into()));
                    json
                })
                .collect();
            let mut json = serde_json::json!({ "summary": summary, "requirements": verdicts });
            add(&mut json, "replications", done.replications.get(at).map(replicate::to_json));
            json
        })
        .collect();
    let mut json = serde_json::json!({
        "scenario": done.batch.loaded.scenario.name,
        "folder": done.folder,
        "guesses": done.batch.loaded.guessed.as_ref().map(guesses_json),
        "runs": runs,
        "readings": done.readings,
    });
    let is_told = done.batch.is_comparison && !done.replications.is_empty();
    add(&mut json, "differences", is_told.then(|| replicate::findings_json(&done.replications)));
    json
}

/// Adds a member that exists only sometimes.
fn add(json: &mut serde_json::Value, name: &str, value: Option<serde_json::Value>) {
    if let (Some(members), Some(value)) = (json.as_object_mut(), value) {
        members.insert(name.to_owned(), value);
    }
}
