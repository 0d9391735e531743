//! `poolproof policy coverage`: how much of a policy document is carried out here.

use std::fmt::Write as _;

use serde_json::json;

use super::super::args::{Format, PolicyCoverageArgs};
use super::super::exit_code::Exit;
use super::super::session::{Session, Stop};
use crate::config::{DiskFiles, Files as _};
use crate::diagnostics::SourceMap;
use crate::policy::check::CheckOptions;
use crate::policy::standing::{Stand, Standing, standings};

/// Prints what becomes of each policy; ends with a finding when one of them cannot be run.
pub(crate) fn coverage(args: &PolicyCoverageArgs, session: &mut Session) -> Result<(), Stop> {
    let read = DiskFiles.read(&args.path).map_err(|error| error.to_string());
    let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned()));
    let text = match text {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
        Err(why) => return Err(session.usage(&format!("cannot read `{}`: {why}", args.path))),
    };
    let source = session.sources.add(args.path.as_str(), text.as_str());
    let options = CheckOptions { is_xml: args.escaped };
    let stands = standings(source, &text, &options, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let stands = stands.unwrap_or_default();
    if stands.is_empty() {
        return Err(session.nothing_ran(&format!("there is no policy in `{}`", args.path)));
    }
    match args.format {
        Format::Human => session.print(&human(&stands, &session.sources)),
        Format::Json => {
            let policies: Vec<_> = stands.iter().map(|stand| stand_json(stand, &session.sources)).collect();
            let totals: serde_json::Map<_, _> =
                Standing::ALL.iter().map(|s| (s.name().to_owned(), json!(count(&stands, *s)))).collect();
            session.print_json(&json!({ "path": args.path, "policies": policies, "totals": totals }))?;
        }
    }
    if count(&stands, Standing::Unsupported) > 0 { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

fn count(stands: &[Stand], standing: Standing) -> usize {
    stands.iter().filter(|stand| stand.standing == standing).count()
}

fn human(stands: &[Stand], sources: &SourceMap) -> String {
    let mut text = String::from(" line  standing     section   policy\n");
    // Writing to a string does not fail.
    for stand in stands {
        let line = sources.position(stand.span).line;
        let section = stand.section.map_or("-", crate::policy::Section::name);
        let _infallible =
            writeln!(text, "{line:>5}  {:<11}  {section:<8}  {}", stand.standing.name(), stand.policy);
    }
    let counts = Standing::ALL.map(|standing| format!("{} {}", count(stands, standing), standing.name()));
    let policies = if stands.len() == 1 { "policy" } else { "policies" };
    let _infallible = writeln!(text, "{} {policies}: {}", stands.len(), counts.join(", "));
    text
}

fn stand_json(stand: &Stand, sources: &SourceMap) -> serde_json::Value {
    let at = sources.position(stand.span);
    json!({
        "line": at.line,
        "column": at.column,
        "policy": stand.policy,
        "section": stand.section.map(crate::policy::Section::name),
        "standing": stand.standing.name(),
    })
}
