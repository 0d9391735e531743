//! `poolproof replay`: a counterexample again, event by event.
//!
//! Exit codes: 0 played and nothing broken, 1 a property is broken on the way, 2 the token cannot be used.

use super::super::exit_code::Exit;
use super::super::proof::{Token, cases, course_json, course_table, fingerprint, mermaid, svg};
use super::super::proof_args::{PathFormat, ReplayArgs};
use super::super::session::{Session, Stop};
use super::verify::{configuration, setup};
use crate::verify::{Answers, Limits, Worlds, course};

/// Plays a token.
pub(crate) fn replay(args: &ReplayArgs, session: &mut Session) -> Result<(), Stop> {
    #[cfg(feature = "http")]
    if let Some(header) = super::replay_log::header(&args.token) {
        return super::replay_log::replay_log(&args.token, &header, args, session);
    }
    let word = token_of(&args.token);
    let token = Token::read(&word).map_err(|error| session.usage(&error.to_string()))?;
    let paths = if args.paths.is_empty() { &token.paths } else { &args.paths };
    let playable = configuration(paths, &args.configured, session)?;
    let setup = setup(&playable);
    if fingerprint(&setup) != token.fingerprint {
        return Err(session.usage(
            "this token is of another configuration: the files have changed since, or it needs the same `--variant`, \
             `--policy` and named values",
        ));
    }
    let worlds = Worlds::one(&setup.gateway, &token.changes);
    let answers = Answers::of(&setup);
    let course = course(&setup, &answers, Limits::default(), &worlds, 0, &token.path);
    if course.has_misfit {
        return Err(session.usage("the events of this token do not fit each other"));
    }
    match args.format {
        PathFormat::Human => session.print(&course_table(&course, &setup, "")),
        PathFormat::Json => session.print_json(&course_json(&course, &setup))?,
        PathFormat::Mermaid => session.print(&mermaid(&course, &setup)),
        PathFormat::Svg => session.print(&svg(&course, &setup)),
        PathFormat::Test => session.print_json(&cases(&course, &setup, paths))?,
    }
    let is_broken = course.scenes.iter().any(|scene| !scene.breaches.is_empty());
    if is_broken { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

/// The token itself, or the first one in the file of that name: a report in any format holds some.
fn token_of(argument: &str) -> String {
    if argument.starts_with("cx1.") {
        return argument.to_owned();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~');
    let text = std::fs::read_to_string(argument).unwrap_or_default();
    // In JSON what is not covered comes before what is violated.
    let report: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let properties = report.get("properties").and_then(serde_json::Value::as_array);
    let mut tokens =
        properties.into_iter().flatten().filter_map(|one| one.pointer("/counterexample/token")?.as_str());
    if let Some(token) = tokens.next() {
        return token.to_owned();
    }
    let found = text.find("cx1.").and_then(|at| text.get(at..));
    found.map_or_else(|| argument.to_owned(), |rest| rest.chars().take_while(|c| is_part(*c)).collect())
}
