//! `poolproof replay LOG SCENARIO`: a decision log of `serve` through the core again.
//!
//! Exit codes: 0 every decision is the same, 1 one is not, 2 the log cannot be played.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Arc;

use super::super::exit_code::Exit;
use super::super::load::Input;
use super::super::proof_args::ReplayArgs;
use super::super::session::{Session, Stop};
use crate::config::{Overrides, Variant};
use crate::gateway::Gateway;
use crate::policy::Facts;
use crate::random::Streams;
use crate::serve::{JournalHeader, Line, replay_line};
use crate::sim::SeededChoices;
use crate::wording::count;

/// Differences that are shown.
const SHOWN: u64 = 10;

/// What a log says of itself, if the file is one.
pub(crate) fn header(path: &str) -> Option<JournalHeader> {
    let mut line = String::new();
    BufReader::new(File::open(path).ok()?).read_line(&mut line).ok()?;
    JournalHeader::read(&line)
}

/// Plays a log.
pub(crate) fn replay_log(
    path: &str,
    header: &JournalHeader,
    args: &ReplayArgs,
    session: &mut Session,
) -> Result<(), Stop> {
    if args.paths.is_empty() {
        return Err(session.usage(
            "a decision log needs its configuration: name the scenario, as in `poolproof replay LOG SCENARIO`",
        ));
    }
    let variant = variant(args, session)?;
    if variant.hash != header.hash {
        return Err(session.usage(&format!(
            "this log is of another configuration ({}, here {}): the files have changed since, or it needs the same \
             `--variant`",
            header.hash, variant.hash
        )));
    }
    let spec = &variant.plan.gateway;
    let spec = spec
        .revised(spec.pools().to_vec(), spec.semantics().clone())
        .map_err(|error| session.internal(&error.to_string()))?
        .with_start(header.start_unix_s);
    let mut gateway = Gateway::new(Arc::new(spec));
    let mut choices = SeededChoices::new(Streams::new(header.seed), 0);
    let mut exchanges = BTreeMap::new();
    let facts = |subscription: Option<&str>| facts_of(&variant, subscription);
    let file = File::open(path).map_err(|error| session.usage(&format!("`{path}`: {error}")))?;
    let (mut lines, mut differing, mut unreadable) = (0_u64, 0_u64, 0_u64);
    for (at, line) in BufReader::new(file).lines().enumerate().skip(1) {
        let line = line.map_err(|error| session.usage(&format!("`{path}`: {error}")))?;
        let number = at.saturating_add(1);
        match replay_line(&line, &mut gateway, &mut choices, &mut exchanges, &facts) {
            Line::Same => {}
            Line::Reloaded => {
                session.remark(&format!(
                    "{path}:{number}: other files were put in force here: what follows is not played\n"
                ));
                break;
            }
            Line::Unreadable => {
                unreadable = unreadable.saturating_add(1);
                if unreadable <= SHOWN {
                    session.remark(&format!("{path}:{number}: no line of a decision log\n"));
                }
            }
            Line::Differs { then, now } => {
                differing = differing.saturating_add(1);
                if differing <= SHOWN {
                    session.print(&format!(
                        "{path}:{number}: the core decides otherwise\n  then: {}\n  now:  {}\n",
                        then.join(", "),
                        now.join(", ")
                    ));
                }
            }
        }
        lines = lines.saturating_add(1);
    }
    let told = count(usize::try_from(lines).unwrap_or(usize::MAX), "input", "inputs");
    if unreadable > 0 {
        return Err(session.usage(&format!("{unreadable} of {told} cannot be played")));
    }
    if differing > 0 {
        session.print(&format!("{differing} of {told} were decided otherwise\n"));
        return Err(Stop(Exit::Finding));
    }
    session.print(&format!("{told}: every decision is the same\n"));
    Ok(())
}

fn variant(args: &ReplayArgs, session: &mut Session) -> Result<Variant, Stop> {
    let input = Input::one(&args.paths, "a log is of one configuration: ");
    let input = input.map_err(|message| session.usage(&message))?;
    let wanted = args.configured.variant.as_deref();
    let found = session.load_variant(&input, &Overrides::default(), wanted);
    session.stop_if_unusable()?;
    found.map(|(_, variant)| variant).ok_or(Stop(Exit::Unusable))
}

/// Who has a subscription: a client of the scenario, or who the gateway says.
fn facts_of(variant: &Variant, subscription: Option<&str>) -> Arc<Facts> {
    let has = |facts: &Facts| {
        let own = facts.subscription.as_ref().map(|own| own.id.as_str());
        own == subscription
    };
    let caller = variant.plan.callers.iter().find(|caller| has(&caller.facts));
    caller.map_or_else(|| Arc::clone(variant.plan.gateway.facts()), |caller| Arc::clone(&caller.facts))
}
