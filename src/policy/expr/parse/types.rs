//! Types in code, which only looking ahead tells from values.

use super::super::syntax::TypeName;
use super::super::token::Token;
use super::Parser;

const KEYWORD_TYPES: [&str; 16] = [
    "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte", "short",
    "string", "uint", "ulong", "ushort", "dynamic",
];

impl Parser<'_> {
    /// The type in brackets and the number of tokens, if what begins here is a cast: a keyword type, or
    /// any name followed by what can only begin an operand (the rule of the C# grammar).
    pub(super) fn cast_target(&self) -> Option<(TypeName, usize)> {
        let (target, next) = self.type_name(self.at.saturating_add(1))?;
        if self.token(next) != &Token::Sign(")") {
            return None;
        }
        let after = self.token(next.saturating_add(1));
        let keyword = KEYWORD_TYPES.contains(&target.text.trim_end_matches("[]"));
        let operand = match after {
            Token::Name(name) => name != "is" && name != "as",
            Token::Literal(_) | Token::MinMagnitude(_) | Token::Unsupported(_) => true,
            Token::Sign(sign) => matches!(*sign, "(" | "!" | "~"),
            Token::End => false,
        };
        (keyword || target.nullable || operand)
            .then(|| (target, next.saturating_add(1).saturating_sub(self.at)))
    }

    /// A type that begins at token `at`, and the token after it.
    fn type_name(&self, at: usize) -> Option<(TypeName, usize)> {
        self.type_name_at(at, 0)
    }

    fn type_name_at(&self, at: usize, level: u32) -> Option<(TypeName, usize)> {
        if level > 8 {
            return None;
        }
        let start = self.tokens.get(at)?.span;
        let mut text = String::new();
        let mut next = at;
        loop {
            let Token::Name(name) = self.token(next) else { return None };
            text.push_str(name);
            next = next.saturating_add(1);
            if self.token(next) != &Token::Sign(".") {
                break;
            }
            text.push('.');
            next = next.saturating_add(1);
        }
        if self.token(next) == &Token::Sign("<") {
            text.push('<');
            loop {
                let (argument, after) = self.type_name_at(next.saturating_add(1), level.saturating_add(1))?;
                text.push_str(&argument.to_string());
                next = after;
                match self.token(next) {
                    Token::Sign(",") => text.push(','),
                    Token::Sign(">") => break,
                    _ => return None,
                }
            }
            text.push('>');
            next = next.saturating_add(1);
        }
        while self.token(next) == &Token::Sign("[") && self.token(next.saturating_add(1)) == &Token::Sign("]")
        {
            text.push_str("[]");
            next = next.saturating_add(2);
        }
        let nullable = self.token(next) == &Token::Sign("?");
        if nullable {
            next = next.saturating_add(1);
        }
        let end = self.tokens.get(next.saturating_sub(1))?.span;
        Some((TypeName { text, nullable, span: start.to(end) }, next))
    }

    /// `<A, B>` here, if a call follows: elsewhere `<` is less-than.
    pub(super) fn type_arguments(&self) -> Option<(Vec<TypeName>, usize)> {
        let mut arguments = Vec::new();
        let mut next = self.at;
        loop {
            let (argument, after) = self.type_name(next.saturating_add(1))?;
            arguments.push(argument);
            next = after;
            match self.token(next) {
                Token::Sign(",") => {}
                Token::Sign(">") => break,
                _ => return None,
            }
        }
        next = next.saturating_add(1);
        (self.token(next) == &Token::Sign("(")).then_some((arguments, next))
    }
}
