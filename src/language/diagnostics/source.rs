//! Where text came from, and places in it.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Index of a text in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A range of bytes of one source. `start <= end`; both may lie at the end of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `source`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest range that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Line and column of a byte, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// The texts of a command, by the names they are shown with.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<(Arc<str>, Arc<str>)>,
    /// Texts that stand inside of another, and where.
    parts: BTreeMap<SourceId, Span>,
}

impl SourceMap {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `text` under the name shown in messages (a path as the user gave it). A text that is there
    /// under this name already keeps its id, so that places in it compare.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let source = (name.into(), text.into());
        let at = self.sources.iter().position(|known| *known == source).unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        SourceId(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// Adds a text that is written inside of another one, at `holder`, perhaps with escapes.
    pub fn add_part(
        &mut self,
        name: impl Into<Arc<str>>,
        text: impl Into<Arc<str>>,
        holder: Span,
    ) -> SourceId {
        let id = self.add(name, text);
        self.parts.insert(id, holder);
        id
    }

    /// Where a text is written, when that is inside of another one.
    pub fn holder(&self, id: SourceId) -> Option<Span> {
        self.parts.get(&id).copied()
    }

    /// Where texts are written that stand inside of this one.
    pub fn parts_of(&self, id: SourceId) -> impl Iterator<Item = Span> {
        self.parts.values().copied().filter(move |holder| holder.source == id)
    }

    /// All texts, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = SourceId> + use<> {
        (0..u32::try_from(self.sources.len()).unwrap_or(u32::MAX)).map(SourceId)
    }

    /// The name of a text, or `?` for an id of another map.
    pub fn name(&self, id: SourceId) -> &str {
        self.sources.get(id.0 as usize).map_or("?", |(name, _)| name)
    }

    /// The text, or nothing for an id of another map.
    pub fn text(&self, id: SourceId) -> &str {
        self.sources.get(id.0 as usize).map_or("", |(_, text)| text)
    }

    /// The bytes a span marks, or nothing when it does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.source).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of the start of `span`.
    pub fn position(&self, span: Span) -> Position {
        let text = self.text(span.source);
        let mut end = (span.start as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(..end).unwrap_or("");
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: clamp(line), column: clamp(column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let mut map = SourceMap::new();
        let id = map.add("a.json", "äb\r\n  c");
        let at = |start| map.position(Span::new(id, start, start));
        assert_eq!(at(0), Position { line: 1, column: 1 });
        assert_eq!(at(2), Position { line: 1, column: 2 });
        assert_eq!(at(7), Position { line: 2, column: 3 });
        assert_eq!(at(999), Position { line: 2, column: 4 });
    }
}
