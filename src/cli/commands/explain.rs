//! `poolproof policy explain`: a policy and its pool in plain language.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::args::{ExplainFormat, PolicyExplainArgs};
use super::super::exit_code::Exit;
use super::super::load::Input;
use super::super::session::{Session, Stop};
use crate::config::{DiskFiles, Files as _, Overrides, Variant, is_suite, open_switches, resource_spans};
use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::explain::{
    Page, ResourcePlace, Subject, alone, explain as explained, human, markdown, needs, plain_request,
};
use crate::policy::check::{CheckOptions, Verdict, check, looks_like_policy};
use crate::policy::document::{Kind, NamedValues, Options, Unresolved, read};
use crate::policy::scan::Format;
use crate::policy::{Facts, PolicyScope, PolicyText, Sources, load_sources};

/// Explains what the arguments name and prints it. Ends like `policy check`: 1 when there are findings.
pub(crate) fn explain(args: &PolicyExplainArgs, session: &mut Session) -> Result<(), Stop> {
    let [first, rest @ ..] = args.inputs.as_slice() else {
        return Err(session.usage("name a policy or a scenario"));
    };
    let bytes =
        DiskFiles.read(first).map_err(|error| session.usage(&format!("cannot read `{first}`: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| session.usage(&format!("cannot read `{first}`: it is not UTF-8 text")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if is_suite(text) {
        return Err(session.usage(&format!(
            "`{first}` is a file of tests: name a policy, or the scenario that the tests are about"
        )));
    }
    let is_policy = has_policy_extension(first) || looks_like_policy(text);
    if rest.is_empty() && is_policy {
        return document(first, text, args, session);
    }
    if args.escaped || !args.named_value.is_empty() {
        let message = "`--escaped` and `--named-value` are for a policy document without its backends";
        return Err(session.usage(message));
    }
    scenario(args, session)
}

fn has_policy_extension(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|e| e.eq_ignore_ascii_case("xml"))
}

/// A policy document by itself.
fn document(path: &str, text: &str, args: &PolicyExplainArgs, session: &mut Session) -> Result<(), Stop> {
    let source = session.sources.add(path, text);
    let verdict =
        check(source, text, &CheckOptions { is_xml: args.escaped }, &mut session.diagnostics).verdict;
    if verdict == Verdict::Unreadable {
        session.stop_if_unusable()?;
        return Err(Stop(Exit::Unusable));
    }
    let format = if args.escaped { Format::Xml } else { Format::Raw };
    let mut named_values = NamedValues::new();
    for (name, value) in &args.named_value {
        named_values.insert(name.as_str(), value.as_str());
    }
    let options = Options { format, unresolved: Unresolved::Keep, named_values };
    let document = read(source, text, &options, &mut Diagnostics::new());
    let scopes = BTreeMap::from([(PolicyScope::Api, PolicyText { source, text })]);
    let sources = Sources { scopes, options, is_check: true, ..Sources::default() };
    let (program, _) = load_sources(&sources, &mut Diagnostics::new());
    let Some(program) = program else {
        // Errors beside a sound structure are findings, as for `policy check`.
        let stop = session.stop_if_unusable();
        return Err(if stop.is_err() {
            Stop(Exit::Finding)
        } else {
            session.internal("nothing was compiled")
        });
    };
    let Some(gateway) = alone(&program).map(Arc::new) else {
        return Err(session.internal("no stand-ins for the backends"));
    };
    let subject = Subject {
        title: path.to_owned(),
        sources: &session.sources,
        policy: source,
        program: &program,
        open: open_switches(&gateway, 1, &[]),
        gateway,
        is_alone: true,
        is_whole: document.kind == Kind::Policies,
        missing: needs(&document, &program),
        request: plain_request(None, None),
        variants: Vec::new(),
        resources: BTreeMap::new(),
    };
    let page = explained(&subject);
    show(&page, args, session)
}

/// A scenario, or a policy with its backends.
fn scenario(args: &PolicyExplainArgs, session: &mut Session) -> Result<(), Stop> {
    let inputs = Input::from_paths(&args.inputs).map_err(|why| session.usage(&why))?;
    let [input] = inputs.as_slice() else {
        return Err(session.usage("name one policy with its backends, or one scenario"));
    };
    let loaded = input.load(&Overrides::default(), &mut session.sources, &mut session.diagnostics);
    let Some(loaded) = loaded else {
        session.stop_if_unusable()?;
        return Err(session.internal("nothing was loaded"));
    };
    let scenario = loaded.scenario;
    let base = &scenario.base;
    let gateway = Arc::clone(&base.plan.gateway);
    let operation = &base.plan.operation;
    let head = (operation.method.clone(), operation.path.clone(), Arc::clone(&operation.headers));
    let facts: &Facts = gateway.facts();
    let subject = Subject {
        title: format!("{} ({})", scenario.name, policy_name(base, &session.sources)),
        sources: &session.sources,
        policy: policy_source(base),
        program: gateway.program(),
        open: open_switches(&gateway, base.plan.fleet.lives().len(), &base.given),
        is_alone: false,
        is_whole: true,
        missing: Vec::new(),
        request: plain_request(Some(head), Some(facts)),
        variants: scenario
            .variants
            .iter()
            .map(|v| (v.name.clone(), v.note.clone(), Arc::clone(&v.plan.gateway)))
            .collect(),
        resources: resources(&session.sources),
        gateway: Arc::clone(&gateway),
    };
    let page = explained(&subject);
    show(&page, args, session)
}

/// Where backends and pools are written.
fn resources(sources: &SourceMap) -> BTreeMap<String, ResourcePlace> {
    let places = resource_spans(sources).into_iter();
    places.map(|r| (r.name.to_lowercase(), ResourcePlace { name: r.at, breaker: r.breaker })).collect()
}

/// The text that the policy was read from.
fn policy_source(variant: &Variant) -> SourceId {
    let places = &variant.plan.gateway.program().places;
    places.iter().find_map(|place| place.span).map_or(SourceId(u32::MAX), |span| span.source)
}

fn policy_name(variant: &Variant, sources: &SourceMap) -> String {
    sources.name(policy_source(variant)).to_owned()
}

fn show(page: &Page, args: &PolicyExplainArgs, session: &mut Session) -> Result<(), Stop> {
    let has_findings = !session.diagnostics.is_empty();
    match args.format {
        ExplainFormat::Human => session.print(&human(page)),
        ExplainFormat::Markdown => session.print(&markdown(page)),
        ExplainFormat::Json => {
            let json = serde_json::to_value(page).map_err(|error| session.internal(&error.to_string()))?;
            session.print_json(&json)?;
        }
    }
    session.stop_if_unusable()?;
    if has_findings { Err(Stop(Exit::Finding)) } else { Ok(()) }
}
