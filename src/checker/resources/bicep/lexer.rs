//! Words of Bicep. Texts with expressions in them are cut into pieces here, by counting brackets.

use crate::diagnostics::{SourceId, Span};

/// A word and where it is.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A name or keyword.
    Name(String),
    /// A whole number.
    Number(String),
    /// Pieces of a text: what is written out, and the places of expressions between them.
    Text(Vec<Piece>),
    /// A sign: brackets, operators.
    Sign(&'static str),
    /// End of a line; lists and objects may be parted by it.
    NewLine,
    /// What is none of these.
    Odd,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// As it is meant, without escapes; and where it is.
    Plain(String, Span),
    /// An expression: from this byte to that one.
    Code(usize, usize),
}

/// Signs, longer ones first.
const SIGNS: [&str; 36] = [
    "...", "&&", "||", "??", "==", "!=", "=~", "!~", "<=", ">=", "=>", "::", ".?", "[?", "{", "}", "[", "]",
    "(", ")", ".", ",", ":", "=", "?", "!", "+", "-", "*", "/", "%", "<", ">", "@", "|", "&",
];

/// The words of `text[start..end]`. A text that does not end is told by its place in the second result.
pub(super) fn words(source: SourceId, text: &str, start: usize, end: usize) -> (Vec<Token>, Vec<Span>) {
    let mut lexer = Lexer { source, text, at: start, end, tokens: Vec::new(), endless: Vec::new() };
    lexer.run();
    (lexer.tokens, lexer.endless)
}

struct Lexer<'t> {
    source: SourceId,
    text: &'t str,
    at: usize,
    end: usize,
    tokens: Vec<Token>,
    endless: Vec<Span>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let span = Span::new(self.source, self.at, self.at.saturating_add(length));
        self.tokens.push(Token { kind, span });
        self.at = self.at.saturating_add(length.max(1));
    }

    fn run(&mut self) {
        while self.at < self.end {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { break };
            if first == '\n' {
                self.push(TokenKind::NewLine, 1);
            } else if first.is_whitespace() {
                self.at = self.at.saturating_add(first.len_utf8());
            } else if rest.starts_with("//") || first == '#' {
                let length = rest.find('\n').unwrap_or(rest.len());
                self.at = self.at.saturating_add(length.max(1));
            } else if let Some(inner) = rest.strip_prefix("/*") {
                let length = inner.find("*/").map_or(rest.len(), |at| at.saturating_add(4));
                self.at = self.at.saturating_add(length);
            } else if first.is_alphabetic() || first == '_' {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                self.push(TokenKind::Name(rest.get(..length).unwrap_or_default().to_owned()), length);
            } else if first.is_ascii_digit() {
                let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                self.push(TokenKind::Number(rest.get(..length).unwrap_or_default().to_owned()), length);
            } else if rest.starts_with("'''") {
                self.block();
            } else if first == '\'' {
                self.quoted();
            } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                self.push(TokenKind::Sign(sign), sign.len());
            } else {
                self.push(TokenKind::Odd, first.len_utf8());
            }
        }
    }

    /// `'''...'''`: as it stands, without the first line break.
    fn block(&mut self) {
        let rest = self.rest();
        let inner = rest.get(3..).unwrap_or("");
        let Some(length) = inner.find("'''") else {
            self.endless.push(Span::new(self.source, self.at, self.at.saturating_add(3)));
            self.at = self.end;
            return;
        };
        // Quotes right before the end belong to the text.
        let extra =
            inner.get(length..).unwrap_or("").chars().take_while(|c| *c == '\'').count().saturating_sub(3);
        let length = length.saturating_add(extra);
        let content = inner.get(..length).unwrap_or("");
        let lead = if content.starts_with("\r\n") { 2 } else { usize::from(content.starts_with('\n')) };
        let begin = self.at.saturating_add(3).saturating_add(lead);
        let span = Span::new(self.source, begin, self.at.saturating_add(3).saturating_add(length));
        let plain = Piece::Plain(content.get(lead..).unwrap_or("").to_owned(), span);
        self.push(TokenKind::Text(vec![plain]), length.saturating_add(6));
    }

    /// `'...'` with escapes and `${...}`.
    fn quoted(&mut self) {
        let start = self.at;
        let mut at = start.saturating_add(1);
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut plain_from = at;
        loop {
            let rest = self.text.get(at..self.end).unwrap_or("");
            let Some(first) = rest.chars().next() else { break };
            match first {
                '\'' => {
                    let span = Span::new(self.source, plain_from, at);
                    if !plain.is_empty() || pieces.is_empty() {
                        pieces.push(Piece::Plain(plain, span));
                    }
                    self.push(TokenKind::Text(pieces), at.saturating_add(1).saturating_sub(start));
                    return;
                }
                '\n' => break,
                '\\' => {
                    let (meant, length) = escape(rest);
                    plain.push_str(&meant);
                    at = at.saturating_add(length);
                }
                '$' if rest.starts_with("${") => {
                    let Some(length) = code_length(rest.get(2..).unwrap_or("")) else { break };
                    if !plain.is_empty() {
                        let span = Span::new(self.source, plain_from, at);
                        pieces.push(Piece::Plain(std::mem::take(&mut plain), span));
                    }
                    let from = at.saturating_add(2);
                    pieces.push(Piece::Code(from, from.saturating_add(length)));
                    at = from.saturating_add(length).saturating_add(1);
                    plain_from = at;
                }
                other => {
                    plain.push(other);
                    at = at.saturating_add(other.len_utf8());
                }
            }
        }
        // It does not end on its line.
        self.endless.push(Span::new(self.source, start, start.saturating_add(1)));
        let rest = self.rest();
        let length = rest.find('\n').unwrap_or(rest.len());
        self.push(TokenKind::Text(pieces), length);
    }
}

/// What an escape at the beginning of `rest` means, and its length.
fn escape(rest: &str) -> (String, usize) {
    let mut chars = rest.chars();
    chars.next();
    match chars.next() {
        Some('n') => ("\n".to_owned(), 2),
        Some('r') => ("\r".to_owned(), 2),
        Some('t') => ("\t".to_owned(), 2),
        Some('u') => {
            let digits = rest.strip_prefix("\\u{").and_then(|inner| inner.split_once('}'));
            let found = digits.and_then(|(digits, _)| {
                let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
                Some((c.to_string(), digits.len().saturating_add(4)))
            });
            found.unwrap_or_else(|| ("u".to_owned(), 2))
        }
        Some(other) if other != '\n' => (other.to_string(), other.len_utf8().saturating_add(1)),
        Some(_) | None => (String::new(), 1),
    }
}

/// Length of the code in front of the bracket that closes `${`; texts inside of it count as texts.
fn code_length(code: &str) -> Option<usize> {
    // How many brackets are open in each text that is open.
    let mut open: Vec<usize> = vec![0];
    let mut in_text = false;
    let mut chars = code.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if open.len() > 64 {
            return None;
        }
        if in_text {
            match c {
                '\\' => {
                    chars.next();
                }
                '\'' => in_text = false,
                '$' if chars.peek().is_some_and(|(_, next)| *next == '{') => {
                    chars.next();
                    open.push(0);
                    in_text = false;
                }
                '\n' => return None,
                _ => {}
            }
            continue;
        }
        match c {
            '\'' => in_text = true,
            '{' => *open.last_mut()? = open.last()?.saturating_add(1),
            '}' => match open.last().copied()? {
                0 if open.len() == 1 => return Some(at),
                0 => {
                    open.pop();
                    in_text = true;
                }
                depth => *open.last_mut()? = depth.saturating_sub(1),
            },
            '\n' => return None,
            _ => {}
        }
    }
    None
}
