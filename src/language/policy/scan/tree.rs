//! Builds the tree of elements from a masked document.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesStart, Event};

use super::element::{Attribute, Element, holds_payload};
use super::leftover::{self, Place};
use super::mask::{Masked, mask};
use super::report::Report;
use super::source::SourceText;
use super::{Format, MAX_DOCUMENT_BYTES, MAX_ELEMENT_DEPTH, RawText};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// The top elements of a document that is deployed with format `rawxml`, as far as they can be told.
/// Complete only if no error is reported.
pub fn read(source: SourceId, document: &str, diagnostics: &mut Diagnostics) -> Vec<Element> {
    read_as(source, document, Format::Raw, diagnostics)
}

/// The same for a document that is deployed with `format`.
pub fn read_as(
    source: SourceId,
    document: &str,
    format: Format,
    diagnostics: &mut Diagnostics,
) -> Vec<Element> {
    read_source(&SourceText::plain(source, document), format, diagnostics)
}

/// The same for a text that is not quite the file.
pub fn read_source(source: &SourceText<'_>, format: Format, diagnostics: &mut Diagnostics) -> Vec<Element> {
    let document = source.text();
    if document.len() > MAX_DOCUMENT_BYTES {
        diagnostics.push(
            Diagnostic::error(
                "document-too-large",
                source.span(0, 0),
                format!("this policy document has {} bytes", document.len()),
            )
            .label(format!("expected at most {MAX_DOCUMENT_BYTES}")),
        );
        return Vec::new();
    }
    let mut report = Report::new(diagnostics);
    let masked = mask(source, format, &mut report);
    let mut top = Vec::new();
    if masked.usable {
        let mut builder =
            Builder { source, document, masked: &masked, open: Vec::new(), top, report: &mut report };
        builder.run();
        top = builder.top;
    }
    report.finish(source.span(document.len(), document.len()));
    top
}

struct Builder<'a, 'r> {
    source: &'a SourceText<'a>,
    document: &'a str,
    masked: &'a Masked,
    open: Vec<Element>,
    top: Vec<Element>,
    report: &'a mut Report<'r>,
}

impl Builder<'_, '_> {
    fn run(&mut self) {
        let masked = self.masked;
        let mut reader = Reader::from_str(&masked.text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        while !self.report.is_full() {
            let start = offset(reader.buffer_position());
            let event = reader.read_event();
            let end = offset(reader.buffer_position());
            match event {
                Ok(Event::Start(tag)) => {
                    if self.open.len() >= MAX_ELEMENT_DEPTH {
                        self.report.push(
                            Diagnostic::error(
                                "document-too-deep",
                                self.source.span(start, end),
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
                Ok(Event::End(tag)) => {
                    let name = self.name(tag.name().as_ref(), start, start.saturating_add(2));
                    self.end(&name, start, end);
                }
                Ok(Event::Text(_) | Event::GeneralRef(_)) => self.text(start, end, true),
                Ok(Event::CData(_)) => {
                    self.text(start.saturating_add(9), end.saturating_sub(3), false);
                }
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_)) => {}
                Ok(Event::Eof) => break,
                Err(error) => {
                    let at = offset(reader.error_position());
                    let message = format!("this is not well-formed XML: {error}");
                    let span = self.source.span(at, at.saturating_add(1));
                    self.report.push(Diagnostic::error("malformed-xml", span, message));
                    return;
                }
            }
        }
        while let Some(element) = self.open.pop() {
            self.unclosed(&element);
            self.add(element);
        }
    }

    /// The name of a tag. Masking may have cut the name of one that is damaged.
    fn name(&self, masked: &str, tag: usize, at: usize) -> String {
        if !self.masked.bad_tags.contains(&tag) {
            return masked.to_owned();
        }
        let rest = self.document.get(at..).unwrap_or("");
        let end = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or(masked).to_owned()
    }

    fn element(&mut self, tag: &BytesStart<'_>, start: usize, end: usize) -> Element {
        let content_at = start.saturating_add(1);
        let damaged = self.masked.bad_tags.contains(&start);
        let name = self.name(tag.name().as_ref(), start, content_at);
        let name_span = self.source.span(content_at, content_at.saturating_add(name.len()));
        if !damaged && !name.chars().all(is_name_char) {
            self.not_a_name(name_span, &name, "element");
        }
        let text: &str = tag;
        let base = text.as_ptr().addr();
        let place = |piece: &str| content_at.saturating_add(piece.as_ptr().addr().saturating_sub(base));
        let mut attributes = Vec::new();
        let mut names = BTreeSet::new();
        for attribute in tag.attributes().with_checks(false) {
            if self.report.is_full() {
                break;
            }
            match attribute {
                Ok(attribute) => {
                    let key: &str = attribute.key.0;
                    let key_span = self.source.span(place(key), place(key).saturating_add(key.len()));
                    if !damaged && (key.is_empty() || !key.chars().all(is_name_char)) {
                        self.not_a_name(key_span, key, "attribute");
                        continue;
                    }
                    if !names.insert(key.to_owned()) {
                        self.report.push(
                            Diagnostic::error(
                                "duplicate-attribute",
                                key_span,
                                format!("`{name}` has attribute `{key}` twice"),
                            )
                            .label("the second one"),
                        );
                        continue;
                    }
                    let value_at = place(&attribute.value);
                    let value_end = value_at.saturating_add(attribute.value.len());
                    attributes.push(Attribute {
                        name: key.to_owned(),
                        name_span: key_span,
                        value: self.attribute_value(key, value_at, value_end),
                    });
                }
                Err(_) if damaged => {}
                Err(error) => self.attribute_error(&error, content_at, &name),
            }
        }
        Element {
            name,
            name_span,
            tag_span: self.source.span(start, end),
            inner_span: self.source.span(end, end),
            attributes,
            children: Vec::new(),
            text: RawText::empty(self.source, end),
            payload: None,
            inner: (end, end),
            damaged,
        }
    }

    fn not_a_name(&mut self, span: Span, found: &str, what: &str) {
        let message = format!("`{found}` is not the name of an {what}");
        self.report.push(
            Diagnostic::error("malformed-xml", span, message)
                .label("expected letters, digits, `-`, `_`, `.` and `:`"),
        );
    }

    fn attribute_value(&mut self, name: &str, start: usize, end: usize) -> RawText {
        let mut raw = RawText::empty(self.source, start);
        raw.span = self.source.span(start, end);
        self.append(&mut raw, start, end, true);
        self.leftovers(&mut raw, Place::Attribute(name));
        raw
    }

    /// Adds a piece of the document, entities decoded except where they are to be kept.
    fn append(&self, raw: &mut RawText, start: usize, end: usize, entities: bool) {
        raw.reported |= self.masked.bad_expressions.iter().any(|at| (start..end).contains(at));
        if !entities {
            raw.append(self.source, start, end, false);
            return;
        }
        let first = self.masked.kept.partition_point(|(_, kept_end)| *kept_end <= start);
        let mut at = start;
        for (from, to) in self.masked.kept.get(first..).unwrap_or(&[]) {
            if *from >= end {
                break;
            }
            raw.append(self.source, at, *from, true);
            raw.append(self.source, *from, *to, false);
            at = *to;
        }
        raw.append(self.source, at, end, true);
    }

    /// Notes what a template would have filled in, with one warning per line.
    fn leftovers(&mut self, raw: &mut RawText, place: Place<'_>) {
        raw.leftovers = leftover::find(&raw.text, raw.is_expression, place);
        let mut line_end = 0_usize;
        for (start, end) in &raw.leftovers {
            if *start < line_end {
                continue;
            }
            let length = raw.text.get(*start..).and_then(|rest| rest.find('\n'));
            line_end = length.map_or(raw.text.len(), |length| start.saturating_add(length));
            self.report.push(leftover_warning(raw, *start, *end));
            if self.report.is_full_of_warnings() {
                break;
            }
        }
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
        let span = self.source.span(at, at.saturating_add(name));
        self.report.push(Diagnostic::error(code, span, message).label(label));
    }

    fn text(&mut self, start: usize, end: usize, entities: bool) {
        if let Some(mut element) = self.open.pop() {
            self.append(&mut element.text, start, end, entities);
            self.open.push(element);
            return;
        }
        let blank = ['\u{feff}', ' ', '\t', '\r', '\n'];
        let text = self.document.get(start..end).unwrap_or("");
        let from = start.saturating_add(text.len().saturating_sub(text.trim_start_matches(blank).len()));
        let to = from.saturating_add(text.trim_matches(blank).len());
        let prolog = self.masked.text.get(start..end).unwrap_or("").trim();
        if from >= to || prolog.is_empty() {
            return;
        }
        let mut raw = RawText::empty(self.source, from);
        self.append(&mut raw, from, to, entities);
        self.leftovers(&mut raw, Place::Content);
        if !raw.is_blank() {
            self.report.push(
                Diagnostic::error("stray-text", raw.span, "text outside of the root element")
                    .label("expected an element"),
            );
        }
    }

    fn end(&mut self, name: &str, start: usize, end: usize) {
        let Some(top) = self.open.last() else {
            self.report.push(
                Diagnostic::error(
                    "wrong-end-tag",
                    self.source.span(start, end),
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
                let span = self.source.span(start, end);
                self.report.push(Diagnostic::error("wrong-end-tag", span, message).label(label));
            }
        }
        if let Some(mut element) = self.open.pop() {
            let (inner, _) = element.inner;
            element.inner = (inner, start);
            element.inner_span = self.source.span(inner, start);
            self.add(element);
        }
    }

    fn unclosed(&mut self, element: &Element) {
        self.report.push(
            Diagnostic::error(
                "unclosed-element",
                element.tag_span,
                format!("element `{}` is never closed", element.name),
            )
            .label(format!("expected `</{}>` after this", element.name)),
        );
    }

    fn add(&mut self, mut element: Element) {
        self.leftovers(&mut element.text, Place::Content);
        // Only the outermost: what is inside of it is data as a whole, and is copied once.
        let inside = self.open.iter().any(|outer| holds_payload(&outer.name));
        if !inside && holds_payload(&element.name) && !element.children.is_empty() {
            let (start, end) = element.inner;
            let mut payload = RawText::empty(self.source, start);
            payload.append(self.source, start, end, false);
            element.payload = Some(payload);
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.top.push(element),
        }
    }
}

fn leftover_warning(raw: &RawText, start: usize, end: usize) -> Diagnostic {
    let text = raw.text.get(start..end).unwrap_or("");
    Diagnostic::warning(
        "template-leftover",
        raw.span_of(start, end),
        format!("`{text}` looks like something that a template would fill in"),
    )
    .label("taken as it stands")
    .help("check the file that the template makes")
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':') || !c.is_ascii()
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
