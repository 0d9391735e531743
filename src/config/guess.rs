//! A scenario for people who have a policy and backends and no scenario yet: every value that the two
//! files do not give is guessed, and every guess is listed with its reason.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::arm::{Resource, ResourceKind};
use super::files::{Files, MemoryFiles};
use super::hash::canonical;
use super::json::{Member, Node, parse};
use super::loaded::{Scenario, load_scenario};
use super::print::print_scenario;
use super::regions::region_in;
use super::scenario::{Library, Overrides, ParsedOverrides, read_policy};
use crate::backend::ModelFacts;
use crate::diagnostics::{Diagnostics, SourceMap, Span};
use crate::policy::PolicyScope;

/// A scenario made up for a policy and its resources.
#[derive(Clone, Debug, PartialEq)]
pub struct Guessed {
    /// The scenario, as it would stand in a file. Paths are as given, so relative to the working folder.
    pub scenario_json: Value,
    /// What was guessed, in the order of the file.
    pub guesses: Vec<Guess>,
}

/// One guessed value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// Where it stands in the scenario, in the notation of `--set`.
    pub path: String,
    /// The value as JSON.
    pub value: String,
    /// Why this one.
    pub reason: String,
}

impl Guessed {
    /// The same with edits of the command line in it. `None`, with errors told, when they do not apply.
    pub fn edited(
        &self,
        overrides: &Overrides,
        sources: &mut SourceMap,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let text = self.text();
        let source = sources.add(GUESSED_PATH, text.as_str());
        let mut problems = Diagnostics::new();
        let mut tree = parse(source, &text, &mut problems);
        if let Some(tree) = &mut tree {
            ParsedOverrides::parse(overrides, sources).apply(tree, &mut problems);
        }
        let failed = problems.has_errors();
        diagnostics.extend(problems);
        let scenario_json = serde_json::from_str(&canonical(&tree?)).ok()?;
        (!failed).then(|| Self { scenario_json, guesses: self.guesses.clone() })
    }

    /// The scenario as the text of a file.
    pub fn text(&self) -> String {
        print_scenario(&self.scenario_json)
    }
}

/// The model where nothing names one.
const DEFAULT_MODEL: &str = "gpt-4o-mini";
const API_VERSION: &str = "2024-02-01";
const TPM: u64 = 8_000;
const REQUESTS: u64 = 30;
const PAUSE: &str = "1s";
/// Characters of the two messages of a short test request.
const MESSAGES: [u64; 2] = [41, 31];
const COMPLETION_TOKENS: u64 = 150;
/// Name under which a guessed scenario appears in messages; no file has it.
const GUESSED_PATH: &str = "<guessed scenario>";

/// The files that a scenario is made up for, and what is known besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What the scenario is called; empty: `guessed`.
    pub name: String,
    /// The policy of the API.
    pub policy: String,
    /// Policies by scope, instead of one of the API.
    pub scopes: Vec<(PolicyScope, String)>,
    /// Whether the policies have the format `xml`, not `rawxml`.
    pub is_xml: bool,
    /// Fragments: id and path.
    pub fragments: Vec<(String, String)>,
    /// What is put in for `{{name}}`.
    pub named_values: Vec<(String, String)>,
    /// Resource files, read together.
    pub resources: Vec<String>,
    /// The SKU of the service.
    pub tier: Option<String>,
}

impl Parts {
    /// The names of scopes and their files.
    fn by_scope(&self) -> Vec<(String, String)> {
        self.scopes.iter().map(|(scope, path)| (scope.name().to_owned(), path.clone())).collect()
    }

    /// What a scenario says of the policies.
    fn policy_json(&self) -> Value {
        match self.by_scope() {
            scopes if scopes.is_empty() => json!(self.policy),
            scopes => Value::Object(scopes.into_iter().map(|(name, path)| (name, json!(path))).collect()),
        }
    }
}

/// Makes up a scenario for the policy and the resources at these paths. `None`, with errors told, when
/// they cannot be used.
pub fn guess_scenario(
    policy_path: &str,
    resources_paths: &[String],
    files: &dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Guessed> {
    let policy = policy_path.to_owned();
    let parts = Parts { policy, resources: resources_paths.to_vec(), ..Parts::default() };
    guess_for(&parts, files, sources, diagnostics)
}

/// The same for more than a policy and resources.
pub fn guess_for(
    parts: &Parts,
    files: &dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Guessed> {
    let arguments = Arguments::new(parts, sources);
    let mut library = Library::new(files, sources, "");
    let mut problems = Diagnostics::new();
    let policy = read_policy(&arguments.policy, &mut library, &mut problems);
    let (resources, _) = library.resources(&arguments.resources, &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    if failed || policy?.content.is_none_or(|policy| policy.program.is_none()) {
        return None;
    }
    Some(guess(parts, &resources?))
}

/// Loads a guessed scenario as if it stood in a file of the working folder.
pub fn load_guessed(
    guessed: &Guessed,
    files: &dyn Files,
    overrides: &Overrides,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Scenario> {
    let files = MemoryFiles::over(files).with(GUESSED_PATH, guessed.text());
    load_scenario(GUESSED_PATH, &files, overrides, sources, diagnostics)
}

/// The paths as values with places in the command line.
struct Arguments {
    /// What a scenario would say of the policy.
    policy: Node,
    resources: Vec<Node>,
}

impl Arguments {
    fn new(parts: &Parts, sources: &mut SourceMap) -> Self {
        let mut node = |path: &str| {
            let source = sources.add("command line", path);
            Node::new(super::json::Value::Text(path.to_owned()), Span::new(source, 0, path.len()))
        };
        let span = node(&parts.policy).span;
        let member = |name: &str, value| Member { name: name.to_owned(), name_span: span, value };
        let mut map = |pairs: &[(String, String)]| {
            let all = pairs.iter().map(|(name, value)| member(name, node(value))).collect();
            Node::new(super::json::Value::Object(all), span)
        };
        let mut members =
            vec![member("fragments", map(&parts.fragments)), member("namedValues", map(&parts.named_values))];
        let scopes: Vec<(String, String)> = parts.by_scope();
        let policy = if scopes.is_empty() { node(&parts.policy) } else { map(&scopes) };
        members.push(member("policy", policy));
        if parts.is_xml {
            members.push(member("policyFormat", node("xml")));
        }
        let policy = Node::new(super::json::Value::Object(members), span);
        Self { policy, resources: parts.resources.iter().map(|path| node(path)).collect() }
    }
}

/// Collects guesses.
struct Guesser {
    guesses: Vec<Guess>,
}

impl Guesser {
    fn guess(&mut self, path: impl Into<String>, value: Value, reason: impl Into<String>) -> Value {
        self.guesses.push(Guess { path: path.into(), value: value.to_string(), reason: reason.into() });
        value
    }
}

fn guess(parts: &Parts, resources: &[Resource]) -> Guessed {
    let singles: Vec<(&str, &str)> = resources
        .iter()
        .filter_map(|resource| match &resource.kind {
            ResourceKind::Single { url, .. } => Some((&*resource.name, &**url)),
            ResourceKind::Pool { .. } | ResourceKind::Unusable => None,
        })
        .collect();
    let mut guesser = Guesser { guesses: Vec::new() };
    let operation = guess_operation(&singles, &mut guesser);
    let backends: Map<String, Value> = singles
        .iter()
        .map(|(name, url)| ((*name).to_owned(), guess_backend(name, url, &mut guesser)))
        .collect();
    let traffic = guess_traffic(&mut guesser);
    let mut scenario_json = json!({
        "formatVersion": 1,
        "name": if parts.name.is_empty() { "guessed" } else { parts.name.as_str() },
        "policy": parts.policy_json(),
        "resources": parts.resources,
        "operation": operation,
        "backends": backends,
        "traffic": traffic,
    });
    if let Some(scenario) = scenario_json.as_object_mut() {
        let map = |pairs: &[(String, String)]| -> Map<String, Value> {
            pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
        };
        for (field, pairs) in [("fragments", &parts.fragments), ("namedValues", &parts.named_values)] {
            if !pairs.is_empty() {
                scenario.insert(field.to_owned(), Value::Object(map(pairs)));
            }
        }
        if parts.is_xml {
            scenario.insert("policyFormat".to_owned(), json!("xml"));
        }
        if let Some(tier) = &parts.tier {
            scenario.insert("gateway".to_owned(), json!({ "tier": tier }));
        }
    }
    Guessed { scenario_json, guesses: guesser.guesses }
}

fn guess_operation(singles: &[(&str, &str)], guesser: &mut Guesser) -> Value {
    let paths: BTreeSet<String> = singles.iter().map(|(_, url)| operation_path(url).0).collect();
    let (path, mut reason) = singles
        .first()
        .map_or_else(|| operation_path("https://unknown/openai"), |(_, url)| operation_path(url));
    if paths.len() > 1 {
        reason.push_str("; the URLs of the backends end differently and this path fits only the first");
    }
    json!({ "path": guesser.guess("operation.path", json!(path), reason) })
}

/// The path of a chat request below a backend URL, and why.
fn operation_path(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
    let model = model_in(url).unwrap_or(DEFAULT_MODEL);
    let query = format!("api-version={API_VERSION}");
    if path.starts_with("/openai/deployments/") {
        (format!("/chat/completions?{query}"), "the backend URL ends in a deployment".to_owned())
    } else if path == "/openai/v1" {
        ("/chat/completions".to_owned(), "the backend URL ends in `/openai/v1`".to_owned())
    } else if path == "/openai" {
        let path = format!("/deployments/{model}/chat/completions?{query}");
        (path, "the backend URL ends in `/openai`".to_owned())
    } else {
        let path = format!("/openai/deployments/{model}/chat/completions?{query}");
        (path, "the backend URL does not end in `/openai`, so the path has it".to_owned())
    }
}

/// The known model whose name stands after `/deployments/` in a URL.
fn model_in(url: &str) -> Option<&'static str> {
    let (_, after) = url.split_once("/deployments/")?;
    ModelFacts::find(after.split(['/', '?', '#']).next()?).map(|facts| facts.name)
}

fn guess_backend(name: &str, url: &str, guesser: &mut Guesser) -> Value {
    // Names with dots are quoted in paths.
    let quoted = if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() };
    let at = |field: &str| format!("backends.{quoted}.{field}");
    let mut backend = Map::new();
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    if let Some((region, word)) = region_in(name).or_else(|| region_in(host)) {
        let reason = format!("`{word}` in its name or host");
        backend.insert("region".to_owned(), guesser.guess(at("region"), json!(region), reason));
    }
    let model = match model_in(url) {
        Some(model) => guesser.guess(at("model"), json!(model), "the deployment in its URL is called so"),
        None => guesser.guess(at("model"), json!(DEFAULT_MODEL), "nothing names a model; a common small one"),
    };
    backend.insert("model".to_owned(), model);
    let mut reason = "a small Standard deployment (capacity 8)".to_owned();
    if name.to_ascii_lowercase().contains("ptu") {
        reason.push_str(
            "; `ptu` in its name suggests provisioned throughput: if so, replace `standard` by `provisioned`",
        );
    }
    let tpm = guesser.guess(at("standard.tpm"), json!(TPM), reason);
    backend.insert("standard".to_owned(), json!({ "tpm": tpm }));
    Value::Object(backend)
}

fn guess_traffic(guesser: &mut Guesser) -> Value {
    let requests = guesser.guess(
        "traffic.requests",
        json!(REQUESTS),
        "one client that sends a short test again and again",
    );
    let pause =
        guesser.guess("traffic.pause", json!(PAUSE), "one client that sends a short test again and again");
    let messages: Vec<Value> = MESSAGES.iter().map(|n| json!({ "characters": n })).collect();
    let messages = guesser.guess(
        "traffic.request.messages",
        json!(messages),
        "a short system message and a short question",
    );
    let completion = guesser.guess(
        "traffic.request.completionTokens",
        json!(COMPLETION_TOKENS),
        "an answer of one paragraph",
    );
    json!({
        "kind": "closed-loop",
        "requests": requests,
        "pause": pause,
        "request": { "messages": messages, "completionTokens": completion },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::walkthrough;

    fn guessed() -> (Guessed, impl Files) {
        let files = walkthrough();
        let mut sources = SourceMap::new();
        let mut diagnostics = Diagnostics::new();
        let paths = ["walkthrough/backends.json".to_owned()];
        let guessed =
            guess_scenario("walkthrough/policy.xml", &paths, &files, &mut sources, &mut diagnostics);
        assert!(!diagnostics.has_errors(), "{diagnostics:?}");
        (guessed.expect("guessed"), files)
    }

    #[test]
    fn a_policy_and_backends_are_enough() {
        let (guessed, files) = guessed();
        let scenario = load_guessed(
            &guessed,
            &files,
            &Overrides::default(),
            &mut SourceMap::new(),
            &mut Diagnostics::new(),
        );
        let scenario = scenario.expect("loads");
        assert_eq!(scenario.name, "guessed");
        assert_eq!(scenario.base.plan.targets.len(), 3);
        let target = &scenario.base.plan.targets[2];
        assert_eq!(&*target.deployment.region, "Sweden Central");
        assert_eq!(target.refuses_with, None);
    }

    #[test]
    fn the_printed_scenario_is_the_same_run_elsewhere() {
        let (guessed, files) = guessed();
        let load = |path: &str, files: &dyn Files| {
            load_scenario(path, files, &Overrides::default(), &mut SourceMap::new(), &mut Diagnostics::new())
                .expect("loads")
        };
        let direct = load_guessed(
            &guessed,
            &files,
            &Overrides::default(),
            &mut SourceMap::new(),
            &mut Diagnostics::new(),
        )
        .expect("loads");
        let text = guessed.text().replace("walkthrough/", "");
        let written = MemoryFiles::over(&files).with("walkthrough/guess.json", text);
        assert_eq!(load("walkthrough/guess.json", &written).base.hash, direct.base.hash);
        let read_back: Value = serde_json::from_str(&guessed.text()).expect("JSON");
        assert_eq!(read_back, guessed.scenario_json);
    }

    #[test]
    fn every_guess_is_in_the_scenario() {
        let (guessed, _) = guessed();
        assert!(guessed.guesses.len() >= 10);
        for guess in &guessed.guesses {
            let pointer = format!("/{}", guess.path.replace('.', "/"));
            let value = guessed.scenario_json.pointer(&pointer).expect("a path of the scenario");
            assert_eq!(value.to_string(), guess.value, "{}", guess.path);
        }
    }

    #[test]
    fn paths_complete_backend_urls() {
        for (url, expected) in [
            (
                "https://a.openai.azure.com/openai",
                "/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01",
            ),
            (
                "https://a.openai.azure.com/",
                "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01",
            ),
            ("https://a/openai/deployments/gpt-4o", "/chat/completions?api-version=2024-02-01"),
            ("https://a/openai/v1/", "/chat/completions"),
        ] {
            assert_eq!(operation_path(url).0, expected);
        }
        assert_eq!(model_in("https://a/openai/deployments/gpt-4o/x"), Some("gpt-4o"));
        assert_eq!(model_in("https://a/openai/deployments/mine"), None);
    }
}
