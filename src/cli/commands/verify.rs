//! `poolproof verify`: every order of events within bounds, or the shortest way to break something.
//!
//! Exit codes: 0 everything holds, 1 something does not, 2 the input cannot be used, 3 too many states before there was
//! a verdict, 4 there is no configuration.

use std::io::IsTerminal;

use super::super::configurations::{Lack, Playable, Wanted, playable};
use super::super::exit_code::Exit;
use super::super::proof::{Proof, human, json};
use super::super::proof_args::{Configured, ProofFormat, ReadingsName, VerifyArgs};
use super::super::session::{Session, Stop};
use crate::diagnostics::Diagnostic;
use crate::policy::Op;
use crate::verify::{Bounds, Progress, Setup, Task, verify as explore};

/// Faults while other readings are looked at.
const READINGS_FAULTS: u8 = 2;

/// Proves, and prints what was proved.
pub(crate) fn verify(args: &VerifyArgs, session: &mut Session) -> Result<(), Stop> {
    let bounds = args.bounds().map_err(|message| session.usage(&message))?;
    let limits = args.limits();
    let playable = configuration(&args.paths, &args.configured, session)?;
    let setup = setup(&playable);
    let readings = (args.readings == ReadingsName::Alone).then_some(Bounds {
        depth: args.readings_depth.min(bounds.depth),
        faults: bounds.faults.min(READINGS_FAULTS),
        ..bounds
    });
    let task = Task { bounds, readings, limits, profile: args.profile.into(), only: args.property.clone() };
    let shows = !args.quiet && std::io::stderr().is_terminal();
    let report = explore(&setup, &task, &mut |progress| {
        if shows {
            session.remark(&progress_line(progress));
        }
    });
    if shows {
        session.remark("\r\x1b[K");
    }
    let proof =
        Proof { title: &playable.side.title, paths: &args.paths, setup: &setup, limits, report: &report };
    match args.format {
        ProofFormat::Human => session.print(&human(&proof)),
        ProofFormat::Json => session.print_json(&json(&proof))?,
    }
    let otherwise =
        args.all_readings && report.properties.iter().any(|checked| !checked.otherwise.is_empty());
    if report.is_violated() || otherwise {
        Err(Stop(Exit::Finding))
    } else if report.is_unknown() {
        Err(Stop(Exit::Inconclusive))
    } else {
        Ok(())
    }
}

fn progress_line(progress: Progress) -> String {
    format!(
        "\r\x1b[K{} states, {} events deep, {} states in front",
        progress.states, progress.depth, progress.frontier
    )
}

/// Reads the configuration that is named; what cannot be played is an error with its place.
pub(crate) fn configuration(
    paths: &[String],
    configured: &Configured,
    session: &mut Session,
) -> Result<Playable, Stop> {
    let wanted = Wanted {
        paths,
        with: &[],
        policy: configured.policy.as_deref(),
        variant: configured.variant.as_deref(),
        named_values: &configured.named_value,
    };
    let found = playable(&wanted, session);
    let playable = match found {
        Ok(playable) => playable,
        Err(Lack::Unusable) => {
            session.stop_if_unusable()?;
            return Err(Stop(Exit::Unusable));
        }
        Err(Lack::Usage(message)) => return Err(session.usage(&message)),
        Err(Lack::Nothing) => {
            return Err(session.nothing_ran("there is no file of a configuration in what was named"));
        }
    };
    let program = playable.side.gateway.program();
    for (op, place) in program.ops.iter().zip(&program.places) {
        if matches!(op, Op::Unsupported) {
            let message =
                format!("`{}` cannot be played, so nothing can be proved about this policy", place.policy);
            session.diagnostics.push(
                Diagnostic::error("unsupported-policy", place.span, message)
                    .note("what it does is not known to poolproof; it is not taken for harmless"),
            );
        }
    }
    session.stop_if_unusable()?;
    if playable.side.has_stand_ins {
        return Err(session.usage("the backends are not known: name their files, too"));
    }
    Ok(playable)
}

/// What is verified.
pub(crate) fn setup(playable: &Playable) -> Setup {
    let side = &playable.side;
    let usual = (String::new(), side.request.head(0));
    let callers = side.callers.iter().map(|(name, request)| (name.clone(), request.head(0)));
    Setup {
        gateway: std::sync::Arc::clone(&side.gateway),
        requests: [usual].into_iter().chain(callers).collect(),
        paid_for: playable.paid_for.clone(),
    }
}
