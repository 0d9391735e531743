//! `poolproof validate`: what will go wrong with a configuration, from its files.

use super::super::check_args::ValidateArgs;
use super::super::exit_code::Exit;
use super::super::gather::{Configuration, gather};
use super::super::session::{Session, Stop};
use crate::diagnostics::{Diagnostics, render_human};
use crate::rules::{check, read_setup};

/// Asks all rules and prints what they find.
pub(crate) fn validate(args: &ValidateArgs, session: &mut Session) -> Result<(), Stop> {
    let gathered = gather(&args.paths, &mut session.sources);
    let mut all = gathered.problems;
    for configuration in &gathered.configurations {
        all.extend(look(configuration, session));
    }
    session.print(&render_human(&all, &session.sources, session.has_colour()));
    if all.has_errors() { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

fn look(configuration: &Configuration, session: &mut Session) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let setup = read_setup(&configuration.files, &mut session.sources, &mut problems);
    for finding in check(&setup) {
        problems.push(finding.diagnostic);
    }
    problems
}
