//! The tree that a document is.

use super::RawText;
use crate::diagnostics::Span;

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
    /// What stands between the tags, markup and entities as they are, when that is data and not policies:
    /// the body of `set-body` or of `value` that has elements inside. Then `children` are data too.
    pub payload: Option<RawText>,
    /// Bytes of what was read between start and end tag.
    pub(super) inner: (usize, usize),
    /// Whether its tag has been complained about: attributes may be missing or cut wrongly.
    pub(in crate::policy) damaged: bool,
}

impl Element {
    /// The attribute called `name`.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The elements inside that are no payload.
    pub fn policies(&self) -> &[Self] {
        if self.payload.is_some() { &[] } else { &self.children }
    }

    /// Whether both say the same: names, attributes, texts and elements, in the same order. Places do not
    /// count, nor does white space between elements.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let attributes = self.attributes.len() == other.attributes.len()
            && self
                .attributes
                .iter()
                .zip(&other.attributes)
                .all(|(a, b)| a.name == b.name && a.value.text == b.value.text);
        let content = match (&self.payload, &other.payload) {
            (Some(a), Some(b)) => a.text == b.text,
            (None, None) => {
                self.meaning() == other.meaning() && say_the_same(&self.children, &other.children)
            }
            (Some(_), None) | (None, Some(_)) => false,
        };
        self.name == other.name && attributes && content
    }

    fn meaning(&self) -> &str {
        let text = self.text.text.as_str();
        if !self.children.is_empty() && text.trim().is_empty() { "" } else { text }
    }
}

/// Whether both lists say the same, element by element.
pub fn say_the_same(these: &[Element], those: &[Element]) -> bool {
    these.len() == those.len() && these.iter().zip(those).all(|(a, b)| a.says_the_same_as(b))
}

/// Whether elements inside of an element called `name` are data.
pub(super) fn holds_payload(name: &str) -> bool {
    matches!(name, "set-body" | "value" | "xsl-transform")
}
