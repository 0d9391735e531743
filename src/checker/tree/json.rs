//! JSON with comments as a tree whose every value knows its place.
//!
//! Accepted beyond RFC 8259: `//` and `/* */` comments and trailing commas, which configuration files of
//! this field often have. Nothing else of JSON5. A name that occurs twice in one object is an error,
//! because the two readings (first or last) differ between programs.
//!
//! Limits, so that no input can exhaust memory or stack: 64 MiB of text, 128 levels of nesting.

use std::collections::BTreeSet;
use std::sync::Arc;

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// Longest text that is read, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// Deepest nesting of objects and arrays.
const MAX_DEPTH: usize = 128;

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it is written; of something computed, where the computation is.
    pub span: Span,
}

/// A JSON value. Numbers keep their text, so that large integers stay exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it is written.
    Number(String),
    /// Without quotes and escapes.
    Text(String),
    /// Elements in order.
    Array(Vec<Node>),
    /// Members in order, names unique.
    Object(Vec<Member>),
    /// A value that only the deployment knows: the words say why. No file is read into this; readers of
    /// templates put it where an expression cannot be evaluated.
    Unknown(Arc<str>),
}

/// One `"name": value` of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Without quotes and escapes.
    pub name: String,
    /// Where the name is written.
    pub name_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value at a place.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// The members, if this is an object.
    pub fn members(&self) -> Option<&[Member]> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub fn elements(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The member called `name`, if this is an object that has it.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members()?.iter().find(|m| m.name == name)
    }

    /// The value of the member called `name`.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.member(name).map(|m| &m.value)
    }

    /// The text, if this is a string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where a message about the value as a whole points: all of a scalar, the bracket that opens an
    /// object or array.
    pub fn mark(&self) -> Span {
        match &self.value {
            Value::Array(_) | Value::Object(_) => {
                Span { end: self.span.end.min(self.span.start.saturating_add(1)), ..self.span }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => self.span,
        }
    }

    /// What the value is, for "found ..." in messages.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(text) => format!("the number `{text}`"),
            Value::Text(text) => format!("the text `{}`", shorten(text)),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            Value::Unknown(why) => format!("a value that only the deployment knows ({why})"),
        }
    }
}

/// At most 60 characters of `text`, without line breaks.
pub fn shorten(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().map(clean).take(60).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

/// The tree of `text`. `None`, with the problem told, when it is not JSON at all.
pub fn parse(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    parse_at(source, 0, text, diagnostics)
}

/// The tree of `text`, which begins at byte `offset` of `source`.
pub fn parse_at(source: SourceId, offset: usize, text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    if text.len() > MAX_TEXT_BYTES {
        diagnostics.push(
            Diagnostic::error(
                "file-too-long",
                Span::new(source, offset, offset),
                "the file is too long to be read",
            )
            .label("expected at most 64 MiB"),
        );
        return None;
    }
    let result = parse_to_ast(text, &CollectOptions::default(), &strict_options());
    let ast = match result {
        Ok(result) => result.value,
        Err(error) => {
            diagnostics.push(syntax_problem(source, offset, text, &error));
            return None;
        }
    };
    let Some(ast) = ast else {
        diagnostics.push(
            Diagnostic::error("json-syntax", Span::new(source, offset, offset), "the file is empty")
                .label("expected a JSON value"),
        );
        return None;
    };
    let mut builder = Builder { source, offset, diagnostics, too_deep: false };
    let node = builder.node(ast, 0);
    if builder.too_deep { None } else { Some(node) }
}

fn strict_options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: true,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

struct Builder<'d> {
    source: SourceId,
    offset: usize,
    diagnostics: &'d mut Diagnostics,
    too_deep: bool,
}

impl Builder<'_> {
    fn span(&self, range: Range) -> Span {
        Span::new(self.source, self.offset.saturating_add(range.start), self.offset.saturating_add(range.end))
    }

    fn node(&mut self, ast: Ast<'_>, depth: usize) -> Node {
        let span = self.span(ast.range());
        if depth >= MAX_DEPTH && matches!(ast, Ast::Array(_) | Ast::Object(_)) {
            if !self.too_deep {
                self.diagnostics.push(depth_problem(Span { end: span.start.saturating_add(1), ..span }));
            }
            self.too_deep = true;
            return Node::new(Value::Null, span);
        }
        let value = match ast {
            Ast::NullKeyword(_) => Value::Null,
            Ast::BooleanLit(literal) => Value::Bool(literal.value),
            Ast::NumberLit(literal) => Value::Number(literal.value.to_owned()),
            Ast::StringLit(literal) => Value::Text(literal.value.into_owned()),
            Ast::Array(array) => Value::Array(
                array.elements.into_iter().map(|e| self.node(e, depth.saturating_add(1))).collect(),
            ),
            Ast::Object(object) => {
                let mut members = Vec::with_capacity(object.properties.len());
                let mut names = BTreeSet::new();
                for property in object.properties {
                    let name_span = self.span(property.name.range());
                    let name = match property.name {
                        ObjectPropName::String(literal) => literal.value.into_owned(),
                        ObjectPropName::Word(word) => word.value.to_owned(),
                    };
                    let value = self.node(property.value, depth.saturating_add(1));
                    if names.insert(name.clone()) {
                        members.push(Member { name, name_span, value });
                    } else {
                        self.diagnostics.push(
                            Diagnostic::error(
                                "duplicate-name",
                                name_span,
                                format!("`{}` is given twice", shorten(&name)),
                            )
                            .label("expected each name once in an object")
                            .help("remove one of the two"),
                        );
                    }
                }
                Value::Object(members)
            }
        };
        Node::new(value, span)
    }
}

fn depth_problem(span: Span) -> Diagnostic {
    Diagnostic::error("json-too-deep", span, "objects and lists are nested too deeply")
        .label(format!("expected at most {MAX_DEPTH} levels"))
}

fn syntax_problem(source: SourceId, offset: usize, text: &str, error: &ParseError) -> Diagnostic {
    let range = error.range();
    let start = range.start.min(text.len());
    // An unterminated object reports everything up to the end: its opening bracket is the place to look.
    let end = match error.kind() {
        ParseErrorKind::UnterminatedObject | ParseErrorKind::UnterminatedArray => start.saturating_add(1),
        _ => range.end,
    };
    let within = |place: usize| offset.saturating_add(place.min(text.len()));
    let span = Span::new(source, within(start), within(end));
    let problem = |message: &str, label: &str| Diagnostic::error("json-syntax", span, message).label(label);
    match error.kind() {
        ParseErrorKind::NestingDepthExceeded => {
            depth_problem(Span::new(source, within(start), within(start)))
        }
        ParseErrorKind::ExpectedColonAfterObjectKey => {
            problem("a name has no value", "expected `:` after the name")
        }
        ParseErrorKind::ExpectedObjectValue => problem("a name has no value", "expected a value after `:`"),
        ParseErrorKind::ExpectedStringObjectProperty => {
            problem("a name is not in quotes", "expected a name in double quotes")
        }
        ParseErrorKind::ExpectedComma => problem("a comma is missing", "expected `,` here"),
        ParseErrorKind::MultipleRootJsonValues => {
            problem("there is text after the end of the value", "expected the end of the file")
        }
        ParseErrorKind::SingleQuotedStringsNotAllowed => {
            problem("text in single quotes", "expected double quotes")
        }
        ParseErrorKind::HexadecimalNumbersNotAllowed
        | ParseErrorKind::UnaryPlusNumbersNotAllowed
        | ParseErrorKind::BareDecimalPointNumbersNotAllowed
        | ParseErrorKind::NonFiniteNumbersNotAllowed
        | ParseErrorKind::ExpectedDigit
        | ParseErrorKind::ExpectedDigitFollowingNegativeSign
        | ParseErrorKind::ExpectedPlusMinusOrDigitInNumberLiteral => {
            problem("not a number as JSON writes it", "expected a decimal number such as `12` or `0.5`")
        }
        ParseErrorKind::String(_) => {
            problem("text that does not end or has a wrong escape", "expected text in double quotes")
        }
        ParseErrorKind::UnterminatedObject => problem("an object does not end", "expected a matching `}`"),
        ParseErrorKind::UnterminatedArray => problem("a list does not end", "expected a matching `]`"),
        ParseErrorKind::UnterminatedCommentBlock => problem("a comment does not end", "expected `*/`"),
        ParseErrorKind::UnexpectedWord => {
            problem("a word outside quotes", "expected a value: text in double quotes, a number, `true`")
        }
        ParseErrorKind::UnexpectedTokenInObject => {
            problem("not a member of an object", "expected a name in double quotes or `}`")
        }
        ParseErrorKind::CommentsNotAllowed
        | ParseErrorKind::TrailingCommasNotAllowed
        | ParseErrorKind::UnexpectedCloseBrace
        | ParseErrorKind::UnexpectedCloseBracket
        | ParseErrorKind::UnexpectedColon
        | ParseErrorKind::UnexpectedComma
        | ParseErrorKind::UnexpectedToken => problem("not JSON here", "expected a value"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostics::SourceMap;

    fn read(text: &str) -> (Option<Node>, Vec<(&'static str, u32, u32)>) {
        let mut sources = SourceMap::new();
        let source = sources.add("x.json", text);
        let mut diagnostics = Diagnostics::new();
        let node = parse(source, text, &mut diagnostics);
        let found = diagnostics.sorted().into_iter().map(|d| {
            let at = sources.position(d.span.expect("a place"));
            (d.code, at.line, at.column)
        });
        (node, found.collect())
    }

    #[test]
    fn comments_and_trailing_commas_are_accepted() {
        let (node, problems) = read("// a\n{ /* b */ \"x\": [1, 2.5e3, ], \"y\": null, }\n");
        assert_eq!(problems, []);
        let node = node.expect("parsed");
        let numbers: Vec<_> = node.get("x").and_then(Node::elements).expect("list").iter().collect();
        assert_eq!(numbers[0].value, Value::Number("1".to_owned()));
        assert_eq!(numbers[1].value, Value::Number("2.5e3".to_owned()));
        assert_eq!(node.get("y").map(|n| &n.value), Some(&Value::Null));
    }

    #[test]
    fn problems_have_places() {
        for (text, code, line, column) in [
            ("", "json-syntax", 1, 1),
            ("{\n  \"a\" 1\n}", "json-syntax", 2, 7),
            ("{\n  a: 1\n}", "json-syntax", 2, 3),
            ("{\"a\": 'x'}", "json-syntax", 1, 7),
            ("{\"a\": 1 \"b\": 2}", "json-syntax", 1, 8),
            ("[1, 2", "json-syntax", 1, 1),
            ("{\"a\": {", "json-syntax", 1, 7),
            ("{} {}", "json-syntax", 1, 4),
            ("{\"a\": tru}", "json-syntax", 1, 7),
            ("{\"a\": 0x10}", "json-syntax", 1, 7),
            ("{\"a\": \"x}", "json-syntax", 1, 7),
            ("{\n\"a\": 1,\n  \"a\": 2}", "duplicate-name", 3, 3),
        ] {
            assert_eq!(read(text).1, [(code, line, column)], "{text}");
        }
    }

    #[test]
    fn nesting_is_limited_without_overflow() {
        assert_eq!(read(&format!("{}{}", "[".repeat(128), "]".repeat(128))).1, []);
        for levels in [129, 200, 300, 100_000] {
            let (node, problems) = read(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
            assert!(node.is_none());
            assert_eq!(problems.first().map(|p| p.0), Some("json-too-deep"), "{levels}");
        }
        assert_eq!(read(&"{\"a\":".repeat(100_000)).1.first().map(|p| p.0), Some("json-too-deep"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[\\[\\]{}:,\"'a0-9.e+/* \n\\\\ut-]{0,60}|.{0,40}") {
            read(&text);
        }

        #[test]
        fn what_serde_writes_is_read(numbers in proptest::collection::vec(any::<i64>(), 0..8), text in ".{0,20}") {
            let json = serde_json::json!({ "numbers": numbers, "text": text });
            let (node, problems) = read(&json.to_string());
            prop_assert_eq!(problems, []);
            let node = node.expect("parsed");
            prop_assert_eq!(node.get("text").and_then(Node::text), Some(text.as_str()));
            let read_back: Vec<_> = node.get("numbers").and_then(Node::elements).expect("list").iter()
                .map(|n| n.value.clone()).collect();
            let expected: Vec<_> = numbers.iter().map(|n| Value::Number(n.to_string())).collect();
            prop_assert_eq!(read_back, expected);
        }
    }
}
