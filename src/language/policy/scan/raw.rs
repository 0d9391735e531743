//! A text cut from the source with its entities decoded, and the way back to places in the file.

use std::sync::Arc;

use super::blank::blank_bytes;
use super::source::{Origin, SourceText, place};
use super::{entity, named};
use crate::diagnostics::{SourceId, Span};

/// An attribute value or the text of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawText {
    /// The characters, entities decoded.
    pub text: String,
    /// Where they are in the file.
    pub span: Span,
    /// Whether it begins with `@(` or `@{` (after white space).
    pub is_expression: bool,
    /// Places in `text` that a template would have filled in, in order.
    pub leftovers: Vec<(usize, usize)>,
    /// Whether its brackets have been complained about already.
    pub(in crate::policy) reported: bool,
    /// Where pieces of `text` come from: from this byte of `text` on, this byte of what was read on.
    pieces: Vec<(usize, usize)>,
    /// White space at the beginning of `text`, in bytes.
    lead: usize,
    origin: Option<Arc<Origin>>,
}

/// A `{{name}}` that has no value and still stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedValueUse<'a> {
    /// The name.
    pub name: &'a str,
    /// First byte of `{{name}}` in the text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

impl RawText {
    /// No text at a place.
    pub(super) fn empty(source: &SourceText<'_>, at: usize) -> Self {
        Self { span: source.span(at, at), origin: source.origin().cloned(), ..Self::nothing(source.id()) }
    }

    /// A whole text that is its own source.
    pub fn verbatim(source: SourceId, text: &str) -> Self {
        let mut raw = Self::nothing(source);
        raw.append(&SourceText::plain(source, text), 0, text.len(), false);
        raw
    }

    const fn nothing(source: SourceId) -> Self {
        Self {
            text: String::new(),
            span: Span { source, start: 0, end: 0 },
            is_expression: false,
            leftovers: Vec::new(),
            reported: false,
            pieces: Vec::new(),
            lead: 0,
            origin: None,
        }
    }

    /// Adds bytes `start..end` of `source`, decoded if `entities`.
    pub(super) fn append(&mut self, source: &SourceText<'_>, start: usize, end: usize, entities: bool) {
        let Some(piece) = source.text().get(start..end) else { return };
        if piece.is_empty() {
            return;
        }
        let span = source.span(start, end);
        self.span = if self.pieces.is_empty() { span } else { self.span.to(span) };
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
        // Only what is new is looked at: a text may come in many pieces.
        let unseen = self.text.get(self.lead..).unwrap_or("");
        self.lead = self.lead.saturating_add(blank_bytes(unseen));
        let begin = self.text.get(self.lead..).unwrap_or("");
        self.is_expression = begin.starts_with("@(") || begin.starts_with("@{");
    }

    /// The place in the file of `text[start..end]`.
    pub fn span_of(&self, start: usize, end: usize) -> Span {
        if self.pieces.is_empty() {
            return self.span;
        }
        let from = self.offset(start);
        let to = self.offset(end).max(from);
        let span = place(self.span.source, self.origin.as_deref(), from, to);
        Span { end: span.end.max(span.start), ..span }
    }

    /// The named value that stands in `text[start..end]`, or in a part of it: one that has been put in, or
    /// one that has no value and is still written `{{name}}`.
    pub fn named_value_at(&self, start: usize, end: usize) -> Option<&str> {
        let put_in = || self.origin.as_ref()?.name_at(self.offset(start), self.offset(end));
        let written = || self.named_values().find(|used| used.start < end && start < used.end);
        put_in().or_else(|| written().map(|used| used.name))
    }

    /// Every `{{name}}` that still stands in the text, in order.
    pub fn named_values(&self) -> impl Iterator<Item = NamedValueUse<'_>> {
        named::uses(&self.text).map(|(start, name)| {
            let end = start.saturating_add(name.len()).saturating_add(4);
            NamedValueUse { name, start, end }
        })
    }

    /// The `{{name}}` that begins at byte `at` of the text. A reader of expressions takes it, outside of
    /// strings, for a name whose type is not known.
    pub fn named_value_from(&self, at: usize) -> Option<NamedValueUse<'_>> {
        let name = named::at_start(self.text.get(at..)?)?;
        Some(NamedValueUse { name, start: at, end: at.saturating_add(name.len()).saturating_add(4) })
    }

    /// Whether what the text says is settled only outside of this file: all of it, or a part, is a named
    /// value without a value or a template leftover.
    pub fn is_open(&self) -> bool {
        !self.leftovers.is_empty() || self.named_values().next().is_some()
    }

    /// Whether there is nothing but white space, template leftovers and named values without a value: what
    /// is tolerated between elements.
    pub fn is_blank(&self) -> bool {
        if self.leftovers.is_empty() && !self.text.contains('{') {
            return blank_bytes(&self.text) == self.text.len();
        }
        let mut at = 0_usize;
        let mut open: Vec<(usize, usize)> = self.named_values().map(|used| (used.start, used.end)).collect();
        open.extend(&self.leftovers);
        open.sort_unstable();
        for (start, end) in open {
            if !self.text.get(at..start.max(at)).unwrap_or("").trim().is_empty() {
                return false;
            }
            at = end.max(at);
        }
        self.text.get(at..).unwrap_or("").trim().is_empty()
    }

    #[inline]
    fn offset(&self, at: usize) -> usize {
        if let [(0, source_at)] = self.pieces.as_slice() {
            return source_at.saturating_add(at);
        }
        let index = self.pieces.partition_point(|(text_at, _)| *text_at <= at);
        let piece = index.checked_sub(1).and_then(|i| self.pieces.get(i));
        match piece {
            Some((text_at, source_at)) => source_at.saturating_add(at.saturating_sub(*text_at)),
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_through_entities() {
        let document = "  @(a &amp;&amp; &quot;b&quot; & c)";
        let source = SourceText::plain(SourceId(0), document);
        let mut raw = RawText::empty(&source, 0);
        raw.append(&source, 0, document.len(), true);
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

    #[test]
    fn named_values_are_found_where_they_stand() {
        let raw = RawText::verbatim(SourceId(0), "@(x <= {{Weight}} + \"{{a.b}}\")");
        let found: Vec<_> = raw.named_values().map(|used| (used.name, used.start, used.end)).collect();
        assert_eq!(found, [("Weight", 7, 17), ("a.b", 21, 28)]);
        assert_eq!(raw.named_value_at(9, 10), Some("Weight"));
        assert_eq!(raw.named_value_at(6, 7), None);
        assert_eq!(raw.named_value_from(7).map(|used| used.name), Some("Weight"));
        assert_eq!(raw.named_value_from(8), None);
        assert!(raw.is_open());
        assert!(!raw.is_blank());
        assert!(RawText::verbatim(SourceId(0), " {{a}}\n").is_blank());
    }
}
