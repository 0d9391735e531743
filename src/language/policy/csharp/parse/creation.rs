//! `new` in all its forms, and initialisers.

use super::{Parsed, Parser};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::csharp::Value;
use crate::policy::csharp::syntax::{
    Expr, ExprKind, Initializer, InitializerValue, Name, TypeKind, TypeSyntax,
};
use crate::policy::csharp::token::Token;

/// The items of a list in braces, in any of its forms.
enum Item {
    Member(Name, InitializerValue),
    Indexed(Vec<Expr>, InitializerValue),
    Element(Vec<Expr>),
}

impl Parser<'_, '_> {
    /// What `new` begins.
    #[inline(never)]
    pub(super) fn creation(&mut self, start: Span) -> Parsed<Expr> {
        self.skip();
        match *self.peek() {
            Token::Sign("{") => return self.anonymous(start),
            Token::Sign("[") => return self.untyped_array(start),
            Token::Sign("(") if self.target_typed() => {
                self.newer("`new` without a type", "9", "write the type behind `new`");
                let (_, end) = self.arguments("(", ")")?;
                if self.sign_is("{") {
                    self.initializer()?;
                }
                return self.node(ExprKind::Literal(Value::Null), start.to(end));
            }
            _ => {}
        }
        let Some((mut target, next)) = self.core_type(self.at, 0) else {
            return Err(self.unexpected("a type"));
        };
        self.at = next;
        if self.sign_is("?") && (self.sign_ahead(1, "[") || self.sign_ahead(1, "(")) {
            let span = target.span.to(self.span());
            target = TypeSyntax { kind: TypeKind::Nullable(Box::new(target)), span };
            self.skip();
        }
        if self.sign_is("[") {
            return self.array(target, start);
        }
        let arguments = match *self.peek() {
            Token::Sign("(") => self.arguments("(", ")")?.0,
            Token::Sign("{") => Vec::new(),
            _ => return Err(self.unexpected("`(`, `[` or `{`")),
        };
        let initializer = if self.sign_is("{") { Some(self.initializer()?) } else { None };
        let span = start.to(self.last_span());
        self.node(ExprKind::New { target, arguments, initializer }, span)
    }

    /// Whether the brackets behind `new` are arguments, and not a tuple type.
    fn target_typed(&self) -> bool {
        match self.core_type(self.at, 0) {
            Some((_, next)) => !matches!(self.token(next), Token::Sign("[" | "(" | "{" | "?")),
            None => true,
        }
    }

    /// `{ ... }` behind an object.
    #[inline(never)]
    pub(super) fn initializer(&mut self) -> Parsed<Initializer> {
        self.enter()?;
        self.expect("{")?;
        let mut members = Vec::new();
        let mut indexed = Vec::new();
        let mut elements = Vec::new();
        while !self.sign_is("}") {
            let start = self.span();
            match self.item()? {
                Item::Member(name, value) => members.push((name, value)),
                Item::Indexed(index, value) => indexed.push((index, value)),
                Item::Element(values) => elements.push(values),
            }
            if !members.is_empty() && !indexed.is_empty() {
                let what = "`name = value` together with `[key] = value` in an initialiser";
                let span = start.to(self.last_span());
                self.report.unsupported(span, what, "assign one kind behind the initialiser");
                return Err(super::Stop);
            }
            let kinds = [members.is_empty(), indexed.is_empty(), elements.is_empty()];
            if kinds.iter().filter(|empty| !**empty).count() > 1 {
                let span = start.to(self.last_span());
                self.report.push(
                    Diagnostic::error("expression-syntax", span, "this initialiser mixes several forms")
                        .label("expected the form of the item before")
                        .help("write `name = value`, `[key] = value` or values only"),
                );
                return Err(super::Stop);
            }
            if !self.take(",") {
                break;
            }
        }
        if !self.sign_is("}") {
            return Err(self.unexpected("`,` or `}`"));
        }
        self.skip();
        self.leave();
        Ok(if !members.is_empty() {
            Initializer::Members(members)
        } else if !indexed.is_empty() {
            Initializer::Indexed(indexed)
        } else {
            Initializer::Elements(elements)
        })
    }

    #[inline(never)]
    fn item(&mut self) -> Parsed<Item> {
        if self.sign_is("[") {
            let (index, end) = self.arguments("[", "]")?;
            if index.is_empty() {
                self.report.syntax(end, "an index is missing", "expected a value between `[` and `]`");
            }
            let index = index.into_iter().map(|argument| argument.value).collect();
            self.expect("=")?;
            return Ok(Item::Indexed(index, self.initializer_value()?));
        }
        if self.sign_ahead(1, "=")
            && let Some(name) = self.name_at(self.at)
        {
            self.skip();
            self.skip();
            return Ok(Item::Member(name, self.initializer_value()?));
        }
        if !self.sign_is("{") {
            return Ok(Item::Element(vec![self.expression()?]));
        }
        self.skip();
        let mut values = Vec::new();
        while !self.sign_is("}") {
            values.push(self.expression()?);
            if !self.take(",") {
                break;
            }
        }
        if values.is_empty() {
            return Err(self.unexpected("a value"));
        }
        if !self.sign_is("}") {
            return Err(self.unexpected("`,` or `}`"));
        }
        self.skip();
        Ok(Item::Element(values))
    }

    fn initializer_value(&mut self) -> Parsed<InitializerValue> {
        if !self.sign_is("{") {
            return Ok(InitializerValue::Expr(self.expression()?));
        }
        let outer = std::mem::take(&mut self.height);
        let nested = self.initializer()?;
        let span = self.last_span();
        self.grow(span)?;
        self.height = self.height.max(outer);
        Ok(InitializerValue::Nested(nested))
    }

    /// `{ name = value, a.b }` behind `new`.
    #[inline(never)]
    fn anonymous(&mut self, start: Span) -> Parsed<Expr> {
        self.skip();
        let mut members = Vec::new();
        while !self.sign_is("}") {
            if self.sign_ahead(1, "=")
                && let Some(name) = self.name_at(self.at)
            {
                self.skip();
                self.skip();
                members.push((name, self.expression()?));
            } else {
                let value = self.expression()?;
                let Some(name) = last_name(&value) else {
                    self.report.push(
                        Diagnostic::error("expression-syntax", value.span, "this member has no name")
                            .label("expected `name = value`")
                            .help("only a variable or a member gives its name"),
                    );
                    return Err(super::Stop);
                };
                members.push((name, value));
            }
            if !self.take(",") {
                break;
            }
        }
        if !self.sign_is("}") {
            return Err(self.unexpected("`,` or `}`"));
        }
        let span = start.to(self.span());
        self.skip();
        self.node(ExprKind::NewAnonymous(members), span)
    }

    /// `new[] { items }`
    #[inline(never)]
    fn untyped_array(&mut self, start: Span) -> Parsed<Expr> {
        self.skip();
        if self.sign_is(",") {
            return Err(
                self.unsupported("an array of several dimensions without sizes", "use arrays of arrays")
            );
        }
        self.expect("]")?;
        let items = self.items()?;
        let span = start.to(self.last_span());
        self.node(ExprKind::NewArray { element: None, sizes: Vec::new(), items: Some(items) }, span)
    }

    /// What stands behind the element type of an array.
    #[inline(never)]
    fn array(&mut self, mut element: TypeSyntax, start: Span) -> Parsed<Expr> {
        let mut sizes = Vec::new();
        if self.sign_ahead(1, ",") {
            return Err(
                self.unsupported("an array of several dimensions without sizes", "use arrays of arrays")
            );
        }
        if self.sign_ahead(1, "]") {
            self.skip();
            self.skip();
        } else {
            sizes = self.arguments("[", "]")?.0.into_iter().map(|argument| argument.value).collect();
        }
        let mut wraps = 0_u32;
        while self.sign_is("[") && self.sign_ahead(1, "]") && wraps < super::types::MAX_TYPE_DEPTH {
            self.skip();
            let span = element.span.to(self.span());
            self.skip();
            element = TypeSyntax { kind: TypeKind::Array(Box::new(element), 1), span };
            wraps = wraps.saturating_add(1);
        }
        let items = if self.sign_is("{") { Some(self.items()?) } else { None };
        if sizes.is_empty() && items.is_none() {
            return Err(self.unexpected("`{`, or a size between `[` and `]`"));
        }
        if sizes.len() > 1 && items.is_some() {
            let what = "an initialiser of an array of several dimensions";
            return Err(self.unsupported(what, "use arrays of arrays"));
        }
        let span = start.to(self.last_span());
        self.node(ExprKind::NewArray { element: Some(element), sizes, items }, span)
    }

    /// `{ a, b }` of an array.
    #[inline(never)]
    pub(super) fn items(&mut self) -> Parsed<Vec<Expr>> {
        self.expect("{")?;
        let mut items = Vec::new();
        while !self.sign_is("}") {
            if self.sign_is("{") {
                let what = "an initialiser of an array of several dimensions";
                return Err(self.unsupported(what, "write `new[] { ... }` for each inner array"));
            }
            items.push(self.expression()?);
            if !self.take(",") {
                break;
            }
        }
        if !self.sign_is("}") {
            return Err(self.unexpected("`,` or `}`"));
        }
        self.skip();
        Ok(items)
    }
}

/// The name that an anonymous object takes from a value.
fn last_name(value: &Expr) -> Option<Name> {
    let mut value = value;
    loop {
        match &value.kind {
            ExprKind::Name { name, type_arguments } | ExprKind::Member { name, type_arguments, .. }
                if type_arguments.is_empty() =>
            {
                return Some(name.clone());
            }
            ExprKind::NullSafe { rest, .. } => value = rest,
            _ => return None,
        }
    }
}
