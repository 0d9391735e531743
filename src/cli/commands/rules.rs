//! `poolproof rules` and `poolproof explain`: the rules of `validate`, as a list and as pages.

use super::super::check_args::{ExplainArgs, RulesArgs};
use super::super::session::{Session, Stop};
use crate::rules::{all, by_code};

/// Lists all rules.
pub(crate) fn rules(_args: &RulesArgs, session: &mut Session) -> Result<(), Stop> {
    for rule in all() {
        session.print(&format!("{} {:8} {}\n", rule.code, rule.severity.name(), rule.summary));
    }
    Ok(())
}

/// Prints the page of a rule.
pub(crate) fn explain(args: &ExplainArgs, session: &mut Session) -> Result<(), Stop> {
    match by_code(&args.rule) {
        Some(rule) => {
            session.print(rule.why);
            Ok(())
        }
        None => Err(session.usage(&format!("there is no rule `{}`", args.rule))),
    }
}
