//! XML as a tree, as conversions need it. Namespaces stay prefixes; nesting is bounded.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Deepest nesting of elements.
const MAX_DEPTH: usize = 128;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// Its name with its prefix.
    pub(super) name: String,
    /// Attributes in order.
    pub(super) attributes: Vec<(String, String)>,
    /// What is inside, in order.
    pub(super) inner: Vec<Inner>,
    /// It was written with an end tag.
    pub(super) has_end_tag: bool,
}

/// What is inside of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// Characters.
    Text(String),
    /// Characters in `<![CDATA[...]]>`.
    Data(String),
    /// An element.
    Node(Node),
}

/// A document: its declaration and its root.
pub(super) type Document = (Option<Vec<(String, String)>>, Node);

/// Reads a document. `None`: it is malformed, or nested too deeply.
pub(super) fn parse(text: &str) -> Option<Document> {
    let mut reader = Reader::from_str(text);
    let mut declaration = None;
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                if open.len() >= MAX_DEPTH || (open.is_empty() && root.is_some()) {
                    return None;
                }
                open.push(node(&tag)?);
            }
            Event::Empty(tag) => {
                let node = node(&tag)?;
                close(node, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let mut node = open.pop()?;
                node.has_end_tag = true;
                close(node, &mut open, &mut root)?;
            }
            Event::Text(piece) => add_text(&mut open, &piece)?,
            Event::GeneralRef(name) => {
                let character = match name.resolve_char_ref().ok()? {
                    Some(character) => character.to_string(),
                    None => resolve_predefined_entity(&name)?.to_owned(),
                };
                add_text(&mut open, &character)?;
            }
            Event::CData(piece) => {
                open.last_mut()?.inner.push(Inner::Data(piece.to_string()));
            }
            Event::Decl(tag) => {
                let start = BytesStart::from_content(tag.to_string(), 3);
                declaration = Some(node(&start)?.attributes);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if !open.is_empty() {
        return None;
    }
    Some((declaration, root?))
}

fn node(tag: &BytesStart<'_>) -> Option<Node> {
    let name = tag.name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let key = attribute.key.as_ref().to_owned();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        attributes.push((key, value));
    }
    Some(Node { name, attributes, ..Node::default() })
}

fn close(node: Node, open: &mut [Node], root: &mut Option<Node>) -> Option<()> {
    match open.last_mut() {
        Some(parent) => parent.inner.push(Inner::Node(node)),
        None if root.is_none() => *root = Some(node),
        None => return None,
    }
    Some(())
}

fn add_text(open: &mut [Node], piece: &str) -> Option<()> {
    let Some(parent) = open.last_mut() else { return piece.trim().is_empty().then_some(()) };
    if let Some(Inner::Text(text)) = parent.inner.last_mut() {
        text.push_str(piece);
    } else {
        parent.inner.push(Inner::Text(piece.to_owned()));
    }
    Some(())
}

/// Characters as the text of an element, or with quotes as the value of an attribute.
pub(super) fn escape(text: &str, is_attribute: bool) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if is_attribute => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}
