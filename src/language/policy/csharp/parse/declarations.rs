//! Local variables, taking tuples apart, and local functions.

use super::types::Question;
use super::{Parsed, Parser};
use crate::diagnostics::Span;
use crate::policy::csharp::syntax::{Expr, ExprKind, LambdaBody, Name, Stmt, StmtKind, TypeKind, TypeSyntax};
use crate::policy::csharp::token::{Placed, Token};

/// A variable that a tuple is taken apart into: its type unless that is `var` for all, and its name.
pub(super) type Part = (Option<TypeSyntax>, Name);

impl Parser<'_, '_> {
    /// What a type begins, or else an expression.
    #[inline(never)]
    pub(super) fn declaration_or_expression(&mut self) -> Parsed<StmtKind> {
        if let Some(function) = self.local_function()? {
            return Ok(function);
        }
        if let Some(kind) = self.deconstruction()? {
            self.end_statement()?;
            return Ok(kind);
        }
        match self.local_declaration(true)? {
            Some(kind) => {
                self.end_statement()?;
                Ok(kind)
            }
            None => self.expression_statement(),
        }
    }

    /// `T a = x, b`, if it is here.
    #[inline(never)]
    pub(super) fn local_declaration(&mut self, constants: bool) -> Parsed<Option<StmtKind>> {
        let constant = constants && self.word_is("const");
        let start = if constant { self.at.saturating_add(1) } else { self.at };
        if !constant && self.word_is("ref") {
            return Err(self.unsupported("a `ref` variable", "leave `ref` out"));
        }
        let declared = self.type_at(start, Question::Nullable).filter(|(ty, next)| {
            // `a ? b : c` begins like a declaration of `b`.
            let behind = self.token(next.saturating_add(1));
            let declares = !matches!(ty.kind, TypeKind::Nullable(_))
                || matches!(behind, Token::Sign("=" | ";" | "," | ")") | Token::End);
            self.is_name_at(*next) && declares
        });
        let Some((ty, next)) = declared else {
            if constant {
                self.skip();
                return Err(self.unexpected("a type and a name"));
            }
            return Ok(None);
        };
        self.at = next;
        let mut variables = Vec::new();
        loop {
            let name = self.name("the name of a variable")?;
            let value = if self.take("=") { Some(self.first_value(&ty)?) } else { None };
            variables.push((name, value));
            if !self.take(",") {
                break;
            }
        }
        Ok(Some(StmtKind::Local { ty, variables, constant }))
    }

    /// A value, or the items of an array of a declared type.
    #[inline(never)]
    fn first_value(&mut self, ty: &TypeSyntax) -> Parsed<Expr> {
        if !self.sign_is("{") {
            return self.expression();
        }
        let element = match &ty.kind {
            TypeKind::Array(element, 1) => Some((**element).clone()),
            TypeKind::Array(..) => {
                let what = "an initialiser of an array of several dimensions";
                return Err(self.unsupported(what, "use arrays of arrays"));
            }
            _ => return Err(self.unexpected("a value")),
        };
        let start = self.span();
        let items = Some(self.items()?);
        let span = start.to(self.last_span());
        self.node(ExprKind::NewArray { element, sizes: Vec::new(), items }, span)
    }

    /// `var (a, b) = x` and `(var a, int b) = x`, if it is here.
    #[inline(never)]
    fn deconstruction(&mut self) -> Parsed<Option<StmtKind>> {
        let all_var = self.word_is("var") && self.sign_ahead(1, "(");
        let opener = if all_var { self.at.saturating_add(1) } else { self.at };
        if !self.sign_at(opener, "(") || !self.sign_at(self.closer(opener).saturating_add(1), "=") {
            return Ok(None);
        }
        let Some(names) = self.deconstructed(opener.saturating_add(1), all_var) else {
            if all_var {
                return Err(self.unsupported("a tuple in a tuple of variables", "take it apart in two steps"));
            }
            return Ok(None);
        };
        self.at = self.closer(opener).saturating_add(2);
        let value = self.expression()?;
        Ok(Some(StmtKind::Deconstruct { names, value }))
    }

    /// `var (a, b)` and `(var a, int b)` before `in`, if they are here.
    pub(super) fn parts_of_foreach(&mut self) -> Parsed<Option<Vec<Part>>> {
        let all_var = self.word_is("var") && self.sign_ahead(1, "(");
        let opener = if all_var { self.at.saturating_add(1) } else { self.at };
        if !self.sign_at(opener, "(") || !self.word_at(self.closer(opener).saturating_add(1), "in") {
            return Ok(None);
        }
        let Some(names) = self.deconstructed(opener.saturating_add(1), all_var) else {
            return Err(self.unsupported("a tuple in a tuple of variables", "take it apart in two steps"));
        };
        self.at = self.closer(opener).saturating_add(1);
        Ok(Some(names))
    }

    /// A loop over tuples: each is taken apart before the body.
    pub(super) fn foreach_parts(
        &mut self,
        names: Vec<Part>,
        span: Span,
        items: Expr,
        body: Box<Stmt>,
    ) -> StmtKind {
        let name = self.fresh_name("item", span);
        let value = Expr { kind: ExprKind::Name { name: name.clone(), type_arguments: Vec::new() }, span };
        let parts = Stmt { kind: StmtKind::Deconstruct { names, value }, span };
        let whole = body.span;
        let body = Stmt { kind: StmtKind::Block(vec![parts, *body]), span: whole };
        StmtKind::ForEach { ty: TypeSyntax { kind: TypeKind::Var, span }, name, items, body: Box::new(body) }
    }

    /// A name that stands nowhere in the expression.
    pub(super) fn fresh_name(&mut self, base: &str, span: Span) -> Name {
        loop {
            self.fresh = self.fresh.saturating_add(1);
            let text = format!("{base}{}", self.fresh);
            let is_taken =
                |placed: &Placed<'_>| matches!(placed.token, Token::Name { text: t, .. } if t == text);
            if self.fresh == u32::MAX || !self.tokens.iter().any(is_taken) {
                return Name { text, span };
            }
        }
    }

    fn deconstructed(&self, start: usize, all_var: bool) -> Option<Vec<Part>> {
        let mut names = Vec::new();
        let mut at = start;
        loop {
            let mut ty = None;
            if !all_var {
                let (found, next) = self.type_at(at, Question::Nullable)?;
                ty = Some(found);
                at = next;
            }
            names.push((ty, self.name_at(at)?));
            match self.token(at.saturating_add(1)) {
                Token::Sign(",") => at = at.saturating_add(2),
                Token::Sign(")") if names.len() > 1 => return Some(names),
                _ => return None,
            }
        }
    }

    /// `T Name(T a) { ... }` and `T Name(T a) => x;`, if it is here.
    #[inline(never)]
    fn local_function(&mut self) -> Parsed<Option<StmtKind>> {
        let (ty, next) = if self.word_is("void") {
            let at = self.at;
            let ty = self.void_type();
            let next = std::mem::replace(&mut self.at, at);
            (ty, next)
        } else {
            match self.type_at(self.at, Question::Nullable) {
                Some(found) => found,
                None => return Ok(None),
            }
        };
        let Some(name) = self.name_at(next) else { return Ok(None) };
        let opener = next.saturating_add(1);
        if self.sign_at(opener, "<") {
            self.at = next;
            return Err(self.unsupported("a local function with type parameters", "name the types"));
        }
        let body = self.closer(opener).saturating_add(1);
        if !self.sign_at(opener, "(") || !(self.sign_at(body, "{") || self.sign_at(body, "=>")) {
            return Ok(None);
        }
        self.at = opener;
        let parameters = self.parameters(true)?;
        let body = if self.take("=>") {
            let value = self.expression()?;
            self.end_statement()?;
            LambdaBody::Expr(Box::new(value))
        } else {
            LambdaBody::Block(self.block()?)
        };
        Ok(Some(StmtKind::LocalFunction { ty, name, parameters, body }))
    }
}
