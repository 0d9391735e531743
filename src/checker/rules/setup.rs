//! What rules look at: everything that was read from the files of one configuration, together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::places::{Place, inside, places};
use super::settle::settle;
use super::sites::Sites;
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
    /// Their places by name, in small letters.
    by_name: BTreeMap<String, Vec<usize>>,
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
    /// Its id, when it is a fragment.
    pub id: Option<Arc<str>>,
    /// Its elements with places; complete only when it is well-formed.
    pub document: Document,
    /// Whether it is well-formed.
    pub is_whole: bool,
    /// Whether it certainly has to do with a language model.
    pub is_llm: bool,
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
    let backends: Vec<Backend> = inventory.of(Kind::Backend).map(backend).collect();
    let inside = inside(files, &inventory.policies, sources);
    let places = places(files, &inventory.policies);
    let fragments = fragments(files, &places, &inside);
    let has_fragments = !fragments.is_empty() || inventory.of(Kind::Fragment).next().is_some();
    let mut policies = Vec::new();
    let is_policy =
        |file: &&TextFile| file.form == Form::Policy && !inventory.templates.contains(&file.source);
    let own_files: Vec<&TextFile> = files.iter().filter(is_policy).collect();
    let read_one = |name: &Arc<str>, own: PolicyText<'_>, place: Place| {
        let mut own_problems = Diagnostics::new();
        let policy = read_policy(name, own, &fragments, place, &mut own_problems);
        let own_problems = settle(&policy, has_fragments, &own_problems);
        (policy, own_problems)
    };
    let read = |file: &TextFile| {
        let own = PolicyText { source: file.source, text: &file.text };
        read_one(&file.path, own, places.get(&file.source).cloned().unwrap_or_default())
    };
    for (policy, told) in on_all_cores(&own_files, &read) {
        policies.push(policy);
        problems.extend(told);
    }
    for (name, own, place) in &inside {
        let (policy, told) = read_one(name, *own, place.clone());
        policies.push(policy);
        problems.extend(told);
    }
    let tier = inventory.sku().and_then(Tier::named);
    let texts = files.iter().map(|file| (file.source, Arc::clone(&file.text))).collect();
    let mut setup = Setup { inventory, policies, tier, texts, ..Setup::of(backends) };
    let is_llm: Vec<bool> = setup.policies.iter().map(|policy| Sites::of(policy).is_llm(&setup)).collect();
    for (policy, is_llm) in setup.policies.iter_mut().zip(is_llm) {
        policy.is_llm = is_llm;
    }
    setup
}

/// What `read` gives for each, in order. Few are not worth a thread.
fn on_all_cores<T: Sync, R: Send>(all: &[&T], read: &(impl Fn(&T) -> R + Sync)) -> Vec<R> {
    // How many cores there are is asked of files of the system: for many only.
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = if all.len() < 16 { 1 } else { cores() };
    if cores < 2 {
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
    let all = fragments.values().map(|text| text.source);
    let sources_of: Vec<SourceId> = all.filter(|source| *source != own.source).collect();
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
        // Known once the backends are.
        is_llm: false,
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
            if !found.contains_key(id) && text.contains(id.as_str()) {
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

impl Setup {
    /// Whether something may be there that was not read: then nothing is missing for sure.
    pub const fn is_partial(&self) -> bool {
        self.inventory.is_partial
    }

    /// One with these backends and nothing else.
    pub fn of(backends: Vec<Backend>) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, backend) in backends.iter().enumerate() {
            if let Some(name) = &backend.name {
                by_name.entry(name.to_ascii_lowercase()).or_default().push(at);
            }
        }
        Self { backends, by_name, ..Self::default() }
    }

    /// The backends with this id, in order; letter case does not count.
    pub fn backends_named(&self, name: &str) -> impl Iterator<Item = &Backend> {
        let places = self.by_name.get(&name.to_ascii_lowercase()).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|at| self.backends.get(*at))
    }

    /// The backend with this id; letter case does not count.
    pub fn backend(&self, name: &str) -> Option<&Backend> {
        self.backends_named(name).next()
    }

    /// The backend that a pool means by a name: one of its own file before others.
    pub fn backend_beside(&self, pool: &Backend, name: &str) -> Option<&Backend> {
        let own = self.backends_named(name).find(|other| other.span.source == pool.span.source);
        own.or_else(|| self.backend(name))
    }
}
