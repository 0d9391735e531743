//! The expressions in texts of ARM templates: `[concat(parameters('a'), '-b')]`.
//!
//! Rules
//! - A text that begins with `[` and ends with `]` is an expression; `[[` at its beginning is one bracket and no
//!   expression.
//! - Every part has the place of the whole text: a text of JSON may have escapes.

use std::sync::Arc;

use crate::diagnostics::Span;
use crate::resources::eval::syntax::{Expr, ExprKind};

/// Deepest nesting of calls.
const MAX_DEPTH: u32 = 96;

/// What a text of a template is. The error says what was expected.
pub(super) fn read_text(text: &str, span: Span, content: Option<Span>) -> Result<Expr, String> {
    let trimmed = text.trim();
    let inside = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(_) if trimmed.starts_with("[[") => Ok(Expr::text(text.replacen("[[", "[", 1).as_str(), span)),
        Some(inside) => {
            let mut reader = Reader { rest: inside, span, depth: 0 };
            let expr = reader.expression()?;
            reader.skip_blank();
            match reader.rest.chars().next() {
                None => Ok(expr),
                Some(c) => Err(format!("expected the end of the expression before `{c}`")),
            }
        }
        None => Ok(Expr::new(ExprKind::Text { text: Arc::from(text), content }, span)),
    }
}

struct Reader<'x> {
    rest: &'x str,
    span: Span,
    depth: u32,
}

impl<'x> Reader<'x> {
    fn skip_blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, text: &str) -> bool {
        self.skip_blank();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.eat(text) { Ok(()) } else { Err(format!("expected `{text}` {}", self.found())) }
    }

    fn found(&self) -> String {
        match self.rest.chars().next() {
            Some(c) => format!("before `{c}`"),
            None => "at the end".to_owned(),
        }
    }

    /// What matches at the beginning.
    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'x str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn expression(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("expected at most {MAX_DEPTH} levels of calls"));
        }
        let mut expr = self.primary()?;
        let span = self.span;
        let mut suffixes = 0;
        loop {
            suffixes += 1;
            if suffixes > MAX_DEPTH {
                return Err(format!("expected at most {MAX_DEPTH} properties one after the other"));
            }
            let of = |expr: Expr| Box::new(expr);
            if self.eat(".?") {
                let name = self.name()?;
                expr = Expr::new(ExprKind::Member { of: of(expr), name, is_safe: true }, span);
            } else if self.eat(".") {
                let name = self.name()?;
                expr = Expr::new(ExprKind::Member { of: of(expr), name, is_safe: false }, span);
            } else if self.eat("[") {
                let is_safe = self.eat("?");
                let at = Box::new(self.expression()?);
                self.expect("]")?;
                expr = Expr::new(ExprKind::Index { of: of(expr), at, is_safe }, span);
            } else {
                break;
            }
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn name(&mut self) -> Result<Arc<str>, String> {
        self.skip_blank();
        let name = self.take(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '-'));
        if name.is_empty() { Err(format!("expected a name {}", self.found())) } else { Ok(Arc::from(name)) }
    }

    fn primary(&mut self) -> Result<Expr, String> {
        self.skip_blank();
        let span = self.span;
        match self.rest.chars().next() {
            Some('\'') => Ok(Expr::text(&self.quoted()?, span)),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+') => {
                let number = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
                Ok(Expr::new(ExprKind::Number(Arc::from(number.trim_start_matches('+'))), span))
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let mut name = self.take(|c| c.is_alphanumeric() || c == '_').to_owned();
                // Functions of the user have a namespace.
                while !self.eat("(") {
                    self.expect(".").map_err(|_| match name.as_str() {
                        "" => "expected a call".to_owned(),
                        name => format!("expected `(` after `{}`", crate::tree::json::shorten(name)),
                    })?;
                    let part = self.name()?;
                    name = format!("{name}.{part}");
                    if name.len() > 400 {
                        return Err("expected a call".to_owned());
                    }
                }
                let mut arguments = Vec::new();
                if !self.eat(")") {
                    loop {
                        arguments.push(self.expression()?);
                        if self.eat(")") {
                            break;
                        }
                        self.expect(",")?;
                    }
                }
                Ok(Expr::call(&name, arguments, span))
            }
            _ => Err(format!("expected a call, a text or a number {}", self.found())),
        }
    }

    /// A text in single quotes; two of them stand for one.
    fn quoted(&mut self) -> Result<String, String> {
        let mut rest = self.rest.strip_prefix('\'').unwrap_or(self.rest);
        let mut text = String::new();
        loop {
            let Some((before, after)) = rest.split_once('\'') else {
                return Err("expected a closing `'`".to_owned());
            };
            text.push_str(before);
            if let Some(after) = after.strip_prefix('\'') {
                text.push('\'');
                rest = after;
            } else {
                self.rest = after;
                return Ok(text);
            }
        }
    }
}
