//! `poolproof verify`: every order of events within bounds, or the shortest way to break something.
//!
//! Exit codes: 0 everything holds, 1 something does not, 2 the input cannot be used, 3 too many states, or too many
//! combinations of readings, before there was a verdict, 4 there is no configuration.

use std::io::IsTerminal;
use std::sync::Arc;

use super::super::check_args::FindingFormat;
use super::super::configurations::{Lack, Playable, playable};
use super::super::exit_code::Exit;
use super::super::output::write_whole;
use super::super::proof::{Proof, Token, add_code_flows, findings, human, json, mending};
use super::super::proof_args::{ClientName, Configured, ReadingsName, VerifyArgs, property};
use super::super::session::{Session, Stop};
use super::super::verdict::{coverage_json, render_coverage};
use super::validate::in_format;
use crate::config::{DiskFiles, Files, read_properties};
use crate::diagnostics::Diagnostic;
use crate::gateway::RequestHead;
use crate::policy::{Op, Text};
use crate::random::{StreamName, Streams};
use crate::rules::show;
use crate::suite::Coverage;
use crate::units::{BackendId, Duration};
use crate::verify::{
    Bounds, Breach, Path, Progress, Property, Report, Setup, Sight, Storms, Task, Verdict, breaches_of,
    distinct, storms as play_storms, verify as explore,
};
use crate::wording::{count, time};
use crate::workload::ClientRetry;

/// Events of a random storm.
const STORM_EVENTS: u32 = 300;
/// Faults while other readings are looked at.
const READINGS_FAULTS: u8 = 2;

/// Proves, and prints what was proved.
pub(crate) fn verify(args: &VerifyArgs, session: &mut Session) -> Result<(), Stop> {
    let bounds = args.bounds().map_err(|message| session.usage(&message))?;
    let limits = args.limits();
    let playable = configuration(&args.paths, &args.configured, session)?;
    let mut setup = setup(&playable);
    let only = wanted(&args.property, &mut setup, session)?;
    let readings = (args.readings != ReadingsName::Configured).then_some(Bounds {
        depth: args.readings_depth.min(bounds.depth),
        faults: bounds.faults.min(READINGS_FAULTS),
        ..bounds
    });
    let combinations = (args.readings == ReadingsName::Combined).then_some(args.combinations);
    let task = Task { bounds, readings, combinations, limits, profile: args.profile.into(), only };
    let shows = !args.quiet && std::io::stderr().is_terminal();
    let mut report = explore(&setup, &task, &mut |progress| {
        if shows {
            session.remark(&progress_line(progress));
        }
    });
    if shows {
        session.remark("\r\x1b[K");
    }
    beyond(args, &setup, &task, &mut report, session)?;
    let mending = mending(&args.configured.wanted(&args.paths), &report, &task, &self::setup);
    let proof = Proof {
        title: &playable.side.title,
        paths: &args.paths,
        setup: &setup,
        limits,
        report: &report,
        mending: &mending,
    };
    let coverage = coverage(&setup, &report);
    match args.format {
        FindingFormat::Human => {
            session.print(&human(&proof, &session.sources, session.has_colour()));
            if args.cases > 0 {
                session.print(&format!(
                    "Beyond the bounds: {} of {STORM_EVENTS} events each, with up to 12 requests under way (seed {}).\n",
                    count(args.cases as usize, "random storm", "random storms"),
                    args.seed
                ));
            }
            session.print(&client(args, &report));
            if args.coverage {
                session.print(&format!("\n{}", render_coverage(&coverage, &session.sources)));
            }
        }
        FindingFormat::Json => {
            let mut document = json(&proof);
            if let (true, Some(members)) = (args.coverage, document.as_object_mut()) {
                members.insert("coverage".to_owned(), coverage_json(&coverage, &session.sources));
            }
            session.print_json(&document)?;
        }
        FindingFormat::Sarif => {
            let told = findings(&proof);
            let mut document = show::sarif(&told, &session.sources, env!("CARGO_PKG_VERSION"));
            add_code_flows(&mut document, &proof);
            session.print_json(&document)?;
        }
        format => session.print(&in_format(&findings(&proof), format, true, session)?),
    }
    let is_below = args.fail_under.is_some_and(|percent| coverage.counts().total().is_below(percent));
    if let (true, Some(percent)) = (is_below, args.fail_under) {
        session.remark(&format!("error: the coverage is below {percent} %\n"));
    }
    let otherwise =
        args.all_readings && report.properties.iter().any(|checked| !checked.otherwise.is_empty());
    if report.is_violated() || otherwise || is_below || over_budget(args, &report) {
        Err(Stop(Exit::Finding))
    } else if report.is_unknown() || report.combinations.is_some_and(|tried| !tried.is_complete) {
        Err(Stop(Exit::Inconclusive))
    } else {
        Ok(())
    }
}

/// Plays known counterexamples and random storms, and adds what they break.
fn beyond(
    args: &VerifyArgs,
    setup: &Setup,
    task: &Task,
    report: &mut Report,
    session: &Session,
) -> Result<(), Stop> {
    let mut found: Vec<(Breach, Path)> = Vec::new();
    let mut lines = String::new();
    if let Some(path) = args.regressions.as_ref().filter(|path| path.exists()) {
        lines = std::fs::read_to_string(path)
            .map_err(|error| session.usage(&format!("`{}`: {error}", path.display())))?;
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let token = Token::read(line)
                .map_err(|error| session.usage(&format!("`{}`: {error}", path.display())))?;
            let breaches = breaches_of(setup, &report.answers, task.limits, &token.path);
            found.extend(breaches.into_iter().flatten().map(|breach| (breach, token.path.clone())));
        }
    }
    let storms = Storms { cases: args.cases, events: STORM_EVENTS, instances: task.bounds.instances };
    let mut stream = Streams::new(args.seed).named(StreamName::new("verify"));
    found.extend(play_storms(setup, &report.answers, task.limits, storms, &mut |bound| stream.below(bound)));
    let asked: Vec<Property> = if task.only.is_empty() { setup.properties() } else { task.only.clone() };
    found.retain(|(breach, _)| asked.contains(&breach.property));
    report.add_storms(found, task.profile);
    if let Some(path) = &args.regressions {
        for checked in &report.properties {
            if let Verdict::Violated { path, .. } = &checked.verdict
                && !path.moves.is_empty()
            {
                let token = Token::new(setup, &[], path, &args.paths).to_string();
                if !lines.lines().any(|known| known == token) {
                    lines.push_str(&token);
                    lines.push('\n');
                }
            }
        }
        write_whole(path, lines.as_bytes()).map_err(|error| session.usage(&error.to_string()))?;
    }
    Ok(())
}

/// The properties that are asked for by name; those of files are added to what is verified.
fn wanted(all: &[String], setup: &mut Setup, session: &mut Session) -> Result<Vec<Property>, Stop> {
    let mut only = Vec::new();
    for word in all {
        let is_file =
            std::path::Path::new(word).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        if !is_file {
            only.push(property(word).map_err(|message| session.usage(&message))?);
            continue;
        }
        let bytes = DiskFiles.read(word).map_err(|error| session.usage(&error.to_string()))?;
        let text =
            String::from_utf8(bytes).map_err(|_| session.usage(&format!("`{word}` is no UTF-8 text")))?;
        let source = session.sources.add(word.clone(), text.clone());
        let found = read_properties(source, &text, &mut session.sources, &mut session.diagnostics);
        session.stop_if_unusable()?;
        setup.custom.extend(found.into_iter().flatten());
    }
    if u8::try_from(setup.custom.len()).is_err() {
        return Err(session.usage("there are more than 255 properties in these files"));
    }
    if !only.is_empty() {
        only.extend((0..setup.custom.len()).filter_map(|at| u8::try_from(at).ok()).map(Property::Custom));
    }
    Ok(only)
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
    let playable = match playable(&configured.wanted(paths), session) {
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
    let mut setup = Setup {
        gateway: Arc::clone(&side.gateway),
        requests: [usual].into_iter().chain(callers).collect(),
        paid_for: playable.paid_for.clone(),
        custom: Vec::new(),
    };
    for (_, head) in &mut setup.requests {
        name_deployment(head);
    }
    // Callers that the policy treats alike are one: each would be tried in every place.
    let kept: Vec<usize> = distinct(&setup).into_iter().map(|(at, _)| at).collect();
    let mut at = 0..setup.requests.len();
    setup.requests.retain(|_| at.next().is_some_and(|at| kept.contains(&at)));
    setup
}

/// Gives a request of an operation that nobody described the parameter that operations of Azure OpenAI have.
fn name_deployment(head: &mut RequestHead) {
    let path = head.path.clone();
    let rest = path.split_once("/deployments/").map(|(_, rest)| rest);
    let name = rest.and_then(|rest| rest.split(['/', '?']).next());
    if let (Some(name), Some(facts)) = (name, &mut head.facts)
        && facts.matched_parameters.is_empty()
    {
        let parameter = (Text::Static("deployment-id"), Text::from(name.to_owned()));
        Arc::make_mut(facts).matched_parameters.push(parameter);
    }
}

/// What of the policy and the pools was reached as configured.
fn coverage(setup: &Setup, report: &Report) -> Coverage {
    let mut coverage = Coverage::default();
    coverage.expect(&setup.gateway);
    coverage.expect_proof(&setup.gateway);
    coverage.see(setup.gateway.program(), &report.steps);
    for sight in &report.sights {
        match sight {
            Sight::Called(backend) => coverage.called(&setup.gateway, BackendId(*backend)),
            Sight::Tripped(backend) => coverage.changed(&setup.gateway, BackendId(*backend), false),
            Sight::Reset(backend) => coverage.changed(&setup.gateway, BackendId(*backend), true),
            Sight::Attempt(retry, number) => coverage.attempted(setup.gateway.program(), *retry, *number),
            Sight::FailedOver | Sight::Exhausted | Sight::Retried | Sight::Custom(_) => {}
        }
    }
    coverage
}

/// The worst case with clients that try again by themselves: calls, and how long one waits.
fn worst_with_client(client: ClientName, report: &Report) -> (u64, Duration) {
    let retry = match client {
        ClientName::OpenaiPython => ClientRetry::default(),
        ClientName::None => ClientRetry { retries: 0, ..ClientRetry::default() },
    };
    let tries = u64::from(retry.retries) + 1;
    let longest = retry.longest_wait.max(retry.longest_retry_after);
    let waits = longest.saturating_mul(u64::from(retry.retries));
    let inside = report.worst.waited.saturating_mul(tries);
    (u64::from(report.worst.calls).saturating_mul(tries), inside.saturating_add(waits))
}

fn client(args: &VerifyArgs, report: &Report) -> String {
    let Some(client) = args.client else { return String::new() };
    let (calls, waits) = worst_with_client(client, report);
    let budget = match args.budget {
        Some(budget) if waits > budget => format!(": more than its {}", time(budget)),
        Some(budget) => format!(": within its {}", time(budget)),
        None => String::new(),
    };
    format!(
        "With the client's own further tries: {} and {} of waiting, beside the time that answers take{budget}.\n",
        count(usize::try_from(calls).unwrap_or(usize::MAX), "backend call", "backend calls"),
        time(waits)
    )
}

fn over_budget(args: &VerifyArgs, report: &Report) -> bool {
    match (args.client, args.budget) {
        (Some(client), Some(budget)) => worst_with_client(client, report).1 > budget,
        _ => false,
    }
}
