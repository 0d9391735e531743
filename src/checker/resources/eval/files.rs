//! All files of both languages together: which of them deploy others, which values belong to which.
//!
//! A file that another one deploys as a module is read as that one calls it, and only so.

use std::collections::{BTreeMap, BTreeSet};

use super::emit::emit_all;
use super::machine::{Machine, Scope};
use super::syntax::{Inner, Template};
use super::value::Val;
use crate::diagnostics::{Diagnostics, Span};
use crate::resources::{Form, Inventory, TextFile};
use crate::{resources::bicep, resources::template, tree::json};

/// The files, and what was read of them.
#[derive(Debug)]
pub(crate) struct Files<'t> {
    pub(super) files: &'t [TextFile],
    /// By their place in `files`.
    pub(super) templates: BTreeMap<usize, Template>,
    /// Places in `files`, by path.
    paths: BTreeMap<String, usize>,
}

/// Values for parameters.
#[derive(Debug)]
enum Given {
    /// From JSON.
    Values(BTreeMap<String, Val>),
    /// A `.bicepparam` file; the template that it says it is for.
    Bicep(Template, Option<String>),
}

/// What is in files of these languages, by their places in `files`.
pub(crate) fn read_templates(files: &[TextFile], problems: &mut Diagnostics) -> BTreeMap<usize, Inventory> {
    let mut templates = BTreeMap::new();
    let mut given: BTreeMap<usize, Given> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (place, file) in files.iter().enumerate() {
        let is_bicep = matches!(extension(&file.path).as_str(), "bicep" | "bicepparam");
        match file.form {
            Form::Bicep => {
                templates.insert(place, bicep::read(file, problems).0);
            }
            Form::Parameters if is_bicep => {
                let (template, using) = bicep::read(file, problems);
                given.insert(place, Given::Bicep(template, using));
            }
            Form::Parameters => {
                if let Some(root) = json::parse(file.source, &file.text, problems) {
                    given.insert(place, Given::Values(template::read_values(&root)));
                }
            }
            Form::Template | Form::Plain => {
                let Some(root) = json::parse(file.source, &file.text, problems) else { continue };
                match template::read(&root, file.form, problems) {
                    Some(template) => {
                        templates.insert(place, template);
                    }
                    None => {
                        found.insert(place, crate::resources::read_plain(&root, file.form));
                    }
                }
            }
            _ => {}
        }
    }
    let paths = files.iter().enumerate().map(|(place, file)| (normal("", &file.path), place)).collect();
    let all = Files { files, templates, paths };
    let roots = all.roots();
    for &place in &roots {
        let Some(template) = all.templates.get(&place) else { continue };
        let mut inventory = Inventory::default();
        let values = all.values_for(place, &given, roots.len() == 1, problems);
        let mut machine = Machine::new(&all, problems, template.span);
        let frame = machine.add_frame(template, place, values, None, None);
        emit_all(&mut machine, frame, &mut inventory);
        found.insert(place, inventory);
    }
    found
}

impl<'t> Files<'t> {
    /// The file at `path`, as seen from another file.
    pub(super) fn beside(&self, from: usize, path: &str) -> Option<usize> {
        let here = self.files.get(from)?;
        self.paths.get(&normal(folder(&here.path), path)).copied()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.text.len() as u64).sum()
    }

    /// Files that no other deploys; of those that deploy each other in a circle the first one.
    fn roots(&self) -> Vec<usize> {
        let calls: BTreeMap<usize, Vec<usize>> =
            self.templates.iter().map(|(place, template)| (*place, self.calls(*place, template))).collect();
        let called: BTreeSet<usize> =
            calls.iter().flat_map(|(from, to)| to.iter().filter(move |to| *to != from)).copied().collect();
        let mut roots: Vec<usize> = calls.keys().filter(|place| !called.contains(place)).copied().collect();
        let mut reached = BTreeSet::new();
        let mut waiting = roots.clone();
        let mut places = calls.keys();
        loop {
            while let Some(place) = waiting.pop() {
                if reached.insert(place) {
                    waiting.extend(calls.get(&place).into_iter().flatten());
                }
            }
            match places.next() {
                Some(place) if !reached.contains(place) => {
                    roots.push(*place);
                    waiting.push(*place);
                }
                Some(_) => {}
                None => break,
            }
        }
        roots.sort_unstable();
        roots
    }

    fn calls(&self, place: usize, template: &Template) -> Vec<usize> {
        let mut calls = Vec::new();
        for resource in &template.resources {
            match &resource.inner {
                Some(Inner::File(path)) => calls.extend(self.beside(place, path)),
                Some(Inner::Template { template, .. }) => calls.extend(self.calls(place, template)),
                Some(Inner::Elsewhere(_)) | None => {}
            }
        }
        calls.retain(|call| self.templates.contains_key(call));
        calls
    }

    /// Values from a file that belongs to the template: one that says so, has its name, or is the only one.
    fn values_for(
        &'t self,
        place: usize,
        given: &'t BTreeMap<usize, Given>,
        is_only: bool,
        problems: &mut Diagnostics,
    ) -> BTreeMap<String, Val> {
        let says_so = given.iter().find(|(from, values)| match values {
            Given::Bicep(_, Some(using)) => self.beside(**from, using) == Some(place),
            _ => false,
        });
        let path = |place: usize| self.files.get(place).map_or("", |file| &*file.path);
        let stem = stem(path(place));
        let named = || {
            given.iter().find(|(from, _)| {
                let name = path(**from);
                let is_named = file_name(name).strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
                is_named && normal("", folder(name)) == normal("", folder(path(place)))
            })
        };
        let only = || {
            given.iter().next().filter(|(_, values)| {
                is_only && given.len() == 1 && !matches!(values, Given::Bicep(_, Some(_)))
            })
        };
        let Some((from, values)) = says_so.or_else(named).or_else(only) else { return BTreeMap::new() };
        match values {
            Given::Values(values) => values.clone(),
            Given::Bicep(template, _) => {
                let mut machine = Machine::new(self, problems, template.span);
                let frame = machine.add_frame(template, *from, BTreeMap::new(), None, None);
                let scope = Scope { frame, locals: None };
                let mut values = BTreeMap::new();
                for parameter in &template.parameters {
                    if let Some(expr) = &parameter.default {
                        values.insert(parameter.name.to_ascii_lowercase(), machine.eval(expr, scope));
                    }
                }
                values
            }
        }
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The name up to its last point.
fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn extension(path: &str) -> String {
    path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase()
}

fn folder(path: &str) -> &str {
    path.rfind(['/', '\\']).and_then(|end| path.split_at_checked(end)).map_or("", |(folder, _)| folder)
}

/// `a/b` and `../c` together are `a/c`.
fn normal(folder: &str, path: &str) -> String {
    let is_absolute = path.starts_with(['/', '\\']);
    let folder = if is_absolute { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split(['/', '\\']).chain(path.split(['/', '\\'])) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The beginning of a file.
pub(crate) fn begin(file: &TextFile) -> Span {
    Span::new(file.source, 0, 0)
}
