//! What all cases of a file share: the policy, the backends, the readings and the API.

use std::sync::Arc;

use super::super::files::Files;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Node, shorten};
use super::super::loaded::load_scenario;
use super::super::scenario::{Library, Overrides, join_all, read_policy, read_semantics};
use super::super::utc::{DEFAULT_START, read_start, unix_seconds};
use super::facts::service_origin;
use super::keys::read_keys;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::gateway::{BackendEntity, GatewaySpec, PoolSpec};
use crate::policy::operations::{SigningKey, Supplied};
use crate::policy::{Facts, Header, Program, Text};
use crate::semantics::Semantics;
use crate::sim::Operation;

/// What all cases share.
#[derive(Debug)]
pub(super) struct World {
    /// `None` when there are problems, which have been told.
    parts: Option<Parts>,
    /// Readings without those of a case.
    pub(super) semantics: Semantics,
    start_unix_s: u64,
    /// Share of prompts that a semantic cache can answer, in thousandths.
    semantic_hits: u16,
    /// What tokens are verified with beside the keys of the policy.
    signing_keys: Vec<SigningKey>,
    /// What `context` tells when a request says nothing else.
    pub(super) facts: Facts,
    /// What is called when a request says nothing else.
    pub(super) operation: Operation,
}

#[derive(Debug)]
struct Parts {
    backends: Vec<BackendEntity>,
    pools: Vec<PoolSpec>,
    /// `None` when only the policy has problems.
    program: Option<Program>,
}

impl World {
    /// The gateway under these readings. `None` when there are problems.
    pub(super) fn gateway(&self, semantics: Semantics, diagnostics: &mut Diagnostics) -> Option<GatewaySpec> {
        let Parts { backends, pools, program } = self.parts.as_ref()?;
        let spec = match GatewaySpec::new(backends.clone(), pools.clone(), program.clone()?, semantics) {
            Ok(spec) => spec,
            Err(error) => {
                diagnostics.push(Diagnostic::error("gateway", None, error.to_string()));
                return None;
            }
        };
        let supplied = Supplied { signing_keys: self.signing_keys.clone(), ..Supplied::default() };
        let spec = spec.with_start(self.start_unix_s).with_semantic_hits(self.semantic_hits);
        let spec = spec.with_supplied(supplied);
        Some(spec.with_facts(self.facts.clone()))
    }

    /// The name of the backend as its resource has it. Tells it when there is none such. The name itself
    /// when nothing is known of the backends.
    pub(super) fn backend(&self, name: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<String> {
        let Some(parts) = &self.parts else { return Some(name.to_owned()) };
        if let Some(found) = parts.backends.iter().find(|b| b.name.eq_ignore_ascii_case(name)) {
            return Some(found.name.to_string());
        }
        let names = || parts.backends.iter().map(|backend| &*backend.name);
        let diagnostic = if let Some(pool) = parts.pools.iter().find(|p| p.name.eq_ignore_ascii_case(name)) {
            let members = pool.members.iter().filter_map(|member| parts.backends.get(member.backend.index()));
            Diagnostic::error("pool-in-test", span, format!("`{}` is a pool", shorten(name)))
                .label("expected one of its members")
                .note(format!("members: {}", list(members.map(|member| &*member.name))))
        } else {
            let message = format!("there is no backend `{}`", shorten(name));
            let mut diagnostic = Diagnostic::error("unknown-backend", span, message)
                .label("expected a backend id of the resources")
                .note(format!("backends there: {}", list(names())));
            diagnostic.help = did_you_mean(name, names());
            diagnostic
        };
        diagnostics.push(diagnostic);
        None
    }

    /// Names of the policy's variables; `None` when the policy has problems.
    pub(super) fn variables(&self) -> Option<&[Text]> {
        Some(&self.parts.as_ref()?.program.as_ref()?.variables)
    }
}

/// Reads what all cases share. All problems are told.
pub(super) fn read_world(
    tree: &Node,
    files: &dyn Files,
    library: &mut Library<'_>,
    diagnostics: &mut Diagnostics,
) -> World {
    let start = read_start(tree, diagnostics);
    let (own, given) = read_semantics(tree, diagnostics);
    let mut facts = Facts::default();
    if let Some(node) = tree.get("serviceUrl")
        && let Some(origin) = service_origin(node, diagnostics)
    {
        facts.service_origin = origin;
        facts.api.service_url = node.text().map(|url| Text::from(url.to_owned()));
    }
    let mut world = World {
        parts: None,
        semantics: own.clone(),
        start_unix_s: start.as_deref().and_then(unix_seconds).unwrap_or_default(),
        semantic_hits: 0,
        signing_keys: read_keys(tree, diagnostics),
        facts,
        operation: Operation { method: "POST".into(), path: "/".into(), headers: Arc::new([]) },
    };
    match (tree.get("policy"), tree.get("scenario")) {
        (Some(_), None) => {
            if let Some(node) = tree.get("variant") {
                let message = "`variant` needs a scenario to be a variant of";
                diagnostics.push(
                    Diagnostic::error("variant-without-scenario", node.mark(), message)
                        .label("expected only beside `scenario`"),
                );
            }
            world.parts = read_parts(tree, library, diagnostics);
        }
        (None, Some(node)) => {
            refuse_parts(tree, diagnostics);
            let path = library.is_there("scenario", node, diagnostics);
            if let Some(path) = path {
                read_scenario(&mut world, tree, &path, files, library, diagnostics);
                for switch in given {
                    world.semantics.set(switch.info().path, own.get(switch));
                }
            }
        }
        (Some(_), Some(node)) => diagnostics.push(
            Diagnostic::error("policy-and-scenario", node.mark(), "both `policy` and `scenario` are given")
                .label("expected one of the two: a scenario has a policy of its own"),
        ),
        (None, None) => diagnostics.push(
            Diagnostic::error("no-policy", tree.mark(), "nothing says which policy is tested")
                .label("expected `policy` or `scenario`"),
        ),
    }
    if tree.get("start").is_none() && world.start_unix_s == 0 {
        world.start_unix_s = unix_seconds(DEFAULT_START).unwrap_or_default();
    }
    world
}

/// What a scenario has itself cannot be given beside it.
fn refuse_parts(tree: &Node, diagnostics: &mut Diagnostics) {
    for name in ["resources", "fragments", "namedValues", "policyFormat"] {
        let Some(member) = tree.member(name) else { continue };
        diagnostics.push(
            Diagnostic::error(
                "field-beside-scenario",
                member.name_span,
                format!("`{name}` beside a scenario"),
            )
            .label("expected only beside `policy`: the scenario says it"),
        );
    }
}

fn read_scenario(
    world: &mut World,
    tree: &Node,
    path: &str,
    files: &dyn Files,
    library: &mut Library<'_>,
    diagnostics: &mut Diagnostics,
) {
    let scenario = load_scenario(path, files, &Overrides::default(), library.sources, diagnostics);
    let Some(scenario) = scenario else { return };
    let variant = match tree.get("variant").and_then(|node| Some((node, node.text()?))) {
        None => &scenario.base,
        Some((node, name)) => {
            let Some(variant) = scenario.variants.iter().find(|variant| variant.name == name) else {
                let names = || scenario.variants.iter().map(|variant| variant.name.as_str());
                let message = format!("the scenario has no variant `{}`", shorten(name));
                let mut diagnostic = Diagnostic::error("unknown-variant", node.mark(), message)
                    .label("expected the name of a variant")
                    .note(format!("variants: {}", list(names())));
                diagnostic.help = did_you_mean(name, names());
                diagnostics.push(diagnostic);
                return;
            };
            variant
        }
    };
    let gateway = &variant.plan.gateway;
    world.semantics = gateway.semantics().clone();
    world.semantic_hits = gateway.semantic_hits();
    world.operation = variant.plan.operation.clone();
    if tree.get("start").is_none() {
        world.start_unix_s = unix_seconds(&scenario.start).unwrap_or_default();
    }
    let mut facts = Facts::clone(gateway.facts());
    if world.facts.api.service_url.is_some() {
        facts.service_origin = world.facts.service_origin.clone();
        facts.api.service_url.clone_from(&world.facts.api.service_url);
    }
    world.facts = facts;
    world.parts = Some(Parts {
        backends: gateway.backends().to_vec(),
        pools: gateway.pools().to_vec(),
        program: Some(gateway.program().clone()),
    });
}

/// The policy with its fragments, and the backends that it knows.
fn read_parts(tree: &Node, library: &mut Library<'_>, diagnostics: &mut Diagnostics) -> Option<Parts> {
    let policy = read_policy(tree, library, diagnostics).and_then(|loaded| loaded.content);
    let (program, references) = policy.map_or_else(Default::default, |p| (p.program, p.references));
    let named = tree.get("resources").and_then(Node::elements).unwrap_or_default();
    let (resources, _) = library.resources(named, diagnostics);
    let (backends, pools) = join_all(&resources?, &references, diagnostics)?;
    Some(Parts { backends, pools, program })
}

/// Headers with those of `changes` instead of their namesakes.
pub(super) fn merged(headers: &[Header], changes: &[(String, Vec<Header>)]) -> Vec<Header> {
    let is_changed =
        |header: &&Header| changes.iter().any(|(name, _)| name.eq_ignore_ascii_case(&header.name));
    let kept = headers.iter().filter(|header| !is_changed(header)).cloned();
    kept.chain(changes.iter().flat_map(|(_, headers)| headers.iter().cloned())).collect()
}
