//! What is to be deployed, brought into one shape: from what was read, and what is in force of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::item::{Item, Open, Reader};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::PolicyScope;
use crate::resources::versions::{FIRST, GENERALLY_AVAILABLE, value_at};
use crate::resources::{BackendKind, Found, backend, included};
use crate::tree::json::{Node, Value, shorten};

/// What a bundle is made of.
#[derive(Clone, Debug, Default)]
pub struct Source<'a> {
    /// What it is, for the head of files: ``scenario `a`, variant `b` ``.
    pub title: String,
    /// Backends and pools as they were read, references left out.
    pub resources: Vec<&'a Found>,
    /// Priorities and weights in force, by pool; pools that are not named keep theirs.
    pub in_force: Vec<InForce>,
    /// Policies, with their text.
    pub policies: Vec<ScopedPolicy>,
    /// Fragments: id and text.
    pub fragments: Vec<(String, String)>,
    /// What is put in for `{{name}}`.
    pub named_values: Vec<(String, String)>,
    /// Whether the policies have the format `xml`, not `rawxml`.
    pub is_xml: bool,
    /// The name of the API, if it is known.
    pub api: Option<String>,
}

/// The members of a pool as they are in force, in the order of the resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// The name of the pool.
    pub pool: Arc<str>,
    /// Priority and weight of each member.
    pub members: Vec<(Option<u8>, Option<u8>)>,
}

/// A policy and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedPolicy {
    /// Where it belongs.
    pub scope: PolicyScope,
    /// Its text.
    pub text: String,
}

/// A backend or pool to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Backend id.
    pub name: Arc<str>,
    /// Its `properties`.
    pub properties: Item,
}

impl Written {
    /// What published types of the resource object to although the service takes it: a pool has neither `url` nor
    /// `protocol`, and managed identities are not in the types.
    pub(super) fn is_beyond_types(&self) -> bool {
        let has_identity =
            self.properties.get("credentials").is_some_and(|c| c.get("managedIdentity").is_some());
        self.is_pool() || has_identity
    }

    /// Whether it is a pool.
    pub(super) fn is_pool(&self) -> bool {
        self.properties.get("pool").is_some()
    }
}

/// A fragment to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: String,
    /// Those that it includes: places in [`Bundle::fragments`].
    pub includes: Vec<usize>,
}

/// Everything that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What it is, for the head of files.
    pub title: String,
    /// The name of the service, where the source says it.
    pub service: Option<Arc<str>>,
    /// The name of the API, where the user says it.
    pub api: Option<String>,
    /// Endpoints, then pools, both in the order of the source.
    pub backends: Vec<Written>,
    /// The API version of backends: generally available where that has all properties, else the first preview.
    pub api_version: &'static str,
    /// Policies by scope, broad ones first.
    pub policies: Vec<ScopedPolicy>,
    /// Fragments in the order of their ids.
    pub fragments: Vec<Fragment>,
    /// Named values in the order of the source.
    pub named_values: Vec<(String, String)>,
    /// Whether the policies have the format `xml`, not `rawxml`.
    pub is_xml: bool,
    /// What the source leaves to its deployment.
    pub open: Vec<Open>,
    /// What whoever deploys should know.
    pub notes: Vec<String>,
}

/// Stands for a name that whoever deploys has to give.
pub(super) const NAME: &str = "NAME";

impl Bundle {
    /// Brings everything into one shape. `None`, with the reasons told, when it cannot be written.
    pub fn new(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut problems = Diagnostics::new();
        let mut open = Vec::new();
        let mut notes = Vec::new();
        let mut singles = Vec::new();
        let mut pools = Vec::new();
        let names: Vec<Arc<str>> = source.resources.iter().filter_map(|found| found.name.clone()).collect();
        refuse_names("backend", source.resources.iter().map(|f| f.name.as_deref()), &mut problems);
        refuse_names("fragment", source.fragments.iter().map(|(id, _)| Some(id.as_str())), &mut problems);
        let values = source.named_values.iter().map(|(name, _)| Some(name.as_str()));
        refuse_names("named value", values, &mut problems);
        refuse_names("API", source.api.iter().map(|name| Some(name.as_str())), &mut problems);
        let mut api_version = GENERALLY_AVAILABLE;
        for found in &source.resources {
            let (Some(name), Some(properties)) = (&found.name, found.properties()) else {
                let message = "the properties of a backend are not known";
                problems.push(Diagnostic::error("unknown-to-files", found.name_span, message));
                continue;
            };
            if found.is_conditional {
                let note = format!("`{name}` is deployed on a condition in the source, and always here");
                notes.push(note);
            }
            if is_in_workspace(found) {
                notes.push(format!(
                    "`{name}` is in a workspace in the source, and in the service itself here"
                ));
            }
            for (way, first) in FIRST.iter().filter(|(way, _)| value_at(properties, way).is_some()) {
                if *first > api_version {
                    api_version = first;
                    notes.push(format!(
                        "`{}` of `{name}` is in the preview version {first} of the API and later only",
                        way.join(".")
                    ));
                }
            }
            let mut reader = Reader { backend: name, open: &mut open };
            let item = reader.item(properties, &[]).unwrap_or(Item::Object(Vec::new()));
            match backend(found).kind {
                BackendKind::Pool(_) => {
                    let in_force = source.in_force.iter().find(|p| p.pool.eq_ignore_ascii_case(name));
                    pools.push(Written { name: name.clone(), properties: pool(item, in_force, &names) });
                }
                BackendKind::Single(_) => {
                    singles.push(Written { name: name.clone(), properties: single(item) });
                }
                BackendKind::Unknown => {
                    let message = format!("it is not known what `{}` is", shorten(name));
                    problems.push(Diagnostic::error("unknown-to-files", found.name_span, message));
                }
            }
        }
        if source.resources.is_empty() {
            problems.push(Diagnostic::error("no-backends", None, "there is no backend to write"));
        }
        let failed = problems.has_errors();
        diagnostics.extend(problems);
        singles.extend(pools);
        let mut policies = source.policies.clone();
        policies.sort_by_key(|policy| policy.scope);
        (!failed).then(|| Self {
            title: source.title.clone(),
            service: source.resources.iter().find_map(|found| service(found)),
            api: source.api.clone(),
            backends: singles,
            api_version,
            policies,
            fragments: fragments(&source.fragments),
            named_values: source.named_values.clone(),
            is_xml: source.is_xml,
            open,
            notes,
        })
    }

    /// The format of the policies, as resources name it.
    pub(super) const fn format(&self) -> &'static str {
        if self.is_xml { "xml" } else { "rawxml" }
    }

    /// What a parameter for something above a policy is given, as far as it is known.
    pub(super) fn value_for(&self, parent: &str) -> &str {
        self.api.as_deref().filter(|_| parent == "api").unwrap_or(NAME)
    }

    /// Parameters that name what the policies belong to, each once, broad ones first.
    pub(super) fn parents(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for policy in &self.policies {
            for (_, name) in super::scopes::parents(policy.scope) {
                if !names.contains(name) {
                    names.push(*name);
                }
            }
        }
        names
    }
}

/// Each name is known, a part of a path, and there once: it becomes a file or folder in some forms.
fn refuse_names<'n>(what: &str, names: impl Iterator<Item = Option<&'n str>>, problems: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for name in names {
        let Some(name) = name else {
            problems.push(Diagnostic::error("unknown-to-files", None, format!("a {what} has no known name")));
            continue;
        };
        let is_safe = !name.trim().is_empty()
            && name.trim() == name
            && !name.trim_matches('.').is_empty()
            && name.len() <= 200
            && !name.chars().any(|c| c.is_control() || "/\\{}[]<>:\"|?*".contains(c));
        if !is_safe {
            let message = format!("`{}` cannot be the name of a {what}", shorten(name));
            problems.push(
                Diagnostic::error("unsafe-name", None, message)
                    .note("it would be the name of a file or folder too")
                    .help("give it a name of letters, digits, `-`, `_` and `.`"),
            );
        } else if !seen.insert(name.to_lowercase()) {
            let message =
                format!("there are two called `{}`: each {what} needs a name of its own", shorten(name));
            problems.push(Diagnostic::error("duplicate-name", None, message));
        }
    }
}

/// An endpoint: the protocol is not optional for the service.
fn single(mut item: Item) -> Item {
    if let Some(Item::Text(kind)) = item.get_mut("type") {
        "Single".clone_into(kind);
    }
    if item.get_mut("protocol").is_none()
        && let Item::Object(members) = &mut item
    {
        let after_url =
            members.iter().position(|(name, _)| name == "url").map_or(0, |at| at.saturating_add(1));
        members.insert(after_url, ("protocol".to_owned(), Item::Text("http".to_owned())));
    }
    item.set("provisioningState", None);
    item
}

/// A pool: with the priorities and weights in force, members by id.
fn pool(mut item: Item, in_force: Option<&InForce>, names: &[Arc<str>]) -> Item {
    item.set("provisioningState", None);
    match item.get_mut("type") {
        Some(kind) => *kind = Item::Text("Pool".to_owned()),
        None => {
            if let Item::Object(members) = &mut item {
                members.insert(0, ("type".to_owned(), Item::Text("Pool".to_owned())));
            }
        }
    }
    let services = item.get_mut("pool").and_then(|pool| pool.get_mut("services"));
    let Some(Item::List(services)) = services else { return item };
    for (at, service) in services.iter_mut().enumerate() {
        if let Some(id) = service.get_mut("id")
            && let Item::Text(text) = id
        {
            let last = text.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let known = names.iter().find(|name| name.eq_ignore_ascii_case(last)).cloned();
            *id = Item::Id(known.unwrap_or_else(|| Arc::from(last)));
        }
        if let Some((priority, weight)) = in_force.and_then(|pool| pool.members.get(at)) {
            service.set("priority", priority.map(|number| Item::Number(number.to_string())));
            service.set("weight", weight.map(|number| Item::Number(number.to_string())));
        }
    }
    item
}

/// In order of their ids: which comes first in a source means nothing.
fn fragments(source: &[(String, String)]) -> Vec<Fragment> {
    let mut source = source.to_vec();
    source.sort();
    let place = |id: &str| source.iter().position(|(own, _)| own.eq_ignore_ascii_case(id));
    let each = source.iter().enumerate().map(|(at, (id, text))| {
        let mut includes: Vec<usize> = included(text).iter().filter_map(|id| place(id)).collect();
        includes.retain(|other| *other != at);
        includes.sort_unstable();
        includes.dedup();
        Fragment { id: id.clone(), text: text.clone(), includes }
    });
    each.collect()
}

fn is_in_workspace(found: &Found) -> bool {
    let kind = found.node.get("type").and_then(Node::text);
    kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("/workspaces/"))
}

/// What stands before the name of a child, where it is known.
fn service(found: &Found) -> Option<Arc<str>> {
    let name = found.node.get("name").map(|name: &Node| &name.value)?;
    let Value::Text(name) = name else { return None };
    let (service, _) = name.split_once('/')?;
    let is_name = !service.is_empty() && service.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_name.then(|| Arc::from(service))
}
