//! Splits C# code into tokens, in one pass over the text.
//!
//! Rules
//! - Interpolated strings become runs of tokens: their texts, and the tokens of the code in their holes.
//! - `>` stands alone always: whether two of them are a shift is known to the parser only.
//! - What is not C# at all, or newer than C# 7, is reported here where it is a matter of characters.
//! - Strings in single quotes are tokens of their own; they are reported as warnings.
//!
//! Not here: unicode escapes in names, preprocessor directives (reported).

mod number;
mod text;

use super::Value;
use super::parse::{NamedValues, Report};
use crate::policy::scan::RawText;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Name or keyword.
    Name {
        /// The characters, without a leading `@`.
        text: &'a str,
        /// Whether it can be no keyword: `@name`, or a named value `{{name}}`.
        escaped: bool,
    },
    /// Literal.
    Literal(Value),
    /// 2147483648 and 9223372036854775808: they mean something else behind a minus sign.
    Limit {
        /// As it stands.
        value: Value,
        /// With the minus sign.
        negated: Value,
    },
    /// A string in single quotes.
    Quoted(String),
    /// Operator or punctuation.
    Sign(&'static str),
    /// `$"`
    StringStart,
    /// Characters of an interpolated string, decoded.
    Piece(String),
    /// `{` in an interpolated string.
    HoleStart,
    /// `:format` in a hole, the last thing in it.
    Format(String),
    /// `}` of a hole.
    HoleEnd,
    /// The closing `"`.
    StringEnd,
    /// The end of the code.
    End,
}

/// A token and the bytes it takes in the text of the expression.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    /// What it is.
    pub(super) token: Token<'a>,
    /// First byte.
    pub(super) start: usize,
    /// One past the last.
    pub(super) end: usize,
}

/// The tokens of an expression.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    /// In order; the last one is [`Token::End`].
    pub(super) list: Vec<Placed<'a>>,
    /// Whether they are not worth parsing.
    pub(super) broken: bool,
}

/// The signs that begin with a character, longest first, so that the first match is the right one.
const fn signs_from(c: char) -> &'static [&'static str] {
    match c {
        '?' => &["??=", "??", "?.", "?"],
        '=' => &["=>", "==", "="],
        '!' => &["!=", "!"],
        '<' => &["<<=", "<=", "<<", "<"],
        '>' => &[">=", ">"],
        '&' => &["&&", "&=", "&"],
        '|' => &["||", "|=", "|"],
        '+' => &["++", "+=", "+"],
        '-' => &["--", "-=", "->", "-"],
        '*' => &["*=", "*"],
        '/' => &["/=", "/"],
        '%' => &["%=", "%"],
        '^' => &["^=", "^"],
        ':' => &["::", ":"],
        '.' => &["..", "."],
        '(' => &["("],
        ')' => &[")"],
        '[' => &["["],
        ']' => &["]"],
        '{' => &["{"],
        '}' => &["}"],
        ',' => &[","],
        ';' => &[";"],
        '~' => &["~"],
        _ => &[],
    }
}

/// The tokens of `raw.text[start..end]`. Problems are reported.
pub(super) fn tokens<'a>(
    raw: &'a RawText,
    start: usize,
    end: usize,
    named_values: NamedValues,
    report: &mut Report<'_>,
) -> Tokens<'a> {
    let code = raw.text.get(..end).unwrap_or("");
    let mut lexer = Lexer {
        raw,
        code,
        at: start,
        found: Vec::with_capacity(end.saturating_sub(start).checked_div(3).unwrap_or(0).min(4096)),
        holes: Vec::new(),
        line_start: true,
        broken: false,
        named_values,
        report,
    };
    lexer.run();
    let at = lexer.code.len();
    lexer.found.push(Placed { token: Token::End, start: at, end: at });
    Tokens { list: lexer.found, broken: lexer.broken }
}

/// An interpolated string whose hole is being read.
#[derive(Clone, Copy)]
struct Hole {
    verbatim: bool,
    /// Brackets in the hole that are not closed yet.
    depth: u32,
    /// Whether a line break in it has been reported.
    complained: bool,
    /// Where the string began.
    start: usize,
}

struct Lexer<'a, 'r, 'd> {
    raw: &'a RawText,
    code: &'a str,
    at: usize,
    found: Vec<Placed<'a>>,
    holes: Vec<Hole>,
    /// Whether only blanks stand before this on its line.
    line_start: bool,
    broken: bool,
    named_values: NamedValues,
    report: &'r mut Report<'d>,
}

impl<'a> Lexer<'a, '_, '_> {
    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if c.is_whitespace() {
                self.blank(c);
                continue;
            }
            let line_start = std::mem::replace(&mut self.line_start, false);
            self.token(c, line_start);
        }
        if let Some(hole) = self.holes.last().copied() {
            self.fail(hole.start, 2, "this string never ends", "expected `}` and `\"` after this");
        }
    }

    fn blank(&mut self, c: char) {
        let start = self.at;
        self.advance(c.len_utf8());
        if c != '\n' {
            return;
        }
        self.line_start = true;
        if let Some(hole) = self.holes.last_mut()
            && !hole.verbatim
            && !hole.complained
        {
            hole.complained = true;
            let span = self.raw.span_of(start, start.saturating_add(1));
            self.report.newer(span, "a line break in a hole of `$\"...\"`", "11", "write `$@\"...\"`");
        }
    }

    fn token(&mut self, c: char, line_start: bool) {
        let rest = self.rest();
        let start = self.at;
        // Most begin in one way only, and need not be compared with the others.
        if is_name_start(c) {
            let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
            self.advance(length);
            self.push(Token::Name { text: rest.get(..length).unwrap_or(""), escaped: false }, start);
        } else if matches!(
            c,
            '(' | ')' | '[' | ']' | ',' | ';' | '=' | '<' | '>' | '!' | '&' | '|' | '?' | '+'
        ) {
            self.sign(c);
        } else if rest.starts_with("//") {
            self.advance(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.line_start = line_start;
            match rest.get(2..).and_then(|rest| rest.find("*/")) {
                Some(length) => self.advance(length.saturating_add(4)),
                None => {
                    self.fail(start, 2, "this comment never ends", "expected `*/` somewhere after this");
                }
            }
        } else if c.is_ascii_digit() || (c == '.' && second_is_digit(rest)) {
            self.number();
        } else if rest.starts_with("\"\"\"") {
            self.raw_string(0);
        } else if c == '"' {
            self.string();
        } else if rest.starts_with("@\"") {
            self.verbatim();
        } else if rest.starts_with("$\"\"\"") {
            self.raw_string(1);
        } else if rest.starts_with("$\"") {
            self.interpolated(2, false);
        } else if rest.starts_with("$@\"") || rest.starts_with("@$\"") {
            self.interpolated(3, true);
        } else if c == '\'' {
            self.character();
        } else if is_typographic(c) {
            self.typographic(c);
        } else if c == '#' && line_start {
            self.directive();
        } else if let Some(length) = self.named_value_length() {
            self.advance(length);
            self.push(Token::Name { text: rest.get(..length).unwrap_or(""), escaped: true }, start);
        } else {
            self.sign(c);
        }
    }

    fn rest(&self) -> &'a str {
        self.code.get(self.at..).unwrap_or("")
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn push(&mut self, token: Token<'a>, start: usize) {
        self.found.push(Placed { token, start, end: self.at });
    }

    /// Reports, and goes on.
    fn error(&mut self, start: usize, length: usize, message: &str, label: &str) {
        let span = self.raw.span_of(start, start.saturating_add(length).min(self.code.len()));
        self.report.syntax(span, message, label);
    }

    /// Reports, and reads nothing more.
    fn fail(&mut self, start: usize, length: usize, message: &str, label: &str) {
        self.error(start, length, message, label);
        self.at = self.code.len();
        self.holes.clear();
        self.broken = true;
    }

    /// The bytes of `{{name}}`, or of `${name}` that a template has left over, here.
    fn named_value_length(&self) -> Option<usize> {
        if self.named_values == NamedValues::Refuse {
            return None;
        }
        let length = |opener: &str, closer: &str| {
            let inside = self.rest().strip_prefix(opener)?;
            let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c)))?;
            let both = opener.len().saturating_add(closer.len());
            (end > 0 && inside.get(end..)?.starts_with(closer)).then_some(end.saturating_add(both))
        };
        length("{{", "}}").or_else(|| length("${", "}"))
    }

    fn sign(&mut self, c: char) {
        let rest = self.rest();
        let start = self.at;
        if let Some(name) = rest.strip_prefix('@').filter(|name| name.starts_with(is_name_start)) {
            let length = name.find(|c| !is_name_part(c)).unwrap_or(name.len());
            self.advance(length.saturating_add(1));
            let text = name.get(..length).unwrap_or("");
            return self.push(Token::Name { text, escaped: true }, start);
        }
        if self.hole_sign(c) {
            return;
        }
        let sign = signs_from(c).iter().find(|sign| rest.starts_with(**sign)).copied();
        match sign {
            Some("?.") if rest.get(1..).is_some_and(second_is_digit) => {
                self.advance(1);
                self.push(Token::Sign("?"), start);
            }
            None => {
                self.advance(c.len_utf8());
                let shown = if c.is_control() || c.is_whitespace() || is_invisible(c) {
                    format!("the invisible character U+{:04X} has no meaning here", u32::from(c))
                } else if c == '`' {
                    "a backquote has no meaning here".to_owned()
                } else {
                    format!("`{c}` has no meaning here")
                };
                self.error(start, c.len_utf8(), &shown, "not part of C#");
                self.broken = true;
            }
            Some(sign) => {
                self.advance(sign.len());
                self.push(Token::Sign(sign), start);
            }
        }
    }

    /// Keeps count of the brackets in a hole. True if `c` was the end of the code in it.
    fn hole_sign(&mut self, c: char) -> bool {
        let double_colon = self.rest().starts_with("::");
        let Some(hole) = self.holes.last_mut() else { return false };
        match c {
            '(' | '[' | '{' => hole.depth = hole.depth.saturating_add(1),
            '}' if hole.depth == 0 => {
                let (verbatim, start) = (hole.verbatim, hole.start);
                self.holes.pop();
                let at = self.at;
                self.advance(1);
                self.push(Token::HoleEnd, at);
                self.interpolated_text(verbatim, start);
                return true;
            }
            ')' | ']' | '}' => hole.depth = hole.depth.saturating_sub(1),
            ':' if hole.depth == 0 && !double_colon => {
                let verbatim = hole.verbatim;
                self.format(verbatim);
                return true;
            }
            _ => {}
        }
        false
    }

    /// `#region`, `#if` and the like: the rest of the line.
    fn directive(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let line = rest.get(..rest.find('\n').unwrap_or(rest.len())).unwrap_or("");
        self.advance(line.len());
        let word = line.split_whitespace().next().unwrap_or("#");
        let span = self.raw.span_of(start, start.saturating_add(word.len()));
        self.report.unsupported(span, &format!("the directive `{word}`"), "leave this line out");
    }
}

fn second_is_digit(text: &str) -> bool {
    text.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The quotes that word processors put in place of `"` and `'`.
const fn is_typographic(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2032}' | '\u{2033}' | '\u{b4}')
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}')
}
