//! `spilloverDeployments`: Standard deployments that no backend stands for. What provisioned deployments of the
//! same resource refuse goes there; the gateway knows nothing of them.

use std::sync::Arc;

use super::super::check::entries;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Member, Node, shorten};
use super::super::shape::{Field, Kind, Shape};
use super::assume::{Assumption, Assumptions};
use super::caching::CACHING_FIELD;
use super::gateway::Described;
use super::latency::read_samples;
use super::library::Library;
use super::shapes::{
    CONTEXT_FIELD, DEPLOYMENT_TYPE_FIELD, LATENCY_FIELD, OVERLOAD_FIELD, PRICES_FIELD, QUOTA_FIELD,
    REFUSAL_FIELD, STANDARD, THROTTLING_FIELD,
};
use super::targets::read_deployment;
use crate::backend::{Capacity, DeploymentSpec, deployment_of};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::sim::{Spillover, SpilloverTarget, Target};

/// Deployments of a run: as many as names of lanes can tell apart.
const MOST_DEPLOYMENTS: usize = 60_000;

pub(crate) static SPILLOVER_DEPLOYMENT: Shape = Shape {
    name: "spilloverDeployment",
    what: "a deployment that is spilled to",
    fields: &[
        Field::required(
            "sameResourceAs",
            Kind::Text,
            "A backend with a provisioned deployment, of whose resource this one is.",
        ),
        Field::optional("region", Kind::Text, "Region, for reports; default: that of the backend."),
        Field::required("model", Kind::Text, "Model name; gives defaults for what is left out below."),
        Field::required("standard", Kind::Object(&STANDARD), "Its quota: it is pay-as-you-go."),
        LATENCY_FIELD,
        Field::optional(
            "network",
            Kind::TIME,
            "Round trip between gateway and deployment; default: that of the backend.",
        ),
        REFUSAL_FIELD,
        CACHING_FIELD,
        CONTEXT_FIELD,
        THROTTLING_FIELD,
        DEPLOYMENT_TYPE_FIELD,
        PRICES_FIELD,
        OVERLOAD_FIELD,
        QUOTA_FIELD,
    ],
};

/// What reading needs besides the backends.
pub(super) struct SpilloverReader<'a, 'l> {
    pub(super) tree: &'a Node,
    pub(super) models: Option<&'a Node>,
    /// Path of the operation.
    pub(super) path: &'a str,
    pub(super) library: &'a mut Library<'l>,
    pub(super) assumptions: &'a mut Assumptions,
}

impl SpilloverReader<'_, '_> {
    /// The deployments, and in `targets` who spills to which of them. All problems are told; `None` when there
    /// was one. The hashes of files that are read are added to `hashes`.
    pub(super) fn read(
        &mut self,
        singles: &[Described<'_>],
        targets: &mut [Option<Target>],
        hashes: &mut Vec<[u8; 32]>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<SpilloverTarget>> {
        let mut problems = Diagnostics::new();
        let tree = self.tree;
        let members: Vec<&Member> = tree.get("spilloverDeployments").into_iter().flat_map(entries).collect();
        if members.len().saturating_add(singles.len()) > MOST_DEPLOYMENTS {
            let node = tree.get("spilloverDeployments").map(Node::mark);
            let message = format!("there are more than {MOST_DEPLOYMENTS} deployments");
            problems.push(Diagnostic::error("too-many-deployments", node, message).label("expected fewer"));
        }
        let mut found = Vec::new();
        let mut hosts = Vec::new();
        for (at, member) in members.iter().enumerate() {
            check_name(member, members.get(..at).unwrap_or_default(), singles, &mut problems);
            let host = find_host(member, singles, targets, &mut problems);
            let host_target = host.and_then(|at| targets.get(at)).and_then(Option::as_ref);
            found.push(self.target(member, host_target, hashes, &mut problems));
            hosts.push(host.and_then(|at| singles.get(at)).map(|single| host_of(&single.entity.url)));
        }
        for (single, target) in singles.iter().zip(targets) {
            let property = find_property(single, &members, &hosts, &mut problems);
            let Some(target) = target else { continue };
            if !matches!(target.deployment.capacity, Capacity::Provisioned(_)) {
                continue;
            }
            let host = Some(host_of(&single.entity.url));
            let of_resource = hosts.iter().enumerate().filter(|(_, other)| **other == host);
            let resource: Vec<u16> = of_resource.filter_map(|(at, _)| u16::try_from(at).ok()).collect();
            if resource.is_empty() {
                continue;
            }
            if property.is_none() {
                self.assumptions.add(Assumption::new(
                    format!("spillover of {} without property and header", single.entity.name),
                    "off",
                    "the spillover page (2026-01-30) says so in one place and not in another",
                    3,
                ));
            }
            let name = deployment_of(self.path).unwrap_or(&target.deployment.model);
            target.spillover = Some(Arc::new(Spillover::new(name, property, resource)));
        }
        let failed = problems.has_errors();
        diagnostics.extend(problems);
        found.into_iter().collect::<Option<Vec<_>>>().filter(|_| !failed)
    }

    fn target(
        &mut self,
        member: &Member,
        host: Option<&Target>,
        hashes: &mut Vec<[u8; 32]>,
        problems: &mut Diagnostics,
    ) -> Option<SpilloverTarget> {
        let name = Arc::from(member.name.as_str());
        let entry = &member.value;
        let mut deployment = read_deployment(&name, entry, self.models, self.assumptions, problems)?;
        if let Some(samples) = read_samples(entry, self.models, self.library, problems) {
            hashes.push(samples.hash);
            deployment.measured = samples.content;
        }
        let host = &host?.deployment;
        if entry.get("region").is_none() {
            deployment.region = Arc::clone(&host.region);
        }
        if entry.get("network").is_none() {
            deployment.network = host.network;
        }
        Some(SpilloverTarget::new(Arc::<DeploymentSpec>::from(deployment)))
    }
}

/// A name becomes part of a header, and of tables beside those of backends.
fn check_name(member: &Member, before: &[&Member], singles: &[Described<'_>], problems: &mut Diagnostics) {
    let name = &member.name;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        let message = format!("`{}` is not the name of a deployment", shorten(name));
        problems.push(
            Diagnostic::error("deployment-name", member.name_span, message)
                .label("expected up to 64 letters, digits, `-`, `_` and `.`"),
        );
    }
    let is_backend = singles.iter().any(|single| single.entity.name.eq_ignore_ascii_case(name));
    if is_backend || before.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
        let what = if is_backend { "a backend" } else { "another one" };
        let message = format!("`{}` is the name of {what} as well", shorten(name));
        problems.push(
            Diagnostic::error("deployment-name", member.name_span, message)
                .label("expected a name that no backend and no other deployment has"),
        );
    }
}

/// The backend that `sameResourceAs` names, by place.
fn find_host(
    member: &Member,
    singles: &[Described<'_>],
    targets: &[Option<Target>],
    problems: &mut Diagnostics,
) -> Option<usize> {
    let node = member.value.get("sameResourceAs")?;
    let name = node.text()?;
    let is_provisioned = |at: usize| match targets.get(at) {
        Some(Some(target)) => matches!(target.deployment.capacity, Capacity::Provisioned(_)),
        // What is wrong with it has been told.
        _ => true,
    };
    let names = || singles.iter().map(|single| &*single.entity.name);
    let found = names().position(|other| other.eq_ignore_ascii_case(name));
    match found {
        Some(at) if is_provisioned(at) => return Some(at),
        Some(_) => {
            let message = format!("`{}` has no provisioned deployment", shorten(name));
            problems.push(
                Diagnostic::error("spillover-resource", node.mark(), message)
                    .label("expected a backend with `provisioned`: only those spill"),
            );
        }
        None => {
            let message = format!("there is no backend `{}` in this run", shorten(name));
            let mut problem = Diagnostic::error("unknown-backend", node.mark(), message)
                .label("expected a backend that `backends` describes")
                .note(format!("backends there: {}", list(names())));
            problem.help = did_you_mean(name, names());
            problems.push(problem);
        }
    }
    None
}

/// The deployment that the property of a backend names, by place.
fn find_property(
    single: &Described<'_>,
    members: &[&Member],
    hosts: &[Option<String>],
    problems: &mut Diagnostics,
) -> Option<u16> {
    let node = single.entry.get("provisioned")?.get("spilloverDeploymentName")?;
    let name = node.text()?;
    let names = || members.iter().map(|member| member.name.as_str());
    let Some(at) = names().position(|other| other.eq_ignore_ascii_case(name)) else {
        let message = format!("there is no spillover deployment `{}`", shorten(name));
        let mut problem = Diagnostic::error("unknown-deployment", node.mark(), message)
            .label("expected a name of `spilloverDeployments`")
            .note(format!("deployments there: {}", list(names())));
        problem.help = did_you_mean(name, names());
        problems.push(problem);
        return None;
    };
    // Without a host its own problem has been told.
    let host = hosts.get(at)?.as_deref()?;
    if host != host_of(&single.entity.url) {
        let message = format!("`{}` is of another resource than `{}`", shorten(name), single.entity.name);
        problems.push(
            Diagnostic::error("spillover-resource", node.mark(), message)
                .label("expected a deployment of the same resource")
                .note("backends are of one resource when their URLs have the same host"),
        );
        return None;
    }
    u16::try_from(at).ok()
}

/// The host of a URL, in lower case.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use crate::config::testing::{TestFiles, load, load_with, walkthrough};

    const TARGET: &str = "\"model\": \"gpt-4o\", \"standard\": { \"tpm\": 9000 }";

    /// The first backend with 50 units that spill to `property`, and these deployments.
    fn files(property: Option<&str>, deployments: &str) -> TestFiles {
        let property = property.map(|name| format!(", \"spilloverDeploymentName\": \"{name}\""));
        let provisioned = format!("\"provisioned\": {{ \"ptu\": 50{} }}", property.unwrap_or_default());
        let scenario = format!("\"spilloverDeployments\": {{ {deployments} }}, \"operation\":");
        walkthrough().replace("scenario.json", "\"standard\": { \"tpm\": 8000 }", &provisioned).replace(
            "scenario.json",
            "\"operation\":",
            &scenario,
        )
    }

    #[test]
    fn a_target_takes_after_the_backend_of_its_resource() {
        let extra = format!("\"extra\": {{ \"sameResourceAs\": \"openai-eastus\", {TARGET} }}");
        let plan = load(&files(Some("EXTRA"), &extra)).unwrap().base.plan;
        let spillover = plan.targets[0].spillover.as_ref().unwrap();
        assert_eq!((spillover.property, &spillover.resource[..]), (Some(0), &[0][..]));
        assert_eq!(spillover.header.as_str(), "x-ms-spillover-from-gpt-4o-mini");
        assert!(plan.targets[1].spillover.is_none());
        let (host, target) = (&plan.targets[0].deployment, &plan.spillover[0].deployment);
        assert_eq!((&target.region, target.network), (&host.region, host.network));
        assert_eq!(&*target.name, "extra");
    }

    #[test]
    fn problems_are_told_in_their_place() {
        let extra = |host: &str| format!("\"extra\": {{ \"sameResourceAs\": \"{host}\", {TARGET} }}");
        for (property, deployments, code) in [
            (Some("extr"), extra("openai-eastus"), "unknown-deployment"),
            (None, extra("openai-east"), "unknown-backend"),
            (None, extra("openai-westus"), "spillover-resource"),
            (None, extra("openai-eastus").replace("extra", "openai-westus"), "deployment-name"),
            (None, extra("openai-eastus").replace("extra", "a b"), "deployment-name"),
            (
                None,
                format!("{}, {}", extra("openai-eastus"), extra("openai-eastus").replace("extra", "EXTRA")),
                "deployment-name",
            ),
            (None, extra("openai-eastus").replace("\"standard\"", "\"provisioned\""), "unknown-field"),
        ] {
            let (_, found) = load_with(&files(property, &deployments), &Overrides::default());
            assert!(found.iter().any(|found| found.0 == code), "{deployments}: {found:?}");
        }
    }

    #[test]
    fn hosts_are_told_from_urls() {
        for (url, host) in [
            ("https://A.openai.azure.com/openai", "a.openai.azure.com"),
            ("https://a.openai.azure.com", "a.openai.azure.com"),
            ("a?x", "a"),
            ("", ""),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
