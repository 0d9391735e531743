//! `poolproof plot`: charts again, from the CSV files of an earlier run or comparison.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::args::{Format, PlotArgs};
use super::super::charts;
use super::super::output::Staging;
use super::super::session::{Session, Stop};
use crate::report::{ComparisonRow, ReplicatedRow, Summary, TableError, read_rows};

/// Draws the charts of the folder: of the run in it, or of each run below it and their comparison.
pub(crate) fn plot(args: &PlotArgs, session: &mut Session) -> Result<(), Stop> {
    if !charts::CAN_DRAW {
        return Err(session.usage("this build draws no charts: it was made without the feature `charts`"));
    }
    let mut runs = Vec::new();
    if args.dir.join("summary.json").exists() {
        runs.push(args.dir.clone());
    } else {
        let entries =
            fs::read_dir(&args.dir).map_err(|e| session.usage(&format!("`{}`: {e}", args.dir.display())))?;
        let below = entries.filter_map(Result::ok).map(|e| e.path());
        runs.extend(below.filter(|p| p.join("summary.json").exists()));
        runs.sort();
        // A comparison says which of them it compares, and in which order.
        let compared = compared(&args.dir, session)?;
        if !compared.is_empty() {
            let place = |run: &PathBuf| compared.iter().position(|variant| args.dir.join(variant) == *run);
            runs.retain(|run| place(run).is_some());
            runs.sort_by_key(place);
        }
    }
    if runs.is_empty() {
        let message =
            format!("`{}` holds no run: expected summary.json and timeline.csv there", args.dir.display());
        return Err(session.nothing_ran(&message));
    }
    let means = means(&args.dir, session)?;
    let is_single = runs.first() == Some(&args.dir);
    let mut written = Vec::new();
    let mut summaries = Vec::new();
    for run in &runs {
        let summary = read_summary(run, session)?;
        let target = target_of(args, run, is_single);
        draw(&target, session, |staging| {
            charts::draw_run(&summary, |name| run.join(name), staging).map_err(|e| e.to_string())
        })?;
        written.push(target);
        summaries.push(summary);
    }
    if !is_single && summaries.len() > 1 {
        let target = args.out.clone().unwrap_or_else(|| args.dir.clone());
        draw(&target, session, |staging| {
            charts::draw_comparison(&summaries, &means, staging).map_err(|e| e.to_string())
        })?;
        written.push(target);
    }
    let names: Vec<String> = written.iter().map(|p| p.display().to_string()).collect();
    match args.format {
        Format::Human => {
            for name in &names {
                session.print(&format!("charts in {name}\n"));
            }
        }
        Format::Json => session.print_json(&serde_json::json!({ "charts": names }))?,
    }
    Ok(())
}

/// The variants of `comparison.csv` in order; none without that file.
fn compared(dir: &Path, session: &Session) -> Result<Vec<String>, Stop> {
    let path = dir.join("comparison.csv");
    let Ok(file) = fs::File::open(&path) else { return Ok(Vec::new()) };
    let rows: Vec<ComparisonRow> =
        read_rows(file).map_err(|e| session.usage(&format!("`{}`: {e}", path.display())))?;
    let mut variants: Vec<String> = rows.into_iter().map(|row| row.variant).collect();
    variants.dedup();
    Ok(variants)
}

/// The rows of `comparison.csv` that a comparison with replications wrote; none after one without.
fn means(dir: &Path, session: &Session) -> Result<Vec<ReplicatedRow>, Stop> {
    let path = dir.join("comparison.csv");
    let Ok(file) = fs::File::open(&path) else { return Ok(Vec::new()) };
    match read_rows(file) {
        Ok(rows) => Ok(rows),
        Err(TableError::MissingColumn { .. }) => Ok(Vec::new()),
        Err(error) => Err(session.usage(&format!("`{}`: {error}", path.display()))),
    }
}

fn target_of(args: &PlotArgs, run: &Path, is_single: bool) -> PathBuf {
    match (&args.out, run.file_name()) {
        (None, _) => run.to_path_buf(),
        (Some(out), Some(name)) if !is_single => out.join(name),
        (Some(out), _) => out.clone(),
    }
}

/// Draws into `target`, keeping the files of the run that are there.
fn draw(
    target: &Path,
    session: &Session,
    drawing: impl Fn(&Staging) -> Result<(), String>,
) -> Result<(), Stop> {
    let staging = Staging::new(target).map_err(|e| session.usage(&e.to_string()))?;
    drawing(&staging).map_err(|e| session.usage(&e))?;
    staging.commit_beside().map_err(|e| session.usage(&e.to_string()))
}

fn read_summary(run: &Path, session: &Session) -> Result<Summary, Stop> {
    let path = run.join("summary.json");
    let text = fs::read_to_string(&path).map_err(|e| session.usage(&format!("`{}`: {e}", path.display())))?;
    serde_json::from_str(&text).map_err(|e| {
        session.usage(&format!("`{}`: line {}, column {}: {e}", path.display(), e.line(), e.column()))
    })
}
