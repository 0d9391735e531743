//! JSON syntax of Terraform (`.tf.json`).
//!
//! Rules
//! - A block is an object or a list of them, below one member for each of its labels.
//! - Texts are templates, as they are between quotes elsewhere; a member called `//` is a comment.
//! - What is in a text has the place of the whole text.

use std::sync::Arc;

use hcl_edit::parser;

use super::blocks::{called, counted, for_each, is_meta, made};
use super::deployments;
use super::expressions::{Local, Reader};
use super::types;
use crate::diagnostics::{Diagnostics, Span};
use crate::resources::eval::syntax::{
    Entry, Expr, ExprKind, Item, Parameter, Repeat, Resource, Template, Variable,
};
use crate::tree::json::{Member, Node, Value};

/// Adds what a file declares. `false` when a part of it cannot be read, which is told.
pub(super) fn declare(root: &Node, problems: &mut Diagnostics, template: &mut Template) -> bool {
    let mut json = Json { problems, names: Vec::new(), is_whole: true };
    for part in each(root).into_iter().flat_map(members) {
        for block in each(&part.value) {
            json.block(&part.name, block, template);
        }
    }
    json.is_whole
}

struct Json<'d> {
    problems: &'d mut Diagnostics,
    names: Vec<Local>,
    is_whole: bool,
}

/// An object or each of a list of them.
fn each(node: &Node) -> Vec<&Node> {
    node.elements().map_or_else(|| vec![node], |elements| elements.iter().collect())
}

fn members(node: &Node) -> impl Iterator<Item = &Member> {
    node.members().unwrap_or_default().iter().filter(|member| member.name != "//")
}

/// The bodies below a label.
fn labelled(node: &Node) -> impl Iterator<Item = (&Member, &Node)> {
    members(node).flat_map(|member| each(&member.value).into_iter().map(move |body| (member, body)))
}

impl Json<'_> {
    fn block(&mut self, kind: &str, block: &Node, template: &mut Template) {
        match kind {
            "variable" => {
                for (name, body) in labelled(block) {
                    let parameter = self.variable(&name.name, body);
                    template.parameters.push(parameter);
                }
            }
            "locals" => {
                for local in members(block) {
                    let value = self.value(&local.value);
                    template
                        .variables
                        .push(Variable { name: Arc::from(format!("local.{}", local.name)), value });
                }
            }
            "output" => {
                for (name, body) in labelled(block) {
                    let Some(value) = body.get("value") else { continue };
                    let value = self.value(value);
                    template.outputs.push(Variable { name: Arc::from(name.name.as_str()), value });
                }
            }
            "resource" | "data" | "ephemeral" => {
                for (of_type, all) in labelled(block) {
                    for (name, body) in labelled(all) {
                        let front = if kind == "resource" { String::new() } else { format!("{kind}.") };
                        let symbol = format!("{front}{}.{}", of_type.name, name.name);
                        let resource = self.resource(of_type, name.name_span, symbol, body);
                        let is_existing = kind != "resource";
                        template.resources.push(Resource { is_existing, ..resource });
                    }
                }
            }
            "module" => {
                for (name, body) in labelled(block) {
                    let module = self.module(name, body);
                    template.resources.push(module);
                }
            }
            _ => {}
        }
    }

    fn variable(&mut self, name: &str, body: &Node) -> Parameter {
        let default = body.get("default");
        let is_nullable = default.is_some_and(|default| default.value == Value::Null);
        let default = default.filter(|_| !is_nullable).map(|default| self.value(default));
        let declared = body.get("type").and_then(|declared| Some((declared.text()?, declared.span)));
        let filling = declared.and_then(|(text, span)| {
            let declared = parser::parse_expr(text).ok()?;
            types::filling(&mut Reader::in_text(text, span, &self.names), &declared)
        });
        Parameter { name: Arc::from(format!("var.{name}")), default, is_nullable, filling }
    }

    fn resource(&mut self, of_type: &Member, span: Span, symbol: String, body: &Node) -> Resource {
        let written = self.object(body, true);
        let (inner, written) = deployments::inner(&of_type.name, written, self.problems);
        Resource {
            symbol: Some(Arc::from(symbol)),
            span,
            resource_type: Expr::text(&of_type.name, of_type.name_span),
            api_version: None,
            is_existing: false,
            repeat: self.repeat(body),
            condition: None,
            body: written,
            parent: None,
            inner,
        }
    }

    fn module(&mut self, name: &Member, body: &Node) -> Resource {
        let source = body.get("source").and_then(Node::text).unwrap_or_default();
        let given = members(body)
            .filter(|member| !is_meta(&member.name) && !matches!(member.name.as_str(), "source" | "version"));
        let arguments = given.map(|member| Entry::Member {
            name: Expr::text(&format!("var.{}", member.name), member.name_span),
            value: self.value(&member.value),
        });
        let arguments = arguments.collect();
        called(&name.name, source, arguments, self.repeat(body), name.name_span)
    }

    fn repeat(&mut self, body: &Node) -> Option<Repeat> {
        if let Some(count) = body.get("count") {
            return Some(counted(self.value(count)));
        }
        body.get("for_each").map(|list| for_each(self.value(list)))
    }

    /// A body or a value that is an object.
    fn object(&mut self, node: &Node, is_resource: bool) -> Expr {
        let mut entries = Vec::new();
        for member in members(node).filter(|member| !is_resource || !is_meta(&member.name)) {
            if member.name != "dynamic" {
                let name = self.text(&member.name, None, member.name_span);
                entries.push(Entry::Member { name, value: self.value(&member.value) });
                continue;
            }
            for block in each(&member.value).into_iter().flat_map(members) {
                let made = each(&block.value).into_iter().map(|body| self.rounds(block, body));
                let items = made.map(Item::Spread).collect();
                entries.push(Entry::Member {
                    name: Expr::text(&block.name, block.name_span),
                    value: Expr::new(ExprKind::Array(items), block.value.span),
                });
            }
        }
        Expr::new(ExprKind::Object(entries), node.span)
    }

    /// The blocks that a `dynamic` block makes.
    fn rounds(&mut self, block: &Member, body: &Node) -> Expr {
        let span = block.name_span;
        let (Some(list), Some(content)) = (body.get("for_each"), body.get("content")) else {
            return Expr::new(ExprKind::Broken, span);
        };
        let list = self.value(list);
        let iterator = body.get("iterator").and_then(Node::text).unwrap_or(&block.name).to_owned();
        self.names.push(Local::Iterator(iterator.clone()));
        let content = each(content).first().map(|content| self.object(content, false));
        self.names.pop();
        let Some(content) = content else { return Expr::new(ExprKind::Broken, span) };
        made(&iterator, list, content, span)
    }

    fn value(&mut self, node: &Node) -> Expr {
        let kind = match &node.value {
            Value::Null => ExprKind::Null,
            Value::Bool(value) => ExprKind::Bool(*value),
            Value::Number(text) => ExprKind::Number(Arc::from(text.as_str())),
            Value::Text(text) => {
                let inside = Span {
                    start: node.span.start.saturating_add(1),
                    end: node.span.end.saturating_sub(1),
                    ..node.span
                };
                return self.text(text, Some(inside), node.span);
            }
            Value::Array(elements) => {
                ExprKind::Array(elements.iter().map(|element| Item::One(self.value(element))).collect())
            }
            Value::Object(_) => return self.object(node, false),
            Value::Unknown(_) => ExprKind::Broken,
        };
        Expr::new(kind, node.span)
    }

    /// A text as a template. `inside` is the place of its bytes, where that is as long as they are.
    fn text(&mut self, text: &str, inside: Option<Span>, span: Span) -> Expr {
        if !text.contains("${") && !text.contains("%{") {
            let length = |span: &Span| span.end.saturating_sub(span.start) as usize;
            let content = inside.filter(|inside| length(inside) == text.len());
            return Expr::new(ExprKind::Text { text: Arc::from(text), content }, span);
        }
        match parser::parse_template(text) {
            Ok(template) => Reader::in_text(text, span, &self.names).quoted(&template, span),
            Err(error) => {
                self.is_whole = false;
                self.problems.push(super::modules::text_problem(span, &error));
                Expr::new(ExprKind::Broken, span)
            }
        }
    }
}
