//! What is declared in a Bicep file, evaluated when it is asked for.

use std::collections::BTreeMap;

use super::super::eval::{Env, Evaluator, Expr, ExprKind, UNKNOWN_PART, text_of, unknown};
use super::super::template::Values;
use super::parser::{File, Module, Resource};
use super::{Files, beside, clean, named, not_said};
use crate::diagnostics::{Diagnostics, Span};
use crate::tree::json::{Node, Value, parse};

/// The declarations of one file, called with some parameters.
pub(super) struct Scope<'f> {
    path: &'f str,
    file: &'f File,
    files: &'f Files<'f>,
    given: Values,
    known: BTreeMap<String, Node>,
    open: Vec<String>,
    /// Declarations that need themselves.
    pub(super) cycles: BTreeMap<String, Span>,
}

impl<'f> Scope<'f> {
    /// Nothing evaluated yet.
    pub(super) fn new(path: &'f str, file: &'f File, files: &'f Files<'f>, given: Values) -> Self {
        let (known, open, cycles) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { path, file, files, given, known, open, cycles }
    }

    /// The resource in the shape of ARM JSON, with its full name and its id; a list of them for a loop; null when its
    /// condition is false.
    pub(super) fn resource(
        &mut self,
        resource: &'f Resource,
        parent: Option<&'f Resource>,
        evaluator: &mut Evaluator,
    ) -> Node {
        let key = format!("r:{}", resource.symbol);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let span = resource.kind_span;
        if let Some(cycle) = self.begin(&key, &resource.symbol, span) {
            return cycle;
        }
        let locals = std::mem::take(&mut evaluator.locals);
        let parent_value = parent.map(|parent| self.resource(parent, None, evaluator));
        let value = self.all_of(resource, parent.zip(parent_value), evaluator);
        evaluator.locals = locals;
        self.open.pop();
        self.known.insert(key, value.clone());
        value
    }

    fn all_of(
        &mut self,
        resource: &Resource,
        parent: Option<(&Resource, Node)>,
        evaluator: &mut Evaluator,
    ) -> Node {
        let span = resource.kind_span;
        let condition = resource.condition.as_ref().map(|condition| evaluator.eval(condition, self));
        if matches!(condition.as_ref().map(|c| &c.value), Some(Value::Bool(false))) {
            return Node::new(Value::Null, span);
        }
        let body = evaluator.eval(&resource.body, self);
        let finish = |body: Node| {
            let is_object = matches!(body.value, Value::Object(_));
            if is_object { complete(body, resource, parent.as_ref(), condition.as_ref()) } else { body }
        };
        match body.value {
            Value::Array(all) => Node::new(Value::Array(all.into_iter().map(finish).collect()), body.span),
            other => finish(Node::new(other, body.span)),
        }
    }

    /// Notes that a declaration is being evaluated; the value when it already is.
    fn begin(&mut self, key: &str, name: &str, span: Span) -> Option<Node> {
        if self.open.iter().any(|open| open == key) {
            self.cycles.entry(name.to_owned()).or_insert(span);
            return Some(unknown("it needs itself", span));
        }
        self.open.push(key.to_owned());
        None
    }

    fn expression(&mut self, key: &str, name: &str, expr: &'f Expr, evaluator: &mut Evaluator) -> Node {
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        if let Some(cycle) = self.begin(key, name, expr.span) {
            return cycle;
        }
        let locals = std::mem::take(&mut evaluator.locals);
        let value = evaluator.eval(expr, self);
        evaluator.locals = locals;
        self.open.pop();
        self.known.insert(key.to_owned(), value.clone());
        value
    }

    fn module(&mut self, module: &'f Module, span: Span, evaluator: &mut Evaluator) -> Node {
        // What a module gives is evaluated only as far as it is a name.
        let key = format!("m:{}", module.symbol);
        let body = self.expression(&key, &module.symbol, &module.body, evaluator);
        let own = |body: &Node| {
            let name = body.get("name").cloned().unwrap_or_else(|| not_said(span));
            let outputs = unknown("an output of a module", span);
            Node::new(Value::Object(vec![named("name", name), named("outputs", outputs)]), span)
        };
        match &body.value {
            Value::Array(all) => Node::new(Value::Array(all.iter().map(own).collect()), span),
            _ => own(&body),
        }
    }

    /// The text of a file that is named relative to this one.
    fn content(&self, name: &str, span: Span) -> Node {
        let path = beside(self.path, name);
        match self.files.all.iter().find(|file| clean(&file.path) == path) {
            Some(file) => {
                Node::new(Value::Text(file.text.to_string()), Span::new(file.source, 0, file.text.len()))
            }
            None => unknown(&format!("the content of `{name}`"), span),
        }
    }

    fn own_function(&mut self, name: &str, arguments: &[Expr], evaluator: &mut Evaluator) -> Option<Node> {
        let file = self.file;
        let (_, function) = file.functions.iter().find(|(own, _)| own == name)?;
        let ExprKind::Lambda(names, body) = &function.kind else { return None };
        let values: Vec<Node> = arguments.iter().map(|argument| evaluator.eval(argument, self)).collect();
        let locals = std::mem::take(&mut evaluator.locals);
        evaluator.locals = names.iter().cloned().zip(values).collect();
        let value = evaluator.eval(body, self);
        evaluator.locals = locals;
        Some(value)
    }
}

impl Env for Scope<'_> {
    fn name(&mut self, name: &str, span: Span, evaluator: &mut Evaluator) -> Option<Node> {
        let file = self.file;
        if let Some((own, default, at)) = file.params.iter().find(|(own, _, _)| own == name) {
            if let Some(given) = self.given.get(&own.to_lowercase()) {
                return Some(given.clone());
            }
            return Some(match default {
                Some(default) => self.expression(&format!("p:{own}"), own, default, evaluator),
                None => unknown(&format!("the parameter `{own}` has no value here"), *at),
            });
        }
        if let Some((own, value)) = file.vars.iter().find(|(own, _)| own == name) {
            return Some(self.expression(&format!("v:{own}"), own, value, evaluator));
        }
        for resource in &file.resources {
            if resource.symbol == name {
                return Some(self.resource(resource, None, evaluator));
            }
            if let Some(nested) = resource.nested.iter().find(|nested| nested.symbol == name) {
                return Some(self.resource(nested, Some(resource), evaluator));
            }
        }
        let module = file.modules.iter().find(|module| module.symbol == name)?;
        Some(self.module(module, span, evaluator))
    }

    fn call(
        &mut self,
        name: &str,
        arguments: &[Expr],
        span: Span,
        evaluator: &mut Evaluator,
    ) -> Option<Node> {
        match name {
            "loadTextContent" | "loadJsonContent" => {
                let named = evaluator.eval(arguments.first()?, self);
                let Some(named) = named.text() else {
                    return Some(unknown("a file with a computed name", span));
                };
                let content = self.content(named, span);
                if name == "loadTextContent" {
                    return Some(content);
                }
                let text = content.text()?;
                Some(
                    parse(content.span.source, text, &mut Diagnostics::new())
                        .unwrap_or_else(|| unknown("a file that is not JSON", span)),
                )
            }
            _ => self.own_function(name, arguments, evaluator),
        }
    }
}

/// The body with type, version, full name and id.
fn complete(
    body: Node,
    resource: &Resource,
    parent: Option<&(&Resource, Node)>,
    condition: Option<&Node>,
) -> Node {
    let span = body.span;
    let (kind, version) = match resource.kind.split_once('@') {
        Some((kind, version)) => (kind, Some(version)),
        None => (resource.kind.as_str(), None),
    };
    let outer_type = parent.map(|(parent, _)| parent.kind.split('@').next().unwrap_or_default());
    let full_type = match outer_type {
        Some(outer) if !kind.contains('.') => format!("{outer}/{kind}"),
        _ => kind.to_owned(),
    };
    let outer = body.get("parent").or_else(|| parent.map(|(_, value)| value));
    let own = body.get("name").cloned();
    let name = match (outer, &own) {
        (Some(outer), Some(own)) => {
            let outer = outer.get("name").and_then(text_of).unwrap_or_else(|| UNKNOWN_PART.to_owned());
            let text = text_of(own).unwrap_or_else(|| UNKNOWN_PART.to_owned());
            Node::new(Value::Text(format!("{outer}/{text}")), own.span)
        }
        (None, Some(own)) => own.clone(),
        (_, None) => unknown("a name that is not given", span),
    };
    let id = id_of(&full_type, &name, span);
    let kept =
        |m: &crate::tree::json::Member| !matches!(m.name.as_str(), "name" | "parent" | "dependsOn" | "type");
    let Value::Object(members) = body.value else { return body };
    let mut members: Vec<_> = members.into_iter().filter(kept).collect();
    let text = |text: &str| Node::new(Value::Text(text.to_owned()), resource.kind_span);
    members.push(named("name", name));
    members.push(named("type", text(&full_type)));
    members.push(named("id", id));
    if let Some(version) = version {
        members.push(named("apiVersion", text(version)));
    }
    if let Some(condition) = condition {
        members.push(named("condition", condition.clone()));
    }
    Node::new(Value::Object(members), span)
}

/// The id of a resource with this full type and name.
fn id_of(full_type: &str, name: &Node, span: Span) -> Node {
    let name = text_of(name).unwrap_or_else(|| UNKNOWN_PART.to_owned());
    let mut types = full_type.split('/');
    let provider = types.next().unwrap_or_default();
    let names: Vec<&str> = name.split('/').collect();
    let types: Vec<&str> = types.collect();
    let mut id = format!("/subscriptions/{UNKNOWN_PART}/resourceGroups/{UNKNOWN_PART}/providers/{provider}");
    // A name that is not known has fewer parts than its type: those at the end belong to each other.
    let missing = types.len().saturating_sub(names.len());
    for (at, kind) in types.iter().enumerate() {
        let name = at.checked_sub(missing).and_then(|at| names.get(at)).copied().unwrap_or(UNKNOWN_PART);
        id.push('/');
        id.push_str(kind);
        id.push('/');
        id.push_str(name);
    }
    Node::new(Value::Text(id), span)
}
