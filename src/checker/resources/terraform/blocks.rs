//! What the blocks of a module declare: variables, locals, resources, data, calls of modules, outputs.
//!
//! Rules
//! - A body is an object; blocks of one name in it are a list, to which a `dynamic` block adds one for each round.
//! - What only Terraform itself looks at (`lifecycle`, `depends_on`, `provider`) is passed over, and so are blocks of
//!   other kinds: `terraform`, `provider`, `moved`, `import`, `check`.

use std::sync::Arc;

use hcl_edit::Span as Spanned;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body, Structure};

use super::expressions::{Local, Reader};
use super::{deployments, types};
use crate::diagnostics::{Diagnostics, Span};
use crate::resources::eval::syntax::{
    Entry, Expr, ExprKind, Inner, Item, Parameter, Repeat, Resource, Template, Variable,
};

/// Attributes and blocks of any resource that say nothing about it.
const META: &[&str] = &[
    "count",
    "for_each",
    "depends_on",
    "provider",
    "providers",
    "lifecycle",
    "provisioner",
    "connection",
    "timeouts",
];

/// Adds what the blocks of a file declare.
pub(super) fn declare(
    reader: &mut Reader<'_>,
    body: &Body,
    problems: &mut Diagnostics,
    template: &mut Template,
) {
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels.iter().map(BlockLabel::as_str).collect();
        match (block.ident.value().as_str(), labels.as_slice()) {
            ("variable", [name]) => template.parameters.push(variable(reader, name, block)),
            ("locals", []) => {
                for attribute in block.body.attributes() {
                    let name = Arc::from(format!("local.{}", attribute.key.value().as_str()));
                    let value = reader.expr(&attribute.value);
                    template.variables.push(Variable { name, value });
                }
            }
            ("output", [name]) => {
                if let Some(value) = block.body.get_attribute("value") {
                    let value = reader.expr(&value.value);
                    template.outputs.push(Variable { name: Arc::from(*name), value });
                }
            }
            ("resource", [resource_type, name]) => {
                let symbol = format!("{resource_type}.{name}");
                template.resources.push(resource(reader, resource_type, symbol, block, problems));
            }
            (kind @ ("data" | "ephemeral"), [resource_type, name]) => {
                let symbol = format!("{kind}.{resource_type}.{name}");
                let resource = resource(reader, resource_type, symbol, block, problems);
                template.resources.push(Resource { is_existing: true, ..resource });
            }
            ("module", [name]) => template.resources.push(module(reader, name, block)),
            _ => {}
        }
    }
}

fn variable(reader: &mut Reader<'_>, name: &str, block: &Block) -> Parameter {
    let default = block.body.get_attribute("default").map(|default| reader.expr(&default.value));
    // Null says that a value may be left out, not what is done then.
    let is_nullable = default.as_ref().is_some_and(|default| matches!(default.kind, ExprKind::Null));
    let declared = block.body.get_attribute("type");
    Parameter {
        name: Arc::from(format!("var.{name}")),
        default: default.filter(|_| !is_nullable),
        is_nullable,
        filling: declared.and_then(|declared| types::filling(reader, &declared.value)),
    }
}

fn resource(
    reader: &mut Reader<'_>,
    resource_type: &str,
    symbol: String,
    block: &Block,
    problems: &mut Diagnostics,
) -> Resource {
    let span = header(reader, block);
    let type_span = block.labels.first().and_then(Spanned::span);
    let body = object(reader, &block.body, span, true);
    let (inner, body) = deployments::inner(resource_type, body, problems);
    Resource {
        symbol: Some(Arc::from(symbol)),
        span,
        resource_type: Expr::text(resource_type, reader.span(type_span)),
        api_version: None,
        is_existing: false,
        repeat: repeat(reader, &block.body),
        condition: None,
        body,
        parent: None,
        inner,
    }
}

fn module(reader: &mut Reader<'_>, name: &str, block: &Block) -> Resource {
    let span = header(reader, block);
    let source = block.body.get_attribute("source").and_then(|source| source.value.as_str());
    let given = block.body.attributes().filter(|attribute| {
        let name = attribute.key.value().as_str();
        !is_meta(name) && !matches!(name, "source" | "version")
    });
    let arguments = given.map(|attribute| {
        let name = format!("var.{}", attribute.key.value().as_str());
        let key_span = reader.span(attribute.key.span());
        Entry::Member { name: Expr::text(&name, key_span), value: reader.expr(&attribute.value) }
    });
    let arguments = arguments.collect();
    called(name, source.unwrap_or_default(), arguments, repeat(reader, &block.body), span)
}

/// The call of a module with these values of its variables.
pub(super) fn called(
    name: &str,
    source: &str,
    arguments: Vec<Entry>,
    repeat: Option<Repeat>,
    span: Span,
) -> Resource {
    let inner = if source.starts_with('.') { Inner::File } else { Inner::Elsewhere };
    let arguments = Expr::new(ExprKind::Object(arguments), span);
    let params = Entry::Member { name: Expr::text("params", span), value: arguments };
    Resource {
        symbol: Some(Arc::from(format!("module.{name}"))),
        span,
        resource_type: Expr::text("module", span),
        api_version: None,
        is_existing: false,
        repeat,
        condition: None,
        body: Expr::new(ExprKind::Object(vec![params]), span),
        parent: None,
        inner: Some(inner(Arc::from(source))),
    }
}

/// The keyword and labels of a block.
fn header(reader: &Reader<'_>, block: &Block) -> Span {
    let start = reader.span(block.ident.span());
    let last = block.labels.last().and_then(Spanned::span);
    Span { end: last.map_or(start.end, |last| reader.span(Some(last)).end), ..start }
}

pub(super) fn is_meta(name: &str) -> bool {
    META.contains(&name)
}

fn repeat(reader: &mut Reader<'_>, body: &Body) -> Option<Repeat> {
    if let Some(count) = body.get_attribute("count") {
        return Some(counted(reader.expr(&count.value)));
    }
    body.get_attribute("for_each").map(|list| for_each(reader.expr(&list.value)))
}

/// `count`
pub(super) fn counted(count: Expr) -> Repeat {
    Repeat::Count { name: Arc::from("count.index"), count, is_resource: true }
}

/// `for_each`
pub(super) fn for_each(list: Expr) -> Repeat {
    Repeat::Entries {
        key: Some(Arc::from("each.key")),
        value: Arc::from("each.value"),
        list,
        condition: None,
        is_set: true,
    }
}

/// A body as an object; that of a resource without what only Terraform looks at.
fn object(reader: &mut Reader<'_>, body: &Body, span: Span, is_resource: bool) -> Expr {
    let mut entries = Vec::new();
    // Blocks by name, in the order of their first.
    let mut blocks: Vec<(&str, Span, Vec<Item>)> = Vec::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) if is_resource && is_meta(attribute.key.value().as_str()) => {}
            Structure::Attribute(attribute) => entries.push(member(reader, attribute)),
            Structure::Block(block) => {
                let keyword = block.ident.value().as_str();
                let dynamic = block.labels.first().filter(|_| keyword == "dynamic");
                let name = dynamic.map_or(keyword, |label| label.as_str());
                if is_resource && is_meta(name) {
                    continue;
                }
                let at = header(reader, block);
                let item = match dynamic {
                    Some(_) => Item::Spread(rounds(reader, name, block, at)),
                    None => Item::One(object(reader, &block.body, at, false)),
                };
                match blocks.iter_mut().find(|(known, ..)| *known == name) {
                    Some((_, _, items)) => items.push(item),
                    None => blocks.push((name, at, vec![item])),
                }
            }
        }
    }
    entries.extend(blocks.into_iter().map(|(name, at, items)| Entry::Member {
        name: Expr::text(name, at),
        value: Expr::new(ExprKind::Array(items), at),
    }));
    Expr::new(ExprKind::Object(entries), span)
}

fn member(reader: &mut Reader<'_>, attribute: &Attribute) -> Entry {
    let span = reader.span(attribute.key.span());
    let name = Expr::text(attribute.key.value().as_str(), span);
    Entry::Member { name, value: reader.expr(&attribute.value) }
}

/// The blocks that a `dynamic` block makes.
fn rounds(reader: &mut Reader<'_>, name: &str, block: &Block, span: Span) -> Expr {
    let (Some(list), Some(content)) =
        (block.body.get_attribute("for_each"), block.body.get_blocks("content").next())
    else {
        return Expr::new(ExprKind::Broken, span);
    };
    let list = reader.expr(&list.value);
    let iterator = block.body.get_attribute("iterator").and_then(|iterator| iterator.value.as_variable());
    let iterator = iterator.map_or(name, |iterator| iterator.as_str());
    reader.names.push(Local::Iterator(iterator.to_owned()));
    let at = header(reader, content);
    let body = object(reader, &content.body, at, false);
    reader.names.pop();
    made(iterator, list, body, span)
}

/// A block for each entry of `list`, in which `iterator` is that entry.
pub(super) fn made(iterator: &str, list: Expr, content: Expr, span: Span) -> Expr {
    let entries = Repeat::Entries {
        key: Some(Arc::from(format!("{iterator}.key"))),
        value: Arc::from(format!("{iterator}.value")),
        list,
        condition: None,
        is_set: false,
    };
    Expr::new(ExprKind::For { repeat: Box::new(entries), body: Box::new(content) }, span)
}
