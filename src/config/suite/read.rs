//! From a file to a suite.

use std::collections::BTreeMap;

use super::super::check::{Dialect, check};
use super::super::files::{Files, default_name};
use super::super::json::{Node, parse, shorten};
use super::super::scenario::{Library, flatten_semantics};
use super::super::shape::Kind;
use super::cases::{CaseReader, read_case};
use super::shapes::SUITE;
use super::world::read_world;
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap, Span};
use crate::suite::Suite;

/// Reads the tests at `path` with everything that they name. All problems are told; `None` when one of them
/// is an error.
pub fn load_suite(
    path: &str,
    files: &dyn Files,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Suite> {
    let mut problems = Diagnostics::new();
    let suite = load(path, files, sources, &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    suite.filter(|_| !failed)
}

/// Whether `text` is JSON with the `cases` that a file of tests has and a scenario has not.
pub fn is_suite(text: &str) -> bool {
    let source = SourceMap::new().add("", text);
    let tree = parse(source, text, &mut Diagnostics::new());
    tree.is_some_and(|tree| tree.get("cases").is_some())
}

fn load(path: &str, files: &dyn Files, sources: &mut SourceMap, problems: &mut Diagnostics) -> Option<Suite> {
    let mut library = Library::new(files, sources, path);
    let help = "name a file of tests such as `tests/policies/walkthrough.test.json`";
    let mut tree = library.root("tests", help, problems)?;
    check(&tree, Kind::Object(&SUITE), "tests", Dialect::Scenario, problems);
    flatten_semantics(&mut tree, problems);
    let world = read_world(&tree, files, &mut library, problems);
    let cases = tree.get("cases").and_then(Node::elements).unwrap_or_default();
    tell_duplicates(cases, problems);
    let defaults = tree.get("defaults");
    let mut reader = CaseReader::new(&world, defaults, problems);
    let cases = cases.iter().filter_map(|case| read_case(case, &mut reader)).collect();
    let name = tree.get("name").and_then(Node::text).map_or_else(|| suite_name(path), str::to_owned);
    Some(Suite { name, cases })
}

/// The name of the file without `.test.json`.
fn suite_name(path: &str) -> String {
    let name = default_name(path);
    name.strip_suffix(".test").filter(|name| !name.is_empty()).map_or(name.clone(), str::to_owned)
}

fn tell_duplicates(cases: &[Node], problems: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for node in cases.iter().filter_map(|case| case.get("name")) {
        let Some(name) = node.text() else { continue };
        if seen.insert(name, node.span).is_some() {
            let message = format!("there are two cases `{}`", shorten(name));
            problems.push(
                Diagnostic::error("duplicate-case", node.span, message)
                    .label("expected a name of its own: reports tell cases apart by it"),
            );
        }
    }
}
