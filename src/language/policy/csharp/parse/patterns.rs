//! What `is` and `case` test for.

use super::expression::SHIFT;
use super::types::{Question, is_type_keyword};
use super::{Parsed, Parser};
use crate::policy::csharp::Value;
use crate::policy::csharp::syntax::{Expr, ExprKind, Pattern, TypeKind, TypeSyntax};
use crate::policy::csharp::token::Token;

impl Parser<'_, '_> {
    /// A pattern; in a `case`, `when` is no name of a variable.
    pub(super) fn pattern(&mut self, in_case: bool) -> Parsed<Pattern> {
        if self.word_is("not") && self.begins_pattern(self.at.saturating_add(1)) {
            self.newer("`is not`", "9", "write `!(x is T)`, or `x != null`");
            self.skip();
            self.enter()?;
            let pattern = self.pattern(in_case)?;
            self.leave();
            return Ok(pattern);
        }
        match *self.peek() {
            Token::Sign("<" | ">" | "<=" | ">=") => {
                self.newer("a comparison in a pattern", "9", "compare with an operator");
                self.skip();
            }
            Token::Sign("{") => {
                self.newer("a property pattern", "8", "test the property with `&&`");
                let span = self.span();
                self.at = self.closer(self.at).saturating_add(1);
                return Ok(Pattern::Constant(Expr { kind: ExprKind::Literal(Value::Null), span }));
            }
            _ => {}
        }
        let pattern = self.simple_pattern(in_case)?;
        if let Token::Name { text: word @ ("or" | "and"), escaped: false } = *self.peek()
            && self.begins_pattern(self.at.saturating_add(1))
        {
            let what = format!("`{word}` between patterns");
            self.newer(&what, "9", "write `||` and `&&` between tests");
            self.skip();
            self.enter()?;
            self.pattern(in_case)?;
            self.leave();
        }
        Ok(pattern)
    }

    fn begins_pattern(&self, at: usize) -> bool {
        matches!(self.token(at), Token::Sign("<" | ">" | "<=" | ">=" | "{")) || self.begins_operand(at)
    }

    fn simple_pattern(&mut self, in_case: bool) -> Parsed<Pattern> {
        if let Some((ty, next)) = self.type_at(self.at, Question::UnlessOperand) {
            let joins = (self.word_at(next, "or") || self.word_at(next, "and"))
                && self.begins_pattern(next.saturating_add(1));
            let guards = in_case && self.word_at(next, "when");
            let variable = if joins || guards { None } else { self.name_at(next) };
            if let Some(name) = variable {
                self.at = next.saturating_add(1);
                return Ok(Pattern::Type(ty, Some(name)));
            }
            if is_no_constant(&ty) && !self.sign_at(next, ".") {
                self.at = next;
                return Ok(Pattern::Type(ty, None));
            }
        }
        if in_case && self.word_is("_") && matches!(self.ahead(1), Token::Sign(":")) {
            self.newer("`case _`", "8", "write `default:`");
        }
        Ok(Pattern::Constant(self.operators(SHIFT)?))
    }
}

/// Whether a type can be nothing but a type.
fn is_no_constant(ty: &TypeSyntax) -> bool {
    match &ty.kind {
        TypeKind::Var | TypeKind::Nullable(_) | TypeKind::Array(..) => true,
        TypeKind::Tuple(_) => false,
        TypeKind::Named(parts) => parts
            .iter()
            .any(|part| !part.arguments.is_empty() || (parts.len() == 1 && is_type_keyword(&part.name.text))),
    }
}
