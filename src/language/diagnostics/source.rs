//! Where text came from, and places in it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

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
    sources: Vec<Source>,
    by_name: BTreeMap<Arc<str>, Vec<SourceId>>,
    /// Texts that stand inside of another, and where.
    parts: BTreeMap<SourceId, Span>,
}

#[derive(Clone, Debug)]
struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Made when the first place is asked for.
    marks: OnceLock<Vec<Mark>>,
}

/// What is before a byte of a text: each [`STEP`]th has one, so that no place is far from one.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: usize,
    place: Place,
}

/// Lines before a byte, and what is before it in its own line.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    lines: u32,
    characters: u32,
    utf16: u32,
}

/// Bytes between marks.
const STEP: usize = 4096;

impl Place {
    fn pass(&mut self, text: &str) {
        let (before, own) = match text.rfind('\n') {
            Some(at) => text.split_at(at.saturating_add(1)),
            None => ("", text),
        };
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        if lines > 0 {
            *self = Self { lines: self.lines.saturating_add(clamp(lines)), characters: 0, utf16: 0 };
        }
        let (mut characters, mut utf16) = (0_usize, 0_usize);
        for sign in own.chars() {
            characters = characters.saturating_add(1);
            utf16 = utf16.saturating_add(sign.len_utf16());
        }
        self.characters = self.characters.saturating_add(clamp(characters));
        self.utf16 = self.utf16.saturating_add(clamp(utf16));
    }
}

impl Source {
    fn place(&self, at: usize) -> Place {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        let marks = self.marks.get_or_init(|| marks(&self.text));
        let behind = marks.partition_point(|mark| mark.at <= at);
        let mark = behind.checked_sub(1).and_then(|last| marks.get(last)).copied();
        let Mark { at: from, mut place } = mark.unwrap_or(Mark { at: 0, place: Place::default() });
        place.pass(self.text.get(from..at).unwrap_or_default());
        place
    }
}

fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let (mut at, mut place) = (0_usize, Place::default());
    while at < text.len() {
        let mut next = at.saturating_add(STEP).min(text.len());
        while !text.is_char_boundary(next) {
            next = next.saturating_add(1);
        }
        place.pass(text.get(at..next).unwrap_or_default());
        at = next;
        marks.push(Mark { at, place });
    }
    marks
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl SourceMap {
    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `text` under the name shown in messages (a path as the user gave it). A text that is there
    /// under this name already keeps its id, so that places in it compare.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let (name, text) = (name.into(), text.into());
        let same = |known: &Source| known.name == name && known.text == text;
        let known = self.by_name.get(&name).into_iter().flatten();
        let found = known.copied().find(|id| self.sources.get(id.0 as usize).is_some_and(same));
        found.unwrap_or_else(|| {
            let id = SourceId(clamp(self.sources.len()));
            self.by_name.entry(Arc::clone(&name)).or_default().push(id);
            self.sources.push(Source { name, text, marks: OnceLock::new() });
            id
        })
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
        (0..clamp(self.sources.len())).map(SourceId)
    }

    /// The names of all texts, in the order in which they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| &*source.name)
    }

    /// The name of a text, or `?` for an id of another map.
    pub fn name(&self, id: SourceId) -> &str {
        self.sources.get(id.0 as usize).map_or("?", |source| &source.name)
    }

    /// The text, or nothing for an id of another map.
    pub fn text(&self, id: SourceId) -> &str {
        self.sources.get(id.0 as usize).map_or("", |source| &source.text)
    }

    /// The bytes a span marks, or nothing when it does not fit the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.source).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of the start of `span`.
    pub fn position(&self, span: Span) -> Position {
        let place = self.place(span.source, span.start);
        Position { line: place.lines.saturating_add(1), column: place.characters.saturating_add(1) }
    }

    /// Lines before a byte, and the UTF-16 code units before it in its line.
    pub fn utf16_position(&self, source: SourceId, at: u32) -> (u32, u32) {
        let place = self.place(source, at);
        (place.lines, place.utf16)
    }

    fn place(&self, source: SourceId, at: u32) -> Place {
        self.sources.get(source.0 as usize).map_or_else(Place::default, |source| source.place(at as usize))
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

    #[test]
    fn places_are_found_far_from_the_beginning_too() {
        let text = "\u{1f600}é b\r\n".repeat(3_000) + &"ä".repeat(9_000);
        let mut map = SourceMap::new();
        let id = map.add("a.json", text.as_str());
        for at in (0..=text.len()).step_by(7) {
            let mut edge = at;
            while !text.is_char_boundary(edge) {
                edge -= 1;
            }
            let before = text.get(..edge).unwrap();
            let line = before.matches('\n').count();
            let own = before.rsplit('\n').next().unwrap();
            let position = map.position(Span::new(id, at, at));
            assert_eq!(
                (position.line as usize, position.column as usize),
                (line + 1, own.chars().count() + 1),
                "{at}"
            );
            let (lines, units) = map.utf16_position(id, u32::try_from(at).unwrap());
            assert_eq!((lines as usize, units as usize), (line, own.encode_utf16().count()), "{at}");
        }
    }

    #[test]
    fn texts_are_known_again() {
        let mut map = SourceMap::new();
        let one = map.add("a", "x");
        assert_ne!(map.add("a", "y"), one);
        assert_eq!(map.add("a", "x"), one);
        let part = map.add_part("a (part)", "z", Span::new(one, 0, 1));
        assert_eq!(map.holder(part), Some(Span::new(one, 0, 1)));
        assert_eq!(map.parts_of(one).count(), 1);
    }
}
