//! Tables in text files: the rows of CSV with the place of every value, and the problems found in them.
//!
//! Rules: at most 50 problems of a file are told one by one, the others counted; a value in quotes may run over
//! several lines.

use super::json::{Node, Value};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// Problems, the first of them kept and the others counted.
#[derive(Debug)]
pub(crate) struct Problems {
    /// Code of the line that tells how many more there are.
    more: &'static str,
    kept: Diagnostics,
    count: usize,
    last: Option<Span>,
}

impl Problems {
    /// None yet.
    pub(crate) fn new(more: &'static str) -> Self {
        Self { more, kept: Diagnostics::new(), count: 0, last: None }
    }

    /// How many there were.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Whether further ones are only counted.
    pub(crate) const fn is_full(&self) -> bool {
        self.count >= MOST_PROBLEMS
    }

    /// One more problem.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.count += 1;
        self.last = diagnostic.span;
        if self.count <= MOST_PROBLEMS {
            self.kept.push(diagnostic);
        }
    }

    /// Hands the problems over; whether there were any.
    pub(crate) fn report(mut self, diagnostics: &mut Diagnostics) -> bool {
        let more = self.count.saturating_sub(MOST_PROBLEMS);
        if more > 0 {
            let problems = if more == 1 { "problem" } else { "problems" };
            let message = format!("and {more} more {problems} up to here");
            self.kept.push(Diagnostic::error(self.more, self.last, message));
        }
        diagnostics.extend(self.kept);
        self.count > 0
    }
}

const MOST_PROBLEMS: usize = 50;

/// The rows of CSV text (RFC 4180), with the place of every value. Blank lines are passed over.
#[derive(Debug)]
pub(crate) struct Lines<'t> {
    source: SourceId,
    text: &'t str,
    at: usize,
}

impl<'t> Lines<'t> {
    /// The rows of `text` from byte `at` on.
    pub(crate) const fn new(source: SourceId, text: &'t str, at: usize) -> Self {
        Self { source, text, at }
    }

    /// The next row. `None` at the end of the text.
    pub(crate) fn next_row(&mut self, problems: &mut Problems) -> Option<Vec<Node>> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|b| matches!(b, b'\r' | b'\n')) {
            self.at += 1;
        }
        if self.at >= bytes.len() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let start = self.at;
            let value = if bytes.get(start) == Some(&b'"') { self.quoted(problems) } else { String::new() };
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
            let plain = rest.get(..length).unwrap_or_default();
            self.at += length;
            let span = Span::new(self.source, start, self.at);
            row.push(Node::new(Value::Text((value + plain).trim().to_owned()), span));
            if bytes.get(self.at) != Some(&b',') {
                return Some(row);
            }
            self.at += 1;
        }
    }

    /// The value in quotes that begins here; a quote in it is written twice.
    fn quoted(&mut self, problems: &mut Problems) -> String {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(length) = rest.find('"') else {
                let span = Span::new(self.source, start, start + 1);
                problems.push(
                    Diagnostic::error("csv-syntax", span, "a quoted value does not end")
                        .label("expected `\"`"),
                );
                self.at = self.text.len();
                return value;
            };
            value.push_str(rest.get(..length).unwrap_or_default());
            self.at += length + 1;
            if self.text.as_bytes().get(self.at) != Some(&b'"') {
                return value;
            }
            value.push('"');
            self.at += 1;
        }
    }
}
