//! `poolproof validate`: what will go wrong with a configuration, from its files.

use std::path::Path;

use serde_json::Value;
use similar::TextDiff;

use super::super::analysis::analyse_all;
use super::super::baseline;
use super::super::check_args::{FindingFormat, ValidateArgs};
use super::super::exit_code::Exit;
use super::super::gather::gather;
use super::super::output::write_whole;
use super::super::session::{Session, Stop};
use crate::config::{DiskFiles, Files as _};
use crate::diagnostics::{Severity, SourceMap};
use crate::rules::{Told, all, apply, show};

/// Rounds of fixes: one fix may make room for another.
const MOST_ROUNDS: usize = 10;

/// Asks all rules and prints what they find.
pub(crate) fn validate(args: &ValidateArgs, session: &mut Session) -> Result<(), Stop> {
    for rule in args.select.iter().chain(&args.ignore).chain(args.severity.iter().map(|(rule, _)| rule)) {
        if !all().any(|known| is_meant(rule, known.code, known.name)) {
            return Err(session.usage(&format!("there is no rule `{rule}`: see `poolproof rules`")));
        }
    }
    let mut told = look(args, session)?;
    if args.diff {
        print_diff(&told, args, session);
    } else if args.fix || args.unsafe_fixes {
        told = mend(told, args, session)?;
    }
    if let Some(path) = &args.write_baseline {
        return baseline::write(path, &told, session);
    }
    if let Some(path) = &args.baseline {
        told = baseline::without_known(path, told, session)?;
    }
    let text = if args.diff { String::new() } else { rendered(&told, args, session)? };
    match &args.output {
        Some(path) => {
            write_whole(path, text.as_bytes()).map_err(|error| session.usage(&error.to_string()))?;
        }
        None => session.print(&text),
    }
    let fails = |told: &&Told| {
        told.suppressed.is_none()
            && args.fail_on.severity().is_some_and(|least| told.diagnostic.severity >= least)
    };
    let open: Vec<&Told> = told.iter().filter(fails).collect();
    if open.iter().any(|told| told.is_unusable()) {
        return Err(Stop(Exit::Unusable));
    }
    if open.is_empty() { Ok(()) } else { Err(Stop(Exit::Finding)) }
}

/// What is found now, as far as it was asked for.
fn look(args: &ValidateArgs, session: &mut Session) -> Result<Vec<Told>, Stop> {
    session.sources = SourceMap::new();
    let gathered = gather(&args.paths, args.skip_others, &mut session.sources);
    if gathered.configurations.is_empty() && gathered.problems.is_empty() {
        if args.skip_others {
            return Ok(Vec::new());
        }
        return Err(session.nothing_ran("there is no file of a configuration in what was named"));
    }
    let mut told = analyse_all(&gathered, &mut session.sources, args.tier).told;
    for (rule, severity) in &args.severity {
        for one in told.iter_mut().filter(|one| is_asked(rule, one)) {
            one.diagnostic.severity = *severity;
        }
    }
    told.retain(|one| {
        let is_selected = args.select.is_empty() || args.select.iter().any(|rule| is_asked(rule, one));
        let is_ignored = args.ignore.iter().any(|rule| is_asked(rule, one));
        // What cannot be read hides what else there is: it is told whatever was asked for.
        let is_shown = one.diagnostic.severity > Severity::Info || args.info;
        (is_selected && !is_ignored && is_shown) || one.is_unusable()
    });
    Ok(told)
}

/// Whether an argument means a finding.
fn is_asked(argument: &str, told: &Told) -> bool {
    match told.rule {
        Some(rule) => is_meant(argument, rule.code, rule.name),
        None => argument.eq_ignore_ascii_case(told.code()),
    }
}

/// A code, the beginning of one, or a name.
fn is_meant(argument: &str, code: &str, name: &str) -> bool {
    let argument = argument.trim();
    let is_beginning =
        argument.len() >= 2 && code.to_ascii_uppercase().starts_with(&argument.to_ascii_uppercase());
    is_beginning || argument.eq_ignore_ascii_case(name)
}

fn rendered(told: &[Told], args: &ValidateArgs, session: &Session) -> Result<String, Stop> {
    in_format(told, args.format, args.output.is_none(), session)
}

/// Findings in a format; coloured on a terminal if they go there.
pub(crate) fn in_format(
    told: &[Told],
    format: FindingFormat,
    is_shown: bool,
    session: &Session,
) -> Result<String, Stop> {
    let sources = &session.sources;
    let pretty = |json: &Value| {
        serde_json::to_string_pretty(json)
            .map(|text| text + "\n")
            .map_err(|error| session.internal(&error.to_string()))
    };
    Ok(match format {
        FindingFormat::Human => show::human(told, sources, is_shown && session.has_colour()),
        FindingFormat::Concise => show::concise(told, sources),
        FindingFormat::Json => pretty(&show::json(told, sources))?,
        FindingFormat::Jsonl => show::jsonl(told, sources),
        FindingFormat::Sarif => pretty(&show::sarif(told, sources, env!("CARGO_PKG_VERSION")))?,
        FindingFormat::Junit => show::junit(told, sources),
        FindingFormat::Github => show::github(told, sources),
        FindingFormat::Gitlab => pretty(&show::gitlab(told, sources))?,
        FindingFormat::Markdown => show::markdown(told, sources),
    })
}

/// Shows what would change.
fn print_diff(told: &[Told], args: &ValidateArgs, session: &Session) {
    for (source, new) in apply(told, &session.sources, args.unsafe_fixes) {
        let name = session.sources.name(source);
        let old = session.sources.text(source);
        let diff = TextDiff::from_lines(old, new.as_str());
        let text = diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")).to_string();
        session.print(&text);
    }
}

/// Carries fixes out, again and again until none is left; what is found then.
fn mend(mut told: Vec<Told>, args: &ValidateArgs, session: &mut Session) -> Result<Vec<Told>, Stop> {
    let mut mended = 0_usize;
    for _ in 0..MOST_ROUNDS {
        let changes = apply(&told, &session.sources, args.unsafe_fixes);
        let mut has_written = false;
        for (source, new) in changes {
            let name = session.sources.name(source).to_owned();
            // Only what was read from a file of this name can be written to it; a byte order mark stays.
            let Ok(bytes) = DiskFiles.read(&name) else { continue };
            let old = session.sources.text(source);
            let Some(mark) = bytes.strip_suffix(old.as_bytes()) else { continue };
            let mut out = mark.to_vec();
            out.extend_from_slice(new.as_bytes());
            write_whole(Path::new(&name), &out).map_err(|error| session.usage(&error.to_string()))?;
            has_written = true;
        }
        if !has_written {
            break;
        }
        let before = told.len();
        told = look(args, session)?;
        mended = mended.saturating_add(before.saturating_sub(told.len()));
    }
    session.remark(&format!("{mended} findings mended\n"));
    Ok(told)
}
