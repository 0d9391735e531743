//! Where a reader is among the tokens of Bicep.

use std::cell::Cell;

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

use super::lexer::{Kind, Token, token};
use crate::resources::eval::syntax::Resource;

/// Deepest nesting of brackets, operators and texts.
pub(super) const MAX_DEPTH: u32 = 96;
/// With which declarations begin.
const DECLARATIONS: &[&str] =
    &["param", "var", "resource", "module", "output", "func", "type", "import", "metadata", "targetScope"];
/// Problems of one file that are told. After them it is not read on: looking for the end of a text that has none
/// goes through all of the file.
pub(super) const MAX_PROBLEMS: u32 = 20;

/// Reads tokens.
pub(super) struct Parser<'x, 'd> {
    pub(super) text: &'x str,
    pub(super) source: SourceId,
    end: usize,
    pub(super) now: Token,
    /// What comes after the line breaks from a place on: each level of operators asks for it.
    ahead: Cell<Option<(usize, Token)>>,
    /// Where the token before ended.
    pub(super) before: usize,
    pub(super) depth: u32,
    pub(super) problems: &'d mut Diagnostics,
    pub(super) told: u32,
    /// Resources declared inside of the one that is being read.
    pub(super) nested: Vec<Resource>,
}

/// Reading cannot go on here; the problem has been told.
#[derive(Debug)]
pub(super) struct Stop;

impl<'x, 'd> Parser<'x, 'd> {
    /// For the bytes from `start` to `end`.
    pub(super) fn new(
        text: &'x str,
        source: SourceId,
        start: usize,
        end: usize,
        problems: &'d mut Diagnostics,
    ) -> Self {
        let now = token(text, start, end);
        Self {
            text,
            source,
            end,
            now,
            ahead: Cell::new(None),
            before: start,
            depth: 0,
            problems,
            told: 0,
            nested: Vec::new(),
        }
    }

    /// For a part of the same text.
    pub(super) fn inside(&mut self, start: usize, end: usize) -> Parser<'x, '_> {
        let mut inner = Parser::new(self.text, self.source, start, end, self.problems);
        inner.depth = self.depth;
        inner.told = self.told;
        inner
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    /// From `start` to the end of what was read.
    pub(super) fn since(&self, start: usize) -> Span {
        self.span(start, self.before.max(start))
    }

    pub(super) fn word(&self) -> Option<&'x str> {
        (self.now.kind == Kind::Word).then(|| self.slice())
    }

    pub(super) fn slice(&self) -> &'x str {
        self.text.get(self.now.start..self.now.end).unwrap_or_default()
    }

    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self.now.kind, Kind::Sign(own) if own == sign)
    }

    pub(super) fn is_end(&self) -> bool {
        self.now.kind == Kind::End
    }

    pub(super) fn advance(&mut self) {
        self.before = self.now.end;
        self.now = token(self.text, self.now.end, self.end);
    }

    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let is_it = self.is(sign);
        if is_it {
            self.advance();
        }
        is_it
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let is_it = self.word() == Some(word);
        if is_it {
            self.advance();
        }
        is_it
    }

    pub(super) fn skip_lines(&mut self) {
        while self.now.kind == Kind::NewLine {
            self.advance();
        }
    }

    /// To a value in the next line, unless that begins with a declaration: then the value is missing here.
    pub(super) fn begin_value(&mut self) {
        let next = self.after_lines();
        let word = self.text.get(next.start..next.end).unwrap_or_default();
        if !DECLARATIONS.contains(&word) && !matches!(next.kind, Kind::Sign("@") | Kind::End) {
            self.skip_lines();
        }
    }

    /// The token after this one.
    pub(super) fn next(&self) -> Token {
        token(self.text, self.now.end, self.end)
    }

    /// The first token that is not a line break.
    pub(super) fn after_lines(&self) -> Token {
        let mut at = self.now;
        if at.kind != Kind::NewLine {
            return at;
        }
        if let Some((_, known)) = self.ahead.get().filter(|(start, _)| *start == self.now.start) {
            return known;
        }
        while at.kind == Kind::NewLine {
            at = token(self.text, at.end, self.end);
        }
        self.ahead.set(Some((self.now.start, at)));
        at
    }

    pub(super) fn expect(&mut self, sign: &'static str) -> Result<(), Stop> {
        if self.eat(sign) { Ok(()) } else { Err(self.stop(&format!("expected `{sign}`"))) }
    }

    /// Tells that something else was expected here.
    pub(super) fn stop(&mut self, expected: &str) -> Stop {
        self.told = self.told.saturating_add(1);
        if self.told <= MAX_PROBLEMS {
            let (expected, message) = match self.now.kind {
                Kind::Bad(own) => (own, "this is not Bicep"),
                Kind::End => (expected, "the file ends too early"),
                Kind::NewLine => (expected, "the line ends too early"),
                _ => (expected, "this is not expected here"),
            };
            let start = self.now.start;
            let line = self.text.get(start..self.now.end).unwrap_or_default();
            let end = start + line.find(['\n', '\r']).unwrap_or(line.len());
            let span = self.span(start, end);
            self.problems.push(
                Diagnostic::error("bicep-syntax", span, message)
                    .label(expected)
                    .note("the declaration that it is in was not read")
                    .help("correct it: `az bicep build` refuses it too"),
            );
        }
        Stop
    }

    /// One level deeper.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.depth >= MAX_DEPTH {
            return Err(self.stop(&format!("expected at most {MAX_DEPTH} levels of nesting")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Passes over everything up to the end of the line, brackets and what is in them as a whole.
    pub(super) fn skip_statement(&mut self) {
        self.skip_until(|_| false);
    }

    /// Passes over everything up to a token for which `is_end` holds or the end of the line, outside of brackets.
    pub(super) fn skip_until(&mut self, is_end: impl Fn(Kind) -> bool) {
        let mut open = 0_u32;
        let mut was_bar = false;
        loop {
            let kind = self.now.kind;
            match kind {
                Kind::End | Kind::Bad(_) => return,
                _ if open == 0 && is_end(kind) => return,
                Kind::NewLine if open == 0 => {
                    // Unions of types go on in the next line.
                    let goes_on = was_bar || self.after_lines().kind == Kind::Sign("|");
                    if !goes_on {
                        return;
                    }
                    self.skip_lines();
                    continue;
                }
                Kind::Sign("{" | "[" | "(") => open += 1,
                Kind::Sign("}" | "]" | ")") => match open.checked_sub(1) {
                    Some(less) => open = less,
                    None => return,
                },
                _ => {}
            }
            was_bar = kind == Kind::Sign("|");
            self.advance();
        }
    }

    /// After a problem: to the next line that begins with a declaration, whatever brackets or texts are open.
    pub(super) fn recover(&mut self) {
        let mut at = self.now.start;
        loop {
            let rest = self.text.get(at..self.end).unwrap_or_default();
            let Some(line) = rest.find(['\n', '\r']) else {
                at = self.end;
                break;
            };
            at += line + 1;
            let rest = self.text.get(at..self.end).unwrap_or_default();
            let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            if DECLARATIONS.contains(&word) {
                break;
            }
        }
        self.before = at;
        self.now = token(self.text, at, self.end);
    }
}
