//! Resources of Terraform that deploy an ARM template: the template inside of them, and the values that they give it.
//!
//! A template that is written in the file as it is (a heredoc without interpolation) or that `file()` takes is read.
//! One that is computed, by `jsonencode` or `templatefile`, is unknown, and so is what it deploys.

use std::sync::Arc;

use super::tables::DEPLOYMENTS;
use crate::diagnostics::Diagnostics;
use crate::resources::eval::syntax::{Entry, Expr, ExprKind, Inner};
use crate::resources::{Form, template};
use crate::tree::json::parse_at;

/// What a resource of this type deploys, and its body with the values for that as the evaluator expects them.
pub(super) fn inner(resource_type: &str, body: Expr, problems: &mut Diagnostics) -> (Option<Inner>, Expr) {
    if !DEPLOYMENTS.contains(&resource_type) {
        return (None, body);
    }
    let content = body.member("template_content").or_else(|| body.member("template_body"));
    let inner = content.and_then(|content| match &content.kind {
        ExprKind::Text { text, content: Some(place) } => {
            let root = parse_at(place.source, place.start as usize, text, problems)?;
            let template = Box::new(template::read(&root, Form::Template, problems)?);
            Some(Inner::Template { template, is_outer: false })
        }
        _ => Some(Inner::File(Arc::from(file_in(content)?))),
    });
    let params = params(&body);
    let span = body.span;
    let ExprKind::Object(mut entries) = body.kind else { return (inner, body) };
    if inner.is_some() {
        entries.extend(params.map(|value| Entry::Member { name: Expr::text("params", span), value }));
    }
    (inner, Expr::new(ExprKind::Object(entries), span))
}

/// The path in `file("x.json")` or `file("${path.module}/x.json")`.
fn file_in(expr: &Expr) -> Option<String> {
    let ExprKind::Call { on: None, name, arguments } = &expr.kind else { return None };
    let path = arguments.first().filter(|_| &**name == "file")?;
    match &path.kind {
        ExprKind::Text { text, .. } => Some(text.to_string()),
        ExprKind::Joined(parts) => match parts.as_slice() {
            [module, rest] if is_module_path(module) => {
                Some(format!(".{}", rest.literal().filter(|rest| rest.starts_with('/'))?))
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_module_path(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { name, .. } if &**name == "path.module" => true,
        ExprKind::Call { name, arguments, .. } if &**name == "tostring" => {
            arguments.first().is_some_and(is_module_path)
        }
        _ => false,
    }
}

/// The values: `jsonencode({ name = { value = .. } })`, or `{ name = .. }` as the older resource has it. What they are
/// otherwise is not known, and then no default holds.
fn params(body: &Expr) -> Option<Expr> {
    if let Some(plain) = body.member("parameters") {
        return Some(plain.clone());
    }
    let given = body.member("parameters_content").or_else(|| body.member("parameters_body"))?;
    let unknown = || Expr::new(ExprKind::Broken, given.span);
    let ExprKind::Call { on: None, name, arguments } = &given.kind else { return Some(unknown()) };
    let object = arguments.first().filter(|_| &**name == "jsonencode").map(|object| &object.kind);
    let Some(ExprKind::Object(entries)) = object else { return Some(unknown()) };
    let value = |entry: &Entry| match entry {
        Entry::Member { name, value } => {
            let value = value.member("value").cloned().unwrap_or_else(unknown);
            Some(Entry::Member { name: name.clone(), value })
        }
        Entry::Spread(_) => None,
    };
    let entries: Option<Vec<Entry>> = entries.iter().map(value).collect();
    Some(entries.map_or_else(unknown, |entries| Expr::new(ExprKind::Object(entries), given.span)))
}
