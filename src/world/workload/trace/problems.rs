//! The problems found while reading a trace: what is said about them, where, and how many of them.

use csv::ByteRecord;

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// The problems of one trace, and how places in it are named.
pub(super) struct Problems<'a> {
    source: SourceId,
    /// Bytes before `text`.
    bom: usize,
    text: &'a [u8],
    found: Vec<Diagnostic>,
    unreported: u64,
}

impl<'a> Problems<'a> {
    /// None yet. `text` is what follows the first `bom` bytes of `source`.
    pub(super) const fn new(source: SourceId, bom: usize, text: &'a [u8]) -> Self {
        Self { source, bom, text, found: Vec::new(), unreported: 0 }
    }

    /// Whether none was found.
    pub(super) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether further problems are only counted: their places need not be worked out.
    pub(super) const fn is_full(&self) -> bool {
        self.found.len() >= MOST_PROBLEMS
    }

    /// One more problem that is only counted.
    pub(super) const fn count(&mut self) {
        self.unreported = self.unreported.saturating_add(1);
    }

    /// A problem at `span`, where `label` says what was expected.
    pub(super) fn push(&mut self, code: &'static str, span: Span, message: String, label: &str) {
        if self.found.len() < MOST_PROBLEMS {
            self.found.push(Diagnostic::error(code, span, message).label(label));
        } else {
            self.unreported += 1;
        }
    }

    /// A problem with the value in `column`, where `what` follows the value in the message.
    pub(super) fn value(
        &mut self,
        code: &'static str,
        record: &ByteRecord,
        column: usize,
        what: &str,
        label: &str,
    ) {
        // Places and messages cost time that a file of bad rows should not take.
        if self.is_full() {
            self.count();
            return;
        }
        let span = self.field_span(record, column);
        let message = match record.get(column) {
            Some(field) => format!("`{}` {what}", shown(field)),
            None => format!("the row ends after {} of its columns", record.len()),
        };
        self.push(code, span, message, label);
    }

    /// The value in `column` as `parse` understands it, or a problem.
    pub(super) fn read<T>(
        &mut self,
        record: &ByteRecord,
        column: usize,
        code: &'static str,
        what: &str,
        label: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = record.get(column).and_then(|field| std::str::from_utf8(field).ok());
        let value = text.and_then(|text| parse(text.trim()));
        if value.is_none() {
            self.value(code, record, column, what, label);
        }
        value
    }

    /// Hands the problems over; whether there were any.
    pub(super) fn report(self, diagnostics: &mut Diagnostics) -> bool {
        let failed = !self.found.is_empty();
        for problem in self.found {
            diagnostics.push(problem);
        }
        if self.unreported > 0 {
            let end = self.bom + self.text.len();
            let problems = if self.unreported == 1 { "problem" } else { "problems" };
            let message = format!("and {} more {problems} in this trace", self.unreported);
            diagnostics.push(Diagnostic::error("trace-more", Span::new(self.source, end, end), message));
        }
        failed
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, self.bom + start, self.bom + end)
    }

    /// The line of a record.
    pub(super) fn record_span(&self, record: &ByteRecord) -> Span {
        let start = self.record_start(record);
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
        self.span(start, start + length)
    }

    /// The value in `column` as written, quotes included, or the end of a row that is too short.
    pub(super) fn field_span(&self, record: &ByteRecord, column: usize) -> Span {
        let mut start = self.record_start(record);
        let mut place = start;
        let mut quoted = false;
        let mut commas = 0;
        for byte in self.text.get(start..).unwrap_or_default() {
            match byte {
                b'"' => quoted = !quoted,
                b',' if !quoted && commas == column => break,
                b',' if !quoted => {
                    commas += 1;
                    start = place + 1;
                }
                // A value that runs over its line is marked on its first line only.
                b'\r' | b'\n' => break,
                _ => {}
            }
            place += 1;
        }
        let start = if commas == column { start } else { place };
        self.span(start, place)
    }

    /// Where a record begins: the reader counts line breaks before it as its own.
    fn record_start(&self, record: &ByteRecord) -> usize {
        let position = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
    }
}

/// The beginning of a value, fit for one line of a message.
pub(super) fn shown(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    let mut start: String = text
        .chars()
        .take(MOST_SHOWN)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(MOST_SHOWN).is_some() {
        start.push('…');
    }
    start
}

const MOST_SHOWN: usize = 40;

/// Most problems of one trace that are reported one by one.
pub(super) const MOST_PROBLEMS: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_odd_values_are_shown_short() {
        assert_eq!(shown(b"a\tb\xff"), "a\u{fffd}b\u{fffd}");
        assert_eq!(shown("ä".repeat(41).as_bytes()), format!("{}…", "ä".repeat(40)));
    }
}
