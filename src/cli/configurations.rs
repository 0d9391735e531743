//! From paths to one configuration that can be played: a scenario, or a policy with its backends, or a policy alone.
//!
//! Rules
//! - What is named for one side belongs together. A scenario among it is the configuration.
//! - A policy whose backends are not among the files gets stand-ins without breakers, which is said.

use std::sync::Arc;

use super::choice::{choose, fragments_of, parts_of};
use super::gather::{Configuration, gather};
use super::session::Session;
use crate::backend::Capacity;
use crate::config::{
    DiskFiles, MemoryFiles, Overrides, Scenario, Variant, guess_for, load_guessed, load_scenario,
    open_switches,
};
use crate::contrast::Side;
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, SourceMap};
use crate::explain::{alone, needs, plain_request};
use crate::gateway::GatewaySpec;
use crate::policy::document::{NamedValues, Options, Unresolved};
use crate::policy::{PolicyScope, PolicyText, Program, Sources, load_sources};
use crate::resources::{Form, TextFile};
use crate::rules::{PolicyFile, Setup, read_setup};
use crate::semantics::Switch;
use crate::suite::CaseRequest;

/// What one side is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Files and folders.
    pub paths: &'a [String],
    /// More of them, that belong to both sides.
    pub with: &'a [String],
    /// The policy that is meant, by a part of its path.
    pub policy: Option<&'a str>,
    /// The variant of a scenario.
    pub variant: Option<&'a str>,
    /// Named values beside those in the files.
    pub named_values: &'a [(String, String)],
}

/// A configuration that can be played.
#[derive(Clone, Debug)]
pub(crate) struct Playable {
    /// The configuration.
    pub side: Side,
    /// Undocumented points that can change what it does and that it does not settle itself.
    pub open: Vec<Switch>,
    /// Whether each backend is capacity that is paid for whether used or not; `None`: nothing says so.
    pub paid_for: Vec<Option<bool>>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a configuration comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// The scenario at this path.
    Scenario(String),
    /// A policy with its backends: a scenario made up for them, with paths as they are read.
    Files(serde_json::Value),
    /// A policy alone.
    Policy,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The files cannot be used; what is wrong is among the problems of the session.
    Unusable,
    /// It does not say what is meant.
    Usage(String),
    /// There is no file of a configuration.
    Nothing,
}

/// Reads one side. Problems are kept in the session.
pub(crate) fn playable(wanted: &Wanted<'_>, session: &mut Session) -> Result<Playable, Lack> {
    let paths: Vec<String> = wanted.paths.iter().chain(wanted.with).cloned().collect();
    let gathered = gather(&paths, false, &mut session.sources);
    let has_errors = gathered.problems.has_errors();
    session.diagnostics.extend(gathered.problems);
    if has_errors {
        return Err(Lack::Unusable);
    }
    let scenarios: Vec<&String> =
        gathered.configurations.iter().filter_map(|c| c.scenario.as_ref()).collect();
    match scenarios.as_slice() {
        [] => {}
        [path] => {
            let scenario = load_scenario(
                path,
                &DiskFiles,
                &Overrides::default(),
                &mut session.sources,
                &mut session.diagnostics,
            )
            .ok_or(Lack::Unusable)?;
            let title = (*path).clone();
            return of_scenario(&scenario, title, wanted);
        }
        several => {
            let names: Vec<String> = several.iter().map(|path| format!("  {path}")).collect();
            return Err(Lack::Usage(format!("which scenario? Name one of:\n{}", names.join("\n"))));
        }
    }
    if let Some(name) = wanted.variant {
        return Err(Lack::Usage(format!("only scenarios have variants: there is none to find `{name}` in")));
    }
    let Some(configuration) = gathered.configurations.into_iter().next() else { return Err(Lack::Nothing) };
    of_files(&configuration, wanted, session)
}

/// The one scenario that is wanted, with other texts for some of its files; `None` if it is not one, or cannot be
/// used so.
pub(crate) fn mended(wanted: &Wanted<'_>, texts: Vec<(String, String)>) -> Option<Playable> {
    let mut sources = SourceMap::new();
    let gathered = gather(wanted.paths, false, &mut sources);
    let mut scenarios =
        gathered.configurations.iter().filter_map(|configuration| configuration.scenario.as_ref());
    let (Some(path), None) = (scenarios.next(), scenarios.next()) else { return None };
    let mut files = MemoryFiles::over(&DiskFiles);
    for (name, text) in texts {
        files = files.with(name, text.into_bytes());
    }
    let (mut sources, mut problems) = (SourceMap::new(), Diagnostics::new());
    let scenario = load_scenario(path, &files, &Overrides::default(), &mut sources, &mut problems)?;
    of_scenario(&scenario, path.clone(), wanted).ok()
}

/// A variant of a scenario.
fn of_scenario(scenario: &Scenario, title: String, wanted: &Wanted<'_>) -> Result<Playable, Lack> {
    let origin = Origin::Scenario(title.clone());
    let Some(name) = wanted.variant else { return Ok(of_variant(&scenario.base, title, origin)) };
    let all = std::iter::once(&scenario.base).chain(&scenario.variants);
    let names: Vec<&str> = all.clone().map(|variant| variant.name.as_str()).collect();
    let found = all.into_iter().find(|variant| variant.name == name);
    let variant = found.ok_or_else(|| {
        Lack::Usage(format!("`{title}` has no variant `{name}`; there are: {}", names.join(", ")))
    })?;
    Ok(of_variant(variant, format!("{title} ({name})"), origin))
}

fn of_variant(variant: &Variant, title: String, origin: Origin) -> Playable {
    let gateway = &variant.plan.gateway;
    let operation = &variant.plan.operation;
    let request = |headers, facts| {
        plain_request(Some((operation.method.clone(), operation.path.clone(), headers)), Some(facts))
    };
    let known = variant.plan.callers.iter().filter(|caller| !caller.label.as_str().is_empty());
    let callers: Vec<(String, CaseRequest)> = known
        .map(|caller| (caller.label.to_string(), request(Arc::clone(&caller.headers), &caller.facts)))
        .collect();
    let paid_for = variant.plan.targets.iter().map(|target| match target.deployment.capacity {
        Capacity::Provisioned(_) => Some(true),
        Capacity::Standard(_) => Some(false),
        Capacity::Servers(_) => None,
    });
    Playable {
        open: open_switches(gateway, variant.plan.fleet.lives().len(), &variant.given),
        paid_for: paid_for.collect(),
        origin,
        side: Side {
            title,
            request: request(Arc::clone(&operation.headers), gateway.facts()),
            callers,
            has_stand_ins: false,
            gateway: Arc::clone(gateway),
        },
    }
}

/// A policy with what lies beside it.
fn of_files(
    configuration: &Configuration,
    wanted: &Wanted<'_>,
    session: &mut Session,
) -> Result<Playable, Lack> {
    let mut problems = Diagnostics::new();
    let setup = read_setup(&configuration.files, &mut session.sources, &mut problems);
    let policies = choose(&setup, wanted.policy).map_err(Lack::Usage)?;
    let resources: Vec<&TextFile> =
        configuration.files.iter().filter(|file| file.form != Form::Policy).collect();
    let title = wanted.paths.join(", ");
    if resources.is_empty() {
        let has_errors = problems.has_errors();
        for problem in problems.sorted().into_iter().filter(|problem| problem.severity == Severity::Error) {
            session.diagnostics.push(problem.clone());
        }
        let program = program(&policies, &setup, wanted).filter(|_| !has_errors);
        let lost: Vec<_> = program
            .iter()
            .flat_map(|program| policies.iter().flat_map(|policy| needs(&policy.document, program)))
            .collect();
        // Without these the policy would seem to do nothing.
        for missing in lost.into_iter().filter(|missing| missing.hides) {
            let message = "this policy cannot be read without a named value";
            session.diagnostics.push(
                Diagnostic::error("undefined-named-value", missing.span, message)
                    .label("expected a value for each name in it")
                    .help("give it with `--named-value NAME=VALUE`"),
            );
        }
        if session.diagnostics.has_errors() {
            return Err(Lack::Unusable);
        }
        let gateway = program.as_ref().and_then(alone).map(Arc::new);
        return gateway.map(|gateway| stand_in(gateway, title)).ok_or(Lack::Unusable);
    }
    let is_taken = |name: &str| resources.iter().any(|file| *file.path == *name);
    let own = |name: &str| if is_taken(name) { format!("{name} (policy)") } else { name.to_owned() };
    let (mut parts, contents) = parts_of(&policies, &setup, |file, _| own(&file.name));
    parts.named_values.extend(wanted.named_values.iter().cloned());
    let mut files = MemoryFiles::over(&DiskFiles);
    for (path, bytes) in contents {
        files = files.with(path, bytes);
    }
    for file in resources {
        parts.resources.push(file.path.to_string());
        files = files.with(file.path.to_string(), file.text.as_bytes());
    }
    let guessed = guess_for(&parts, &files, &mut session.sources, &mut session.diagnostics);
    let guessed = guessed.ok_or(Lack::Unusable)?;
    let scenario =
        load_guessed(&guessed, &files, &Overrides::default(), &mut session.sources, &mut session.diagnostics);
    let scenario = scenario.ok_or(Lack::Unusable)?;
    // What stands behind the backends was guessed.
    let playable = of_variant(&scenario.base, title, Origin::Files(guessed.scenario_json));
    Ok(Playable { paid_for: vec![None; playable.paid_for.len()], ..playable })
}

/// What is made of policies by themselves, with the named values that are given.
fn program(policies: &[&PolicyFile], setup: &Setup, wanted: &Wanted<'_>) -> Option<Program> {
    if let ([only], true) = (policies, wanted.named_values.is_empty()) {
        return only.program.clone();
    }
    let mut named_values = NamedValues::new();
    for (name, value) in wanted.named_values {
        named_values.insert(name.as_str(), value.as_str());
    }
    let scopes = policies.iter().map(|policy| {
        let own = PolicyText { source: policy.source, text: &policy.text };
        (policy.scope.unwrap_or(PolicyScope::Api), own)
    });
    let fragments = fragments_of(policies, setup);
    let fragments = fragments.iter().filter_map(|file| {
        Some((file.id.as_deref()?.to_owned(), PolicyText { source: file.source, text: &file.text }))
    });
    let sources = Sources {
        scopes: scopes.collect(),
        fragments: fragments.collect(),
        options: Options { unresolved: Unresolved::Keep, named_values, ..Options::default() },
        is_check: true,
    };
    load_sources(&sources, &mut Diagnostics::new()).0
}

/// A policy whose backends nobody knows.
fn stand_in(gateway: Arc<GatewaySpec>, title: String) -> Playable {
    Playable {
        open: open_switches(&gateway, 1, &[]),
        paid_for: vec![None; gateway.backends().len()],
        origin: Origin::Policy,
        side: Side {
            title,
            request: plain_request(None, None),
            callers: Vec::new(),
            has_stand_ins: true,
            gateway,
        },
    }
}
