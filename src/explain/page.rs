//! An explanation as data: sections of paragraphs, items and cases, each with the line it is about.

use serde::Serialize;

/// A whole explanation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Page {
    /// What is explained: a path, or the name of a scenario.
    pub title: String,
    /// The whole in a few sentences.
    pub summary: Vec<String>,
    /// The rest, in the order of a request's life.
    pub sections: Vec<Section>,
}

/// A part of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// What it is about.
    pub heading: &'static str,
    /// Its content.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A list.
    Items(Vec<Item>),
    /// Requests that were played, and what came of them.
    Cases(Vec<PlayedCase>),
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// One sentence or a few.
    pub text: String,
    /// Where it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Reference>,
    /// What belongs to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Self>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The file, where it is not the policy that is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1.
    pub line: u32,
}

/// A request that was played, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayedCase {
    /// What happens outside of the policy.
    pub case: String,
    /// Status and reason that the client gets.
    pub client: String,
    /// Backends that were called, in order.
    pub called: Vec<String>,
    /// Time until the client has its answer, in words.
    pub time: String,
    /// What else is to be said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

impl Item {
    /// An entry without a place.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), at: None, items: Vec::new() }
    }

    /// An entry about a line.
    pub(super) fn at(text: impl Into<String>, at: Option<Reference>) -> Self {
        Self { text: text.into(), at, items: Vec::new() }
    }

    /// The same with entries below it.
    pub(super) fn with(mut self, items: Vec<Self>) -> Self {
        self.items = items;
        self
    }

    /// The text with its place.
    pub(super) fn line(&self) -> String {
        with_place(&self.text, self.at.as_ref())
    }
}

/// `text` with `(line n)` behind it, before a final `.` or `:`.
pub(super) fn with_place(text: &str, at: Option<&Reference>) -> String {
    let Some(at) = at else { return text.to_owned() };
    let (body, end) = match text.char_indices().next_back() {
        Some((index, '.' | ':')) => text.split_at_checked(index).unwrap_or((text, "")),
        _ => (text, ""),
    };
    format!("{body} ({at}){end}")
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            None => write!(f, "line {}", self.line),
            Some(file) => write!(f, "{file}:{}", self.line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_stands_before_the_end_of_the_sentence() {
        let at = |file: Option<&str>| Some(Reference { file: file.map(str::to_owned), line: 7 });
        assert_eq!(with_place("Do it.", at(None).as_ref()), "Do it (line 7).");
        assert_eq!(with_place("If so:", at(Some("a.xml")).as_ref()), "If so (a.xml:7):");
        assert_eq!(with_place("no end", at(None).as_ref()), "no end (line 7)");
        assert_eq!(with_place("", None), "");
    }
}
