//! `poolproof rules` and `poolproof explain`: the rules of `validate`, as a list and as pages.

use super::super::check_args::{ExplainArgs, PageFormat, RulesArgs};
use super::super::session::{Session, Stop};
use crate::rules::{all, by_code, show};
use crate::tree::hints::did_you_mean;

/// Lists all rules.
pub(crate) fn rules(args: &RulesArgs, session: &mut Session) -> Result<(), Stop> {
    match args.format {
        PageFormat::Human => session.print(&show::list()),
        PageFormat::Markdown => {
            let pages: Vec<String> = all().map(show::page_markdown).collect();
            session.print(&pages.join("\n"));
        }
        PageFormat::Json => session.print_json(&show::list_json())?,
    }
    Ok(())
}

/// Prints the page of a rule.
pub(crate) fn explain(args: &ExplainArgs, session: &mut Session) -> Result<(), Stop> {
    let Some(rule) = by_code(args.rule.trim()) else {
        let names = all().flat_map(|rule| [rule.code, rule.name]);
        let hint = did_you_mean(&args.rule, names).map(|hint| format!(" ({hint})")).unwrap_or_default();
        let message = format!(
            "there is no rule `{}`{hint}; `poolproof rules` lists them, `poolproof policy explain` is about policies",
            args.rule
        );
        return Err(session.usage(&message));
    };
    match args.format {
        PageFormat::Human => session.print(&show::page(rule)),
        PageFormat::Markdown => session.print(&show::page_markdown(rule)),
        PageFormat::Json => session.print_json(&show::page_json(rule))?,
    }
    Ok(())
}
