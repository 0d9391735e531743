//! Expressions of Bicep.

use std::sync::Arc;

use super::lexer::Kind;
use super::parser::{MAX_DEPTH, Parser, Stop};
use super::{declarations, texts};
use crate::resources::eval::syntax::{Entry, Expr, ExprKind, Item, Repeat};

/// Operators by how tightly they bind, with the functions that they are.
const LEVELS: &[&[(&str, &str)]] = &[
    &[("??", "coalesce")],
    &[("||", "or")],
    &[("&&", "and")],
    &[("==", "equals"), ("!=", "!equals"), ("=~", "equalsIgnoreCase"), ("!~", "!equalsIgnoreCase")],
    &[("<=", "lessOrEquals"), (">=", "greaterOrEquals"), ("<", "less"), (">", "greater")],
    &[("+", "add"), ("-", "sub")],
    &[("*", "mul"), ("/", "div"), ("%", "mod")],
];

/// An expression that is all of the text.
pub(super) fn alone(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    parser.skip_lines();
    let expr = expression(parser)?;
    parser.skip_lines();
    if parser.is_end() { Ok(expr) } else { Err(parser.stop("expected the end of the expression")) }
}

/// An expression.
pub(super) fn expression(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    parser.deeper(|parser| {
        let start = parser.now.start;
        let condition = binary(parser, LEVELS)?;
        if !goes_on_with(parser, |sign| sign == "?") {
            return Ok(condition);
        }
        parser.advance();
        parser.skip_lines();
        let yes = expression(parser)?;
        parser.skip_lines();
        parser.expect(":")?;
        parser.skip_lines();
        let no = expression(parser)?;
        Ok(Expr::call("if", vec![condition, yes, no], parser.since(start)))
    })
}

/// Whether a sign that is meant comes, in this line or the next one; then it is the token here.
fn goes_on_with(parser: &mut Parser<'_, '_>, is_meant: impl Fn(&str) -> bool) -> bool {
    let next = parser.after_lines();
    let is_it = matches!(next.kind, Kind::Sign(sign) if is_meant(sign));
    // A minus or an exclamation mark may begin the next element of a list.
    let begins = matches!(next.kind, Kind::Sign("-" | "!"));
    if !is_it || (begins && parser.now.kind == Kind::NewLine) {
        return false;
    }
    parser.skip_lines();
    true
}

fn binary(parser: &mut Parser<'_, '_>, levels: &[&[(&str, &str)]]) -> Result<Expr, Stop> {
    let Some((level, tighter)) = levels.split_first() else { return unary(parser) };
    let start = parser.now.start;
    let mut left = binary(parser, tighter)?;
    let mut chain = 0;
    while goes_on_with(parser, |sign| level.iter().any(|(own, _)| *own == sign)) {
        chain += 1;
        if chain > MAX_DEPTH {
            return Err(parser.stop(&format!("expected at most {MAX_DEPTH} operators in one expression")));
        }
        let function = level.iter().find(|(sign, _)| parser.is(sign)).map_or("", |(_, function)| function);
        parser.advance();
        parser.skip_lines();
        let right = binary(parser, tighter)?;
        let span = parser.since(start);
        left = match function.strip_prefix('!') {
            Some(function) => Expr::call("not", vec![Expr::call(function, vec![left, right], span)], span),
            None => Expr::call(function, vec![left, right], span),
        };
    }
    Ok(left)
}

fn unary(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let start = parser.now.start;
    let function = match parser.now.kind {
        Kind::Sign("!") => "not",
        Kind::Sign("-") => "negate",
        Kind::Sign("+") => "int",
        _ => return suffixed(parser),
    };
    parser.advance();
    let of = parser.deeper(unary)?;
    let span = parser.since(start);
    if let ExprKind::Number(number) = &of.kind
        && function == "negate"
    {
        return Ok(Expr::new(ExprKind::Number(Arc::from(format!("-{number}"))), span));
    }
    Ok(Expr::call(function, vec![of], span))
}

fn suffixed(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let start = parser.now.start;
    let mut expr = primary(parser)?;
    let mut chain = 0;
    loop {
        chain += 1;
        if chain > MAX_DEPTH {
            return Err(parser.stop(&format!("expected at most {MAX_DEPTH} properties one after the other")));
        }
        if parser.is("[") {
            parser.advance();
            parser.skip_lines();
            let is_safe = parser.eat("?");
            let is_from_end = parser.eat("^");
            let at = expression(parser)?;
            parser.skip_lines();
            parser.expect("]")?;
            let span = parser.since(start);
            expr = if is_from_end {
                Expr::call("indexFromEnd", vec![expr, at], span)
            } else {
                Expr::new(ExprKind::Index { of: Box::new(expr), at: Box::new(at), is_safe }, span)
            };
        } else if parser.is("!") && parser.next().kind != Kind::Sign("=") {
            // Says only that it is not null.
            parser.advance();
        } else if parser.is("?.") || goes_on_with(parser, |sign| matches!(sign, "." | ".?" | "::")) {
            let is_safe = parser.is(".?") || parser.is("?.");
            let is_nested = parser.is("::");
            parser.advance();
            let Some(name) = parser.word() else { return Err(parser.stop("expected a name")) };
            parser.advance();
            if parser.is("(") {
                let arguments = arguments(parser)?;
                let call = ExprKind::Call { on: Some(Box::new(expr)), name: Arc::from(name), arguments };
                expr = Expr::new(call, parser.since(start));
            } else if is_nested {
                // Names of resources inside of others are those of the file here.
                expr = Expr::new(ExprKind::Name(Arc::from(name)), parser.since(start));
            } else {
                let member = ExprKind::Member { of: Box::new(expr), name: Arc::from(name), is_safe };
                expr = Expr::new(member, parser.since(start));
            }
        } else {
            return Ok(expr);
        }
    }
}

fn arguments(parser: &mut Parser<'_, '_>) -> Result<Vec<Expr>, Stop> {
    parser.expect("(")?;
    let mut arguments = Vec::new();
    loop {
        parser.skip_lines();
        if parser.eat(")") {
            return Ok(arguments);
        }
        arguments.push(expression(parser)?);
        parser.skip_lines();
        if !parser.eat(",") && !parser.is(")") {
            return Err(parser.stop("expected `,` or `)`"));
        }
    }
}

fn primary(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let start = parser.now.start;
    match parser.now.kind {
        Kind::Text => texts::quoted(parser),
        Kind::Block => texts::block(parser),
        Kind::Number => {
            let number = parser.slice();
            parser.advance();
            Ok(Expr::new(ExprKind::Number(Arc::from(number)), parser.since(start)))
        }
        Kind::Sign("[") => list(parser),
        Kind::Sign("{") => object(parser),
        Kind::Sign("(") => {
            if let Some(names) = lambda_names(parser) {
                return lambda(parser, names, start);
            }
            parser.advance();
            parser.skip_lines();
            let expr = expression(parser)?;
            parser.skip_lines();
            parser.expect(")")?;
            Ok(expr)
        }
        Kind::Word => {
            let word = parser.slice();
            if parser.next().kind == Kind::Sign("=>") {
                parser.advance();
                return lambda(parser, vec![Arc::from(word)], start);
            }
            parser.advance();
            if parser.is("(") {
                let arguments = arguments(parser)?;
                return Ok(Expr::call(word, arguments, parser.since(start)));
            }
            let kind = match word {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "null" => ExprKind::Null,
                name => ExprKind::Name(Arc::from(name)),
            };
            Ok(Expr::new(kind, parser.since(start)))
        }
        _ => Err(parser.stop("expected a value")),
    }
}

/// The names of `(a, b) =>`, when that is what comes; then the arrow is the token here.
fn lambda_names(parser: &mut Parser<'_, '_>) -> Option<Vec<Arc<str>>> {
    let (now, before) = (parser.now, parser.before);
    let mut names = Vec::new();
    parser.advance();
    loop {
        parser.skip_lines();
        match parser.now.kind {
            Kind::Word => names.push(Arc::from(parser.slice())),
            Kind::Sign(",") => {}
            Kind::Sign(")") if parser.next().kind == Kind::Sign("=>") => {
                parser.advance();
                return Some(names);
            }
            _ => {
                (parser.now, parser.before) = (now, before);
                return None;
            }
        }
        parser.advance();
    }
}

fn lambda(parser: &mut Parser<'_, '_>, names: Vec<Arc<str>>, start: usize) -> Result<Expr, Stop> {
    parser.expect("=>")?;
    parser.skip_lines();
    let body = Box::new(expression(parser)?);
    Ok(Expr::new(ExprKind::Lambda { names, body }, parser.since(start)))
}

fn list(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let start = parser.now.start;
    if is_loop(parser) {
        let (repeat, body) = repeated(parser)?;
        let kind = ExprKind::For { repeat: Box::new(repeat), body: Box::new(body) };
        return Ok(Expr::new(kind, parser.since(start)));
    }
    parser.expect("[")?;
    let mut items = Vec::new();
    loop {
        while parser.now.kind == Kind::NewLine || parser.is(",") {
            parser.advance();
        }
        if parser.eat("]") {
            return Ok(Expr::new(ExprKind::Array(items), parser.since(start)));
        }
        items.push(if parser.eat("...") {
            Item::Spread(expression(parser)?)
        } else {
            Item::One(expression(parser)?)
        });
        if !matches!(parser.now.kind, Kind::NewLine | Kind::Sign("," | "]")) {
            return Err(parser.stop("expected a new line, `,` or `]`"));
        }
    }
}

/// Whether `[for ..` comes.
pub(super) fn is_loop(parser: &Parser<'_, '_>) -> bool {
    let mut ahead = parser.next();
    while ahead.kind == Kind::NewLine {
        ahead = super::lexer::token(parser.text, ahead.end, parser.text.len());
    }
    parser.is("[") && ahead.kind == Kind::Word && parser.text.get(ahead.start..ahead.end) == Some("for")
}

/// `[for item in list: if (condition) body]`
pub(super) fn repeated(parser: &mut Parser<'_, '_>) -> Result<(Repeat, Expr), Stop> {
    parser.expect("[")?;
    parser.skip_lines();
    parser.advance();
    let mut names: Vec<Arc<str>> = Vec::new();
    let is_pair = parser.eat("(");
    while let Some(name) = parser.word().filter(|name| *name != "in") {
        names.push(Arc::from(name));
        parser.advance();
        if !is_pair || !parser.eat(",") {
            break;
        }
    }
    if is_pair {
        parser.expect(")")?;
    }
    let mut names = names.into_iter();
    let Some(item) = names.next() else { return Err(parser.stop("expected a name for the item")) };
    if !parser.eat_word("in") {
        return Err(parser.stop("expected `in`"));
    }
    let list = expression(parser)?;
    parser.expect(":")?;
    parser.skip_lines();
    let condition = condition(parser)?;
    let body = expression(parser)?;
    parser.skip_lines();
    parser.expect("]")?;
    Ok((Repeat::Over { item, index: names.next(), list, condition }, body))
}

/// `if (condition)`
pub(super) fn condition(parser: &mut Parser<'_, '_>) -> Result<Option<Expr>, Stop> {
    if parser.word() != Some("if") || parser.next().kind != Kind::Sign("(") {
        return Ok(None);
    }
    parser.advance();
    parser.advance();
    parser.skip_lines();
    let condition = expression(parser)?;
    parser.skip_lines();
    parser.expect(")")?;
    parser.skip_lines();
    Ok(Some(condition))
}

/// An object. Resources declared in it are put with the nested ones.
pub(super) fn object(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let start = parser.now.start;
    parser.expect("{")?;
    let mut entries = Vec::new();
    loop {
        while parser.now.kind == Kind::NewLine || parser.is(",") {
            parser.advance();
        }
        if parser.eat("}") {
            return Ok(Expr::new(ExprKind::Object(entries), parser.since(start)));
        }
        if parser.eat("...") {
            entries.push(Entry::Spread(expression(parser)?));
            continue;
        }
        if parser.is("@") {
            declarations::decorator(parser)?;
            continue;
        }
        if parser.word() == Some("resource") && parser.next().kind == Kind::Word {
            parser.deeper(declarations::nested)?;
            continue;
        }
        let name = match parser.now.kind {
            Kind::Word => {
                let name = parser.slice();
                parser.advance();
                Expr::text(name, parser.span(parser.before - name.len(), parser.before))
            }
            Kind::Text => texts::quoted(parser)?,
            Kind::Block => texts::block(parser)?,
            _ => return Err(parser.stop("expected the name of a property")),
        };
        parser.skip_lines();
        parser.expect(":")?;
        parser.skip_lines();
        let value = expression(parser)?;
        entries.push(Entry::Member { name, value });
        if !matches!(parser.now.kind, Kind::NewLine | Kind::Sign("," | "}")) {
            return Err(parser.stop("expected a new line, `,` or `}`"));
        }
    }
}
