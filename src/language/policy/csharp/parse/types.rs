//! Types in code, which only looking ahead tells from values.

use super::{Parsed, Parser};
use crate::policy::csharp::syntax::{Name, TypeKind, TypePart, TypeSyntax};
use crate::policy::csharp::token::Token;

/// Deepest nesting of a type, and most `[]` behind one. Bounds how often a token is looked at.
pub(super) const MAX_TYPE_DEPTH: u32 = 16;

/// Bytes of `stackalloc`.
const LONGEST_KEYWORD: usize = 10;

/// Keywords of C# 7, sorted.
const KEYWORDS: [&str; 77] = [
    "abstract",
    "as",
    "base",
    "bool",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "checked",
    "class",
    "const",
    "continue",
    "decimal",
    "default",
    "delegate",
    "do",
    "double",
    "else",
    "enum",
    "event",
    "explicit",
    "extern",
    "false",
    "finally",
    "fixed",
    "float",
    "for",
    "foreach",
    "goto",
    "if",
    "implicit",
    "in",
    "int",
    "interface",
    "internal",
    "is",
    "lock",
    "long",
    "namespace",
    "new",
    "null",
    "object",
    "operator",
    "out",
    "override",
    "params",
    "private",
    "protected",
    "public",
    "readonly",
    "ref",
    "return",
    "sbyte",
    "sealed",
    "short",
    "sizeof",
    "stackalloc",
    "static",
    "string",
    "struct",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "uint",
    "ulong",
    "unchecked",
    "unsafe",
    "ushort",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
];

/// Whether `text` is a keyword of C# 7, so that it is a name with `@` before it only.
pub(in crate::policy::csharp) fn is_keyword(text: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_lowercase() && text.len() <= LONGEST_KEYWORD;
    text.bytes().next().is_some_and(begins) && KEYWORDS.binary_search(&text).is_ok()
}

/// Whether `text` is a keyword that names a type.
pub(in crate::policy::csharp) fn is_type_keyword(text: &str) -> bool {
    matches!(
        text,
        "bool"
            | "byte"
            | "char"
            | "decimal"
            | "double"
            | "float"
            | "int"
            | "long"
            | "object"
            | "sbyte"
            | "short"
            | "string"
            | "uint"
            | "ulong"
            | "ushort"
    )
}

/// What `?` behind a type means where a value may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Part of the type.
    Nullable,
    /// Part of the type unless an operand follows: `x is int ? a : b`.
    UnlessOperand,
}

impl Parser<'_, '_> {
    /// The type that has to be here.
    pub(super) fn required_type(&mut self, question: Question) -> Parsed<TypeSyntax> {
        let Some((found, next)) = self.type_at(self.at, question) else {
            return Err(self.unexpected("a type"));
        };
        self.at = next;
        Ok(found)
    }

    /// A type that begins at token `at`, and the token after it.
    pub(super) fn type_at(&self, at: usize, question: Question) -> Option<(TypeSyntax, usize)> {
        self.nested_type(at, question, 0)
    }

    fn nested_type(&self, at: usize, question: Question, level: u32) -> Option<(TypeSyntax, usize)> {
        if level > MAX_TYPE_DEPTH {
            return None;
        }
        let (mut found, mut next) = self.core_type(at, level)?;
        let start = found.span;
        let mut wraps = level;
        loop {
            let mut ranks = Vec::new();
            let question_here = self.sign_at(next, "?") && self.question_is_nullable(next, question, &found);
            if question_here {
                let span = start.to(self.span_at(next));
                next = next.saturating_add(1);
                found = TypeSyntax { kind: TypeKind::Nullable(Box::new(found)), span };
            } else {
                while let Some((rank, after)) = self.rank_at(next) {
                    wraps = wraps.saturating_add(1);
                    if wraps > MAX_TYPE_DEPTH {
                        return None;
                    }
                    ranks.push(rank);
                    next = after;
                }
                if ranks.is_empty() {
                    return Some((found, next));
                }
            }
            // `int[][,]` is an array of two-dimensional ones: the first brackets are the outer ones.
            let span = start.to(self.span_at(next.saturating_sub(1)));
            while let Some(rank) = ranks.pop() {
                found = TypeSyntax { kind: TypeKind::Array(Box::new(found), rank), span };
            }
            wraps = wraps.saturating_add(1);
            if wraps > MAX_TYPE_DEPTH {
                return None;
            }
        }
    }

    fn question_is_nullable(&self, at: usize, question: Question, found: &TypeSyntax) -> bool {
        if matches!(found.kind, TypeKind::Nullable(_)) {
            return false;
        }
        match question {
            Question::Nullable => true,
            Question::UnlessOperand => !self.begins_operand(at.saturating_add(1)),
        }
    }

    /// Whether the token can be the first one of an operand.
    pub(super) fn begins_operand(&self, at: usize) -> bool {
        match *self.token(at) {
            Token::Name { text, escaped } => escaped || !is_keyword(text) || begins_value(text),
            Token::Literal(_) | Token::Limit { .. } | Token::Quoted(_) | Token::StringStart => true,
            Token::Sign(sign) => matches!(sign, "(" | "!" | "~" | "+" | "-" | "++" | "--"),
            _ => false,
        }
    }

    /// `[]`, `[,]`: the number of dimensions and the token behind it.
    fn rank_at(&self, at: usize) -> Option<(u32, usize)> {
        if !self.sign_at(at, "[") {
            return None;
        }
        let mut next = at.saturating_add(1);
        let mut rank: u32 = 1;
        while self.sign_at(next, ",") && rank < MAX_TYPE_DEPTH {
            rank = rank.saturating_add(1);
            next = next.saturating_add(1);
        }
        self.sign_at(next, "]").then(|| (rank, next.saturating_add(1)))
    }

    pub(super) fn core_type(&self, at: usize, level: u32) -> Option<(TypeSyntax, usize)> {
        if self.sign_at(at, "(") {
            return self.tuple_type(at, level);
        }
        let Token::Name { text, escaped } = *self.token(at) else { return None };
        let start = self.span_at(at);
        if !escaped && text == "var" && !self.sign_at(at.saturating_add(1), ".") {
            return Some((TypeSyntax { kind: TypeKind::Var, span: start }, at.saturating_add(1)));
        }
        let mut at = at;
        if text == "global" && self.sign_at(at.saturating_add(1), "::") {
            at = at.saturating_add(2);
        }
        let mut parts = Vec::new();
        loop {
            let (part, next) = self.type_part(at, level, parts.is_empty())?;
            parts.push(part);
            if !self.sign_at(next, ".") || !self.is_name_at(next.saturating_add(1)) {
                let span = start.to(self.span_at(next.saturating_sub(1)));
                return Some((TypeSyntax { kind: TypeKind::Named(parts), span }, next));
            }
            at = next.saturating_add(1);
        }
    }

    fn type_part(&self, at: usize, level: u32, first: bool) -> Option<(TypePart, usize)> {
        let name = match *self.token(at) {
            Token::Name { text, escaped: false } if first && is_type_keyword(text) => {
                let name = self.keyword_name(at)?;
                return Some((TypePart { name, arguments: Vec::new() }, at.saturating_add(1)));
            }
            _ => self.name_at(at)?,
        };
        let next = at.saturating_add(1);
        if !self.sign_at(next, "<") {
            return Some((TypePart { name, arguments: Vec::new() }, next));
        }
        match self.type_list(next, level) {
            Some((arguments, next)) => Some((TypePart { name, arguments }, next)),
            None => Some((TypePart { name, arguments: Vec::new() }, next)),
        }
    }

    fn keyword_name(&self, at: usize) -> Option<Name> {
        let Token::Name { text, .. } = *self.token(at) else { return None };
        Some(Name { text: text.to_owned(), span: self.span_at(at) })
    }

    /// `<A, B>` from token `at` on.
    fn type_list(&self, at: usize, level: u32) -> Option<(Vec<TypeSyntax>, usize)> {
        let mut arguments = Vec::new();
        let mut next = at;
        loop {
            let inside = next.saturating_add(1);
            let (argument, after) = self.nested_type(inside, Question::Nullable, level.saturating_add(1))?;
            arguments.push(argument);
            next = after;
            match self.token(next) {
                Token::Sign(",") => {}
                Token::Sign(">") => return Some((arguments, next.saturating_add(1))),
                _ => return None,
            }
        }
    }

    fn tuple_type(&self, at: usize, level: u32) -> Option<(TypeSyntax, usize)> {
        let start = self.span_at(at);
        let mut parts = Vec::new();
        let mut next = at;
        loop {
            let inside = next.saturating_add(1);
            let (part, after) = self.nested_type(inside, Question::Nullable, level.saturating_add(1))?;
            let name = self.name_at(after);
            next = if name.is_some() { after.saturating_add(1) } else { after };
            parts.push((part, name));
            match self.token(next) {
                Token::Sign(",") => {}
                Token::Sign(")") if parts.len() > 1 => {
                    let span = start.to(self.span_at(next));
                    return Some((TypeSyntax { kind: TypeKind::Tuple(parts), span }, next.saturating_add(1)));
                }
                _ => return None,
            }
        }
    }

    /// `<A, B>` here, if the token behind it says that it is no comparison (C# 7, 7.5.4.2).
    pub(super) fn type_arguments(&self) -> Option<(Vec<TypeSyntax>, usize)> {
        if !self.sign_is("<") {
            return None;
        }
        let (arguments, next) = self.type_list(self.at, 0)?;
        let decides = match self.token(next) {
            Token::Sign(sign) => matches!(
                *sign,
                "(" | ")"
                    | "]"
                    | "}"
                    | ":"
                    | ";"
                    | ","
                    | "."
                    | "?."
                    | "?"
                    | "=="
                    | "!="
                    | "|"
                    | "^"
                    | "&&"
                    | "||"
                    | "&"
                    | "["
                    | "<"
                    | "<="
                    | ">="
                    | "=>"
                    | "??"
            ),
            Token::Name { text, escaped: false } => matches!(*text, "is" | "as"),
            Token::End | Token::HoleEnd | Token::Format(_) => true,
            _ => false,
        };
        decides.then_some((arguments, next))
    }

    /// The type of the cast that begins here, and the token behind it: a type in brackets that can be no
    /// value, or one with something behind it that can only begin an operand (C# 7, 7.7.6).
    pub(super) fn cast_target(&self) -> Option<(TypeSyntax, usize)> {
        let (target, next) = self.type_at(self.at.saturating_add(1), Question::Nullable)?;
        if !self.sign_at(next, ")") {
            return None;
        }
        let next = next.saturating_add(1);
        let no_value = match &target.kind {
            TypeKind::Var => false,
            TypeKind::Named(parts) => {
                parts.iter().any(|part| !part.arguments.is_empty()) || is_predefined(&target)
            }
            TypeKind::Nullable(_) | TypeKind::Array(..) => true,
            TypeKind::Tuple(parts) => parts.iter().any(|(ty, name)| name.is_some() || is_predefined(ty)),
        };
        let operand = match *self.token(next) {
            Token::Sign(sign) => {
                matches!(sign, "(" | "!" | "~") || (no_value && matches!(sign, "+" | "-" | "++" | "--"))
            }
            _ => self.begins_operand(next),
        };
        operand.then_some((target, next))
    }
}

fn is_predefined(ty: &TypeSyntax) -> bool {
    matches!(&ty.kind, TypeKind::Named(parts)
        if matches!(parts.as_slice(), [part] if is_type_keyword(&part.name.text)))
}

/// Whether the keyword begins a value.
fn begins_value(text: &str) -> bool {
    is_type_keyword(text)
        || matches!(
            text,
            "base"
                | "checked"
                | "default"
                | "delegate"
                | "false"
                | "new"
                | "null"
                | "sizeof"
                | "stackalloc"
                | "this"
                | "throw"
                | "true"
                | "typeof"
                | "unchecked"
        )
}
