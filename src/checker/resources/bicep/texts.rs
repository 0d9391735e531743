//! Texts of Bicep: escapes, interpolations, blocks.

use std::sync::Arc;

use super::parser::{Parser, Stop};
use crate::resources::eval::syntax::{Expr, ExprKind};

/// The text that is the token here.
pub(super) fn quoted(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let (start, end) = (parser.now.start, parser.now.end);
    parser.advance();
    joined(parser, start, (start + 1, end.saturating_sub(1)), 1, true)
}

/// The block that is the token here.
pub(super) fn block(parser: &mut Parser<'_, '_>) -> Result<Expr, Stop> {
    let (start, end) = (parser.now.start, parser.now.end);
    let dollars = parser.slice().bytes().take_while(|byte| *byte == b'$').count();
    parser.advance();
    let mut first = start + dollars + 3;
    let last = end.saturating_sub(3).max(first);
    let inside = parser.text.get(first..last).unwrap_or_default();
    // A line break right after the quotes does not belong to the text.
    first += if inside.starts_with("\r\n") { 2 } else { usize::from(inside.starts_with(['\n', '\r'])) };
    if dollars > 0 {
        return joined(parser, start, (first, last), dollars, false);
    }
    let text = parser.text.get(first..last).unwrap_or_default();
    let content = Some(parser.span(first, last));
    let span = parser.span(start, end);
    Ok(Expr::new(ExprKind::Text { text: Arc::from(text), content }, span))
}

/// The text from `first` to `last`, with what is interpolated after as many dollars.
fn joined(
    parser: &mut Parser<'_, '_>,
    start: usize,
    (first, last): (usize, usize),
    dollars: usize,
    has_escapes: bool,
) -> Result<Expr, Stop> {
    let span = parser.since(start);
    let marker = format!("{}{{", "$".repeat(dollars));
    let whole = parser.text.get(first..last).unwrap_or_default();
    let mut parts: Vec<Expr> = Vec::new();
    let mut text = String::new();
    let mut is_verbatim = true;
    let mut at = 0;
    while let Some(rest) = whole.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(&marker) {
            let from = at + marker.len();
            let length = hole(whole.get(from..).unwrap_or_default());
            if !text.is_empty() {
                parts.push(Expr::text(&text, span));
                text.clear();
            }
            let expr = parser.deeper(|parser| {
                let mut inner = parser.inside(first + from, first + from + length);
                let expr = super::expressions::alone(&mut inner);
                let told = inner.told;
                parser.told = told;
                expr
            })?;
            parts.push(expr);
            at = from + length + 1;
            continue;
        }
        if has_escapes && rest.starts_with('\\') {
            is_verbatim = false;
            let (made, length) = escape(rest);
            text.push_str(&made);
            at += length;
            continue;
        }
        let next = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| matches!(c, '\\' | '$'))
            .map_or(rest.len(), |(at, _)| at);
        let (plain, _) = rest.split_at_checked(next).unwrap_or((rest, ""));
        text.push_str(plain);
        at += next;
    }
    if parts.is_empty() {
        let content = is_verbatim.then(|| parser.span(first, last));
        return Ok(Expr::new(ExprKind::Text { text: Arc::from(text), content }, span));
    }
    if !text.is_empty() {
        parts.push(Expr::text(&text, span));
    }
    Ok(Expr::new(ExprKind::Joined(parts), span))
}

/// The length of an interpolated expression, up to its bracket.
fn hole(rest: &str) -> usize {
    let mut open: Vec<u8> = Vec::new();
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let in_text = open.last() == Some(&b'\'');
        match byte {
            b'\'' if in_text => {
                open.pop();
            }
            b'\'' => open.push(b'\''),
            b'\\' if in_text => at += 1,
            b'$' if in_text && bytes.get(at + 1) == Some(&b'{') => {
                open.push(b'{');
                at += 1;
            }
            b'{' if !in_text => open.push(b'{'),
            b'}' if !in_text && open.pop().is_none() => {
                return at;
            }
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

/// What an escape stands for, and its length. One that is none is kept.
fn escape(rest: &str) -> (String, usize) {
    if let Some(code) = rest.strip_prefix("\\u{") {
        let digits = code.split('}').next().unwrap_or_default();
        let made = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        if let Some(made) = made.filter(|_| digits.len() <= 8) {
            return (made.to_string(), digits.len() + 4);
        }
    }
    let made = match rest.chars().nth(1) {
        Some('n') => "\n",
        Some('r') => "\r",
        Some('t') => "\t",
        Some('\\') => "\\",
        Some('\'') => "'",
        Some('$') => "$",
        _ => return ("\\".to_owned(), 1),
    };
    (made.to_owned(), 2)
}
