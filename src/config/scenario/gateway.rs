//! Joins resources, policy and scenario into the backends and pools of a gateway.
//!
//! A backend is used when the policy names it or a pool that it names has it as a member; a policy that
//! computes a `backend-id` may use all. Each used backend needs an entry in `backends`; those that are
//! neither used nor described are left out of the run.

use std::sync::Arc;

use super::super::arm::{Resource, ResourceKind, ResourceMember};
use super::super::check::entries;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Node, Value, shorten};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::gateway::{BackendEntity, PoolMember, PoolSpec};
use crate::policy::{Op, Operand, Program, SetBackend, Text};
use crate::units::BackendId;

/// A backend of the run with its description in the scenario.
pub(super) struct Described<'n> {
    pub(super) entity: BackendEntity,
    pub(super) url_span: Span,
    pub(super) entry: &'n Node,
}

/// The backends and pools of a run, in the order of the resources.
pub(super) struct Parts<'n> {
    pub(super) singles: Vec<Described<'n>>,
    pub(super) pools: Vec<PoolSpec>,
}

/// All problems of joining are told; `None` when there was one.
pub(super) fn join<'n>(
    tree: &'n Node,
    resources: &[Resource],
    program: Option<&Program>,
    references: &[(Text, Span)],
    diagnostics: &mut Diagnostics,
) -> Option<Parts<'n>> {
    let mut join = Join { tree, resources, problems: Diagnostics::new() };
    join.duplicates();
    join.members();
    join.pool_changes();
    join.described();
    join.references(references);
    join.undescribed(program);
    join.targets(program);
    join.consumption();
    let parts = join.parts(program);
    let failed = join.problems.has_errors();
    diagnostics.extend(join.problems);
    parts.filter(|_| !failed)
}

/// All backends and pools of the resources, whether anybody uses or describes them or not. All problems of
/// joining are told; `None` when there was one.
pub(crate) fn join_all(
    resources: &[Resource],
    references: &[(Text, Span)],
    diagnostics: &mut Diagnostics,
) -> Option<(Vec<BackendEntity>, Vec<PoolSpec>)> {
    let nothing = Node::new(Value::Null, Span::new(SourceId(0), 0, 0));
    let mut join = Join { tree: &nothing, resources, problems: Diagnostics::new() };
    join.duplicates();
    join.members();
    join.references(references);
    let singles: Option<Vec<BackendEntity>> = resources
        .iter()
        .filter_map(|resource| match &resource.kind {
            ResourceKind::Single { url, breaker, azure_region, .. } => Some(Some(BackendEntity {
                name: Arc::clone(&resource.name),
                url: Arc::clone(url),
                breaker: breaker.clone(),
                azure_region: azure_region.clone(),
            })),
            ResourceKind::Pool { .. } => None,
            ResourceKind::Unusable => Some(None),
        })
        .collect();
    let failed = join.problems.has_errors();
    let pools = singles.as_ref().and_then(|singles| join.pools(|name| position(singles, name), None));
    diagnostics.extend(join.problems);
    singles.zip(pools).filter(|_| !failed)
}

/// The id of the backend called `name`.
fn position<'e>(singles: impl IntoIterator<Item = &'e BackendEntity>, name: &str) -> Option<BackendId> {
    let at = singles.into_iter().position(|single| single.name.eq_ignore_ascii_case(name))?;
    u16::try_from(at).ok().map(BackendId)
}

struct Join<'n, 'r> {
    tree: &'n Node,
    resources: &'r [Resource],
    problems: Diagnostics,
}

impl<'n> Join<'n, '_> {
    fn find(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name.eq_ignore_ascii_case(name))
    }

    fn entry(&self, name: &str) -> Option<&'n Node> {
        let backends = self.tree.get("backends")?;
        entries(backends).find(|member| member.name.eq_ignore_ascii_case(name)).map(|member| &member.value)
    }

    fn unknown(&mut self, name: &str, span: Span, pools_too: bool) {
        let known: Vec<&str> = self
            .resources
            .iter()
            .filter(|resource| pools_too || !matches!(resource.kind, ResourceKind::Pool { .. }))
            .map(|resource| &*resource.name)
            .collect();
        let message = format!("there is no backend `{}`", shorten(name));
        let mut diagnostic = Diagnostic::error("unknown-backend", span, message)
            .label("expected a backend id of the resources")
            .note(format!("backends there: {}", list(known.iter().copied())));
        diagnostic.help = did_you_mean(name, known);
        self.problems.push(diagnostic);
    }

    fn duplicates(&mut self) {
        for (at, resource) in self.resources.iter().enumerate() {
            let same = |other: &&Resource| other.name.eq_ignore_ascii_case(&resource.name);
            if self.resources.iter().take(at).find(same).is_some() {
                self.problems.push(
                    Diagnostic::error(
                        "duplicate-backend",
                        resource.name_span,
                        format!("`{}` is defined twice", shorten(&resource.name)),
                    )
                    .label("expected each backend id once"),
                );
            }
        }
    }

    fn members(&mut self) {
        let resources = self.resources;
        for resource in resources {
            let ResourceKind::Pool { members, .. } = &resource.kind else { continue };
            for member in members {
                let found = self.find(&member.name);
                match found.map(|found| &found.kind) {
                    Some(ResourceKind::Single { .. } | ResourceKind::Unusable) => {}
                    Some(ResourceKind::Pool { .. }) => self.problems.push(
                        Diagnostic::error(
                            "nested-pool",
                            member.span,
                            format!("`{}` is a pool and cannot be a member of one", shorten(&member.name)),
                        )
                        .label("expected a backend of type Single"),
                    ),
                    None => self.unknown(&member.name, member.span, false),
                }
            }
        }
    }

    fn pool_changes(&mut self) {
        let Some(pools) = self.tree.get("pools") else { return };
        for change in entries(pools) {
            let found = self.find(&change.name).map(|resource| resource.kind.clone());
            if matches!(found, Some(ResourceKind::Unusable)) {
                continue;
            }
            let Some(ResourceKind::Pool { members, .. }) = found else {
                let known: Vec<Arc<str>> = self
                    .resources
                    .iter()
                    .filter(|resource| matches!(resource.kind, ResourceKind::Pool { .. }))
                    .map(|resource| Arc::clone(&resource.name))
                    .collect();
                let message = format!("there is no pool `{}`", shorten(&change.name));
                let mut diagnostic = Diagnostic::error("unknown-pool", change.name_span, message)
                    .label("expected a pool of the resources")
                    .note(format!("pools there: {}", list(known.iter().map(|name| &**name))));
                diagnostic.help = did_you_mean(&change.name, known.iter().map(|name| &**name));
                self.problems.push(diagnostic);
                continue;
            };
            for member in entries(&change.value) {
                if members.iter().any(|known| known.name.eq_ignore_ascii_case(&member.name)) {
                    continue;
                }
                let names = || members.iter().map(|member| &*member.name);
                let message =
                    format!("`{}` is not a member of `{}`", shorten(&member.name), shorten(&change.name));
                let mut diagnostic = Diagnostic::error("unknown-member", member.name_span, message)
                    .label("expected a member of the pool")
                    .note(format!("members: {}", list(names())));
                diagnostic.help = did_you_mean(&member.name, names());
                self.problems.push(diagnostic);
            }
        }
    }

    fn described(&mut self) {
        let Some(backends) = self.tree.get("backends") else { return };
        for member in entries(backends) {
            match self.find(&member.name).map(|resource| &resource.kind) {
                Some(ResourceKind::Single { .. } | ResourceKind::Unusable) => {}
                Some(ResourceKind::Pool { .. }) => self.problems.push(
                    Diagnostic::error(
                        "pool-in-backends",
                        member.name_span,
                        format!("`{}` is a pool", shorten(&member.name)),
                    )
                    .label("expected a backend of type Single")
                    .help("describe its members; priorities and weights go into `pools`"),
                ),
                None => self.unknown(&member.name, member.name_span, false),
            }
        }
    }

    fn references(&mut self, references: &[(Text, Span)]) {
        for (name, span) in references {
            if self.find(name).is_none() {
                self.unknown(name, *span, true);
            }
        }
    }

    fn undescribed(&mut self, program: Option<&Program>) {
        let Some(program) = program else { return };
        for resource in self.resources {
            let Some(user) = self.user_of(resource, program) else { continue };
            if matches!(resource.kind, ResourceKind::Single { .. }) && self.entry(&resource.name).is_none() {
                let Some(backends) = self.tree.get("backends") else { return };
                let message = format!("`backends` does not describe `{}`", shorten(&resource.name));
                self.problems.push(
                    Diagnostic::error("missing-backend", backends.mark(), message)
                        .label("expected an entry for each backend that is used")
                        .note(format!("{user} uses it")),
                );
            }
        }
    }

    /// Every request must have somewhere to go, and a deployment must stand behind each base URL.
    fn targets(&mut self, program: Option<&Program>) {
        let Some(program) = program else { return };
        let targets: Vec<(&SetBackend, Option<Span>)> = program
            .ops
            .iter()
            .zip(&program.places)
            .filter_map(|(op, place)| match op {
                Op::SetBackendService(target) => Some((target, place.span)),
                _ => None,
            })
            .collect();
        if targets.is_empty() {
            let place = self.tree.get("policy").map(Node::mark);
            self.problems.push(
                Diagnostic::error("no-backend-set", place, "the policy never sets a backend")
                    .label("run needs a `set-backend-service` in it")
                    .note("the service URL of the API itself is not among the inputs"),
            );
        }
        for (target, span) in targets {
            let SetBackend::Url(url) = target else { continue };
            let problem = match url {
                Operand::Literal(url) if self.has_deployment_at(url) => continue,
                Operand::Literal(url) => {
                    let message = format!("no deployment stands behind the base URL `{}`", shorten(url));
                    Diagnostic::error("unknown-base-url", span, message)
                        .label("expected the URL of a backend that `backends` describes")
                }
                Operand::Expression(_) => {
                    Diagnostic::error("computed-base-url", span, "a computed base URL is not simulated yet")
                        .label("run needs a `backend-id`, or the URL of a described backend written out")
                }
            };
            self.problems.push(problem.note("a base URL bypasses backend entities: no pool, no breaker"));
        }
    }

    fn has_deployment_at(&self, wanted: &str) -> bool {
        let same = |url: &str| url.trim_end_matches('/').eq_ignore_ascii_case(wanted.trim_end_matches('/'));
        self.resources.iter().any(|resource| {
            matches!(&resource.kind, ResourceKind::Single { url, .. } if same(url))
                && self.entry(&resource.name).is_some()
        })
    }

    /// Who uses a backend or pool, if anybody does.
    fn user_of(&self, resource: &Resource, program: &Program) -> Option<String> {
        let named = |name: &str| {
            program.backend_references.iter().any(|(reference, _)| reference.eq_ignore_ascii_case(name))
        };
        if named(&resource.name) {
            return Some("the policy".to_owned());
        }
        let holder = self.resources.iter().find(|holder| match &holder.kind {
            ResourceKind::Pool { members, .. } => {
                named(&holder.name) && members.iter().any(|m| m.name.eq_ignore_ascii_case(&resource.name))
            }
            ResourceKind::Single { .. } | ResourceKind::Unusable => false,
        });
        match holder {
            Some(holder) => Some(format!("pool `{}`", shorten(&holder.name))),
            None if computes_backend_id(program) => {
                Some("the policy computes a `backend-id`, which".to_owned())
            }
            None => None,
        }
    }

    fn consumption(&mut self) {
        let tier = self.tree.get("gateway").and_then(|gateway| gateway.get("tier"));
        if tier.and_then(Node::text) != Some("Consumption") {
            return;
        }
        for resource in self.resources {
            if let ResourceKind::Single { breaker_span: Some(span), .. } = &resource.kind {
                self.problems.push(
                    Diagnostic::error(
                        "breaker-on-consumption",
                        *span,
                        format!("`{}` has a circuit breaker", shorten(&resource.name)),
                    )
                    .label("expected none: the tier Consumption does not support circuit breakers"),
                );
            }
        }
    }

    fn parts(&self, program: Option<&Program>) -> Option<Parts<'n>> {
        if self.resources.iter().any(|resource| matches!(resource.kind, ResourceKind::Unusable)) {
            return None;
        }
        let mut singles = Vec::new();
        for resource in self.resources {
            let ResourceKind::Single { url, url_span, breaker, azure_region, .. } = &resource.kind else {
                continue;
            };
            let Some(entry) = self.entry(&resource.name) else { continue };
            let entity = BackendEntity {
                name: Arc::clone(&resource.name),
                url: Arc::clone(url),
                breaker: breaker.clone(),
                azure_region: azure_region.clone(),
            };
            singles.push(Described { entity, url_span: *url_span, entry });
        }
        let pools =
            self.pools(|name| position(singles.iter().map(|single| &single.entity), name), program)?;
        Some(Parts { singles, pools })
    }

    /// The pools, of members that `id_of` knows.
    fn pools(
        &self,
        id_of: impl Fn(&str) -> Option<BackendId>,
        program: Option<&Program>,
    ) -> Option<Vec<PoolSpec>> {
        let mut pools = Vec::new();
        for resource in self.resources {
            let ResourceKind::Pool { members, failure_status, affinity } = &resource.kind else { continue };
            let changed = self.changed_members(&resource.name, members);
            let resolved: Option<Vec<PoolMember>> = changed
                .iter()
                .map(|member| {
                    let backend = id_of(&member.name)?;
                    let ResourceMember { priority, weight, preferred_carbon, .. } = *member;
                    Some(PoolMember { backend, priority, weight, preferred_carbon })
                })
                .collect();
            match resolved {
                Some(members) => pools.push(PoolSpec {
                    name: Arc::clone(&resource.name),
                    members,
                    failure_status: *failure_status,
                    affinity: affinity.clone(),
                }),
                // A pool that nobody uses may have members that nobody describes.
                None if program.is_some_and(|p| self.user_of(resource, p).is_none()) => {}
                None => return None,
            }
        }
        Some(pools)
    }

    /// The members of a pool with what `pools` says about them instead of the resource.
    fn changed_members(&self, pool: &str, members: &[ResourceMember]) -> Vec<ResourceMember> {
        let change = self
            .tree
            .get("pools")
            .and_then(|pools| entries(pools).find(|change| change.name.eq_ignore_ascii_case(pool)));
        let Some(change) = change else { return members.to_vec() };
        let percent = |node: &Node, name: &str| u8::try_from(node.get(name)?.integer()?).ok();
        let changed = members.iter().map(|member| {
            let listed = entries(&change.value).find(|m| m.name.eq_ignore_ascii_case(&member.name));
            ResourceMember {
                priority: listed.and_then(|m| percent(&m.value, "priority")),
                weight: listed.and_then(|m| percent(&m.value, "weight")),
                ..member.clone()
            }
        });
        changed.collect()
    }
}

fn computes_backend_id(program: &Program) -> bool {
    program.ops.iter().any(|op| matches!(op, Op::SetBackendService(SetBackend::Id(Operand::Expression(_)))))
}
