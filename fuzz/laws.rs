//! What must hold for any bytes whatever. The fuzz targets look for a counterexample; the tests check it on
//! every file of the corpora.
//!
//! Nothing panics, and what was read prints as something that reads the same.

use poolproof::diagnostics::{Diagnostics, SourceMap};
use poolproof::policy::check::{CheckOptions, check};
use poolproof::policy::csharp::{
    Context, Expression, LowestChance, NamedValues, Options, ParseOptions, Variables, parse_with, to_json,
};
use poolproof::policy::scan::{RawText, say_the_same};
use poolproof::policy::{Response, document};
use poolproof::units::StatusCode;

/// Reads, checks and compiles `bytes` as a policy document; prints it and reads it again.
pub(crate) fn document(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let source = SourceMap::new().add("fuzz", text.as_ref());
    for is_xml in [false, true] {
        check(source, &text, &CheckOptions { is_xml }, &mut Diagnostics::new());
    }
    let options = document::Options { unresolved: document::Unresolved::Keep, ..Default::default() };
    let mut problems = Diagnostics::new();
    let first = document::read(source, &text, &options, &mut problems);
    if problems.has_errors() {
        return;
    }
    let printed = document::print(&first.roots);
    let mut problems = Diagnostics::new();
    let second = document::read(source, &printed, &options, &mut problems);
    assert!(!problems.has_errors(), "what was printed does not read:\n{printed}");
    assert!(
        say_the_same(&first.roots, &second.roots),
        "what was printed reads as something else:\n{printed}"
    );
}

/// Reads and checks `bytes` as an expression.
pub(crate) fn expression(bytes: &[u8]) {
    let text = wrapped(bytes);
    let source = SourceMap::new().add("fuzz", text.as_str());
    let raw = RawText::verbatim(source, &text);
    for named_values in [NamedValues::Refuse, NamedValues::Tolerate] {
        let parse = ParseOptions { named_values };
        let mut problems = Diagnostics::new();
        let tree = parse_with(&raw, parse, &mut problems);
        assert_eq!(tree.is_none(), problems.has_errors(), "a tree and errors, or neither");
        let options = Options { parse, ..Options::default() };
        let mut problems = Diagnostics::new();
        let compiled = Expression::compile_with(&raw, &mut Variables::new(), &options, &mut problems);
        assert_eq!(compiled.is_none(), problems.has_errors(), "an expression and errors, or neither");
    }
}

/// Evaluates `bytes` as an expression over a context that has some of everything, twice with the same
/// result.
pub(crate) fn evaluator(bytes: &[u8]) {
    let text = wrapped(bytes);
    let source = SourceMap::new().add("fuzz", text.as_str());
    let mut variables = Variables::new();
    let raw = RawText::verbatim(source, &text);
    let compiled = Expression::compile(&raw, &mut variables, &mut Diagnostics::new());
    let Some(expression) = compiled else { return };
    let names = variables.into_names();
    let once = || {
        let mut context = Context { names: names.clone(), ..Context::default() };
        context.variables.resize(names.len(), None);
        context.response = StatusCode::new(429).map(Response::plain);
        let mut chance = LowestChance;
        let mut scope = context.scope(&mut chance);
        match expression.eval(&mut scope) {
            Ok(value) => to_json(&value, &mut scope).to_string(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(once(), once(), "two evaluations differ");
}

/// The text, in `@(...)` unless it is an expression already.
fn wrapped(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    if text.starts_with("@(") || text.starts_with("@{") { text.to_owned() } else { format!("@({text})") }
}
