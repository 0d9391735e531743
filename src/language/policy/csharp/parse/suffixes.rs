//! What stands behind an operand: members, calls, indices, `?.`, `++`.

use super::{Parsed, Parser};
use crate::diagnostics::Span;
use crate::policy::csharp::syntax::{Argument, Expr, ExprKind, Name, TypeKind, TypeSyntax};
use crate::policy::csharp::token::Token;

impl Parser<'_, '_> {
    /// An operand with everything behind it.
    pub(super) fn postfix(&mut self) -> Parsed<Expr> {
        let first = self.primary()?;
        self.suffixes(first)
    }

    fn suffixes(&mut self, mut left: Expr) -> Parsed<Expr> {
        loop {
            left = match *self.peek() {
                Token::Sign("(") => self.call(left)?,
                Token::Sign("[") => self.index(left)?,
                Token::Sign(".") => {
                    self.skip();
                    self.member(left)?
                }
                Token::Sign("?.") => {
                    self.skip();
                    return self.null_safe(left, false);
                }
                Token::Sign("?") if self.sign_ahead(1, "[") => {
                    self.skip();
                    return self.null_safe(left, true);
                }
                Token::Sign(sign @ ("++" | "--")) => {
                    let span = left.span.to(self.span());
                    self.skip();
                    self.node(
                        ExprKind::Step { target: Box::new(left), up: sign == "++", prefix: false },
                        span,
                    )?
                }
                Token::Sign("!") if !self.begins_operand(self.at.saturating_add(1)) => {
                    self.newer("the null-forgiving `!`", "8", "leave `!` out");
                    self.skip();
                    left
                }
                Token::Sign("..") => {
                    self.newer("a range (`..`)", "8", "write `Substring`, or `Skip` and `Take`");
                    self.skip();
                    if self.begins_operand(self.at) || self.sign_is("^") {
                        self.enter()?;
                        self.unary()?;
                        self.leave();
                    }
                    left
                }
                Token::Sign("->") => {
                    return Err(self.unsupported("the pointer operator `->`", "write `.`"));
                }
                Token::Name { text: "switch", escaped: false } if self.sign_ahead(1, "{") => {
                    self.newer("a `switch` expression", "8", "write `?:` or a `switch` statement");
                    self.at = self.closer(self.at.saturating_add(1)).saturating_add(1);
                    left
                }
                Token::Name { text: "with", escaped: false } if self.sign_ahead(1, "{") => {
                    self.newer("a `with` expression", "9", "write `new` with all values");
                    self.at = self.closer(self.at.saturating_add(1)).saturating_add(1);
                    left
                }
                _ => return Ok(left),
            };
        }
    }

    /// What stands behind `?.` and `?[`, up to the end of the chain.
    #[inline(never)]
    fn null_safe(&mut self, object: Expr, index: bool) -> Parsed<Expr> {
        self.enter()?;
        let binding = Expr { kind: ExprKind::Binding, span: object.span };
        let rest = if index { self.index(binding)? } else { self.member(binding)? };
        let rest = self.suffixes(rest)?;
        self.leave();
        let span = object.span.to(rest.span);
        self.node(ExprKind::NullSafe { object: Box::new(object), rest: Box::new(rest) }, span)
    }

    #[inline(never)]
    fn call(&mut self, callee: Expr) -> Parsed<Expr> {
        let (arguments, end) = self.arguments("(", ")")?;
        let span = callee.span.to(end);
        self.node(ExprKind::Call { callee: Box::new(callee), arguments }, span)
    }

    #[inline(never)]
    fn index(&mut self, object: Expr) -> Parsed<Expr> {
        let (arguments, end) = self.arguments("[", "]")?;
        if arguments.is_empty() {
            self.report.syntax(end, "an index is missing", "expected a value between `[` and `]`");
        }
        let span = object.span.to(end);
        self.node(ExprKind::Index { object: Box::new(object), arguments }, span)
    }

    #[inline(never)]
    fn member(&mut self, object: Expr) -> Parsed<Expr> {
        let name = self.name("the name of a member")?;
        let type_arguments = self.taken_type_arguments();
        let span = object.span.to(self.last_span());
        self.node(ExprKind::Member { object: Box::new(object), name, type_arguments }, span)
    }

    /// `<A, B>` if it is here.
    pub(super) fn taken_type_arguments(&mut self) -> Vec<TypeSyntax> {
        let Some((arguments, next)) = self.type_arguments() else { return Vec::new() };
        self.at = next;
        arguments
    }

    /// Arguments in brackets, and the place of the closing one.
    pub(super) fn arguments(&mut self, opener: &str, closer: &str) -> Parsed<(Vec<Argument>, Span)> {
        self.expect(opener)?;
        let mut arguments = Vec::new();
        while !self.sign_is(closer) {
            arguments.push(self.argument()?);
            if !self.take(",") {
                break;
            }
            if self.sign_is(closer) {
                return Err(self.unexpected("an argument"));
            }
        }
        if !self.sign_is(closer) {
            return Err(self.unexpected(&format!("`,` or `{closer}`")));
        }
        let end = self.span();
        self.skip();
        Ok((arguments, end))
    }

    #[inline(never)]
    fn argument(&mut self) -> Parsed<Argument> {
        let mut name = None;
        if self.sign_ahead(1, ":")
            && let Some(found) = self.name_at(self.at)
        {
            name = Some(found);
            self.skip();
            self.skip();
        }
        let start = self.span();
        let Token::Name { text: modifier @ ("out" | "ref" | "in"), escaped: false } = *self.peek() else {
            return Ok(Argument { name, by_reference: false, value: self.expression()? });
        };
        if modifier == "in" {
            return Err(self.unsupported("the argument modifier `in`", "leave `in` out"));
        }
        self.skip();
        let declared = if modifier == "out" { self.declaration(start)? } else { None };
        let value = match declared {
            Some(value) => value,
            None => self.expression()?,
        };
        Ok(Argument { name, by_reference: true, value })
    }

    /// `int n`, `var n` or `_` behind `out`.
    #[inline(never)]
    fn declaration(&mut self, start: Span) -> Parsed<Option<Expr>> {
        if let Token::Name { text: "_", .. } = *self.peek()
            && matches!(self.ahead(1), Token::Sign("," | ")"))
        {
            let span = self.span();
            self.skip();
            let ty = TypeSyntax { kind: TypeKind::Var, span: start };
            let name = Name { text: "_".to_owned(), span };
            return self.node(ExprKind::Declaration { ty, name }, span).map(Some);
        }
        let Some((ty, next)) = self.type_at(self.at, super::types::Question::Nullable) else {
            return Ok(None);
        };
        let Some(name) = self.name_at(next) else { return Ok(None) };
        self.at = next.saturating_add(1);
        let span = ty.span.to(name.span);
        self.node(ExprKind::Declaration { ty, name }, span).map(Some)
    }
}
