//! Operands: literals, names, brackets, interpolated strings, and what keywords begin.

use super::types::{Question, is_keyword, is_type_keyword};
use super::{Parsed, Parser, Stop};
use crate::diagnostics::Span;
use crate::policy::csharp::Value;
use crate::policy::csharp::syntax::{Expr, ExprKind, Name, Piece, TypeKind, TypePart, TypeSyntax};
use crate::policy::csharp::token::Token;

impl Parser<'_, '_> {
    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let kind = match self.peek() {
            Token::Literal(value) | Token::Limit { value, .. } => ExprKind::Literal(value.clone()),
            Token::Quoted(text) => ExprKind::QuotedText(text.clone()),
            Token::Name { text, escaped } => {
                let (text, escaped) = (*text, *escaped);
                if !escaped && is_keyword(text) {
                    return self.keyword(text, span);
                }
                return self.named(text, escaped, span);
            }
            Token::StringStart => return self.interpolated(span),
            Token::Sign("(") => return self.parenthesised(span),
            Token::Sign("[") => {
                self.newer("a collection expression (`[...]`)", "12", "write `new[] { ... }`");
                return Err(Stop);
            }
            _ => return Err(self.unexpected("an expression")),
        };
        self.skip();
        self.node(kind, span)
    }

    /// A name, with type arguments behind it.
    #[inline(never)]
    fn named(&mut self, text: &str, escaped: bool, span: Span) -> Parsed<Expr> {
        if !escaped {
            match text {
                "nameof" if self.sign_ahead(1, "(") => return self.name_of(span),
                "global" if self.sign_ahead(1, "::") => {
                    self.skip();
                    self.skip();
                    let span = self.span();
                    let name = self.name("a name")?;
                    return self.node(ExprKind::Name { name, type_arguments: Vec::new() }, span);
                }
                "from" if self.query_follows() => return self.query(),
                "async" if matches!(self.ahead(1), Token::Name { .. }) || self.async_lambda() => {
                    return Err(self.unsupported("`async`", "expressions run to their end at once"));
                }
                _ => {}
            }
        }
        let name = Name { text: text.to_owned(), span };
        self.skip();
        let type_arguments = self.taken_type_arguments();
        let span = span.to(self.last_span());
        self.node(ExprKind::Name { name, type_arguments }, span)
    }

    fn async_lambda(&self) -> bool {
        let next = self.at.saturating_add(1);
        self.sign_at(next, "(") && self.sign_at(self.closer(next).saturating_add(1), "=>")
    }

    /// `from x in` and `from T x in`.
    pub(super) fn query_follows(&self) -> bool {
        let name = self.at.saturating_add(1);
        (self.is_name_at(name) && self.word_at(name.saturating_add(1), "in"))
            || self
                .type_at(name, Question::Nullable)
                .is_some_and(|(_, next)| self.is_name_at(next) && self.word_at(next.saturating_add(1), "in"))
    }

    #[inline(never)]
    fn keyword(&mut self, text: &str, span: Span) -> Parsed<Expr> {
        let kind = match text {
            "true" => ExprKind::Literal(Value::Bool(true)),
            "false" => ExprKind::Literal(Value::Bool(false)),
            "null" => ExprKind::Literal(Value::Null),
            "new" => return self.creation(span),
            "typeof" => return self.type_of(span),
            "default" => return self.default_value(span),
            "checked" | "unchecked" => return self.checked(text == "checked", span),
            "delegate" => return self.delegate(span),
            "this" | "base" => {
                let what = format!("`{text}`");
                return Err(self.unsupported(&what, "the gateway's objects are members of `context`"));
            }
            "sizeof" if self.sign_ahead(1, "(") => return self.size_of(span),
            "sizeof" | "stackalloc" | "ref" => {
                let what = format!("`{text}`");
                return Err(self.unsupported(&what, "there are no pointers and references here"));
            }
            "static" if self.lambda_at(self.at.saturating_add(1)) => {
                self.newer("a `static` lambda", "9", "leave `static` out");
                self.skip();
                return self.expression();
            }
            "switch" => {
                return Err(
                    self.unsupported("`switch` as a value", "a `switch` statement stands in `@{ ... }`")
                );
            }
            _ if is_type_keyword(text) => return self.type_keyword(text, span),
            _ => return Err(self.unexpected("an expression")),
        };
        self.skip();
        self.node(kind, span)
    }

    /// `int` in `int.Parse`.
    #[inline(never)]
    fn type_keyword(&mut self, text: &str, span: Span) -> Parsed<Expr> {
        self.skip();
        if !self.sign_is(".") {
            return Err(self.unexpected(&format!("`.` behind the type `{text}`")));
        }
        let name = Name { text: text.to_owned(), span };
        let kind = TypeKind::Named(vec![TypePart { name, arguments: Vec::new() }]);
        self.node(ExprKind::Type(TypeSyntax { kind, span }), span)
    }

    /// `(x)`, `(a, b: c)`
    #[inline(never)]
    fn parenthesised(&mut self, span: Span) -> Parsed<Expr> {
        self.skip();
        let mut parts = Vec::new();
        loop {
            let mut name = None;
            if self.sign_ahead(1, ":")
                && let Some(found) = self.name_at(self.at)
            {
                name = Some(found);
                self.skip();
                self.skip();
            }
            parts.push((name, self.expression()?));
            if !self.take(",") {
                break;
            }
        }
        if !self.sign_is(")") {
            return Err(self.unexpected("`)`"));
        }
        let span = span.to(self.span());
        self.skip();
        if let [(None, _)] = parts.as_slice()
            && let Some((_, inner)) = parts.pop()
        {
            return Ok(Expr { span, ..inner });
        }
        if parts.len() < 2 {
            self.report.syntax(span, "a tuple of one part", "expected at least two parts, or no name");
        }
        self.node(ExprKind::Tuple(parts), span)
    }

    #[inline(never)]
    fn type_of(&mut self, span: Span) -> Parsed<Expr> {
        self.skip();
        self.expect("(")?;
        let target =
            if self.word_is("void") { self.void_type() } else { self.required_type(Question::Nullable)? };
        if self.sign_is("<") {
            return Err(self.unsupported("a type without its arguments", "write the arguments of the type"));
        }
        let span = span.to(self.span());
        self.expect(")")?;
        self.node(ExprKind::TypeOf(target), span)
    }

    /// The keyword `void` as a type.
    pub(super) fn void_type(&mut self) -> TypeSyntax {
        let span = self.span();
        self.skip();
        let name = Name { text: "void".to_owned(), span };
        TypeSyntax { kind: TypeKind::Named(vec![TypePart { name, arguments: Vec::new() }]), span }
    }

    #[inline(never)]
    fn default_value(&mut self, span: Span) -> Parsed<Expr> {
        self.skip();
        if !self.take("(") {
            return self.node(ExprKind::Default(None), span);
        }
        let target = self.required_type(Question::Nullable)?;
        let span = span.to(self.span());
        self.expect(")")?;
        self.node(ExprKind::Default(Some(target)), span)
    }

    #[inline(never)]
    fn checked(&mut self, checked: bool, span: Span) -> Parsed<Expr> {
        self.skip();
        self.expect("(")?;
        let value = Box::new(self.expression()?);
        let span = span.to(self.span());
        self.expect(")")?;
        self.node(ExprKind::Checked(checked, value), span)
    }

    /// `sizeof(T)` of a type whose size is a constant.
    #[inline(never)]
    fn size_of(&mut self, span: Span) -> Parsed<Expr> {
        self.skip();
        self.expect("(")?;
        let size = match *self.peek() {
            Token::Name { text: "bool" | "byte" | "sbyte", .. } => 1,
            Token::Name { text: "char" | "short" | "ushort", .. } => 2,
            Token::Name { text: "int" | "uint" | "float", .. } => 4,
            Token::Name { text: "long" | "ulong" | "double", .. } => 8,
            Token::Name { text: "decimal", .. } => 16,
            _ => return Err(self.unexpected("the keyword of a number, `bool` or `char`")),
        };
        self.skip();
        let span = span.to(self.span());
        self.expect(")")?;
        self.node(ExprKind::Literal(Value::Int(size)), span)
    }

    #[inline(never)]
    fn name_of(&mut self, span: Span) -> Parsed<Expr> {
        self.skip();
        self.skip();
        let inner = self.expression()?;
        let last = match inner.kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(name.text),
            _ => None,
        };
        let end = self.span();
        self.expect(")")?;
        let span = span.to(end);
        let Some(last) = last else {
            self.report.syntax(inner.span, "`nameof` of something without a name", "expected a name");
            return Err(Stop);
        };
        self.node(ExprKind::NameOf(last), span)
    }

    #[inline(never)]
    fn interpolated(&mut self, span: Span) -> Parsed<Expr> {
        self.skip();
        let mut pieces = Vec::new();
        loop {
            match self.peek() {
                Token::Piece(text) => {
                    pieces.push(Piece::Text(text.clone()));
                    self.skip();
                }
                Token::HoleStart => pieces.push(self.hole()?),
                Token::StringEnd => break,
                _ => return Err(self.unexpected("the end of the string")),
            }
        }
        let span = span.to(self.span());
        self.skip();
        self.node(ExprKind::Interpolated(pieces), span)
    }

    #[inline(never)]
    fn hole(&mut self) -> Parsed<Piece> {
        self.skip();
        if matches!(self.peek(), Token::HoleEnd | Token::Format(_)) {
            return Err(self.error("an empty hole in an interpolated string", "expected a value, or `{{`"));
        }
        let value = self.expression()?;
        let alignment = if self.take(",") { Some(self.expression()?) } else { None };
        let format = match self.peek() {
            Token::Format(text) => Some(text.clone()),
            _ => None,
        };
        if format.is_some() {
            self.skip();
        }
        if self.peek() != &Token::HoleEnd {
            return Err(self.unexpected("`}`"));
        }
        self.skip();
        Ok(Piece::Hole { value, alignment, format })
    }
}
