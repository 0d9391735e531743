//! A text cut from the source with its entities decoded, and the way back to places in the file.

use super::entity;
use crate::diagnostics::{SourceId, Span};

/// An attribute value or the text of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawText {
    /// The characters, entities decoded.
    pub text: String,
    /// Where they are in the source.
    pub span: Span,
    /// Whether it begins with `@(` or `@{` (after white space).
    pub is_expression: bool,
    /// Whether its brackets have been complained about already.
    pub(in crate::policy) reported: bool,
    /// Where pieces of `text` come from: from this byte of `text` on, this byte of the source on.
    pieces: Vec<(usize, usize)>,
}

impl RawText {
    /// No text at a place.
    pub(super) fn empty(source: SourceId, at: usize) -> Self {
        Self {
            text: String::new(),
            span: Span::new(source, at, at),
            is_expression: false,
            reported: false,
            pieces: Vec::new(),
        }
    }

    /// A whole text that is its own source.
    pub fn verbatim(source: SourceId, text: &str) -> Self {
        let mut raw = Self::empty(source, 0);
        raw.append(text, 0, text.len(), false);
        raw
    }

    /// Adds `document[start..end]`, decoded if `entities`.
    pub(super) fn append(&mut self, document: &str, start: usize, end: usize, entities: bool) {
        let Some(piece) = document.get(start..end) else { return };
        if piece.is_empty() {
            return;
        }
        if self.pieces.is_empty() {
            self.span = Span::new(self.span.source, start, end);
        } else {
            self.span = self.span.to(Span::new(self.span.source, start, end));
        }
        self.pieces.push((self.text.len(), start));
        let mut rest = piece;
        while let Some(at) = if entities { rest.find('&') } else { None } {
            let Some((before, from)) = rest.split_at_checked(at) else { break };
            self.text.push_str(before);
            if let Some((decoded, length)) = entity::decode(from) {
                let offset = end.saturating_sub(from.len());
                self.pieces.push((self.text.len(), offset));
                self.text.push(decoded);
                self.pieces.push((self.text.len(), offset.saturating_add(length)));
                rest = from.get(length..).unwrap_or("");
            } else {
                self.text.push('&');
                rest = from.get(1..).unwrap_or("");
            }
        }
        self.text.push_str(rest);
        let begin = self.text.trim_start();
        self.is_expression = begin.starts_with("@(") || begin.starts_with("@{");
    }

    /// The place in the source of `text[start..end]`.
    pub fn span_of(&self, start: usize, end: usize) -> Span {
        let from = self.source_offset(start);
        Span::new(self.span.source, from, self.source_offset(end).max(from))
    }

    fn source_offset(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|(text_at, _)| *text_at <= at);
        let piece = index.checked_sub(1).and_then(|i| self.pieces.get(i));
        match piece {
            Some((text_at, source_at)) => source_at.saturating_add(at.saturating_sub(*text_at)),
            None => self.span.start as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_through_entities() {
        let document = "  @(a &amp;&amp; &quot;b&quot; & c)";
        let mut raw = RawText::empty(SourceId(0), 0);
        raw.append(document, 0, document.len(), true);
        assert_eq!(raw.text, "  @(a && \"b\" & c)");
        assert!(raw.is_expression);
        let slice = |start, end| {
            let span = raw.span_of(start, end);
            document.get(span.start as usize..span.end as usize).unwrap()
        };
        assert_eq!(slice(4, 5), "a");
        assert_eq!(slice(6, 8), "&amp;&amp;");
        assert_eq!(slice(10, 11), "b");
        assert_eq!(slice(15, 16), "c");
    }
}
