//! `poolproof replay`: a counterexample again, event by event.
//!
//! Exit codes: 0 played and nothing broken, 1 a property is broken on the way, 2 the token cannot be used.

use serde_json::Value as Json;

use super::super::configurations::{Origin, Playable};
use super::super::exit_code::Exit;
use super::super::output::write_whole;
use super::super::proof::{
    Exported, Token, cases, course_json, course_table, fingerprint, mermaid, scenario, svg,
};
#[cfg(feature = "http")]
use super::super::proof::{OnSockets, SCRIPT_PACE, Script, on_sockets, one_gateway, script};
use super::super::proof_args::{PathFormat, ReplayArgs};
use super::super::session::{Session, Stop};
use super::verify::{configuration, setup};
use crate::config::{DiskFiles, variant_json, with_paths};
use crate::semantics::Switch;
use crate::units::Duration;
use crate::verify::{Answers, Course, Limits, Setup, Worlds, course};
#[cfg(feature = "http")]
use crate::wording::time;

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
    let played = Played { playable: &playable, course: &course, setup: &setup, changes: &token.changes };
    let text = match args.format {
        PathFormat::Human => course_table(&course, &setup, ""),
        PathFormat::Json => session.json_text(&course_json(&course, &setup))?,
        PathFormat::Mermaid => mermaid(&course, &setup),
        PathFormat::Svg => svg(&course, &setup),
        PathFormat::Test => session.json_text(&cases(&course, &setup, paths))?,
        PathFormat::Scenario => written(&played, args).map_err(|why| session.usage(&why))?,
        #[cfg(feature = "http")]
        PathFormat::Script => shell_script(&played, args).map_err(|why| session.usage(&why))?,
    };
    match &args.out {
        None => session.print(&text),
        Some(out) => {
            write_whole(out, text.as_bytes()).map_err(|error| session.usage(&error.to_string()))?;
            session.print(&format!("wrote {}\n", out.display()));
            #[cfg(feature = "http")]
            if args.format == PathFormat::Script {
                session.print(&format!("wrote {}\n", out.with_extension("json").display()));
            }
        }
    }
    #[cfg(feature = "http")]
    if args.over_http {
        let told = over_http(&played, args).map_err(|why| session.usage(&why))?;
        session.remark(&told);
    }
    let is_broken = course.scenes.iter().any(|scene| !scene.breaches.is_empty());
    if is_broken { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

/// A path of a configuration.
#[derive(Clone, Copy, Debug)]
struct Played<'a> {
    playable: &'a Playable,
    course: &'a Course,
    setup: &'a Setup,
    changes: &'a [(Switch, &'static str)],
}

impl Played<'_> {
    /// The path as a scenario at `path`; `base` is what it is made from.
    fn exported<'a>(&'a self, base: &'a Json, path: &'a str, pace: Option<Duration>) -> Exported<'a> {
        Exported { course: self.course, setup: self.setup, base, changes: self.changes, path, pace }
    }
}

/// The path as a scenario for where `--out` says.
fn written(played: &Played<'_>, args: &ReplayArgs) -> Result<String, String> {
    make_folder(args);
    let base = base(played.playable, args)?;
    let out = args.out.as_ref().map(|out| out.to_string_lossy().into_owned());
    let staged = scenario(&played.exported(&base, out.as_deref().unwrap_or("scenario.json"), None))?;
    Ok(staged.text)
}

fn make_folder(args: &ReplayArgs) {
    if let Some(folder) = args.out.as_ref().and_then(|out| out.parent()) {
        // What cannot be made cannot be written either, which is told then.
        drop(std::fs::create_dir_all(folder));
    }
}

/// The path as a shell script; its scenario is written beside it.
#[cfg(feature = "http")]
fn shell_script(played: &Played<'_>, args: &ReplayArgs) -> Result<String, String> {
    let out = args.out.as_ref();
    let out = out.ok_or("a script has a scenario beside it: say where with `--out FILE.sh`")?;
    if out.extension().is_some_and(|end| end == "json") {
        return Err("the scenario beside the script ends in `.json`: let the script end in `.sh`".to_owned());
    }
    make_folder(args);
    one_gateway(played.course)?;
    let beside = out.with_extension("json");
    let base = base(played.playable, args)?;
    let staged = scenario(&played.exported(&base, &beside.to_string_lossy(), Some(SCRIPT_PACE)))?;
    write_whole(&beside, staged.text.as_bytes()).map_err(|error| error.to_string())?;
    let name = beside.file_name().unwrap_or_default().to_string_lossy();
    let table = course_table(played.course, played.setup, "");
    Ok(script(&Script { staged: &staged, scenario: &name, table: &table }))
}

/// Plays the path on real sockets, and says that it went the same way.
#[cfg(feature = "http")]
fn over_http(played: &Played<'_>, args: &ReplayArgs) -> Result<String, String> {
    let base = base(played.playable, args)?;
    // Nothing is written: its paths are seen from here.
    let OnSockets { speed, lasted, difference } =
        on_sockets(&played.exported(&base, "scenario.json", None), args.speed)?;
    let times = if speed == 1 { String::new() } else { format!(", {speed} times as fast as time") };
    match difference {
        None => {
            let lasted = time(Duration::from_millis(lasted.as_nanos() / 1_000_000));
            Ok(format!("on real sockets, {lasted}{times}: the same calls, answers, trips and statuses\n"))
        }
        Some(difference) => Err(format!("on real sockets{times} it went otherwise: {difference}")),
    }
}

/// The configuration as a scenario.
fn base(playable: &Playable, args: &ReplayArgs) -> Result<Json, String> {
    let unreadable = "the scenario cannot be read again";
    match &playable.origin {
        Origin::Scenario(path) => {
            let json = variant_json(path, args.configured.variant.as_deref(), &DiskFiles);
            json.ok_or_else(|| unreadable.to_owned())
        }
        Origin::Files(scenario) => {
            let mut missing = Vec::new();
            let look = &mut |path: &mut String| {
                if !std::path::Path::new(path.as_str()).exists() {
                    missing.push(format!("`{path}`"));
                }
            };
            let scenario = with_paths(scenario.clone(), look);
            match missing.first() {
                None => Ok(scenario),
                Some(path) => Err(format!(
                    "a scenario names its files, and {path} is none of its own: write a scenario with `poolproof \
                     import` first, and verify that"
                )),
            }
        }
        Origin::Policy => Err("there are no backends that could answer".to_owned()),
    }
}

/// The token itself, or the first one in the file of that name: a report in any format holds some.
fn token_of(argument: &str) -> String {
    if argument.starts_with("cx1.") {
        return argument.to_owned();
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~');
    let text = std::fs::read_to_string(argument).unwrap_or_default();
    // In JSON what is not covered comes before what is violated.
    let report: Json = serde_json::from_str(&text).unwrap_or_default();
    let properties = report.get("properties").and_then(Json::as_array);
    let mut tokens =
        properties.into_iter().flatten().filter_map(|one| one.pointer("/counterexample/token")?.as_str());
    if let Some(token) = tokens.next() {
        return token.to_owned();
    }
    let found = text.find("cx1.").and_then(|at| text.get(at..));
    found.map_or_else(|| argument.to_owned(), |rest| rest.chars().take_while(|c| is_part(*c)).collect())
}
