//! What rules look at: everything that was read from the files of one configuration, together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::settle::settle;
use crate::diagnostics::{Diagnostics, SourceId, SourceMap, Span};
use crate::policy::document::{self, Document, Options, Unresolved};
use crate::policy::scan::{Element, Format};
use crate::policy::{PolicyScope, PolicyText, Program, Sources, load_seen};
use crate::resources::{Backend, Embedded, Form, Inventory, Kind, TextFile, backend, object};
use crate::units::Duration;

/// Everything that is known of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What was found in resource files.
    pub inventory: Inventory,
    /// The backends and pools of it, in the same order.
    pub backends: Vec<Backend>,
    /// Policies: files, and those inside of resources.
    pub policies: Vec<PolicyFile>,
    /// The tier of the service, where a file or the user says it.
    pub tier: Option<Tier>,
    /// The texts of the files, for whoever wants to change them.
    pub texts: BTreeMap<SourceId, Arc<str>>,
    /// The traffic that is to be expected, when a scenario was given.
    pub workload: Option<Workload>,
}

/// A policy document.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// What messages call it.
    pub name: Arc<str>,
    /// Where it is read from.
    pub source: SourceId,
    /// Its text.
    pub text: Arc<str>,
    /// Its scope, where that is known (an API's when it is a file by itself is a guess and stays `None`).
    pub scope: Option<PolicyScope>,
    /// Its elements with places; complete only when it is well-formed.
    pub document: Document,
    /// Whether it is well-formed.
    pub is_whole: bool,
    /// Whether places in it are places in a file that can be changed.
    pub is_editable: bool,
    /// What is made of it. `None` when it has errors.
    pub program: Option<Program>,
    /// Every literal `backend-id` and where it is.
    pub references: Vec<(Arc<str>, Span)>,
    /// Whether it is deployed with format `xml`, if that is known.
    pub is_xml: Option<bool>,
}

/// Tiers of API Management.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Consumption.
    Consumption,
    /// Developer, Basic, Standard, Premium.
    Classic,
    /// Basic v2, Standard v2, Premium v2.
    V2,
    /// A self-hosted gateway.
    SelfHosted,
}

/// What a scenario says of traffic, as far as arithmetic needs it.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// Mean rate of requests, per 1,000 seconds.
    pub requests_per_1000_s: u64,
    /// Tokens that a request counts for at admission, in the mean.
    pub tokens_per_request: u64,
    /// How long clients wait, if they give up.
    pub client_timeout: Option<Duration>,
    /// Gateway instances at the start.
    pub instances: u32,
    /// Capacity of the deployments in tokens for a minute, by backend id; those that are known.
    pub tokens_per_minute: BTreeMap<Arc<str>, u64>,
    /// Backends with provisioned units.
    pub provisioned: Vec<Arc<str>>,
    /// The longest `Retry-After` that the scenario has a backend send with a 429.
    pub retry_after: BTreeMap<Arc<str>, Duration>,
}

impl Tier {
    /// The tier that a name of a SKU says: `Consumption`, `BasicV2`, `Premium_2` and the like.
    pub fn named(sku: &str) -> Option<Self> {
        let name = sku.split('_').next().unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "consumption" => Some(Self::Consumption),
            "developer" | "basic" | "standard" | "premium" | "isolated" => Some(Self::Classic),
            "basicv2" | "standardv2" | "premiumv2" => Some(Self::V2),
            "selfhosted" | "self-hosted" => Some(Self::SelfHosted),
            _ => None,
        }
    }
}

/// Reads all files together. What readers object to goes to `problems`.
pub fn read_setup(files: &[TextFile], sources: &mut SourceMap, problems: &mut Diagnostics) -> Setup {
    let inventory = crate::resources::read_all(files, problems);
    for found in inventory.of(Kind::Backend).filter(|found| !found.is_reference) {
        object(found, problems);
    }
    let backends = inventory.of(Kind::Backend).map(backend).collect();
    let mut policies = Vec::new();
    let fragments = fragments(files);
    let has_fragments = !fragments.is_empty() || inventory.of(Kind::Fragment).next().is_some();
    let own_files: Vec<&TextFile> = files.iter().filter(|file| file.form == Form::Policy).collect();
    let read = |file: &TextFile| {
        let own = PolicyText { source: file.source, text: &file.text };
        // A resource that takes its policy from the file says the format.
        let is_taken = |embedded: &&Embedded| embedded.is_verbatim && embedded.span.source == file.source;
        let format = inventory.policies.iter().find(is_taken).and_then(|embedded| embedded.format.as_deref());
        let is_xml = format.map(|format| format.eq_ignore_ascii_case("xml"));
        let holder = inventory.policies.iter().find(is_taken);
        let mut own_problems = Diagnostics::new();
        let mut policy = read_policy(&file.path, own, &fragments, is_xml, &mut own_problems);
        policy.is_editable = true;
        policy.scope = holder.map_or_else(|| scope_of_path(&file.path, files), scope_of);
        let own_problems = settle(&policy, has_fragments, &own_problems);
        (policy, own_problems)
    };
    for (policy, told) in on_all_cores(&own_files, &read) {
        policies.push(policy);
        problems.extend(told);
    }
    for embedded in &inventory.policies {
        let Some(text) = &embedded.text else { continue };
        // What is read from a file is looked at there.
        let is_read = |file: &TextFile| file.form == Form::Policy && file.source == embedded.span.source;
        if files.iter().any(is_read) {
            continue;
        }
        let holder = sources.name(embedded.span.source);
        let line = sources.position(embedded.span).line;
        let name: Arc<str> = Arc::from(format!("{holder} (policy at line {line})"));
        let source = sources.add(Arc::clone(&name), Arc::clone(text));
        let is_xml = embedded.format.as_deref().map(|format| format.eq_ignore_ascii_case("xml"));
        let own = PolicyText { source, text };
        let mut own_problems = Diagnostics::new();
        let mut policy = read_policy(&name, own, &fragments, is_xml, &mut own_problems);
        policy.scope = scope_of(embedded);
        problems.extend(settle(&policy, has_fragments, &own_problems));
        policies.push(policy);
    }
    let tier = tier_of(&inventory);
    let texts = files.iter().map(|file| (file.source, Arc::clone(&file.text))).collect();
    Setup { inventory, backends, policies, tier, texts, workload: None }
}

/// What `read` gives for each, in order. Few are not worth a thread.
fn on_all_cores<T: Sync, R: Send>(all: &[&T], read: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cores < 2 || all.len() < 16 {
        return all.iter().map(|one| read(one)).collect();
    }
    let size = all.len().div_ceil(cores);
    std::thread::scope(|scope| {
        let parts: Vec<_> = all
            .chunks(size)
            .map(|part| scope.spawn(move || part.iter().map(|one| read(one)).collect::<Vec<R>>()))
            .collect();
        // A part that panicked is read again here, so that its panic is that of this thread.
        let joined = parts
            .into_iter()
            .zip(all.chunks(size))
            .map(|(part, own)| part.join().unwrap_or_else(|_| own.iter().map(|one| read(one)).collect()));
        joined.flatten().collect()
    })
}

fn read_policy(
    name: &Arc<str>,
    own: PolicyText<'_>,
    fragments: &BTreeMap<String, PolicyText<'_>>,
    is_xml: Option<bool>,
    problems: &mut Diagnostics,
) -> PolicyFile {
    let format = if is_xml == Some(true) { Format::Xml } else { Format::Raw };
    let options = Options { format, unresolved: Unresolved::Keep, ..Options::default() };
    // What a fragment itself has is told when it is read by itself.
    let fragments = needed(&own, fragments);
    let sources_of: Vec<SourceId> = fragments.values().map(|text| text.source).collect();
    let scopes = BTreeMap::from([(PolicyScope::Api, own)]);
    let sources = Sources { scopes, fragments, options, is_check: true };
    let mut told = Diagnostics::new();
    let mut document = Document::new(Vec::new());
    let mut is_whole = false;
    let mut keep = |elements: &[Element], malformed: bool| {
        document = Document::new(elements.to_vec());
        is_whole = !malformed;
    };
    let (program, references) = load_seen(&sources, &mut keep, &mut told);
    for problem in told.sorted() {
        if problem.span.is_none_or(|span| !sources_of.contains(&span.source)) {
            problems.push(problem.clone());
        }
    }
    let references = references
        .into_iter()
        .filter(|(_, span)| span.source == own.source)
        .map(|(id, span)| (Arc::from(id.as_str()), span))
        .collect();
    PolicyFile {
        name: Arc::clone(name),
        source: own.source,
        text: Arc::from(own.text),
        scope: None,
        document,
        is_whole,
        is_editable: false,
        program,
        references,
        is_xml,
    }
}

/// The fragments that a policy names, and those that they name.
fn needed<'a>(
    own: &PolicyText<'_>,
    fragments: &BTreeMap<String, PolicyText<'a>>,
) -> BTreeMap<String, PolicyText<'a>> {
    let mut found: BTreeMap<String, PolicyText<'a>> = BTreeMap::new();
    let mut texts: Vec<&str> = vec![own.text];
    while let Some(text) = texts.pop() {
        if !text.contains("include-fragment") {
            continue;
        }
        for (id, fragment) in fragments {
            if fragment.source != own.source && !found.contains_key(id) && text.contains(id.as_str()) {
                found.insert(id.clone(), *fragment);
                texts.push(fragment.text);
            }
        }
    }
    found
}

/// Fragments among the files, by id: the folder of a `policy.xml`, the name of any other file.
fn fragments(files: &[TextFile]) -> BTreeMap<String, PolicyText<'_>> {
    let mut found = BTreeMap::new();
    let may_be_one = |file: &&TextFile| file.form == Form::Policy && file.text.contains("<fragment");
    for file in files.iter().filter(may_be_one) {
        let options = Options { unresolved: Unresolved::Keep, ..Options::default() };
        let document = document::read(file.source, &file.text, &options, &mut Diagnostics::new());
        if document.kind == document::Kind::Fragment
            && let Some(id) = fragment_id(&file.path)
        {
            found.insert(id.to_owned(), PolicyText { source: file.source, text: &file.text });
        }
    }
    found
}

fn fragment_id(path: &str) -> Option<&str> {
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next()?;
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    if stem.eq_ignore_ascii_case("policy") {
        parts.next().filter(|folder| !folder.is_empty())
    } else {
        Some(stem)
    }
}

/// The scope of a policy in a resource, by the type of that.
fn scope_of(embedded: &Embedded) -> Option<PolicyScope> {
    let parts: Vec<&str> = embedded.resource_type.split('/').collect();
    match parts.as_slice() {
        [.., "operations" | "resolvers", "policies"] => Some(PolicyScope::Operation),
        [.., "apis", "policies"] => Some(PolicyScope::Api),
        [.., "products", "policies"] => Some(PolicyScope::Product),
        [.., "workspaces", "policies"] => Some(PolicyScope::Workspace),
        [_, "service", "policies"] => Some(PolicyScope::Global),
        _ => None,
    }
}

/// The scope of a `policy.xml` in a tree of folders as APIOps has them: `apis/chat/policy.xml`.
fn scope_of_path(path: &str, files: &[TextFile]) -> Option<PolicyScope> {
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    let (name, folders) = parts.split_last()?;
    if !name.eq_ignore_ascii_case("policy.xml") {
        return None;
    }
    match folders {
        [.., "operations", _] => Some(PolicyScope::Operation),
        [.., "apis", _] => Some(PolicyScope::Api),
        [.., "products", _] => Some(PolicyScope::Product),
        [.., "workspaces", _] => Some(PolicyScope::Workspace),
        _ => {
            let below = format!("{}apis/", path.strip_suffix(name)?);
            let is_root = files.iter().any(|file| file.path.starts_with(below.as_str()));
            is_root.then_some(PolicyScope::Global)
        }
    }
}

fn tier_of(inventory: &Inventory) -> Option<Tier> {
    let service = inventory.of(Kind::Service).find(|service| !service.is_reference)?;
    Tier::named(service.node.get("sku")?.get("name")?.text()?)
}

impl Setup {
    /// Whether something may be there that was not read: then nothing is missing for sure.
    pub const fn is_partial(&self) -> bool {
        self.inventory.is_partial
    }

    /// The backend with this id; letter case does not count.
    pub fn backend(&self, name: &str) -> Option<&Backend> {
        self.backends
            .iter()
            .find(|backend| backend.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name)))
    }
}
