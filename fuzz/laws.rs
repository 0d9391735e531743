//! What must hold for any bytes whatever. The fuzz targets look for a counterexample; the tests check it on
//! every file of the corpora.
//!
//! Nothing panics, and what was read prints as something that reads the same.

use std::sync::Arc;

use poolproof::diagnostics::{Diagnostics, SourceMap, render_human};
use poolproof::policy::check::{CheckOptions, check};
use poolproof::policy::csharp::{
    Context, Expression, LowestChance, NamedValues, Options, ParseOptions, Variables, parse_with, to_json,
};
use poolproof::policy::scan::{RawText, say_the_same};
use poolproof::policy::{Response, document};
use poolproof::resources::{Form, TextFile};
use poolproof::rules::{self, read_setup};
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

/// Reads `bytes` as a template, and as one with its parameters: two files with a record separator between them.
pub(crate) fn template(bytes: &[u8]) {
    configuration(bytes, &["main.json", "main.parameters.json"], &[Form::Template, Form::Parameters]);
}

/// Reads `bytes` as Bicep, a module and parameters.
pub(crate) fn bicep(bytes: &[u8]) {
    let paths = ["main.bicep", "modules/backend.bicep", "main.bicepparam"];
    configuration(bytes, &paths, &[Form::Bicep, Form::Bicep, Form::Parameters]);
}

/// Reads `bytes` as Terraform, values and a module.
pub(crate) fn terraform(bytes: &[u8]) {
    let paths = ["main.tf", "terraform.tfvars", "modules/backend/main.tf"];
    configuration(bytes, &paths, &[Form::Terraform, Form::TerraformValues, Form::Terraform]);
}

/// Reads `bytes` as JSON of all other forms.
pub(crate) fn resources(bytes: &[u8]) {
    configuration(bytes, &["backends.json"], &[Form::Plain]);
    configuration(bytes, &["plan.json"], &[Form::TerraformPlan]);
    configuration(bytes, &["backends/x/backendInformation.json"], &[Form::ApiOps]);
}

/// Reads the parts of `bytes` as files of one configuration, and asks every rule: twice with the same result.
fn configuration(bytes: &[u8], paths: &[&str], forms: &[Form]) {
    let check = || {
        let mut sources = SourceMap::new();
        let mut files = Vec::new();
        for ((path, form), part) in paths.iter().zip(forms).zip(bytes.split(|byte| *byte == 0x1e)) {
            let text: Arc<str> = Arc::from(String::from_utf8_lossy(part).as_ref());
            let source = sources.add(*path, Arc::clone(&text));
            files.push(TextFile { path: Arc::from(*path), source, text, form: *form });
        }
        let mut problems = Diagnostics::new();
        let setup = read_setup(&files, &mut sources, &mut problems);
        let findings = rules::check(&setup);
        let told: Vec<_> = findings.into_iter().map(|finding| finding.diagnostic).collect();
        (render_human(&problems, &sources, false), told)
    };
    assert_eq!(check(), check(), "two results for the same files");
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
