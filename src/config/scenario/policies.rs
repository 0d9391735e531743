//! The policy documents that a scenario or a file of tests names: by scope, with fragments and named values.
//!
//! Rules
//! - A text is the document of the API scope; an object names one file for each scope.
//! - All files are read before anything is compiled, so that every missing one is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::check::entries;
use super::super::hash::{Fingerprint, canonical};
use super::super::json::Node;
use super::super::shape::{Field, Kind, Shape};
use super::library::{Library, Loaded};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::policy::document::{NamedValues, Options};
use crate::policy::scan::Format;
use crate::policy::{PolicyScope, PolicyText, Program, Sources, Text, load_sources};

/// Policy documents as far as they could be read.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// `None` when they have errors.
    pub(crate) program: Option<Program>,
    /// Every literal `backend-id`, with its place.
    pub(crate) references: Vec<(Text, Span)>,
}

/// What `policy` may be.
pub(crate) const POLICY: Kind = Kind::Either(&[Kind::Text, Kind::Object(&POLICIES)]);

pub(crate) const FRAGMENTS: Field =
    Field::optional("fragments", Kind::Map(&Kind::Text), "Files of policy fragments, by fragment id.");

pub(crate) const NAMED_VALUES: Field =
    Field::optional("namedValues", Kind::Map(&Kind::Text), "Named values: what is put in for {{name}}.");

pub(crate) const POLICY_FORMAT: Field = Field::optional(
    "policyFormat",
    Kind::Choice(&["rawxml", "xml"]),
    "How the policies are deployed: `xml` has escaped expressions; default rawxml.",
);

pub(crate) static POLICIES: Shape = Shape {
    name: "policies",
    what: "policy files by scope",
    fields: &[
        Field::optional("global", Kind::Text, "Policy of all APIs."),
        Field::optional("workspace", Kind::Text, "Policy of the workspace."),
        Field::optional("product", Kind::Text, "Policy of the product."),
        Field::optional("api", Kind::Text, "Policy of the API."),
        Field::optional("operation", Kind::Text, "Policy of the operation."),
    ],
};

/// A document that was read: its scope or id, its text, and the hash of its bytes.
struct Document<K> {
    key: K,
    source: SourceId,
    text: Arc<str>,
    hash: [u8; 32],
}

impl<K: Clone + Ord> Document<K> {
    fn texts(all: &[Self]) -> BTreeMap<K, PolicyText<'_>> {
        all.iter()
            .map(|document| {
                let text = PolicyText { source: document.source, text: &document.text };
                (document.key.clone(), text)
            })
            .collect()
    }
}

/// The policy that `tree` names. `None` when a file cannot be read, which has been told.
pub(crate) fn read_policy(
    tree: &Node,
    library: &mut Library<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Loaded<Policy>> {
    let policy = tree.get("policy")?;
    let fields = ["policy", "fragments", "namedValues", "policyFormat"];
    let key = fields.map(|name| tree.get(name).map(canonical).unwrap_or_default()).join("\n");
    if let Some(known) = library.policies.get(&key) {
        return Some(known.clone());
    }
    let mut is_complete = true;
    let mut scopes = Vec::new();
    let mut fragments = Vec::new();
    for (scope, node) in by_scope(policy) {
        match library.document("policy", node, scope, diagnostics) {
            Some(document) => scopes.push(document),
            None => is_complete = false,
        }
    }
    if scopes.is_empty() && is_complete {
        diagnostics.push(
            Diagnostic::error("no-policy", policy.mark(), "no policy file is named")
                .label("expected a file for at least one scope"),
        );
    }
    for member in tree.get("fragments").into_iter().flat_map(entries) {
        match library.document("fragments", &member.value, member.name.clone(), diagnostics) {
            Some(document) => fragments.push(document),
            None => is_complete = false,
        }
    }
    if !is_complete || scopes.is_empty() {
        return None;
    }
    let values = tree.get("namedValues").into_iter().flat_map(entries);
    let named_values: NamedValues =
        values.filter_map(|member| Some((member.name.as_str(), member.value.text()?))).collect();
    let format = match tree.get("policyFormat").and_then(Node::text) {
        Some("xml") => Format::Xml,
        _ => Format::Raw,
    };
    let sources = Sources {
        scopes: Document::texts(&scopes),
        fragments: Document::texts(&fragments),
        options: Options { format, named_values, ..Options::default() },
        ..Sources::default()
    };
    let (program, references) = load_sources(&sources, diagnostics);
    let loaded = Loaded { content: Some(Policy { program, references }), hash: hash(&scopes, &fragments) };
    library.policies.insert(key, loaded.clone());
    Some(loaded)
}

fn by_scope(policy: &Node) -> Vec<(PolicyScope, &Node)> {
    if policy.members().is_none() {
        return vec![(PolicyScope::Api, policy)];
    }
    PolicyScope::ALL.into_iter().filter_map(|scope| Some((scope, policy.get(scope.name())?))).collect()
}

/// The hash of the document when there is only that of the API; else of all, each with its scope or id.
fn hash(scopes: &[Document<PolicyScope>], fragments: &[Document<String>]) -> [u8; 32] {
    if let ([document], []) = (scopes, fragments)
        && document.key == PolicyScope::Api
    {
        return document.hash;
    }
    let mut print = Fingerprint::default();
    for document in scopes {
        print.part(document.key.name().as_bytes()).part(&document.hash);
    }
    print.part(b"fragments");
    for document in fragments {
        print.part(document.key.as_bytes()).part(&document.hash);
    }
    print.finish()
}

impl Library<'_> {
    fn document<K>(
        &mut self,
        field: &str,
        node: &Node,
        key: K,
        diagnostics: &mut Diagnostics,
    ) -> Option<Document<K>> {
        let (source, text, hash) = self.named_text(field, node, diagnostics)?;
        Some(Document { key, source, text, hash })
    }
}
