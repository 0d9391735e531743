//! Names, literals and brackets, and the members, calls and indexes behind them.

use super::super::Value;
use super::super::syntax::{Expr, ExprKind, Name};
use super::super::token::Token;
use super::{Parser, Stop};
use crate::diagnostics::Span;

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Result<Expr, Stop> {
        let start = self.primary()?;
        self.suffixes(start)
    }

    /// Members, calls and indexes behind `left`.
    fn suffixes(&mut self, mut left: Expr) -> Result<Expr, Stop> {
        loop {
            left = match *self.peek() {
                Token::Sign(".") => {
                    self.skip();
                    self.member(left)?
                }
                Token::Sign("(") => {
                    let (arguments, end) = self.arguments()?;
                    let depth = arguments.iter().map(|a| a.depth).fold(left.depth, u32::max);
                    let span = left.span.to(end);
                    self.node(ExprKind::Call { callee: Box::new(left), arguments }, span, depth)?
                }
                Token::Sign("[") => self.index(left)?,
                Token::Sign("?.") => {
                    self.skip();
                    let binding = self.node(ExprKind::Binding, left.span, 0)?;
                    let rest = self.member(binding)?;
                    return self.null_safe(left, rest);
                }
                Token::Sign("?") if self.ahead(1) == &Token::Sign("[") => {
                    self.skip();
                    let binding = self.node(ExprKind::Binding, left.span, 0)?;
                    let rest = self.index(binding)?;
                    return self.null_safe(left, rest);
                }
                Token::Sign(sign @ ("++" | "--" | "->" | "::")) => {
                    return Err(self.unsupported(&format!("the operator `{sign}`")));
                }
                _ => return Ok(left),
            };
        }
    }

    fn null_safe(&mut self, object: Expr, rest: Expr) -> Result<Expr, Stop> {
        self.enter()?;
        let rest = self.suffixes(rest)?;
        self.leave();
        let (span, depth) = (object.span.to(rest.span), object.depth.max(rest.depth));
        self.node(ExprKind::NullSafe { object: Box::new(object), rest: Box::new(rest) }, span, depth)
    }

    fn index(&mut self, object: Expr) -> Result<Expr, Stop> {
        self.expect("[")?;
        let index = self.expression()?;
        let end = self.span();
        self.expect("]")?;
        let (span, depth) = (object.span.to(end), object.depth.max(index.depth));
        self.node(ExprKind::Index { object: Box::new(object), index: Box::new(index) }, span, depth)
    }

    fn member(&mut self, object: Expr) -> Result<Expr, Stop> {
        let span = self.span();
        let Token::Name(text) = self.peek().clone() else {
            return Err(self.unexpected("the name of a member"));
        };
        self.skip();
        let mut type_arguments = Vec::new();
        let mut end = span;
        if self.sign_is("<")
            && let Some((arguments, next)) = self.type_arguments()
        {
            end = self.tokens.get(next.saturating_sub(1)).map_or(span, |t| t.span);
            type_arguments = arguments;
            self.at = next;
        }
        let (whole, depth) = (object.span.to(end), object.depth);
        let name = Name { text, span };
        self.node(ExprKind::Member { object: Box::new(object), name, type_arguments }, whole, depth)
    }

    fn arguments(&mut self) -> Result<(Vec<Expr>, Span), Stop> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.sign_is(")") {
            if let Token::Name(name) = self.peek() {
                if name == "out" || name == "ref" {
                    let construct = format!("the argument modifier `{name}`");
                    return Err(self.unsupported(&construct));
                }
                if self.ahead(1) == &Token::Sign(":") {
                    return Err(self.unsupported("a named argument"));
                }
            }
            arguments.push(self.expression()?);
            if !self.sign_is(",") {
                break;
            }
            self.skip();
            if self.sign_is(")") {
                return Err(self.unexpected("an argument"));
            }
        }
        let end = self.span();
        self.expect(")")?;
        Ok((arguments, end))
    }

    fn primary(&mut self) -> Result<Expr, Stop> {
        let span = self.span();
        let kind = match self.peek().clone() {
            Token::Literal(value) => ExprKind::Literal(value),
            Token::MinMagnitude(n) => match n.checked_neg() {
                Some(value) => ExprKind::Literal(Value::Long(value)),
                None => return Err(self.unsupported("an unsigned literal")),
            },
            Token::Name(name) => match name.as_str() {
                "true" => ExprKind::Literal(Value::Bool(true)),
                "false" => ExprKind::Literal(Value::Bool(false)),
                "null" => ExprKind::Literal(Value::Null),
                "new" | "typeof" | "nameof" | "default" | "delegate" | "checked" | "unchecked" | "sizeof"
                | "await" | "async" | "throw" | "stackalloc" | "this" | "base" => {
                    return Err(self.unsupported(&format!("`{name}`")));
                }
                _ => ExprKind::Name(name),
            },
            Token::Sign("(") => {
                self.skip();
                let inner = self.expression()?;
                if self.sign_is(",") {
                    return Err(self.unsupported("a tuple or a lambda with several parameters"));
                }
                let end = self.span();
                self.expect(")")?;
                if self.sign_is("=>") {
                    return Err(self.unsupported("a lambda (`=>`)"));
                }
                return Ok(Expr { span: span.to(end), ..inner });
            }
            Token::Unsupported(what) => return Err(self.unsupported(what)),
            Token::Sign(_) | Token::End => return Err(self.unexpected("an expression")),
        };
        self.skip();
        self.node(kind, span, 0)
    }
}
