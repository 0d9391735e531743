//! `poolproof diff`: what changes for clients between two configurations.
//!
//! Exit codes: 0 nothing that clients or backends can tell apart, 1 there is something, 2 a side cannot be used,
//! 4 a side has no configuration.

use std::collections::BTreeSet;

use super::super::args::ExplainFormat;
use super::super::check_args::DiffArgs;
use super::super::configurations::{Lack, Playable, Wanted, playable};
use super::super::exit_code::Exit;
use super::super::session::{Session, Stop};
use crate::contrast::{contrast, human, markdown};
use crate::semantics::Switch;

/// Plays both sides and prints what differs.
pub(crate) fn diff(args: &DiffArgs, session: &mut Session) -> Result<(), Stop> {
    let (old, new) = match args.sides.as_slice() {
        [old, new] => (vec![old.clone()], vec![new.clone()]),
        _ => (args.old.clone(), args.new.clone()),
    };
    if old.is_empty() || new.is_empty() {
        return Err(session.usage("name two configurations: `poolproof diff OLD NEW`"));
    }
    let mut side = |own: &[String], policy: &Option<String>, variant: &Option<String>| {
        let wanted = Wanted {
            paths: own,
            with: &args.with,
            policy: policy.as_deref().or(args.policy.as_deref()),
            variant: variant.as_deref(),
            named_values: &args.named_value,
        };
        playable(&wanted, session)
    };
    // Both are read before anything is said: what is wrong with either is told at once.
    let sides =
        [side(&old, &args.old_policy, &args.old_variant), side(&new, &args.new_policy, &args.new_variant)];
    tell_once(session);
    let [Ok(old), Ok(new)] = &sides else { return Err(lacking(&sides, session)) };
    session.stop_if_unusable()?;
    let switches = if args.all_readings { open(old, new) } else { Vec::new() };
    let mut report = contrast(&old.side, &new.side, &session.sources, &switches);
    if !args.all_readings {
        report.notes.extend(readings(&open(old, new)));
    }
    match args.format {
        ExplainFormat::Human => session.print(&human(&report)),
        ExplainFormat::Markdown => session.print(&markdown(&report)),
        ExplainFormat::Json => {
            let json = serde_json::to_value(&report).map_err(|error| session.internal(&error.to_string()))?;
            session.print_json(&json)?;
        }
    }
    if report.is_visible() { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

/// Keeps each problem once: files that belong to both sides are read twice.
fn tell_once(session: &mut Session) {
    let all = std::mem::take(&mut session.diagnostics);
    let mut known = BTreeSet::new();
    for problem in all.sorted() {
        let place = problem.span.map(|span| (session.sources.name(span.source).to_owned(), span.start));
        if known.insert((problem.code, place, problem.message.clone())) {
            session.diagnostics.push(problem.clone());
        }
    }
}

/// Says what is lacking on either side.
fn lacking(sides: &[Result<Playable, Lack>; 2], session: &mut Session) -> Stop {
    let mut worst = session.stop_if_unusable().err().map_or(Exit::Ok, |Stop(exit)| exit);
    for (side, word) in sides.iter().zip(["OLD", "NEW"]) {
        let exit = match side {
            Ok(_) => Exit::Ok,
            Err(Lack::Unusable) => Exit::Unusable,
            Err(Lack::Usage(message)) => session.usage(&format!("{word}: {message}")).0,
            Err(Lack::Nothing) => {
                session
                    .nothing_ran(&format!("{word}: there is no file of a configuration in what was named"))
                    .0
            }
        };
        // A side without files says less than one that cannot be used.
        worst = match (worst, exit) {
            (Exit::Unusable, _) | (_, Exit::Unusable) => Exit::Unusable,
            (worst, exit) => worst.max(exit),
        };
    }
    Stop(worst)
}

/// Undocumented points that can change what either does.
fn open(old: &Playable, new: &Playable) -> Vec<Switch> {
    let mut all = old.open.clone();
    all.extend(new.open.iter().copied().filter(|switch| !old.open.contains(switch)));
    all
}

/// That some points were read one way only.
fn readings(open: &[Switch]) -> Option<String> {
    (!open.is_empty()).then(|| {
        let paths: Vec<String> = open.iter().map(|switch| format!("`{}`", switch.info().path)).collect();
        format!(
            "Points that are not documented were read as configured or by default; `--all-readings` plays the others \
             too: {}.",
            paths.join(", ")
        )
    })
}
