//! Bicep source: backends, pools and what stands beside them, with parameters, variables, loops and modules.
//!
//! Rules (Bicep language reference, 2025)
//! - A file that another one calls as a module is read as it is called, with the parameters that it is given; a module
//!   that is not among the files makes the inventory partial.
//! - Parameters have the value of a parameters file, else their default, else they are unknown. Types are not looked at.
//! - What a resource is asked for is evaluated when it is written in its body (`name`, `id`, `properties`), else unknown.
//! - A declaration that cannot be read is told and passed over.

mod lexer;
mod parser;
mod scope;

use std::collections::{BTreeMap, BTreeSet};

use super::detect::Form;
use super::eval::{Evaluator, unknown};
use super::inventory::{Inventory, Kind};
use super::plain::add;
use super::read::TextFile;
use super::template::{MAX_RESOURCES, Values};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::tree::json::{Member, Node, Value};
use parser::{File, parse};
use scope::Scope;

/// Deepest nesting of modules.
const MAX_MODULES: u32 = 12;

/// All files of one command that Bicep may speak of.
pub(super) struct Files<'f> {
    parsed: BTreeMap<String, File>,
    all: &'f [TextFile],
}

/// The resources of all Bicep files. `json_parameters` are values by the path of a `.json` file of parameters.
pub(super) fn read_bicep(
    files: &[TextFile],
    json_parameters: &BTreeMap<String, Values>,
    problems: &mut Diagnostics,
) -> Inventory {
    let mut parsed = BTreeMap::new();
    let mut given: Vec<(String, File)> = Vec::new();
    for file in files {
        let is_parameters =
            file.form == Form::Parameters && file.path.to_lowercase().ends_with(".bicepparam");
        if file.form == Form::Bicep {
            parsed.insert(clean(&file.path), parse(file.source, &file.text, problems));
        } else if is_parameters {
            given.push((clean(&file.path), parse(file.source, &file.text, problems)));
        }
    }
    let mut called = BTreeSet::new();
    for (path, file) in &parsed {
        called.extend(file.modules.iter().map(|module| beside(path, &module.path)));
    }
    let files_of = Files { parsed, all: files };
    let mut reader = Reader {
        files: &files_of,
        inventory: Inventory::default(),
        is_full: false,
        has_cycle: BTreeMap::new(),
    };
    let mut is_exhausted = false;
    // Files that call each other in a circle have no beginning: then all are read.
    let roots: Vec<&String> = files_of.parsed.keys().filter(|path| !called.contains(*path)).collect();
    let roots = if roots.is_empty() { files_of.parsed.keys().collect() } else { roots };
    let is_only = roots.len() == 1;
    for path in roots {
        let mut values = Values::new();
        for (own, file) in &given {
            let meant = file.using.as_ref().map(|using| beside(own, using));
            if meant.is_none_or(|meant| meant == *path) {
                values.extend(parameters(own, file, &files_of));
            }
        }
        let stem = path.strip_suffix(".bicep").unwrap_or(path);
        for (own, more) in json_parameters {
            let is_meant = own.starts_with(&format!("{stem}.")) || (is_only && json_parameters.len() == 1);
            if is_meant {
                values.extend(more.clone());
            }
        }
        let mut evaluator = Evaluator::default();
        reader.file(path, values, 0, false, &mut evaluator);
        is_exhausted |= evaluator.is_exhausted;
    }
    for (name, span) in reader.has_cycle {
        problems.push(
            Diagnostic::error("template-cycle", span, format!("`{name}` needs itself"))
                .label("expected a value that does not depend on itself"),
        );
    }
    let mut inventory = reader.inventory;
    if is_exhausted || reader.is_full {
        inventory.is_partial = true;
        let place =
            files.iter().find(|file| file.form == Form::Bicep).map(|file| Span::new(file.source, 0, 0));
        problems.push(
            Diagnostic::warning("too-much-to-evaluate", place, "not all of these files was evaluated")
                .label("too many resources, or too much to compute")
                .help("give the deployed resources as JSON"),
        );
    }
    inventory
}

/// The values that a file of parameters gives.
fn parameters(path: &str, file: &File, files: &Files<'_>) -> Values {
    let mut scope = Scope::new(path, file, files, Values::new());
    let mut evaluator = Evaluator::default();
    let value = |(name, value, _): &(String, Option<super::eval::Expr>, Span)| {
        Some((name.to_lowercase(), evaluator.eval(value.as_ref()?, &mut scope)))
    };
    file.params.iter().filter_map(value).collect()
}

struct Reader<'f> {
    files: &'f Files<'f>,
    inventory: Inventory,
    is_full: bool,
    has_cycle: BTreeMap<String, Span>,
}

impl Reader<'_> {
    /// The resources of one file with these parameters.
    fn file(
        &mut self,
        path: &str,
        given: Values,
        depth: u32,
        is_conditional: bool,
        evaluator: &mut Evaluator,
    ) {
        let files = self.files;
        let Some(file) = files.parsed.get(path) else { return };
        let mut scope = Scope::new(path, file, files, given);
        for resource in &file.resources {
            let value = scope.resource(resource, None, evaluator);
            self.emit(value, resource.is_existing, is_conditional);
            for nested in &resource.nested {
                let value = scope.resource(nested, Some(resource), evaluator);
                self.emit(
                    value,
                    nested.is_existing || resource.is_existing && nested.is_existing,
                    is_conditional,
                );
            }
        }
        for module in &file.modules {
            let target = beside(path, &module.path);
            let condition = module.condition.as_ref().map(|condition| evaluator.eval(condition, &mut scope));
            if matches!(condition.as_ref().map(|c| &c.value), Some(Value::Bool(false))) {
                continue;
            }
            if !files.parsed.contains_key(&target) || depth >= MAX_MODULES {
                self.inventory.is_partial = true;
                continue;
            }
            let is_unsure = condition.is_some_and(|condition| condition.value != Value::Bool(true));
            let body = evaluator.eval(&module.body, &mut scope);
            let bodies = match body.value {
                Value::Array(bodies) => bodies,
                Value::Object(_) => vec![body],
                _ => {
                    self.inventory.is_partial = true;
                    continue;
                }
            };
            for body in bodies {
                let params = body.get("params").and_then(Node::members).unwrap_or_default();
                let values = params.iter().map(|m| (m.name.to_lowercase(), m.value.clone())).collect();
                self.file(&target, values, depth.saturating_add(1), is_conditional || is_unsure, evaluator);
            }
        }
        self.has_cycle.append(&mut scope.cycles);
    }

    /// Adds what a declaration came to: one resource, or the list of a loop.
    fn emit(&mut self, value: Node, is_existing: bool, is_conditional: bool) {
        match value.value {
            Value::Array(all) => all.into_iter().for_each(|one| self.emit(one, is_existing, is_conditional)),
            Value::Object(_) => self.one(&value, is_existing, is_conditional),
            Value::Null => {}
            // Nothing is known of it, so something may be missing.
            _ => self.inventory.is_partial = true,
        }
    }

    fn one(&mut self, value: &Node, is_existing: bool, is_conditional: bool) {
        if self.inventory.resources.len() >= MAX_RESOURCES {
            self.is_full = true;
            return;
        }
        let resource_type = value.get("type").and_then(Node::text).unwrap_or_default().to_owned();
        let Some(kind) = Kind::of(&resource_type) else { return };
        let before = self.inventory.resources.len();
        add(value, kind, Form::Bicep, &resource_type, &mut self.inventory);
        for found in self.inventory.resources.iter_mut().skip(before) {
            found.is_reference = is_existing;
            found.is_conditional |= is_conditional;
        }
    }
}

/// The path `named` as the file at `path` names it, cleaned.
pub(super) fn beside(path: &str, named: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    clean(&if folder.is_empty() { named.to_owned() } else { format!("{folder}/{named}") })
}

/// The path with `/`, without `.` and inner `..`.
pub(super) fn clean(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| *last != ".." && !last.is_empty()) => {
                parts.pop();
            }
            part if part.is_empty() && !parts.is_empty() => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A member of an object that is made here.
fn named(name: &str, value: Node) -> Member {
    Member { name: name.to_owned(), name_span: value.span, value }
}

/// Something of a resource that its body does not say.
fn not_said(span: Span) -> Node {
    unknown("only the deployed resource says it", span)
}
