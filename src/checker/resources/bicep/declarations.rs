//! Declarations of Bicep.

use std::sync::Arc;

use super::expressions::{condition, expression, is_loop, object, repeated};
use super::lexer::Kind;
use super::parser::{MAX_PROBLEMS, Parser, Stop};
use crate::resources::eval::syntax::{
    Entry, Expr, ExprKind, Function, Import, Inner, Parameter, Repeat, Resource, Template, Variable,
};

/// Modules that are kept in registries.
const REGISTRIES: &[&str] = &["br:", "br/", "ts:", "ts/"];

/// All declarations of a file; the file that it gives parameters for.
pub(super) fn read_all(parser: &mut Parser<'_, '_>, template: &mut Template) -> Option<String> {
    let mut using = None;
    loop {
        while parser.now.kind == Kind::NewLine || parser.is(";") {
            parser.advance();
        }
        if parser.is_end() {
            return using;
        }
        let start = parser.now.start;
        if statement(parser, template, &mut using).is_err() {
            template.is_fragment = true;
            parser.nested.clear();
            if parser.told >= MAX_PROBLEMS {
                return using;
            }
            if parser.now.start == start {
                parser.advance();
            }
            parser.recover();
        }
    }
}

fn statement(
    parser: &mut Parser<'_, '_>,
    template: &mut Template,
    using: &mut Option<String>,
) -> Result<(), Stop> {
    if parser.is("@") {
        return decorator(parser);
    }
    let Some(word) = parser.word() else { return Err(parser.stop("expected a declaration")) };
    match word {
        "param" => parameter(parser, template)?,
        "var" => {
            let variable = variable(parser)?;
            template.variables.push(variable);
        }
        "output" => {
            let variable = variable(parser)?;
            template.outputs.push(variable);
        }
        "resource" => resource(parser, None, template)?,
        "module" => module(parser, template)?,
        "func" => function(parser, template)?,
        "import" | "extension" | "provider" => import(parser, template),
        "using" => {
            parser.advance();
            if parser.now.kind == Kind::Text {
                *using = Some(parser.slice().trim_matches('\'').to_owned());
            }
            parser.skip_statement();
        }
        // What only the compiler needs, and what is not known.
        _ => parser.skip_statement(),
    }
    match parser.now.kind {
        Kind::NewLine | Kind::End | Kind::Sign("@" | ";") => Ok(()),
        _ => Err(parser.stop("expected the end of the line")),
    }
}

/// `@description('..')`
pub(super) fn decorator(parser: &mut Parser<'_, '_>) -> Result<(), Stop> {
    parser.expect("@")?;
    expression(parser)?;
    Ok(())
}

fn name(parser: &mut Parser<'_, '_>) -> Result<Arc<str>, Stop> {
    let Some(name) = parser.word() else { return Err(parser.stop("expected a name")) };
    parser.advance();
    Ok(Arc::from(name))
}

/// `param name type = default`
fn parameter(parser: &mut Parser<'_, '_>, template: &mut Template) -> Result<(), Stop> {
    parser.advance();
    let name = name(parser)?;
    let from = parser.now.start;
    parser.skip_until(|kind| kind == Kind::Sign("="));
    let own_type = parser.text.get(from..parser.before).unwrap_or_default();
    let is_nullable = own_type.trim_end().ends_with('?');
    let default = if parser.eat("=") {
        parser.begin_value();
        Some(expression(parser)?)
    } else {
        None
    };
    template.parameters.push(Parameter { name, default, is_nullable, filling: None });
    Ok(())
}

/// `var name = value`, `output name type = value`
fn variable(parser: &mut Parser<'_, '_>) -> Result<Variable, Stop> {
    parser.advance();
    let name = name(parser)?;
    parser.skip_until(|kind| kind == Kind::Sign("="));
    parser.expect("=")?;
    parser.begin_value();
    let value = expression(parser)?;
    Ok(Variable { name, value })
}

/// `func name(a type, b type) type => value`
fn function(parser: &mut Parser<'_, '_>, template: &mut Template) -> Result<(), Stop> {
    parser.advance();
    let name = name(parser)?;
    parser.expect("(")?;
    let mut parameters = Vec::new();
    loop {
        parser.skip_lines();
        match parser.word() {
            Some(word) => {
                parameters.push(Arc::from(word));
                parser.skip_until(|kind| matches!(kind, Kind::Sign("," | ")")));
                parser.eat(",");
            }
            None => break,
        }
    }
    parser.expect(")")?;
    parser.skip_until(|kind| kind == Kind::Sign("=>"));
    parser.expect("=>")?;
    parser.skip_lines();
    let body = expression(parser)?;
    template.functions.push(Function { name, parameters, body, is_arm: false });
    Ok(())
}

/// `import { a, b as c } from 'file'`, `import * as all from 'file'`, `import 'provider'`
fn import(parser: &mut Parser<'_, '_>, template: &mut Template) {
    parser.advance();
    let mut words: Vec<(Arc<str>, Option<Arc<str>>)> = Vec::new();
    let mut path: Arc<str> = Arc::from("");
    let mut open = false;
    let mut is_renamed = false;
    loop {
        match parser.now.kind {
            Kind::End => break,
            Kind::NewLine if !open => break,
            Kind::Sign("{") => open = true,
            Kind::Sign("}") => open = false,
            Kind::Sign("*") => words.push((Arc::from("*"), None)),
            Kind::Text => path = Arc::from(parser.slice().trim_matches('\'')),
            Kind::Word => match parser.slice() {
                "as" => is_renamed = true,
                "from" | "with" if !open => {}
                word if is_renamed => {
                    if let Some(last) = words.last_mut() {
                        last.0 = Arc::from(word);
                    } else {
                        words.push((Arc::from(word), None));
                    }
                    is_renamed = false;
                }
                word => words.push((Arc::from(word), Some(Arc::from(word)))),
            },
            _ => {}
        }
        parser.advance();
    }
    for (name, original) in words {
        template.imports.push(Import { name, original, path: Arc::clone(&path) });
    }
}

/// A resource inside of another one: it is put with the nested ones.
pub(super) fn nested(parser: &mut Parser<'_, '_>) -> Result<(), Stop> {
    let place = parser.nested.len();
    let (resource, children) = declared(parser)?;
    parser.nested.truncate(place);
    parser.nested.push(resource);
    // Parents are places among the nested ones; none is the resource around all of them.
    for mut child in children {
        child.parent = Some(child.parent.map_or(place, |parent| place + 1 + parent));
        parser.nested.push(child);
    }
    Ok(())
}

fn resource(parser: &mut Parser<'_, '_>, parent: Option<usize>, template: &mut Template) -> Result<(), Stop> {
    let (mut resource, children) = declared(parser)?;
    resource.parent = parent;
    let place = template.resources.len();
    let mut types = vec![resource.resource_type.literal().unwrap_or_default().to_owned()];
    let mut versions = vec![resource.api_version.clone()];
    template.resources.push(resource);
    for mut child in children {
        // None is this one; the nested ones follow it.
        let before = child.parent.map_or(0, |parent| parent.saturating_add(1));
        let own = child.resource_type.literal().unwrap_or_default().to_owned();
        let full = if own.contains('.') {
            own
        } else {
            format!("{}/{own}", types.get(before).map_or("", String::as_str))
        };
        if full.len() > 1_000 {
            return Err(parser.stop("expected fewer resources in resources"));
        }
        let span = child.resource_type.span;
        child.resource_type = Expr::text(&full, span);
        child.parent = Some(place + before);
        types.push(full);
        // A version that is not given is that of the resource around it.
        child.api_version = child.api_version.or_else(|| versions.get(before).cloned().flatten());
        versions.push(child.api_version.clone());
        template.resources.push(child);
    }
    Ok(())
}

/// `resource name 'type@version' existing = if (condition) { }`, and the resources inside of it.
fn declared(parser: &mut Parser<'_, '_>) -> Result<(Resource, Vec<Resource>), Stop> {
    let start = parser.now.start;
    parser.advance();
    let symbol = name(parser)?;
    if parser.now.kind != Kind::Text {
        return Err(parser.stop("expected a type and version in quotes"));
    }
    let (type_start, type_end) = (parser.now.start, parser.now.end);
    let written = parser.slice().trim_matches('\'');
    let span = parser.span(type_start, type_end);
    let (resource_type, api_version) = match written.split_once('@') {
        Some((resource_type, version)) => {
            let place = type_end.saturating_sub(1 + version.len());
            (resource_type, Some(Expr::text(version, parser.span(place, type_end.saturating_sub(1)))))
        }
        None => (written, None),
    };
    parser.advance();
    let is_existing = parser.eat_word("existing");
    let outside = std::mem::take(&mut parser.nested);
    let value = assigned(parser);
    let children = std::mem::replace(&mut parser.nested, outside);
    let (repeat, condition, body) = value?;
    let resource = Resource {
        symbol: Some(symbol),
        span: parser.span(start, type_end),
        resource_type: Expr::text(resource_type, span),
        api_version,
        is_existing,
        repeat,
        condition,
        body,
        parent: None,
        inner: None,
    };
    Ok((resource, children))
}

/// `module name 'path' = { params: { } }`
fn module(parser: &mut Parser<'_, '_>, template: &mut Template) -> Result<(), Stop> {
    let start = parser.now.start;
    parser.advance();
    let symbol = name(parser)?;
    if parser.now.kind != Kind::Text {
        return Err(parser.stop("expected the path of a module in quotes"));
    }
    let path = parser.slice().trim_matches('\'');
    let is_elsewhere = path.contains("${") || REGISTRIES.iter().any(|begin| path.starts_with(begin));
    let inner = if is_elsewhere { Inner::Elsewhere(Arc::from(path)) } else { Inner::File(Arc::from(path)) };
    parser.advance();
    let end = parser.before;
    let (repeat, condition, body) = assigned(parser)?;
    template.resources.push(Resource {
        symbol: Some(symbol),
        span: parser.span(start, end),
        resource_type: Expr::text("Microsoft.Resources/deployments", parser.span(start, end)),
        api_version: None,
        is_existing: false,
        repeat,
        condition,
        body,
        parent: None,
        inner: Some(inner),
    });
    Ok(())
}

/// What is assigned to a resource or module: its loop, condition and body.
fn assigned(parser: &mut Parser<'_, '_>) -> Result<(Option<Repeat>, Option<Expr>, Expr), Stop> {
    parser.expect("=")?;
    parser.begin_value();
    if is_loop(parser) {
        let (repeat, body) = repeated(parser)?;
        return Ok((Some(repeat), None, body));
    }
    let condition = condition(parser)?;
    let start = parser.now.start;
    let body = if parser.is("{") { object(parser)? } else { expression(parser)? };
    if !matches!(body.kind, ExprKind::Object(_)) {
        return Ok((None, condition, Expr::new(ExprKind::Object(Vec::<Entry>::new()), parser.since(start))));
    }
    Ok((None, condition, body))
}
