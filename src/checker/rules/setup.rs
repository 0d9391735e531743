//! What rules look at: everything that was read from the files of one configuration, together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::{Diagnostics, SourceId, SourceMap, Span};
use crate::policy::document::{Document, Options, Unresolved};
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
    /// What is made of it. `None` when it has errors.
    pub program: Option<Program>,
    /// Every literal `backend-id` and where it is.
    pub references: Vec<(Arc<str>, Span)>,
    /// Whether it is deployed with format `xml`, if that is known.
    pub is_xml: Option<bool>,
    /// Whether it is a file of its own, whose bytes places count.
    pub is_file: bool,
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
    let mut policies = Vec::new();
    for file in files.iter().filter(|file| file.form == Form::Policy) {
        // A resource that takes its policy from the file says the format.
        let is_taken = |embedded: &&Embedded| embedded.is_verbatim && embedded.span.source == file.source;
        let format = inventory.policies.iter().find(is_taken).and_then(|embedded| embedded.format.as_deref());
        let is_xml = format.map(|format| format.eq_ignore_ascii_case("xml"));
        let policy = read_policy(&file.path, file.source, &file.text, is_xml, problems);
        policies.push(PolicyFile { is_file: true, ..policy });
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
        policies.push(read_policy(&name, source, text, is_xml, problems));
    }
    let tier = tier_of(&inventory);
    Setup { inventory, backends, policies, tier, workload: None }
}

fn read_policy(
    name: &Arc<str>,
    source: SourceId,
    text: &Arc<str>,
    is_xml: Option<bool>,
    problems: &mut Diagnostics,
) -> PolicyFile {
    let format = if is_xml == Some(true) { Format::Xml } else { Format::Raw };
    let options = Options { format, unresolved: Unresolved::Keep, ..Options::default() };
    let scopes = BTreeMap::from([(PolicyScope::Api, PolicyText { source, text })]);
    let sources = Sources { scopes, options, is_check: true, ..Sources::default() };
    let mut document = Document::new(Vec::new());
    let mut keep = |_, elements: &[Element]| document = Document::new(elements.to_vec());
    let (program, references) = load_seen(&sources, &mut keep, problems);
    let references = references.into_iter().map(|(id, span)| (Arc::from(id.as_str()), span)).collect();
    PolicyFile {
        name: Arc::clone(name),
        source,
        text: Arc::clone(text),
        scope: None,
        document,
        program,
        references,
        is_xml,
        is_file: false,
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
