//! The expression language of ARM templates: `[concat(parameters('a'), '-b')]`.

use super::super::eval::{Expr, ExprKind};
use crate::diagnostics::Span;
use crate::tree::json::{Node, Value};

/// Deepest nesting of brackets.
const MAX_DEPTH: u32 = 64;

/// The expression that `text` is; `None` when it is not one of the language. All parts have the place of the text.
pub(super) fn parse(text: &str, span: Span) -> Option<Expr> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut parser = Parser { rest: inner, span, depth: 0 };
    let expr = parser.expr()?;
    parser.blank();
    parser.rest.is_empty().then_some(expr)
}

/// Whether a text is an expression and not a literal: `[...]`, and not `[[...`.
pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with('[') && text.ends_with(']') && !text.starts_with("[[")
}

struct Parser<'t> {
    rest: &'t str,
    span: Span,
    depth: u32,
}

impl<'t> Parser<'t> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Option<&'t str> {
        self.blank();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        if word.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(word)
    }

    fn make(&self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span }
    }

    fn literal(&self, value: Value) -> Expr {
        self.make(ExprKind::Literal(Node::new(value, self.span)))
    }

    fn expr(&mut self) -> Option<Expr> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let mut value = self.primary()?;
        for _ in 0..=MAX_DEPTH {
            if self.eat(".?") || self.eat("?.") {
                let name = self.word()?.to_owned();
                value = self.make(ExprKind::Member(Box::new(value), name, true));
            } else if self.eat(".") {
                let name = self.word()?.to_owned();
                // A function of the template: namespace.name(...).
                if let ExprKind::Name(namespace) = &value.kind
                    && self.eat("(")
                {
                    let called = format!("{namespace}.{name}");
                    let arguments = self.arguments()?;
                    value = self.make(ExprKind::Call(called, arguments));
                } else {
                    value = self.make(ExprKind::Member(Box::new(value), name, false));
                }
            } else if self.eat("[") {
                let index = self.expr()?;
                if !self.eat("]") {
                    return None;
                }
                value = self.make(ExprKind::Index(Box::new(value), Box::new(index), false));
            } else {
                break;
            }
        }
        self.depth = self.depth.saturating_sub(1);
        Some(value)
    }

    fn arguments(&mut self) -> Option<Vec<Expr>> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Some(arguments);
        }
        loop {
            arguments.push(self.expr()?);
            if self.eat(")") {
                return Some(arguments);
            }
            if !self.eat(",") {
                return None;
            }
        }
    }

    fn primary(&mut self) -> Option<Expr> {
        self.blank();
        if let Some(mut rest) = self.rest.strip_prefix('\'') {
            let mut text = String::new();
            loop {
                let (piece, after) = rest.split_once('\'')?;
                text.push_str(piece);
                match after.strip_prefix('\'') {
                    Some(more) => {
                        text.push('\'');
                        rest = more;
                    }
                    None => {
                        self.rest = after;
                        return Some(self.literal(Value::Text(text)));
                    }
                }
            }
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            let end = self
                .rest
                .find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '.')))
                .unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest;
            return Some(self.literal(Value::Number(number.to_owned())));
        }
        let word = self.word()?.to_owned();
        if self.eat("(") {
            let arguments = self.arguments()?;
            return Some(self.make(ExprKind::Call(word, arguments)));
        }
        Some(self.make(ExprKind::Name(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::SourceId;

    #[test]
    fn expressions_are_told_from_texts() {
        for (text, is_one, parses) in [
            ("[parameters('a')]", true, true),
            ("[[literal]", false, false),
            ("plain", false, false),
            ("[concat('it''s', variables('x').y[0], string(-1))]", true, true),
            ("[ns.own('a')]", true, true),
            ("[a", false, false),
            ("[concat('a',]", true, false),
            ("[concat('a') x]", true, false),
        ] {
            assert_eq!(is_expression(text), is_one, "{text}");
            assert_eq!(parse(text, Span::new(SourceId(0), 0, 0)).is_some(), parses, "{text}");
        }
        let deep = format!("[{}1{}]", "int(".repeat(5_000), ")".repeat(5_000));
        assert!(parse(&deep, Span::new(SourceId(0), 0, 0)).is_none());
    }
}
