//! Strings and characters.

use super::{Hole, Lexer, Token, is_typographic};
use crate::policy::Text;
use crate::policy::csharp::Value;

/// Characters of a string as they are decoded. .NET strings are UTF-16: two escapes may be the halves of
/// one character. A half that stays alone becomes U+FFFD.
#[derive(Default)]
struct Decoded {
    text: String,
    half: Option<u32>,
    /// UTF-16 units, and the last one.
    units: usize,
    last: u16,
}

impl Decoded {
    fn push(&mut self, c: char) {
        self.flush();
        self.text.push(c);
        self.count(c);
    }

    fn count(&mut self, c: char) {
        self.units = self.units.saturating_add(c.len_utf16());
        self.last = u16::try_from(u32::from(c)).unwrap_or(0xfffd);
    }

    /// A code of an escape; false if there is no such character.
    fn push_code(&mut self, code: u32) -> bool {
        if let Some(high) = self.half
            && (0xdc00..0xe000).contains(&code)
        {
            self.half = None;
            let low = code.wrapping_sub(0xdc00);
            let code = (high.wrapping_sub(0xd800) << 10).wrapping_add(low).wrapping_add(0x1_0000);
            self.units = self.units.saturating_add(1);
            self.text.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            return true;
        }
        match char::from_u32(code) {
            Some(c) => {
                self.push(c);
                true
            }
            None if code < 0xe000 => {
                self.flush();
                self.units = self.units.saturating_add(1);
                self.last = u16::try_from(code).unwrap_or(0xfffd);
                if code < 0xdc00 {
                    self.half = Some(code);
                } else {
                    self.text.push('\u{fffd}');
                }
                true
            }
            None => false,
        }
    }

    fn flush(&mut self) {
        if self.half.take().is_some() {
            self.text.push('\u{fffd}');
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}

impl Lexer<'_, '_, '_> {
    /// `"..."`
    pub(super) fn string(&mut self) {
        let start = self.at;
        let mut decoded = Decoded::default();
        self.advance(1);
        loop {
            match self.rest().chars().next() {
                None | Some('\n' | '\r') => {
                    return self.fail(start, 1, "this string never ends", "expected `\"` on the same line");
                }
                Some('"') => break,
                Some('\\') => self.escape(&mut decoded),
                Some(c) => {
                    self.advance(c.len_utf8());
                    decoded.push(c);
                }
            }
        }
        self.advance(1);
        self.push(Token::Literal(Value::Str(Text::from(decoded.finish()))), start);
        if self.rest().starts_with("u8") {
            let span = self.raw.span_of(self.at, self.at.saturating_add(2));
            self.report.newer(span, "the suffix `u8`", "11", "write `Encoding.UTF8.GetBytes(...)`");
            self.advance(2);
        }
    }

    /// `@"..."`
    pub(super) fn verbatim(&mut self) {
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
                None => return self.fail(start, 2, "this string never ends", "expected `\"` after this"),
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

    /// `"""..."""`: three quotes in a row can be nothing else.
    pub(super) fn raw_string(&mut self, prefix: usize) {
        let start = self.at;
        self.advance(prefix);
        let rest = self.rest();
        let quotes = rest.bytes().take_while(|b| *b == b'"').count();
        let fence = rest.get(..quotes).unwrap_or("");
        let inside = rest.get(quotes..).unwrap_or("");
        let length = inside.find(fence).map_or(inside.len(), |at| at.saturating_add(quotes));
        let span = self.raw.span_of(start, start.saturating_add(prefix).saturating_add(quotes));
        let help = "write `@\"...\"`, with each quote in it doubled";
        self.report.newer(span, "a raw string (`\"\"\"`)", "11", help);
        self.advance(quotes.saturating_add(length));
        self.push(Token::Literal(Value::Str(Text::EMPTY)), start);
    }

    /// `$"..."`, `$@"..."` and `@$"..."`, up to the first hole.
    pub(super) fn interpolated(&mut self, skip: usize, verbatim: bool) {
        let start = self.at;
        if self.rest().starts_with("@$") {
            let span = self.raw.span_of(start, start.saturating_add(2));
            self.report.swapped_prefix(span);
        }
        self.advance(skip);
        self.push(Token::StringStart, start);
        self.interpolated_text(verbatim, start);
    }

    /// The text of an interpolated string up to its end or the next hole.
    pub(super) fn interpolated_text(&mut self, verbatim: bool, string: usize) {
        let start = self.at;
        let mut decoded = Decoded::default();
        loop {
            let rest = self.rest();
            let at = self.at;
            if rest.starts_with("{{") || rest.starts_with("}}") || (verbatim && rest.starts_with("\"\"")) {
                decoded.push(rest.chars().next().unwrap_or('{'));
                self.advance(2);
                continue;
            }
            match rest.chars().next() {
                None => return self.fail(string, 2, "this string never ends", "expected `\"` after this"),
                Some('\n' | '\r') if !verbatim => {
                    return self.fail(string, 2, "this string never ends", "expected `\"` on the same line");
                }
                Some('"') => {
                    self.piece(decoded, start);
                    self.advance(1);
                    return self.push(Token::StringEnd, at);
                }
                Some('{') => {
                    self.piece(decoded, start);
                    self.advance(1);
                    self.push(Token::HoleStart, at);
                    self.holes.push(Hole { verbatim, depth: 0, complained: false, start: string });
                    return;
                }
                Some('}') => {
                    self.advance(1);
                    self.error(at, 1, "a single `}` in an interpolated string", "expected `}}`");
                }
                Some('\\') if !verbatim => {
                    self.escape(&mut decoded);
                    if matches!(decoded.last, 0x7b | 0x7d) {
                        let label = "expected `{{` or `}}`";
                        self.error(
                            at,
                            self.at.saturating_sub(at),
                            "an escaped bracket in an interpolated string",
                            label,
                        );
                    }
                }
                Some(c) => {
                    self.advance(c.len_utf8());
                    decoded.push(c);
                }
            }
        }
    }

    fn piece(&mut self, decoded: Decoded, start: usize) {
        let text = decoded.finish();
        if !text.is_empty() {
            self.push(Token::Piece(text), start);
        }
    }

    /// `:format` up to the `}` of its hole; `}}` is a bracket in the format.
    pub(super) fn format(&mut self, verbatim: bool) {
        let start = self.at;
        let mut decoded = Decoded::default();
        self.advance(1);
        loop {
            let rest = self.rest();
            if rest.starts_with("{{") || rest.starts_with("}}") || (verbatim && rest.starts_with("\"\"")) {
                decoded.push(rest.chars().next().unwrap_or('{'));
                self.advance(2);
                continue;
            }
            match rest.chars().next() {
                None | Some('"' | '{' | '\n' | '\r') => {
                    return self.fail(start, 1, "this format never ends", "expected `}` after this");
                }
                Some('}') => break,
                Some('\\') if !verbatim => self.escape(&mut decoded),
                Some(c) => {
                    self.advance(c.len_utf8());
                    decoded.push(c);
                }
            }
        }
        let text = decoded.finish();
        if text.is_empty() {
            self.error(start, 1, "an empty format", "expected a format such as `N2` behind `:`");
        } else if text.ends_with(char::is_whitespace) {
            let length = self.at.saturating_sub(start);
            self.error(
                start,
                length,
                "a format that ends with a blank",
                "expected `}` right behind the format",
            );
        }
        self.push(Token::Format(text), start);
    }

    fn escape(&mut self, decoded: &mut Decoded) {
        let start = self.at;
        let rest = self.rest();
        let kind = rest.chars().nth(1);
        let simple = match kind {
            Some(c @ ('\'' | '"' | '\\')) => Some(c),
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
            decoded.push(c);
            return self.advance(2);
        }
        let (least, most) = match kind {
            Some('u') => (4, 4),
            Some('U') => (8, 8),
            Some('x') => (1, 4),
            _ => (0, 0),
        };
        let digits = rest.get(2..).filter(|_| least > 0).unwrap_or("");
        let length = digits.bytes().take(most).take_while(u8::is_ascii_hexdigit).count();
        let code = u32::from_str_radix(digits.get(..length).unwrap_or(""), 16).ok();
        let letter = kind.filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
        let total = length.saturating_add(1).saturating_add(letter);
        self.advance(total);
        let known = length >= least && code.is_some_and(|code| decoded.push_code(code));
        if !known {
            decoded.push('\u{fffd}');
            self.error(
                start,
                total,
                "this is not an escape sequence that can be read",
                "expected one of `\\\" \\' \\\\ \\0 \\a \\b \\f \\n \\r \\t \\v \\x \\u \\U`",
            );
        }
    }

    /// `'x'`, or (with a warning) a string in single quotes.
    pub(super) fn character(&mut self) {
        let start = self.at;
        let mut decoded = Decoded::default();
        self.advance(1);
        loop {
            match self.rest().chars().next() {
                None | Some('\n' | '\r') => {
                    let label = "expected `'` on the same line";
                    return self.fail(start, 1, "this character never ends", label);
                }
                Some('\'') => break,
                Some('\\') => self.escape(&mut decoded),
                Some(c) => {
                    self.advance(c.len_utf8());
                    decoded.push(c);
                }
            }
        }
        self.advance(1);
        if decoded.units == 1 {
            return self.push(Token::Literal(Value::Char(decoded.last)), start);
        }
        self.report.single_quoted(self.raw.span_of(start, self.at));
        self.push(Token::Quoted(decoded.finish()), start);
    }

    /// A string in the quotes of a word processor: reported, and read up to the next quote of any kind.
    pub(super) fn typographic(&mut self, c: char) {
        let start = self.at;
        let length = c.len_utf8();
        let span = self.raw.span_of(start, start.saturating_add(length));
        self.report.typographic(span, c);
        self.advance(length);
        let rest = self.rest();
        let end = rest.find(|c| is_typographic(c) || matches!(c, '"' | '\'' | '\n'));
        if let Some(end) = end
            && let Some(closer) = rest.get(end..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n')
        {
            self.advance(end.saturating_add(closer.len_utf8()));
        } else {
            self.broken = true;
        }
        self.push(Token::Literal(Value::Str(Text::EMPTY)), start);
    }
}
