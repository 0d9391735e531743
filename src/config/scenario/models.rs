//! `models`: what a scenario says about models, over the table that comes with the program.

use super::super::check::entries;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Member, Node, shorten};
use crate::backend::{ModelFacts, RpmRatio};
use crate::diagnostics::{Diagnostic, Diagnostics};

/// What is known about the model of a backend.
pub(super) struct Model<'n> {
    /// The name as the backend gives it.
    pub(super) given: &'n str,
    /// The scenario's entry.
    entry: Option<&'n Member>,
    /// The row of the table: by `like` of the entry, or by name.
    pub(super) facts: Option<&'static ModelFacts>,
}

/// Fields of one kind of object in two places, of which the first wins field by field.
#[derive(Clone, Copy)]
pub(super) struct Layers<'n> {
    first: Option<&'n Node>,
    second: Option<&'n Node>,
}

impl<'n> Layers<'n> {
    /// One place only.
    pub(super) const fn only(first: &'n Node) -> Self {
        Self { first: Some(first), second: None }
    }

    /// The field called `name` in the place that wins, or in the other if that place is not there.
    pub(super) fn own(self, name: &str) -> Option<&'n Node> {
        self.first.or(self.second).and_then(|node| node.get(name))
    }

    /// The field called `name`.
    pub(super) fn get(self, name: &str) -> Option<&'n Node> {
        let of = |layer: Option<&'n Node>| layer.and_then(|node| node.get(name));
        of(self.first).or_else(|| of(self.second))
    }
}

impl<'n> Model<'n> {
    /// The model called `given`, where `models` is what the scenario says about models.
    pub(super) fn find(given: &'n str, models: Option<&'n Node>) -> Self {
        let entry =
            models.into_iter().flat_map(entries).find(|member| member.name.eq_ignore_ascii_case(given));
        let like = entry.and_then(|entry| entry.value.get("like")).and_then(Node::text);
        Self { given, entry, facts: ModelFacts::find(like.unwrap_or(given)) }
    }

    /// The names of all models: those of the scenario, then those of the table.
    pub(super) fn names(models: Option<&'n Node>) -> impl Iterator<Item = &'n str> {
        let own = models.into_iter().flat_map(entries).map(|member| member.name.as_str());
        own.chain(ModelFacts::names().map(|name| -> &'n str { name }))
    }

    /// The name in reports.
    pub(super) fn name(&self) -> &'n str {
        match (self.entry, self.facts) {
            (Some(entry), _) => &entry.name,
            (None, Some(facts)) => facts.name,
            (None, None) => self.given,
        }
    }

    /// Whether anything at all is known about it.
    pub(super) const fn is_known(&self) -> bool {
        self.entry.is_some() || self.facts.is_some()
    }

    /// Whether its `like` is no model of the table, which is told where it stands.
    pub(super) fn is_misled(&self) -> bool {
        self.facts.is_none() && self.own("like").is_some()
    }

    /// A field of the scenario's entry.
    pub(super) fn own(&self, name: &str) -> Option<&'n Node> {
        self.entry.and_then(|entry| entry.value.get(name))
    }

    /// Fields of `node`, or else of the scenario's entry.
    pub(super) fn below(&self, node: Option<&'n Node>) -> Layers<'n> {
        Layers { first: node, second: self.entry.map(|entry| &entry.value) }
    }

    /// Fields of the object `name` of `node`, or else of the object `own` of the scenario's entry.
    pub(super) fn field_below(&self, node: &'n Node, name: &str, own: &str) -> Layers<'n> {
        Layers { first: node.get(name), second: self.own(own) }
    }

    /// Fields of the latency of a backend.
    pub(super) fn latency_below(&self, backend: &'n Node, provisioned: bool) -> Layers<'n> {
        self.field_below(backend, "latency", if provisioned { "provisionedLatency" } else { "latency" })
    }

    /// The ratio that the scenario gives.
    pub(super) fn rpm_ratio(&self) -> Option<RpmRatio> {
        let node = self.own("rpmRatio")?;
        let number = |name: &str| node.get(name).and_then(Node::integer);
        Some(RpmRatio { requests: number("requests")?, tokens: number("tokens")? })
    }
}

/// Tells entries whose `like` is no model of the table.
pub(super) fn check_models(tree: &Node, diagnostics: &mut Diagnostics) {
    for member in tree.get("models").into_iter().flat_map(entries) {
        let Some(node) = member.value.get("like") else { continue };
        let Some(name) = node.text().filter(|name| ModelFacts::find(name).is_none()) else { continue };
        let name = shorten(name);
        let mut problem =
            Diagnostic::error("unknown-model", node.mark(), format!("nothing is known about model `{name}`"))
                .label("expected the name of a known model")
                .note(format!("known models: {}", list(ModelFacts::names())));
        problem.help = did_you_mean(&name, ModelFacts::names());
        diagnostics.push(problem);
    }
}
