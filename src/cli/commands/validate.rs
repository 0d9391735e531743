//! `poolproof validate`: what will go wrong with a configuration, from its files.

use super::super::analysis::analyse_all;
use super::super::check_args::ValidateArgs;
use super::super::exit_code::Exit;
use super::super::gather::gather;
use super::super::session::{Session, Stop};
use crate::diagnostics::{Diagnostics, render_human};

/// Asks all rules and prints what they find.
pub(crate) fn validate(args: &ValidateArgs, session: &mut Session) -> Result<(), Stop> {
    let gathered = gather(&args.paths, &mut session.sources);
    let analysis = analyse_all(&gathered, &mut session.sources, args.tier);
    let mut all = Diagnostics::new();
    for told in analysis.told {
        all.push(told.diagnostic);
    }
    session.print(&render_human(&all, &session.sources, session.has_colour()));
    if all.has_errors() { Err(Stop(Exit::Finding)) } else { Ok(()) }
}
