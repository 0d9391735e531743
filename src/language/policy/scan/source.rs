//! The text that is read, and the way from it back to the file.
//!
//! What is read may differ from the file: `{{name}}` is replaced by the value of that name first. A place
//! inside of such a value is the whole `{{name}}` in the file.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostics::{SourceId, Span};

/// A text to read, and which file it comes from.
#[derive(Clone, Debug)]
pub struct SourceText<'a> {
    id: SourceId,
    text: Cow<'a, str>,
    origin: Option<Arc<Origin>>,
}

impl<'a> SourceText<'a> {
    /// The text of a file as it is.
    pub const fn plain(id: SourceId, text: &'a str) -> Self {
        Self { id, text: Cow::Borrowed(text), origin: None }
    }

    /// A text in which parts of the file are replaced.
    pub fn replaced(id: SourceId, text: String, origin: Origin) -> Self {
        Self { id, text: Cow::Owned(text), origin: Some(Arc::new(origin)) }
    }

    /// What is read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file.
    pub const fn id(&self) -> SourceId {
        self.id
    }

    /// The place in the file of bytes `start..end` of the text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let limit = self.text.len();
        place(self.id, self.origin.as_deref(), start.min(limit), end.min(limit))
    }

    pub(super) const fn origin(&self) -> Option<&Arc<Origin>> {
        self.origin.as_ref()
    }
}

/// The place in the file `id` of bytes `start..end` of a text that comes from it by way of `origin`.
pub(super) fn place(id: SourceId, origin: Option<&Origin>, start: usize, end: usize) -> Span {
    match origin {
        Some(origin) => Span::new(id, origin.start(start), origin.end(end)),
        None => Span::new(id, start, end),
    }
}

/// Which parts of a text are replaced, in order of place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    replaced: Vec<Replaced>,
}

/// `text[at .. at + length]` stands for `file[from .. from + width]`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Replaced {
    at: usize,
    length: usize,
    from: usize,
    width: usize,
    name: String,
}

impl Replaced {
    const fn text_end(&self) -> usize {
        self.at.saturating_add(self.length)
    }

    const fn file_end(&self) -> usize {
        self.from.saturating_add(self.width)
    }
}

impl Origin {
    /// Adds the value of `name`: `length` bytes from `at` in the text, `width` bytes from `from` in the file.
    /// Values are added in order of place.
    pub fn push(&mut self, at: usize, length: usize, from: usize, width: usize, name: &str) {
        self.replaced.push(Replaced { at, length, from, width, name: name.to_owned() });
    }

    /// Name of the value that some of the bytes `start..end` of the text come from.
    pub fn name_at(&self, start: usize, end: usize) -> Option<&str> {
        let first = self.replaced.partition_point(|r| r.text_end() <= start);
        self.replaced.get(first).filter(|r| r.at < end.max(start.saturating_add(1))).map(|r| r.name.as_str())
    }

    fn start(&self, at: usize) -> usize {
        let index = self.replaced.partition_point(|r| r.at <= at);
        match index.checked_sub(1).and_then(|i| self.replaced.get(i)) {
            Some(r) if at < r.text_end() => r.from,
            Some(r) => r.file_end().saturating_add(at.saturating_sub(r.text_end())),
            None => at,
        }
    }

    fn end(&self, at: usize) -> usize {
        let index = self.replaced.partition_point(|r| r.at < at);
        match index.checked_sub(1).and_then(|i| self.replaced.get(i)) {
            Some(r) if at <= r.text_end() => r.file_end(),
            Some(r) => r.file_end().saturating_add(at.saturating_sub(r.text_end())),
            None => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_the_file() {
        // File: `a {{n}} b {{o}}c`, text: `a value b c`.
        let mut origin = Origin::default();
        origin.push(2, 5, 2, 5, "n");
        origin.push(10, 0, 10, 5, "o");
        let source = SourceText::replaced(SourceId(3), "a value b c".to_owned(), origin);
        let file = "a {{n}} b {{o}}c";
        let slice = |start, end| {
            let span = source.span(start, end);
            file.get(span.start as usize..span.end as usize).unwrap()
        };
        assert_eq!(slice(0, 1), "a");
        assert_eq!(slice(2, 7), "{{n}}");
        assert_eq!(slice(4, 5), "{{n}}");
        assert_eq!(slice(0, 5), "a {{n}}");
        assert_eq!(slice(8, 9), "b");
        assert_eq!(slice(10, 11), "c");
        assert_eq!(slice(8, 11), "b {{o}}c");
        let origin = source.origin().unwrap();
        assert_eq!(origin.name_at(3, 4), Some("n"));
        assert_eq!(origin.name_at(0, 2), None);
        assert_eq!(origin.name_at(7, 9), None);
    }
}
