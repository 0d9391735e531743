//! All files of both languages together: which of them deploy others, which values belong to which.
//!
//! A file that another one deploys as a module is read as that one calls it, and only so.

use std::collections::{BTreeMap, BTreeSet};

use super::emit::emit_all;
use super::machine::{Machine, Scope};
use super::syntax::{Inner, Template};
use super::value::Val;
use crate::diagnostics::{Diagnostics, Span};
use crate::resources::terraform::{self, read_plan};
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
    /// From `.bicepparam` or `.tfvars`; the template that it says it is for.
    Expressions(Template, Option<String>),
}

/// What is in files of these languages, by their places in `files`.
pub(crate) fn read_templates(files: &[TextFile], problems: &mut Diagnostics) -> BTreeMap<usize, Inventory> {
    let mut templates = BTreeMap::new();
    let mut given: BTreeMap<usize, Given> = BTreeMap::new();
    let mut found: BTreeMap<usize, Inventory> = BTreeMap::new();
    let mut plans = Vec::new();
    for (place, file) in files.iter().enumerate() {
        let is_bicep = matches!(extension(&file.path).as_str(), "bicep" | "bicepparam");
        match file.form {
            Form::Bicep => {
                templates.insert(place, bicep::read(file, problems).0);
            }
            Form::Parameters if is_bicep => {
                let (template, using) = bicep::read(file, problems);
                given.insert(place, Given::Expressions(template, using));
            }
            Form::Parameters => {
                if let Some(root) = json::parse(file.source, &file.text, problems) {
                    given.insert(place, Given::Values(template::read_values(&root)));
                }
            }
            Form::TerraformValues if extension(&file.path) == "json" => {
                if let Some(root) = json::parse(file.source, &file.text, problems) {
                    given.insert(place, Given::Values(terraform::json_values(&root)));
                }
            }
            Form::TerraformValues => {
                given.insert(place, Given::Expressions(terraform::read_values(file, problems), None));
            }
            Form::TerraformPlan => {
                plans.extend(json::parse(file.source, &file.text, problems).map(|root| (place, root)));
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
    let modules = terraform::read(files, problems);
    templates.extend(modules.templates);
    let mut paths: BTreeMap<String, usize> =
        files.iter().enumerate().map(|(place, file)| (normal("", &file.path), place)).collect();
    paths.extend(modules.folders);
    let all = Files { files, templates, paths };
    for (place, root) in plans {
        let mut machine = Machine::new(&all, problems, root.mark());
        read_plan(&mut machine, &root, found.entry(place).or_default());
    }
    let roots = all.roots();
    for &place in &roots {
        let Some(template) = all.templates.get(&place) else { continue };
        let mut inventory = Inventory::default();
        let values = all.values_for(place, &given, &roots, problems);
        let mut machine = Machine::new(&all, problems, template.span);
        let frame = machine.add_frame(template, place, values, None, None);
        emit_all(&mut machine, frame, &mut inventory);
        inventory.is_partial |= modules.broken.contains(&place);
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

    /// The file at a path.
    pub(super) fn at(&self, path: &str) -> Option<usize> {
        self.paths.get(path).copied()
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

    /// Values from a file that belongs to the template: one that says so, has its name, or is the only one. Those of
    /// a module of Terraform are the ones that Terraform takes.
    fn values_for(
        &'t self,
        place: usize,
        given: &'t BTreeMap<usize, Given>,
        roots: &[usize],
        problems: &mut Diagnostics,
    ) -> BTreeMap<String, Val> {
        let path = |place: usize| self.files.get(place).map_or("", |file| &*file.path);
        let form_of = |place: &usize| self.templates.get(place).map(|template| template.form);
        if form_of(&place) == Some(Form::Terraform) {
            let is_only = roots.iter().filter(|root| form_of(root) == Some(Form::Terraform)).count() == 1;
            let places = terraform::values_for(self.files, &normal("", folder(path(place))), is_only);
            let mut values = BTreeMap::new();
            for from in places {
                values.extend(
                    given.get(&from).map(|own| self.evaluated(from, own, problems)).unwrap_or_default(),
                );
            }
            return values;
        }
        let is_for_templates =
            |from: &usize| self.files.get(*from).is_some_and(|file| file.form == Form::Parameters);
        let own = || given.iter().filter(|(from, _)| is_for_templates(from));
        let says_so = own().find(|(from, values)| match values {
            Given::Expressions(_, Some(using)) => self.beside(**from, using) == Some(place),
            _ => false,
        });
        let stem = stem(path(place));
        let named = || {
            own().find(|(from, _)| {
                let name = path(**from);
                let is_named = file_name(name).strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
                is_named && normal("", folder(name)) == normal("", folder(path(place)))
            })
        };
        let only = || {
            own().next().filter(|(_, values)| {
                roots.len() == 1 && own().count() == 1 && !matches!(values, Given::Expressions(_, Some(_)))
            })
        };
        match says_so.or_else(named).or_else(only) {
            Some((from, values)) => self.evaluated(*from, values, problems),
            None => BTreeMap::new(),
        }
    }

    /// Values of a file, by lower-case name.
    fn evaluated(
        &'t self,
        from: usize,
        given: &'t Given,
        problems: &mut Diagnostics,
    ) -> BTreeMap<String, Val> {
        match given {
            Given::Values(values) => values.clone(),
            Given::Expressions(template, _) => {
                let mut machine = Machine::new(self, problems, template.span);
                let frame = machine.add_frame(template, from, BTreeMap::new(), None, None);
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

pub(crate) fn folder(path: &str) -> &str {
    path.rfind(['/', '\\']).and_then(|end| path.split_at_checked(end)).map_or("", |(folder, _)| folder)
}

/// `a/b` and `../c` together are `a/c`.
pub(crate) fn normal(folder: &str, path: &str) -> String {
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
