//! Lambdas and anonymous methods.

use super::types::Question;
use super::{Parsed, Parser};
use crate::diagnostics::Span;
use crate::policy::csharp::syntax::{Expr, ExprKind, LambdaBody, Parameter};
use crate::policy::csharp::token::Token;

impl Parser<'_, '_> {
    /// Whether a lambda begins here.
    pub(super) fn lambda_follows(&self) -> bool {
        self.lambda_at(self.at)
    }

    pub(super) fn lambda_at(&self, at: usize) -> bool {
        if self.sign_at(at, "(") {
            return self.sign_at(self.closer(at).saturating_add(1), "=>");
        }
        self.sign_at(at.saturating_add(1), "=>") && self.is_name_at(at)
    }

    #[inline(never)]
    pub(super) fn lambda(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let parameters = if self.sign_is("(") {
            self.parameters(false)?
        } else {
            vec![Parameter { ty: None, name: self.name("a parameter")? }]
        };
        self.expect("=>")?;
        let (body, end) = self.lambda_body()?;
        self.node(ExprKind::Lambda { parameters, body }, start.to(end))
    }

    /// What stands behind `=>`, and its place.
    pub(super) fn lambda_body(&mut self) -> Parsed<(LambdaBody, Span)> {
        if self.sign_is("{") {
            let body = self.block()?;
            return Ok((LambdaBody::Block(body), self.last_span()));
        }
        let value = self.expression()?;
        let span = value.span;
        Ok((LambdaBody::Expr(Box::new(value)), span))
    }

    /// `delegate (T x) { ... }`; without brackets it is one without parameters here, although C# takes it for
    /// functions with any.
    #[inline(never)]
    pub(super) fn delegate(&mut self, start: Span) -> Parsed<Expr> {
        self.skip();
        let parameters = if self.sign_is("{") { Vec::new() } else { self.parameters(true)? };
        let body = LambdaBody::Block(self.block()?);
        let span = start.to(self.last_span());
        self.node(ExprKind::Lambda { parameters, body }, span)
    }

    /// Parameters in brackets: with types, all of them, or without if that is allowed.
    #[inline(never)]
    pub(super) fn parameters(&mut self, typed: bool) -> Parsed<Vec<Parameter>> {
        self.expect("(")?;
        let mut parameters: Vec<Parameter> = Vec::new();
        while !self.sign_is(")") {
            let parameter = self.parameter(typed)?;
            let mixed = parameters.first().is_some_and(|first| first.ty.is_some() != parameter.ty.is_some());
            if mixed {
                let message = "some parameters have a type and some have none";
                self.report.syntax(
                    parameter.name.span,
                    message,
                    "expected types for all of them, or for none",
                );
            }
            parameters.push(parameter);
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(parameters)
    }

    fn parameter(&mut self, typed: bool) -> Parsed<Parameter> {
        if let Token::Name { text: modifier @ ("out" | "ref" | "in" | "params" | "this"), escaped: false } =
            *self.peek()
        {
            let what = format!("the parameter modifier `{modifier}`");
            return Err(self.unsupported(&what, "return a value instead"));
        }
        let next = self.at.saturating_add(1);
        if !typed && self.is_name_at(self.at) && matches!(self.token(next), Token::Sign("," | ")")) {
            return Ok(Parameter { ty: None, name: self.name("a parameter")? });
        }
        let ty = self.required_type(Question::Nullable)?;
        let name = self.name("the name of a parameter")?;
        if self.sign_is("=") {
            return Err(self.unsupported("a default value of a parameter", "pass the value in each call"));
        }
        Ok(Parameter { ty: Some(ty), name })
    }
}
