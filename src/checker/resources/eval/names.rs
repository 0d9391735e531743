//! What names stand for: parameters, variables, what other files declare.

use std::collections::BTreeMap;

use super::machine::{Declared, Machine, Scope};
use super::syntax::{Expr, ExprKind, Parameter, Template};
use super::value::{Reference, V, Val};
use crate::diagnostics::{Diagnostic, Span};
use crate::resources::Form;

impl Machine<'_> {
    /// The value of a name that a template declares. `prefix` says of which kind, where kinds matter.
    pub(super) fn declared(&mut self, frame: usize, prefix: &str, name: &str, span: Span) -> Val {
        let key = format!("{prefix}{}", name.to_ascii_lowercase());
        let Some(here) = self.frames.get(frame) else { return Val::unknown("it is not known", name, span) };
        let Some(declared) = here.names.get(&key).copied() else {
            if let Some(outer) = here.outer {
                return self.declared(outer, prefix, name, span);
            }
            return self.undeclared(frame, prefix, name, span);
        };
        if let Declared::Resource(resource) = declared {
            let reference = Reference { frame, resource, round: None, path: Vec::new() };
            let is_loop = here.template.resources.get(resource).is_some_and(|r| r.repeat.is_some());
            return Val::new(if is_loop { V::Loop(reference) } else { V::Resource(reference) }, span);
        }
        match here.values.get(&key) {
            Some(Some(value)) => {
                let value = value.clone();
                return match value.value {
                    V::Unknown(_) => Val { span, ..value },
                    _ => value,
                };
            }
            Some(None) => {
                self.tell_cycle(name, span);
                return Val::unknown("it is defined by itself", name, span);
            }
            None => {}
        }
        if let Some(here) = self.frames.get_mut(frame) {
            here.values.insert(key.clone(), None);
        }
        let value = self.define(frame, declared, span);
        if let Some(here) = self.frames.get_mut(frame) {
            here.values.insert(key, Some(value.clone()));
        }
        value
    }

    pub(super) fn tell_cycle(&mut self, name: &str, span: Span) {
        let name = crate::tree::json::shorten(name);
        self.tell(
            Diagnostic::error("circular-definition", span, format!("`{name}` is defined by itself"))
                .label("expected a value that can be known before this one")
                .note("the deployment is refused before anything is deployed")
                .help("break the circle: give one of the names in it a value of its own"),
        );
    }

    fn define(&mut self, frame: usize, declared: Declared, span: Span) -> Val {
        let Some(here) = self.frames.get(frame) else {
            return Val::unknown("it is not known", "value", span);
        };
        let template = here.template;
        let scope = Scope { frame, locals: None };
        match declared {
            Declared::Parameter(index) => {
                let Some(parameter) = template.parameters.get(index) else {
                    return Val::unknown("it is not known", "value", span);
                };
                if let Some(value) = here.given.get(&parameter.name.to_ascii_lowercase()) {
                    let value = value.clone();
                    return self.as_declared(value, parameter, scope);
                }
                // An empty list by default is one that whoever deploys is to fill.
                let is_terraform = template.form == Form::Terraform;
                let is_to_fill = |default: &Expr| match &default.kind {
                    ExprKind::Array(items) => items.is_empty(),
                    ExprKind::Object(entries) => is_terraform && entries.is_empty(),
                    _ => false,
                };
                let is_given = here.caller.is_some() || !here.given.is_empty();
                if let Some(default) = parameter.default.as_ref().filter(|d| is_given || !is_to_fill(d)) {
                    let value = self.eval(default, scope);
                    return self.as_declared(value, parameter, scope);
                }
                if parameter.is_nullable && is_given {
                    return Val::new(V::Null, span);
                }
                if parameter.is_nullable {
                    // Null when nothing is given; but whoever deploys may well give something.
                    return Val::unknown("an optional parameter", &self.label(frame, &parameter.name), span);
                }
                let what = if is_terraform { "variable" } else { "parameter" };
                let why = format!("no value is known of the {what} `{}`", parameter.name);
                Val::unknown(&why, &self.label(frame, &parameter.name), span)
            }
            Declared::Variable(index) => match template.variables.get(index) {
                Some(variable) => self.eval(&variable.value, scope),
                None => Val::unknown("it is not known", "value", span),
            },
            Declared::Import(index) => self.import(frame, index, span),
            Declared::Resource(_) => Val::unknown("it is not known", "value", span),
        }
    }

    /// A value with what the type of the parameter adds.
    fn as_declared(&mut self, value: Val, parameter: &Parameter, scope: Scope<'_>) -> Val {
        match &parameter.filling {
            Some(filling) => self.filled(value, filling, scope),
            None => value,
        }
    }

    /// Two files may have parameters of one name and different values.
    fn label(&self, frame: usize, name: &str) -> String {
        if frame == 0 && self.root_span().source.0 == 0 {
            return name.to_owned();
        }
        let source = self.root_span().source.0;
        if frame == 0 { format!("{name}.{source}") } else { format!("{name}.{source}.{frame}") }
    }

    fn import(&mut self, frame: usize, index: usize, span: Span) -> Val {
        let Some(here) = self.frames.get(frame) else {
            return Val::unknown("it is not known", "value", span);
        };
        let Some(import) = here.template.imports.get(index) else {
            return Val::unknown("it is not known", "value", span);
        };
        let nesting = here.nesting;
        let found = self.files.beside(here.file, &import.path);
        let template = found.and_then(|file| Some((file, self.files.templates.get(&file)?)));
        let (Some((file, template)), Some(original)) = (template, &import.original) else {
            return Val::unknown("it is imported from elsewhere", &import.name, span);
        };
        if nesting >= super::emit::MAX_NESTING || self.frames.len() > super::emit::MAX_FRAMES {
            self.exhaust(Some(span));
            return Val::unknown("there is too much to evaluate", "limit", span);
        }
        let inner = self.add_frame(template, file, BTreeMap::new(), None, Some(frame));
        self.declared(inner, "", original, span)
    }

    fn undeclared(&mut self, frame: usize, prefix: &str, name: &str, span: Span) -> Val {
        let label = name;
        let Some(here) = self.frames.get(frame) else { return Val::unknown("it is not known", label, span) };
        let template = here.template;
        let is_namespace = prefix.is_empty() && matches!(name, "az" | "sys" | "this" | "bicep");
        let has_broad_imports = template.imports.iter().any(|import| import.name.is_empty());
        let is_terraform = template.form == Form::Terraform;
        self.is_open |= is_terraform;
        if is_terraform && !is_told(template, name) {
            return Val::unknown("it is not declared", label, span);
        }
        if (is_terraform || !template.is_fragment) && !is_namespace && !has_broad_imports {
            let what = match prefix {
                _ if is_terraform => "name",
                "p:" => "parameter",
                "v:" => "variable",
                "r:" => "resource",
                _ => "name",
            };
            let short = crate::tree::json::shorten(name);
            let mut problem =
                Diagnostic::error("undeclared-name", span, format!("the {what} `{short}` is not declared"))
                    .label(format!(
                        "expected a {what} that this {} declares",
                        if is_terraform { "module" } else { "template" }
                    ))
                    .note("the deployment is refused before anything is deployed");
            let parameters = template.parameters.iter().map(|p| &*p.name);
            let variables = template.variables.iter().map(|v| &*v.name);
            let symbols = template.resources.iter().filter_map(|r| r.symbol.as_deref());
            let known: Vec<&str> = match prefix {
                "p:" => parameters.collect(),
                "v:" => variables.collect(),
                _ => parameters.chain(variables).chain(symbols).collect(),
            };
            problem = match crate::tree::hints::did_you_mean(name, known.into_iter().take(300)) {
                Some(hint) => problem.help(hint),
                None => problem.help("declare it, or correct the name"),
            };
            self.tell(problem);
        }
        Val::unknown("it is not declared", label, span)
    }
}

/// Whether a name of Terraform is told that no file declares. One that a file declares that was not named is no
/// mistake: only what is nearly a known name of its kind is one for sure, or a variable where others are declared.
fn is_told(template: &Template, name: &str) -> bool {
    let is_whole = !template.is_fragment;
    let (kind, own) = name.rsplit_once('.').unwrap_or(("", name));
    match kind {
        "each" | "count" => return is_whole,
        "var" if is_whole && !template.parameters.is_empty() => return true,
        "var" | "local" => {}
        _ if is_whole => {}
        _ => return false,
    }
    let parameters = template.parameters.iter().map(|p| &*p.name);
    let variables = template.variables.iter().map(|v| &*v.name);
    let symbols = template.resources.iter().filter_map(|r| r.symbol.as_deref());
    let declared = parameters.chain(variables).chain(symbols);
    let of_kind = declared.filter_map(|name| name.rsplit_once('.')).filter(|(other, _)| *other == kind);
    let known: Vec<&str> = of_kind.map(|(_, own)| own).take(300).collect();
    crate::tree::hints::did_you_mean(own, known).is_some()
}
