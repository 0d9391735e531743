//! The files of a configuration that a scenario names, for those who look at the files and not at the traffic.

use serde_json::Value as Json;

use super::check::entries;
use super::files::{Files, beside};
use super::hash::canonical;
use super::json::{Node, parse};
use super::scenario::{Library, Overrides, ParsedOverrides, flatten_semantics, vary};
use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::policy::PolicyScope;
use crate::policy::document::NamedValues;

/// What a scenario names, paths as they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedFiles {
    /// Policies by scope.
    pub policies: Vec<(PolicyScope, String)>,
    /// Fragments by id.
    pub fragments: Vec<(String, String)>,
    /// Resource files.
    pub resources: Vec<String>,
    /// What is put in for `{{name}}`.
    pub named_values: NamedValues,
    /// Whether the policies are deployed with format `xml`.
    pub is_xml: bool,
    /// The tier of the service.
    pub tier: Option<String>,
}

/// What the scenario at `path` names. `None` when it is not JSON; others tell that.
pub fn named_files(path: &str, source: SourceId, text: &str) -> Option<NamedFiles> {
    Some(names(path, &parse(source, text, &mut Diagnostics::new())?))
}

/// What a variant of the scenario at `path` names, with edits of the command line in it; the scenario itself when it
/// has no such variant. `None` when it cannot be read, which is told when it is loaded.
pub fn named_in_variant(
    path: &str,
    variant: &str,
    files: &dyn Files,
    overrides: &Overrides,
    sources: &mut SourceMap,
) -> Option<NamedFiles> {
    let mut ignored = Diagnostics::new();
    let mut tree = Library::new(files, sources, path).scenario(&mut ignored)?;
    let overrides = ParsedOverrides::parse(overrides, sources);
    overrides.apply(&mut tree, &mut ignored);
    let patch = tree.get("variants").and_then(|variants| variants.get(variant)).cloned();
    let tree = match patch {
        Some(patch) => vary(&tree, &patch, &overrides, &mut ignored),
        None => tree,
    };
    Some(names(path, &tree))
}

/// A variant of the scenario at `path` as JSON, without its variants; paths in it are as they are read, relative to the
/// working folder. `None` when it cannot be read, which is told when it is loaded.
pub fn variant_json(path: &str, variant: Option<&str>, files: &dyn Files) -> Option<Json> {
    let mut sources = SourceMap::new();
    let mut ignored = Diagnostics::new();
    let mut tree = Library::new(files, &mut sources, path).scenario(&mut ignored)?;
    flatten_semantics(&mut tree, &mut ignored);
    let patch = variant.and_then(|name| tree.get("variants")?.get(name)).cloned();
    let tree = match patch {
        Some(mut patch) => {
            flatten_semantics(&mut patch, &mut ignored);
            vary(&tree, &patch, &ParsedOverrides::default(), &mut ignored)
        }
        None => tree,
    };
    let mut json: Json = serde_json::from_str(&canonical(&tree)).ok()?;
    json.as_object_mut()?.remove("variants");
    Some(with_paths(json, &mut |named| *named = beside(path, named)))
}

/// Fields of a scenario in which every text is a path.
const PATHS: &[&str] = &["policy", "fragments", "resources"];

fn for_each_text(json: &mut Json, change: &mut dyn FnMut(&mut String)) {
    match json {
        Json::String(text) => change(text),
        Json::Array(elements) => elements.iter_mut().for_each(|element| for_each_text(element, change)),
        Json::Object(fields) => fields.values_mut().for_each(|field| for_each_text(field, change)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A scenario with other paths.
pub fn with_paths(mut scenario: Json, change: &mut dyn FnMut(&mut String)) -> Json {
    let fields = scenario.as_object_mut();
    let named = fields.into_iter().flat_map(serde_json::Map::iter_mut);
    for (_, field) in named.filter(|(name, _)| PATHS.contains(&name.as_str())) {
        for_each_text(field, change);
    }
    let backends = scenario.get_mut("backends").and_then(Json::as_object_mut);
    for backend in backends.into_iter().flat_map(serde_json::Map::values_mut) {
        if let Some(Json::String(samples)) = backend.pointer_mut("/latency/samples") {
            change(samples);
        }
    }
    scenario
}

fn names(path: &str, tree: &Node) -> NamedFiles {
    let at = |node: &Node| node.text().map(|named| beside(path, named));
    let mut named = NamedFiles::default();
    if let Some(policy) = tree.get("policy") {
        match at(policy) {
            Some(file) => named.policies.push((PolicyScope::Api, file)),
            None => {
                for member in entries(policy) {
                    let scope = PolicyScope::ALL.into_iter().find(|scope| scope.name() == member.name);
                    named.policies.extend(scope.zip(at(&member.value)));
                }
            }
        }
    }
    for member in tree.get("fragments").into_iter().flat_map(entries) {
        named.fragments.extend(at(&member.value).map(|file| (member.name.clone(), file)));
    }
    let resources = tree.get("resources").and_then(Node::elements).unwrap_or_default();
    named.resources = resources.iter().filter_map(at).collect();
    let values = tree.get("namedValues").into_iter().flat_map(entries);
    named.named_values =
        values.filter_map(|member| Some((member.name.as_str(), member.value.text()?))).collect();
    named.is_xml = tree.get("policyFormat").and_then(Node::text) == Some("xml");
    named.tier = tree.get("gateway").and_then(|gateway| gateway.get("tier")?.text()).map(str::to_owned);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MemoryFiles;

    #[test]
    fn files_are_named_relative_to_the_scenario() {
        let text = r#"{ "policy": { "global": "all.xml", "api": "p.xml" }, "fragments": { "f": "f.xml" },
            "resources": ["b.json", "pools/p.bicep"], "namedValues": { "n": "v" }, "policyFormat": "xml",
            "gateway": { "tier": "BasicV2" } }"#;
        let named = named_files("a/scenario.json", SourceId(0), text).expect("JSON");
        let policies = [(PolicyScope::Global, "a/all.xml"), (PolicyScope::Api, "a/p.xml")];
        assert_eq!(named.policies, policies.map(|(scope, path)| (scope, path.to_owned())));
        assert_eq!(named.fragments, [("f".to_owned(), "a/f.xml".to_owned())]);
        assert_eq!(named.resources, ["a/b.json", "a/pools/p.bicep"]);
        assert!(named.is_xml);
        assert_eq!(named.tier.as_deref(), Some("BasicV2"));
        let varied = r#"{ "policy": { "global": "all.xml", "api": "p.xml" }, "resources": ["b.json"],
            "variants": { "other": { "policy": { "api": "q.xml" }, "namedValues": { "n": "v" } } } }"#;
        let files = MemoryFiles::new().with("a/scenario.json", varied);
        let overrides = Overrides { set: vec![("namedValues.n".into(), "w".into())], ..Overrides::default() };
        let named = named_in_variant("a/scenario.json", "other", &files, &overrides, &mut SourceMap::new());
        let named = named.expect("JSON");
        let policies = [(PolicyScope::Global, "a/all.xml"), (PolicyScope::Api, "a/q.xml")];
        assert_eq!(named.policies, policies.map(|(scope, path)| (scope, path.to_owned())));
        assert_eq!(named.named_values.get("n"), Some("w"));
        let plain = named_files("scenario.json", SourceId(0), r#"{ "policy": "p.xml" }"#).expect("JSON");
        assert_eq!(plain.policies, [(PolicyScope::Api, "p.xml".to_owned())]);
        assert_eq!(named_files("scenario.json", SourceId(0), "{"), None);
    }
}
