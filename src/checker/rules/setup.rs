//! What rules look at: everything that was read from the files of one configuration, together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::places::{Place, inside, places};
use crate::diagnostics::{Diagnostics, SourceId, SourceMap, Span};
use crate::policy::document::{self, Document, Options, Unresolved};
use crate::policy::scan::{Element, Format};
use crate::policy::{PolicyScope, PolicyText, Program, Sources, load_seen};
use crate::resources::{Backend, Form, Inventory, Kind, TextFile, backend, object};
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
    /// Its id, when it is a fragment.
    pub id: Option<Arc<str>>,
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
    /// Gateway instances.
    pub instances: u32,
    /// Capacity of the deployments in tokens for a minute, by backend id; those that are known.
    pub tokens_per_minute: BTreeMap<Arc<str>, u64>,
    /// Backends with provisioned units.
    pub provisioned: Vec<Arc<str>>,
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
    let inside = inside(files, &inventory.policies, sources);
    let places = places(files, &inventory.policies);
    let fragments = fragments(files, &places, &inside);
    let mut policies = Vec::new();
    let own_files: Vec<&TextFile> = files.iter().filter(|file| file.form == Form::Policy).collect();
    let read = |file: &TextFile| {
        let own = PolicyText { source: file.source, text: &file.text };
        let place = places.get(&file.source).cloned().unwrap_or_default();
        let mut own_problems = Diagnostics::new();
        let mut policy = read_policy(&file.path, own, &fragments, place, &mut own_problems);
        policy.is_editable = true;
        (policy, own_problems)
    };
    for (policy, told) in on_all_cores(&own_files, &read) {
        policies.push(policy);
        problems.extend(told);
    }
    for (name, own, place) in &inside {
        policies.push(read_policy(name, *own, &fragments, place.clone(), problems));
    }
    let tier = tier_of(&inventory);
    Setup { inventory, backends, policies, tier, workload: None }
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
    place: Place,
    problems: &mut Diagnostics,
) -> PolicyFile {
    let Place { scope, id, is_xml } = place;
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
        scope,
        id: id.filter(|_| document.kind == document::Kind::Fragment),
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

/// Fragments by id: those in resources, and those among the files.
fn fragments<'a>(
    files: &'a [TextFile],
    places: &BTreeMap<SourceId, Place>,
    inside: &[(Arc<str>, PolicyText<'a>, Place)],
) -> BTreeMap<String, PolicyText<'a>> {
    let mut found = BTreeMap::new();
    let mut add = |source: SourceId, text: &'a str, id: Option<&Arc<str>>| {
        let Some(id) = id.filter(|_| text.contains("<fragment")) else { return };
        let options = Options { unresolved: Unresolved::Keep, ..Options::default() };
        let document = document::read(source, text, &options, &mut Diagnostics::new());
        if document.kind == document::Kind::Fragment {
            found.insert(id.to_string(), PolicyText { source, text });
        }
    };
    for (_, own, place) in inside {
        add(own.source, own.text, place.id.as_ref());
    }
    for file in files.iter().filter(|file| file.form == Form::Policy) {
        add(file.source, &file.text, places.get(&file.source).and_then(|place| place.id.as_ref()));
    }
    found
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
