//! The tree of elements.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};

use super::mask::{Masked, mask};
use super::{MAX_DOCUMENT_BYTES, MAX_ELEMENT_DEPTH, RawText};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where the name is.
    pub name_span: Span,
    /// Its value; the span is what stands between the quotes.
    pub value: RawText,
}

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Where the name is, in the start tag.
    pub name_span: Span,
    /// The start tag.
    pub tag_span: Span,
    /// What stands between start and end tag.
    pub inner_span: Span,
    /// In order, names unique.
    pub attributes: Vec<Attribute>,
    /// In order.
    pub children: Vec<Self>,
    /// The text outside of children.
    pub text: RawText,
    /// Whether its tag has been complained about: attributes may be missing or cut wrongly.
    pub(in crate::policy) damaged: bool,
}

impl Element {
    /// The attribute called `name`.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }
}

/// The top elements of a document, as far as they can be told. Complete only if no error is reported.
pub fn read(source: SourceId, document: &str, diagnostics: &mut Diagnostics) -> Vec<Element> {
    if document.len() > MAX_DOCUMENT_BYTES {
        diagnostics.push(
            Diagnostic::error(
                "document-too-large",
                Span::new(source, 0, 0),
                format!("this policy document has {} bytes", document.len()),
            )
            .label(format!("expected at most {MAX_DOCUMENT_BYTES}")),
        );
        return Vec::new();
    }
    let masked = mask(source, document, diagnostics);
    if !masked.usable {
        return Vec::new();
    }
    let mut builder =
        Builder { source, document, masked: &masked, open: Vec::new(), top: Vec::new(), diagnostics };
    builder.run();
    builder.top
}

struct Builder<'a> {
    source: SourceId,
    document: &'a str,
    masked: &'a Masked,
    open: Vec<Element>,
    top: Vec<Element>,
    diagnostics: &'a mut Diagnostics,
}

impl Builder<'_> {
    fn run(&mut self) {
        let masked = self.masked;
        let mut reader = Reader::from_str(&masked.text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        loop {
            let start = offset(reader.buffer_position());
            let event = reader.read_event();
            let end = offset(reader.buffer_position());
            match event {
                Ok(Event::Start(tag)) => {
                    if self.open.len() >= MAX_ELEMENT_DEPTH {
                        self.diagnostics.push(
                            Diagnostic::error(
                                "document-too-deep",
                                self.span(start, end),
                                "elements are nested too deeply",
                            )
                            .label(format!("expected at most {MAX_ELEMENT_DEPTH} levels")),
                        );
                        return;
                    }
                    let element = self.element(&tag, start, end);
                    self.open.push(element);
                }
                Ok(Event::Empty(tag)) => {
                    let element = self.element(&tag, start, end);
                    self.add(element);
                }
                Ok(Event::End(tag)) => self.end(tag.name().as_ref(), start, end),
                Ok(Event::Text(_) | Event::GeneralRef(_)) => self.text(start, end, true),
                Ok(Event::CData(_)) => {
                    self.text(start.saturating_add(9), end.saturating_sub(3), false);
                }
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_)) => {}
                Ok(Event::Eof) => break,
                Err(error) => {
                    let at = offset(reader.error_position());
                    let message = format!("this is not well-formed XML: {error}");
                    self.diagnostics.push(Diagnostic::error(
                        "malformed-xml",
                        self.span(at, at.saturating_add(1)),
                        message,
                    ));
                    return;
                }
            }
        }
        while let Some(element) = self.open.pop() {
            self.unclosed(&element);
            self.add(element);
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let limit = self.document.len();
        Span::new(self.source, start.min(limit), end.min(limit))
    }

    fn element(&mut self, tag: &BytesStart<'_>, start: usize, end: usize) -> Element {
        let name = tag.name().as_ref().to_owned();
        let content_at = start.saturating_add(1);
        let name_span = self.span(content_at, content_at.saturating_add(name.len()));
        let text: &str = tag;
        let base = text.as_ptr().addr();
        let place = |piece: &str| content_at.saturating_add(piece.as_ptr().addr().saturating_sub(base));
        let mut attributes = Vec::new();
        let mut names = BTreeSet::new();
        for attribute in tag.attributes().with_checks(false) {
            match attribute {
                Ok(attribute) => {
                    let key: &str = attribute.key.0;
                    if !names.insert(key.to_owned()) {
                        let span = self.span(place(key), place(key).saturating_add(key.len()));
                        self.diagnostics.push(
                            Diagnostic::error(
                                "duplicate-attribute",
                                span,
                                format!("`{name}` has attribute `{key}` twice"),
                            )
                            .label("the second one"),
                        );
                        continue;
                    }
                    let value_at = place(&attribute.value);
                    attributes.push(Attribute {
                        name: key.to_owned(),
                        name_span: self.span(place(key), place(key).saturating_add(key.len())),
                        value: self.attribute_value(value_at, value_at.saturating_add(attribute.value.len())),
                    });
                }
                Err(_) if self.masked.bad_tags.contains(&start) => {}
                Err(error) => self.attribute_error(&error, content_at, &name),
            }
        }
        Element {
            name,
            name_span,
            tag_span: self.span(start, end),
            inner_span: self.span(end, end),
            attributes,
            children: Vec::new(),
            text: RawText::empty(self.source, end),
            damaged: self.masked.bad_tags.contains(&start),
        }
    }

    fn attribute_value(&self, start: usize, end: usize) -> RawText {
        let mut raw = RawText::empty(self.source, start);
        raw.append(self.document, start, end, self.decodes(start, end));
        raw.reported = self.is_reported(start, end);
        raw
    }

    fn is_reported(&self, start: usize, end: usize) -> bool {
        self.masked.bad_expressions.iter().any(|at| (start..end).contains(at))
    }

    /// Whether entities between the two places are to be decoded.
    fn decodes(&self, start: usize, end: usize) -> bool {
        let index = self.masked.expressions.partition_point(|found| found.start < start);
        let found = self.masked.expressions.get(index);
        found.is_none_or(|found| found.start >= end || found.entities)
    }

    fn attribute_error(&mut self, error: &AttrError, content_at: usize, element: &str) {
        let (at, code, message, label) = match error {
            AttrError::ExpectedEq(at) => (
                *at,
                "malformed-xml",
                format!("an attribute of `{element}` has no value"),
                "expected `=` here",
            ),
            AttrError::ExpectedValue(at) => (
                *at,
                "malformed-xml",
                format!("an attribute of `{element}` has no value"),
                "expected a value in quotes",
            ),
            AttrError::UnquotedValue(at) => (
                *at,
                "missing-quote",
                format!("the value of an attribute of `{element}` is not in quotes"),
                "expected a quote here",
            ),
            AttrError::ExpectedQuote(at, _) | AttrError::Duplicated(at, _) => (
                *at,
                "missing-quote",
                format!("the closing quote of an attribute of `{element}` is missing"),
                "expected a closing quote",
            ),
        };
        let at = content_at.saturating_add(at);
        let name = self.document.get(at..).map_or(1, |rest| {
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len()).max(1)
        });
        self.diagnostics
            .push(Diagnostic::error(code, self.span(at, at.saturating_add(name)), message).label(label));
    }

    fn text(&mut self, start: usize, end: usize, entities: bool) {
        let decode = entities && self.decodes(start, end);
        let reported = self.is_reported(start, end);
        if let Some(element) = self.open.last_mut() {
            element.text.append(self.document, start, end, decode);
            element.text.reported |= reported;
            return;
        }
        let text =
            self.document.get(start..end).unwrap_or("").trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        let prolog = self.masked.text.get(start..end).unwrap_or("").trim();
        if !text.is_empty() && !prolog.is_empty() {
            self.diagnostics.push(
                Diagnostic::error("stray-text", self.span(start, end), "text outside of the root element")
                    .label("expected an element"),
            );
        }
    }

    fn end(&mut self, name: &str, start: usize, end: usize) {
        let Some(top) = self.open.last() else {
            self.diagnostics.push(
                Diagnostic::error(
                    "wrong-end-tag",
                    self.span(start, end),
                    format!("`</{name}>` closes nothing"),
                )
                .label("no element is open here"),
            );
            return;
        };
        if top.name != name {
            let is_open = self.open.iter().any(|e| e.name == name);
            if is_open {
                while let Some(inner) = self.open.pop_if(|e| e.name != name) {
                    self.unclosed(&inner);
                    self.add(inner);
                }
            } else {
                let message = format!("`{}` is closed by `</{name}>`", top.name);
                let label = format!("expected `</{}>`", top.name);
                self.diagnostics
                    .push(Diagnostic::error("wrong-end-tag", self.span(start, end), message).label(label));
            }
        }
        if let Some(mut element) = self.open.pop() {
            element.inner_span = self.span(element.inner_span.start as usize, start);
            self.add(element);
        }
    }

    fn unclosed(&mut self, element: &Element) {
        self.diagnostics.push(
            Diagnostic::error(
                "unclosed-element",
                element.tag_span,
                format!("element `{}` is never closed", element.name),
            )
            .label(format!("expected `</{}>` after this", element.name)),
        );
    }

    fn add(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.top.push(element),
        }
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
