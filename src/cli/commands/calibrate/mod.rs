//! `poolproof calibrate`: a scenario held against logs of production.
//!
//! Rules
//! - The scenario runs with the traffic of the log: its arrivals, its tokens, streamed answers where it streamed.
//!   Clients do not try again by themselves: the log has their further tries as requests.
//! - Both sides are looked at alike: a request belongs to the backend called last for it, answers of the gateway's
//!   cache to none; latency is that of requests answered 2xx, from first byte in to last byte out.
//! - Latency is fitted to requests answered 2xx whose tokens were logged and that were not tried more than once.
//!
//! Deliberately not done: subscriptions of the log are not told apart; nothing is written into the scenario.

mod backends;
mod fits;
mod play;
mod show;
mod sides;

use super::super::args::Format;
use super::super::exit_code::Exit;
use super::super::load::Input;
use super::super::log_args::CalibrateArgs;
use super::super::logs;
use super::super::require::{Requirement, Verdict};
use super::super::session::{Session, Stop};
use crate::config::{JoinedLog, Overrides};

use backends::Backends;
use fits::Fit;
use sides::Compared;

/// Everything that was found.
struct Calibration<'a> {
    scenario: &'a str,
    variant: &'a str,
    log: &'a JoinedLog,
    /// All requests, then each backend of the scenario.
    overall: Compared,
    backends: Vec<Compared>,
    /// Backends of the log that are none of the scenario, and their requests.
    unmatched: Vec<(String, u64)>,
    fits: Vec<Fit>,
    /// What is not as in the log, by intention.
    notes: Vec<String>,
    verdicts: Vec<Verdict>,
}

/// Runs the scenario with the traffic of the log and prints how both compare.
pub(crate) fn calibrate(args: &CalibrateArgs, session: &mut Session) -> Result<(), Stop> {
    let requirements: Result<Vec<Requirement>, String> =
        args.require.iter().map(|text| Requirement::parse(text)).collect();
    let requirements = requirements.map_err(|message| session.usage(&message))?;
    let overrides = Overrides { set: args.set.clone(), seed: args.seed, ..Overrides::default() };
    let input = Input::Scenario(args.scenario.clone());
    let loaded = session.load_variant(&input, &overrides, args.variant.as_deref());
    session.stop_if_unusable()?;
    let Some((scenario, variant)) = &loaded else {
        return Err(session.internal("a scenario without problems was not loaded"));
    };
    let plan = &variant.plan;
    let backends = Backends::new(plan, &args.map).map_err(|message| session.usage(&message))?;
    let log = logs::read(&args.files, args.logs, session)?;
    let sorted = backends.sort(&log);
    let played = play::play(plan, &log).map_err(|error| session.internal(&error.to_string()))?;
    let (overall, each) = sides::compare(plan, &log, &sorted, &played);
    let metrics = sides::errors(&overall, &each);
    let verdicts: Result<Vec<Verdict>, String> = requirements
        .iter()
        .map(|requirement| requirement.check_metrics(&metrics, overall.logged.requests))
        .collect();
    let verdicts = verdicts.map_err(|message| session.usage(&message))?;
    let calibration = Calibration {
        scenario: &scenario.name,
        variant: &variant.name,
        log: &log,
        overall,
        backends: each,
        unmatched: sorted.unmatched.clone(),
        fits: fits::fit_each(plan, &log, &sorted),
        notes: played.notes,
        verdicts,
    };
    match args.format {
        Format::Human => session.print(&show::human(&calibration)),
        Format::Json => session.print_json(&show::json(&calibration))?,
    }
    let is_met = calibration.verdicts.iter().all(|verdict| verdict.is_met);
    if is_met { Ok(()) } else { Err(Stop(Exit::Finding)) }
}
