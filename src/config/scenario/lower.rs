//! From a checked tree to the plan of a run.

use std::sync::Arc;

use super::super::check::{Dialect, check, entries};
use super::super::hash::{Fingerprint, canonical};
use super::super::json::{Member, Node, Value, shorten};
use super::super::shape::Kind;
use super::super::utc::{read_start, unix_seconds};
use super::assume::{Assumption, Assumptions};
use super::caching::assume_caching;
use super::carbon::read_carbon;
use super::endpoints::read_endpoints;
use super::faults::read_faults;
use super::fleet::read_fleet;
use super::gateway::{Described, join};
use super::latency::read_samples;
use super::library::{Library, Loaded};
use super::mix::read_callers;
use super::models::check_models;
use super::policies::read_policy;
use super::readings::read_semantics;
use super::shapes::SCENARIO;
use super::spillover::SpilloverReader;
use super::targets::read_deployment;
use super::traffic::read_traffic;
use crate::backend::DeploymentSpec;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::gateway::GatewaySpec;
use crate::policy::{Header, HeaderValue, Text};
use crate::semantics::Switch;
use crate::sim::{Objective, Operation, RunPlan, Target};
use crate::units::{Duration, StatusCode};

/// A tree in the terms of the simulator.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) plan: RunPlan,
    /// Assumptions that no switch decides.
    pub(crate) assumptions: Vec<Assumption>,
    /// Switches that the scenario names.
    pub(crate) given: Vec<Switch>,
    /// Hash of everything but readings and pools.
    pub(crate) digest: [u8; 32],
    pub(crate) start: String,
    /// `output.requests`
    pub(crate) writes_requests: bool,
}

const DEFAULT_SEED: u64 = 1;
const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
const DEFAULT_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 3_600);

/// Tells every problem of the tree and the files that it names; `None` when one is an error.
pub(crate) fn lower(
    tree: &Node,
    library: &mut Library<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Lowered> {
    let mut problems = Diagnostics::new();
    let lowered = lower_all(tree, library, &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    lowered.filter(|_| !failed)
}

/// Each part is read before the first missing one ends it, so that all problems are told at once.
fn lower_all(tree: &Node, library: &mut Library<'_>, diagnostics: &mut Diagnostics) -> Option<Lowered> {
    check(tree, Kind::Object(&SCENARIO), "scenario", Dialect::Scenario, diagnostics);
    let start = read_start(tree, diagnostics);
    check_models(tree, diagnostics);
    let models = tree.get("models");
    let policy = read_policy(tree, library, diagnostics);
    let named = tree.get("resources").and_then(Node::elements).unwrap_or_default();
    let (resources, mut hashes) = library.resources(named, diagnostics);
    let policy_content = policy.as_ref().and_then(|policy| policy.content.as_ref());
    let program = policy_content.and_then(|policy| policy.program.as_ref());
    let references = policy_content.map_or(&[][..], |policy| &policy.references);
    // Without any resource every name would be unknown, which says nothing new.
    let resources = resources.filter(|resources: &Vec<_>| !resources.is_empty());
    let parts = resources.and_then(|resources| join(tree, &resources, program, references, diagnostics));
    let (semantics, given) = read_semantics(tree, diagnostics);
    let carbon = read_carbon(tree, diagnostics);
    let operation = read_operation(tree, diagnostics);
    let traffic = read_traffic(tree, library, diagnostics);
    check_warmup(tree, diagnostics);
    let mut assumptions = Assumptions::default();
    let mut targets: Vec<Option<Target>> = Vec::new();
    if let Some(parts) = &parts {
        let path = operation.as_ref().map(|operation| operation.path.as_str());
        for single in &parts.singles {
            let target = read_target(single, path, models, &mut assumptions, diagnostics);
            let Some(samples) = read_samples(single.entry, models, library, diagnostics) else {
                targets.push(target);
                continue;
            };
            hashes.push(samples.hash);
            targets.push(target.map(|Target { deployment, refuses_with, spillover }| {
                let measured = samples.content;
                let deployment = DeploymentSpec { measured, ..DeploymentSpec::clone(&deployment) };
                Target { deployment: Arc::new(deployment), refuses_with, spillover }
            }));
        }
    } else {
        // No gateway to attach them to, but their problems can be told.
        for member in tree.get("backends").into_iter().flat_map(entries) {
            let name = Arc::from(member.name.as_str());
            read_deployment(&name, &member.value, models, &mut Assumptions::default(), diagnostics);
        }
    }
    let spillover = parts.as_ref().and_then(|parts| {
        let path = operation.as_ref().map_or("", |operation| operation.path.as_str());
        let mut reader = SpilloverReader { tree, models, path, library, assumptions: &mut assumptions };
        reader.read(&parts.singles, &mut targets, &mut hashes, diagnostics)
    });
    let faults = parts.as_ref().and_then(|parts| read_faults(tree, &parts.singles, diagnostics));
    if let Some((traffic, _)) = &traffic
        && traffic.shares_prefixes()
    {
        assume_caching(tree, &mut assumptions);
    }
    if let Some((traffic, _)) = &traffic
        && traffic.may_leave()
    {
        let what = "answers whose client has left";
        let source = "nothing is published about what a deployment does when its caller hangs up";
        assumptions.add(Assumption::new(what, "generated and counted to the end", source, 2));
    }
    let fleet = parts.as_ref().and_then(|parts| {
        let names: Vec<&str> = parts.singles.iter().map(|single| &*single.entity.name).collect();
        read_fleet(tree, &names, &mut assumptions, diagnostics)
    });
    let Loaded { content: policy, hash: policy_hash } = policy?;
    let parts = parts?;
    let (traffic, trace_hashes) = traffic?;
    if diagnostics.has_errors() {
        return None;
    }
    let backends = parts.singles.into_iter().map(|single| single.entity).collect();
    let gateway = match GatewaySpec::new(backends, parts.pools, policy?.program?, semantics) {
        Ok(gateway) => gateway,
        Err(error) => {
            diagnostics.push(Diagnostic::error("gateway", tree.mark(), error.to_string()));
            return None;
        }
    };
    let gateway = gateway.with_carbon(carbon?);
    let start_unix_s = start.as_deref().and_then(unix_seconds).unwrap_or_default();
    let settings = tree.get("gateway");
    let setting = |name: &str| settings.and_then(|settings| settings.get(name));
    let output = |name: &str| tree.get("output").and_then(|output| output.get(name));
    let operation = operation?;
    let fleet = fleet?;
    let callers = read_callers(tree, &traffic.arrivals, gateway.facts(), &operation.headers, &fleet)?;
    let plan = RunPlan {
        gateway: Arc::new(gateway.with_start(start_unix_s).with_semantic_hits(semantic_hits(tree))),
        fleet,
        targets: targets.into_iter().collect::<Option<_>>()?,
        spillover: spillover?,
        operation,
        traffic: Arc::new(traffic),
        callers,
        token_fetch: setting("tokenFetch").and_then(Node::time).unwrap_or(Duration::ZERO),
        token_lifetime: setting("tokenLifetime").and_then(Node::time).unwrap_or(DEFAULT_TOKEN_LIFETIME),
        horizon: tree.get("horizon").and_then(Node::time),
        warmup: output("warmup").and_then(Node::time).unwrap_or(Duration::ZERO),
        interval: output("interval").and_then(Node::time).unwrap_or(DEFAULT_INTERVAL),
        endpoints: read_endpoints(tree)?,
        faults: faults?,
        objective: tree.get("objective").map(|objective| Objective {
            latency: objective.get("latency").and_then(Node::time),
            ttft: objective.get("ttft").and_then(Node::time),
        }),
        seed: tree.get("seed").and_then(Node::integer).unwrap_or(DEFAULT_SEED),
    };
    let mut print = Fingerprint::default();
    print.part(canonical(&without_names(tree)).as_bytes()).part(&policy_hash);
    for hash in hashes.iter().chain(&trace_hashes) {
        print.part(hash);
    }
    Some(Lowered {
        plan,
        assumptions: assumptions.into_vec(),
        given,
        digest: print.finish(),
        start: start?,
        writes_requests: output("requests").and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(true),
    })
}

/// The tree without what is hashed by content (files) or effect (readings, pools), and without names that
/// no result depends on.
fn without_names(tree: &Node) -> Node {
    const LEFT_OUT: &[&str] =
        &["name", "note", "variants", "semantics", "pools", "policy", "fragments", "resources"];
    let mut tree = tree.clone();
    if let Value::Object(members) = &mut tree.value {
        members.retain(|member| !LEFT_OUT.contains(&member.name.as_str()));
        let traffic = members.iter_mut().find(|member| member.name == "traffic");
        if let Some(traffic) = traffic {
            leave_traces_out(&mut traffic.value);
        }
    }
    tree
}

/// Takes the names of traces out of a `traffic`, those of the clients of a mix included.
fn leave_traces_out(traffic: &mut Node) {
    let Value::Object(fields) = &mut traffic.value else { return };
    fields.retain(|field| field.name != "trace" && field.name != "folder");
    let clients = fields.iter_mut().find(|field| field.name == "clients");
    let Some(Member { value: Node { value: Value::Object(clients), .. }, .. }) = clients else { return };
    for client in clients {
        let Value::Object(fields) = &mut client.value.value else { continue };
        for field in fields.iter_mut().filter(|field| field.name == "traffic") {
            leave_traces_out(&mut field.value);
        }
    }
}

/// Tells a warm-up after which nothing is left to count.
fn check_warmup(tree: &Node, diagnostics: &mut Diagnostics) {
    let Some(node) = tree.get("output").and_then(|output| output.get("warmup")) else { return };
    let horizon = tree.get("horizon").and_then(Node::time);
    if let (Some(warmup), Some(horizon)) = (node.time(), horizon)
        && warmup >= horizon
    {
        let message = format!("the warm-up of {warmup} leaves nothing of a run of {horizon}");
        let label = "expected a time before `horizon`";
        diagnostics.push(Diagnostic::error("warmup", node.mark(), message).label(label));
    }
}

/// `gateway.semanticCacheHits` in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be from 0 to 1")]
fn semantic_hits(tree: &Node) -> u16 {
    let share = tree.get("gateway").and_then(|gateway| gateway.get("semanticCacheHits"));
    share.and_then(Node::number).map_or(0, |share| (share * 1_000.0).round() as u16)
}

fn read_operation(tree: &Node, diagnostics: &mut Diagnostics) -> Option<Operation> {
    let node = tree.get("operation")?;
    let path_node = node.get("path")?;
    let path = path_node.text()?;
    if !path.starts_with('/') {
        diagnostics.push(
            Diagnostic::error("wrong-path", path_node.mark(), format!("not a path: `{}`", shorten(path)))
                .label("expected a path that begins with `/`"),
        );
        return None;
    }
    let headers = node.get("headers").into_iter().flat_map(entries).map(|member| {
        let value = Text::from(member.value.text()?.to_owned());
        Some(Header { name: Text::from(member.name.clone()), value: HeaderValue::Text(value) })
    });
    Some(Operation {
        method: Text::from(node.get("method").and_then(Node::text).unwrap_or("POST").to_owned()),
        path: Text::from(path.to_owned()),
        headers: headers.collect::<Option<_>>()?,
    })
}

fn read_target(
    single: &Described<'_>,
    path: Option<&str>,
    models: Option<&Node>,
    assumptions: &mut Assumptions,
    diagnostics: &mut Diagnostics,
) -> Option<Target> {
    let Described { entity, url_span, entry } = single;
    let deployment = read_deployment(&entity.name, entry, models, assumptions, diagnostics)?;
    let sent = sent_path(&entity.url, path?);
    let refuses_with = if is_served(&sent) {
        None
    } else {
        let message =
            format!("`{}` answers 404 to every request: the gateway sends `{}`", entity.name, shorten(&sent));
        diagnostics.push(
            Diagnostic::warning("backend-url-without-openai", *url_span, message)
                .label("expected the path to begin with `/openai/deployments/` or `/openai/v1/`")
                .note("the URL of a backend replaces the service URL of the API, path included")
                .help("end the URL in `/openai`, or begin the path of the operation with it"),
        );
        let what = format!("answer of {} to `{}`", entity.name, shorten(&sent));
        let source = "paths that do not begin with /openai/deployments/ or /openai/v1/ are not served";
        assumptions.add(Assumption::new(what, "404", source, 1));
        Some(StatusCode::NOT_FOUND)
    };
    Some(Target { deployment: Arc::new(deployment), refuses_with, spillover: None })
}

/// Path and query that reach the deployment.
fn sent_path(url: &str, operation_path: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{}{operation_path}", path.trim_end_matches('/'))
}

fn is_served(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.starts_with("/openai/deployments/") || lower.starts_with("/openai/v1/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_paths_join() {
        for (url, path, expected, served) in [
            (
                "https://x.openai.azure.com/openai",
                "/deployments/m/chat/completions",
                "/openai/deployments/m/chat/completions",
                true,
            ),
            ("https://x.openai.azure.com/openai/", "/deployments/m", "/openai/deployments/m", true),
            ("https://x.openai.azure.com", "/deployments/m", "/deployments/m", false),
            ("https://x.openai.azure.com/", "/openai/deployments/m", "/openai/deployments/m", true),
            (
                "https://x.openai.azure.com/openai",
                "/v1/chat/completions",
                "/openai/v1/chat/completions",
                true,
            ),
            ("https://x/openai/", "/openai/deployments/m", "/openai/openai/deployments/m", false),
        ] {
            assert_eq!(sent_path(url, path), expected);
            assert_eq!(is_served(expected), served, "{expected}");
        }
    }
}
