//! Bicep: one file, with the policies and fragments in files beside it.
//!
//! Source: syntax of Bicep as documented; `loadTextContent` takes at most 131,072 characters.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bundle::NAME;
use super::item::{Item, OpenKind};
use super::names::Names;
use super::print::{Entry, Language, list, members, object, print};
use super::scopes::{self, SERVICE, STABLE};
use super::texts::{bicep as quoted, comment, shell};
use super::{Bundle, OutFile};

/// Words that name something of the language where a member could be named without quotes.
const WORDS: [&str; 9] = ["true", "false", "null", "if", "for", "in", "resource", "existing", "module"];

/// The published types ask for what the service refuses.
const POOL_PROPERTIES: &str =
    "// A pool has neither url nor protocol.\n  #disable-next-line BCP035\n  properties";

struct Bicep {
    /// Symbols of the backends, by name.
    symbols: BTreeMap<Arc<str>, String>,
    /// Names of parameters, by place.
    open: Vec<String>,
}

impl Language for Bicep {
    const ASSIGN: &'static str = ": ";
    const BETWEEN_MEMBERS: &'static str = "";
    const BETWEEN_ELEMENTS: &'static str = "";
    const IS_ALIGNED: bool = false;

    fn text(&self, text: &str) -> String {
        quoted(text)
    }

    fn name(&self, name: &str) -> String {
        let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !WORDS.contains(&name);
        if is_word { name.to_owned() } else { quoted(name) }
    }

    fn number(&self, number: &str) -> String {
        // There are whole numbers only.
        if number.parse::<i64>().is_ok() { number.to_owned() } else { format!("json({})", quoted(number)) }
    }

    fn id(&self, backend: &str) -> String {
        match self.symbols.get(backend) {
            Some(symbol) => format!("{symbol}.id"),
            None => quoted(&format!("/backends/{backend}")),
        }
    }

    fn open(&self, place: usize) -> String {
        self.open.get(place).cloned().unwrap_or_default()
    }
}

/// `main.bicep` and the files that it loads.
pub(super) fn render(bundle: &Bundle) -> Vec<OutFile> {
    let parents = bundle.parents();
    let mut names = Names::without(&["apim", "apimName"]);
    let parameters: Vec<String> = parents.iter().map(|parent| names.camel(parent, "name")).collect();
    // What is spoken of as existing has the name of its kind.
    let existing: Vec<String> = parents.iter().map(|parent| names.camel("", parent)).collect();
    let open = bundle.open.iter().map(|open| names.camel(&open.words, "")).collect();
    let symbols: Vec<String> =
        bundle.backends.iter().map(|backend| names.camel(&backend.name, "backend")).collect();
    let values: Vec<String> =
        bundle.named_values.iter().map(|(name, _)| names.camel(name, "value")).collect();
    let fragments: Vec<String> =
        bundle.fragments.iter().map(|fragment| names.camel(&fragment.id, "fragment")).collect();
    let by_name = bundle.backends.iter().map(|backend| Arc::clone(&backend.name)).zip(symbols.clone());
    let language = Bicep { symbols: by_name.collect(), open };

    let mut out = format!("// {}, written by poolproof.\n", comment(&bundle.title));
    parameter(&mut out, scopes::SERVICE_DESCRIPTION, "apimName", "string", false);
    for (parent, name) in parents.iter().zip(&parameters) {
        parameter(&mut out, &scopes::description(parent), name, "string", false);
    }
    for (open, name) in bundle.open.iter().zip(&language.open) {
        let description = format!("Not in the files that this was made from: {}.", open.words);
        let kind = match (open.kind, open.is_secret) {
            (OpenKind::Flag, _) => "bool",
            (OpenKind::Object, _) => "object",
            (OpenKind::Text, _) => "string",
        };
        parameter(&mut out, &description, name, kind, open.is_secret && open.kind != OpenKind::Flag);
    }
    resource(&mut out, "apim", SERVICE, STABLE, true, &[("name".to_owned(), "apimName".to_owned())]);
    for (backend, symbol) in bundle.backends.iter().zip(&symbols) {
        let properties = print(&backend.properties, 1, &language);
        let entries = [
            entry("parent", "apim"),
            entry("name", &quoted(&backend.name)),
            entry(if backend.is_pool() { POOL_PROPERTIES } else { "properties" }, &properties),
        ];
        let kind = format!("{SERVICE}/backends");
        resource(&mut out, symbol, &kind, bundle.api_version, false, &entries);
    }
    for ((name, value), symbol) in bundle.named_values.iter().zip(&values) {
        let properties = Item::Object(vec![
            ("displayName".to_owned(), Item::Text(name.clone())),
            ("value".to_owned(), Item::Text(value.clone())),
            ("secret".to_owned(), Item::Bool(false)),
        ]);
        let entries = [
            entry("parent", "apim"),
            entry("name", &quoted(name)),
            entry("properties", &print(&properties, 1, &language)),
        ];
        resource(&mut out, symbol, &format!("{SERVICE}/namedValues"), STABLE, false, &entries);
    }
    let before: Vec<String> = symbols.iter().chain(&values).cloned().collect();
    for (fragment, symbol) in bundle.fragments.iter().zip(&fragments) {
        let included = fragment.includes.iter().filter_map(|at| fragments.get(*at)).cloned();
        let needed: Vec<String> = before.iter().cloned().chain(included).collect();
        let entries = [
            entry("parent", "apim"),
            entry("name", &quoted(&fragment.id)),
            entry("properties", &loaded(bundle, &fragment_file(&fragment.id))),
            entry("dependsOn", &list::<Bicep>(&needed, 1)),
        ];
        resource(&mut out, symbol, &format!("{SERVICE}/policyFragments"), STABLE, false, &entries);
    }
    let mut spoken_of = Vec::new();
    let needed: Vec<String> = before.into_iter().chain(fragments).collect();
    for policy in &bundle.policies {
        let mut above = "apim".to_owned();
        for (depth, (segment, parent)) in scopes::parents(policy.scope).iter().enumerate() {
            let at = parents.iter().position(|known| known == parent).unwrap_or_default();
            let (Some(symbol), Some(name)) = (existing.get(at), parameters.get(at)) else { continue };
            if !spoken_of.contains(parent) {
                spoken_of.push(parent);
                let segments = scopes::parents(policy.scope).iter().take(depth).map(|(segment, _)| *segment);
                let kind: Vec<&str> = std::iter::once(SERVICE).chain(segments).chain([*segment]).collect();
                let entries = [entry("parent", &above), entry("name", name)];
                resource(&mut out, symbol, &kind.join("/"), STABLE, true, &entries);
            }
            above.clone_from(symbol);
        }
        let symbol = names.camel(policy.scope.name(), "policy");
        let entries = [
            entry("parent", &above),
            entry("name", "'policy'"),
            entry("properties", &loaded(bundle, &scopes::file(policy.scope))),
            entry("dependsOn", &list::<Bicep>(&needed, 1)),
        ];
        let kind = format!("{}/policies", scopes::parent_type(policy.scope));
        resource(&mut out, &symbol, &kind, STABLE, false, &entries);
    }
    let mut files = vec![OutFile { path: "main.bicep".to_owned(), text: out }];
    files.extend(policy_files(bundle));
    files
}

/// The policies and fragments as files of their own.
pub(super) fn policy_files(bundle: &Bundle) -> Vec<OutFile> {
    let policies = bundle
        .policies
        .iter()
        .map(|policy| OutFile { path: scopes::file(policy.scope), text: policy.text.clone() });
    let fragments = bundle
        .fragments
        .iter()
        .map(|fragment| OutFile { path: fragment_file(&fragment.id), text: fragment.text.clone() });
    policies.chain(fragments).collect()
}

/// The file of a fragment: readers take its id from its name.
pub(super) fn fragment_file(id: &str) -> String {
    format!("fragments/{id}.xml")
}

pub(super) fn commands(bundle: &Bundle, folder: &str) -> Vec<String> {
    let mut names = Names::default();
    let parents = bundle.parents().into_iter();
    let parents =
        parents.map(|parent| format!("{}={}", names.camel(parent, "name"), bundle.value_for(parent)));
    let service = bundle.service.as_deref().unwrap_or(NAME);
    let all: Vec<String> =
        std::iter::once(format!("apimName={service}")).chain(parents).map(|word| shell(&word)).collect();
    let file = shell(&format!("{folder}/main.bicep"));
    vec![format!(
        "az deployment group create --resource-group GROUP --template-file {file} --parameters {}",
        all.join(" ")
    )]
}

fn entry(name: &str, value: &str) -> Entry {
    (name.to_owned(), value.to_owned())
}

fn loaded(bundle: &Bundle, file: &str) -> String {
    let value = format!("loadTextContent({})", quoted(file));
    object::<Bicep>(&[entry("format", &quoted(bundle.format())), entry("value", &value)], 1)
}

fn parameter(out: &mut String, description: &str, name: &str, kind: &str, is_secure: bool) {
    let secure = if is_secure { "@secure()\n" } else { "" };
    out.push_str(&format!("\n@description({})\n{secure}param {name} {kind}\n", quoted(description)));
}

fn resource(out: &mut String, symbol: &str, kind: &str, version: &str, is_existing: bool, entries: &[Entry]) {
    let existing = if is_existing { " existing" } else { "" };
    let body = members::<Bicep>(entries, 1);
    out.push_str(&format!("\nresource {symbol} '{kind}@{version}'{existing} = {{\n{body}\n}}\n"));
}

/// Characters that a file may have which Bicep loads.
pub(super) const MOST_LOADED: usize = 131_072;

/// Files that Bicep would refuse to load.
pub(super) fn too_long(bundle: &Bundle) -> Vec<String> {
    let is_long = |file: &OutFile| file.text.chars().count() > MOST_LOADED;
    policy_files(bundle).into_iter().filter(is_long).map(|file| file.path).collect()
}
