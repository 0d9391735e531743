//! Splits C# code into tokens.

use super::{DoubleBits, Value};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::policy::Text;
use crate::policy::scan::RawText;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Name or keyword.
    Name(String),
    /// Literal.
    Literal(Value),
    /// 2147483648 and 9223372036854775808: literals that only a minus sign makes fit.
    MinMagnitude(i64),
    /// Operator or punctuation.
    Sign(&'static str),
    /// Something C# has and this language does not; named.
    Unsupported(&'static str),
    /// The end of the code.
    End,
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// Longest first, so that the first match is the right one.
const SIGNS: [&str; 52] = [
    "<<=", ">>=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "<<", "->", "::", "(", ")", "[", "]", "{", "}", ".", ",", ":", ";", "?", "!",
    "<", ">", "+", "-", "*", "/", "%", "=", "&", "|", "^", "~", "@", "#", "$", "\\",
];

/// The tokens of `raw.text[start..end]`, ending in [`Token::End`]. Problems are reported; the tokens
/// are then not worth parsing.
pub(super) fn tokens(raw: &RawText, start: usize, end: usize, diagnostics: &mut Diagnostics) -> Vec<Spanned> {
    let code = raw.text.get(..end).unwrap_or("");
    let mut lexer = Lexer { raw, code, at: start, found: Vec::new(), diagnostics };
    lexer.run();
    let at = raw.span_of(end, end);
    lexer.found.push(Spanned { token: Token::End, span: at });
    lexer.found
}

struct Lexer<'a> {
    raw: &'a RawText,
    code: &'a str,
    at: usize,
    found: Vec<Spanned>,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return };
            let start = self.at;
            if c.is_whitespace() {
                self.advance(c.len_utf8());
            } else if rest.starts_with("//") {
                self.advance(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                let Some(length) = rest.find("*/") else {
                    self.error(start, 2, "this comment never ends", "expected `*/` somewhere after this");
                    return;
                };
                self.advance(length.saturating_add(2));
            } else if c.is_alphabetic() || c == '_' {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                self.advance(length);
                let name = rest.get(..length).unwrap_or("").to_owned();
                self.push(Token::Name(name), start);
            } else if c.is_ascii_digit() || (c == '.' && second_is_digit(rest)) {
                self.number();
            } else if c == '"' {
                self.string(1);
            } else if rest.starts_with("@\"") {
                self.verbatim();
            } else if rest.starts_with("$\"") || rest.starts_with("$@\"") || rest.starts_with("@$\"") {
                self.interpolated();
            } else if c == '\'' {
                self.character();
            } else {
                self.sign(c);
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.code.get(self.at..).unwrap_or("")
    }

    fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn push(&mut self, token: Token, start: usize) {
        let span = self.raw.span_of(start, self.at);
        self.found.push(Spanned { token, span });
    }

    fn error(&mut self, start: usize, length: usize, message: &str, label: &str) {
        let span = self.raw.span_of(start, start.saturating_add(length).min(self.code.len()));
        self.diagnostics.push(Diagnostic::error("expression-syntax", span, message).label(label));
    }

    fn sign(&mut self, c: char) {
        let rest = self.rest();
        let start = self.at;
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).copied();
        match sign {
            Some("?.") if rest.get(1..).is_some_and(second_is_digit) => {
                self.advance(1);
                self.push(Token::Sign("?"), start);
            }
            Some(sign @ ("#" | "$" | "\\" | "@")) => {
                self.advance(1);
                self.error(start, 1, &format!("`{sign}` has no meaning here"), "not part of C#");
            }
            Some(sign) => {
                self.advance(sign.len());
                self.push(Token::Sign(sign), start);
            }
            None => {
                self.advance(c.len_utf8());
                self.error(start, c.len_utf8(), &format!("`{c}` has no meaning here"), "not part of C#");
            }
        }
    }

    fn number(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let lower = rest.get(..2).unwrap_or("").to_ascii_lowercase();
        let radix = match lower.as_str() {
            "0x" => 16,
            "0b" => 2,
            _ => 10,
        };
        let mut length = if radix == 10 { 0 } else { 2 };
        let mut real = false;
        let bytes = rest.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
        loop {
            let c = byte(length);
            let digit = if radix == 16 { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
            let point = radix == 10 && c == b'.' && !real && byte(length.saturating_add(1)).is_ascii_digit();
            if point {
                real = true;
            } else if !(digit || c == b'_') {
                break;
            }
            length = length.saturating_add(1);
        }
        if radix == 10 && matches!(byte(length), b'e' | b'E') {
            let sign = usize::from(matches!(byte(length.saturating_add(1)), b'+' | b'-'));
            let mut at = length.saturating_add(1).saturating_add(sign);
            if byte(at).is_ascii_digit() {
                while byte(at).is_ascii_digit() {
                    at = at.saturating_add(1);
                }
                length = at;
                real = true;
            }
        }
        let digits: String =
            rest.get(..length).unwrap_or("").chars().filter(|c| *c != '_').collect::<String>();
        let suffix_length =
            bytes.get(length..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        let total = length.saturating_add(suffix_length);
        let suffix = rest.get(length..total).unwrap_or("").to_ascii_lowercase();
        self.advance(total);
        let token = match (suffix.as_str(), real) {
            ("" | "l", false) => integer(&digits, radix, suffix == "l"),
            ("" | "d", _) => {
                digits.parse::<f64>().ok().map(|n| Token::Literal(Value::Double(DoubleBits::new(n))))
            }
            ("f", _) => Some(Token::Unsupported("a `float` literal")),
            ("m", _) => Some(Token::Unsupported("a `decimal` literal")),
            ("u" | "ul" | "lu", false) => Some(Token::Unsupported("an unsigned literal")),
            _ => None,
        };
        match token {
            Some(token) => self.push(token, start),
            None => self.error(
                start,
                total,
                "this is not a number that fits",
                "expected an int, a long or a double",
            ),
        }
    }

    /// A string with escapes; `skip` bytes before its first character.
    fn string(&mut self, skip: usize) {
        let start = self.at;
        let mut text = String::new();
        self.advance(skip);
        loop {
            let at = self.at;
            match self.rest().chars().next() {
                None | Some('\n') => {
                    self.error(start, 1, "this string never ends", "expected `\"` on the same line");
                    self.at = self.code.len();
                    return;
                }
                Some('"') => {
                    self.advance(1);
                    return self.push(Token::Literal(Value::Str(Text::from(text))), start);
                }
                Some('\\') => self.escape(at, &mut text),
                Some(c) => {
                    self.advance(c.len_utf8());
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self, start: usize, text: &mut String) {
        let rest = self.rest();
        let kind = rest.chars().nth(1);
        let simple = match kind {
            Some('\'') => Some('\''),
            Some('"') => Some('"'),
            Some('\\') => Some('\\'),
            Some('0') => Some('\0'),
            Some('a') => Some('\u{7}'),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('v') => Some('\u{b}'),
            _ => None,
        };
        if let Some(c) = simple {
            text.push(c);
            return self.advance(2);
        }
        let (least, most) = match kind {
            Some('u') => (4, 4),
            Some('U') => (8, 8),
            Some('x') => (1, 4),
            _ => (0, 0),
        };
        let digits = rest.get(2..).unwrap_or("");
        let length = digits.bytes().take(most).take_while(u8::is_ascii_hexdigit).count();
        let code = u32::from_str_radix(digits.get(..length).unwrap_or(""), 16).ok();
        let total = length.saturating_add(1).saturating_add(kind.map_or(0, char::len_utf8));
        self.advance(total);
        match code.and_then(char::from_u32) {
            Some(c) if least > 0 && length >= least => text.push(c),
            _ => self.error(
                start,
                total,
                "this is not an escape sequence that can be read",
                "expected one of `\\\" \\' \\\\ \\0 \\a \\b \\f \\n \\r \\t \\v \\x \\u \\U`",
            ),
        }
    }

    fn verbatim(&mut self) {
        let start = self.at;
        let mut text = String::new();
        self.advance(2);
        loop {
            let rest = self.rest();
            if rest.starts_with("\"\"") {
                self.advance(2);
                text.push('"');
                continue;
            }
            match rest.chars().next() {
                None => return self.error(start, 2, "this string never ends", "expected `\"` after this"),
                Some('"') => {
                    self.advance(1);
                    return self.push(Token::Literal(Value::Str(Text::from(text))), start);
                }
                Some(c) => {
                    self.advance(c.len_utf8());
                    text.push(c);
                }
            }
        }
    }

    /// An interpolated string ends the reading: nothing behind it matters once it is refused.
    fn interpolated(&mut self) {
        let start = self.at;
        self.advance(2);
        self.push(Token::Unsupported("an interpolated string (`$\"...\"`)"), start);
        self.at = self.code.len();
    }

    /// `'x'`, or (with a warning) a string in single quotes.
    fn character(&mut self) {
        let start = self.at;
        let mut text = String::new();
        self.advance(1);
        loop {
            let at = self.at;
            match self.rest().chars().next() {
                None | Some('\n') => {
                    self.error(start, 1, "this character never ends", "expected `'` on the same line");
                    self.at = self.code.len();
                    return;
                }
                Some('\'') => {
                    self.advance(1);
                    break;
                }
                Some('\\') => self.escape(at, &mut text),
                Some(c) => {
                    self.advance(c.len_utf8());
                    text.push(c);
                }
            }
        }
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next())
            && c.len_utf16() == 1
        {
            return self.push(Token::Literal(Value::Char(c)), start);
        }
        let span = self.raw.span_of(start, self.at);
        self.diagnostics.push(
            Diagnostic::warning("single-quoted-string", span, "a string in single quotes is not valid C#")
                .label("read as a string")
                .help("use double quotes: the service may refuse this"),
        );
        self.push(Token::Literal(Value::Str(Text::from(text))), start);
    }
}

fn second_is_digit(text: &str) -> bool {
    text.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
}

/// The first of int and long that holds the value, as in C# (where unsigned types are never needed to
/// hold what these hold).
fn integer(digits: &str, radix: u32, long: bool) -> Option<Token> {
    let digits = if radix == 10 { digits } else { digits.get(2..)? };
    let value = u64::from_str_radix(digits, radix).ok()?;
    if !long && let Ok(int) = i32::try_from(value) {
        return Some(Token::Literal(Value::Int(int)));
    }
    if radix == 10 && (value == 1 << 63 || (!long && value == 1 << 31)) {
        return Some(Token::MinMagnitude(0_i64.wrapping_sub_unsigned(value)));
    }
    i64::try_from(value).ok().map(|n| Token::Literal(Value::Long(n)))
}
