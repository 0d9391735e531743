//! `System.Xml.Linq`, and the little of `XmlDocument` that policies use.
//!
//! Rules
//! - Nodes are objects with parents. Names are expanded, `{namespace}local`; declarations of namespaces are
//!   attributes, as in .NET, and prefixes are found again when text is made.
//! - White space between elements is dropped when text is read, unless `xml:space` says otherwise.
//! - Lines of text that is made end with a line feed.
//!
//! Not modelled: processing instructions and document types, which are skipped; annotations and events.

mod build;
mod convert;
mod members;
mod names;
mod nodes;
mod parse;
mod print;
mod queries;
mod reader;
#[cfg(test)]
mod tests;
mod tree;
mod xmldocument;
mod xpath;

pub use names::display_name;
pub use parse::{parse_document, parse_element};
pub use print::display;

use super::super::Class;
use super::super::value::Value;
use super::Table;
use crate::policy::Text;

/// The tables of this family.
pub const TABLES: &[Table] = &[
    members::OBJECT,
    members::NODE,
    members::CONTAINER,
    members::DOCUMENT,
    members::DECLARATION,
    nodes::ELEMENT,
    nodes::ATTRIBUTE,
    nodes::TEXT,
    nodes::CDATA,
    nodes::COMMENT,
    names::NAME,
    names::NAMESPACE,
    names::NODE_TYPE,
    names::SAVE_OPTIONS,
    names::LOAD_OPTIONS,
    queries::EXTENSIONS,
    xmldocument::DOCUMENT,
    xmldocument::NODE,
    reader::READER,
];

/// Namespace of `xml:` attributes.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of `xmlns:` attributes.
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// Deepest nesting of elements.
const MAX_DEPTH: usize = 256;

/// A node. Children and parents are references into the same heap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct XmlNode {
    /// The node around it, or null.
    pub parent: Value,
    /// What it is.
    pub kind: XmlKind,
}

/// The kinds of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum XmlKind {
    /// `XDocument`
    Document(Vec<Value>),
    /// `XElement`
    Element {
        /// The name with `{namespace}` in front.
        name: Text,
        /// Its `XAttribute` nodes.
        attributes: Vec<Value>,
        /// Its children.
        children: Vec<Value>,
        /// Without children: it has an end tag all the same.
        is_closed: bool,
    },
    /// `XAttribute`: name and value.
    Attribute(Text, Text),
    /// `XText`; true: CDATA.
    Text(Text, bool),
    /// `XComment`
    Comment(Text),
}

impl XmlNode {
    /// Its class.
    pub const fn class(&self) -> Class {
        match self.kind {
            XmlKind::Document(_) => Class::XDocument,
            XmlKind::Element { .. } => Class::XElement,
            XmlKind::Attribute(..) => Class::XAttribute,
            XmlKind::Text(_, false) => Class::XText,
            XmlKind::Text(_, true) => Class::XCData,
            XmlKind::Comment(_) => Class::XComment,
        }
    }

    /// Calls `visit` with every value that the node holds.
    pub fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        visit(&mut self.parent);
        match &mut self.kind {
            XmlKind::Document(children) => children.iter_mut().for_each(visit),
            XmlKind::Element { attributes, children, .. } => {
                attributes.iter_mut().for_each(&mut *visit);
                children.iter_mut().for_each(visit);
            }
            XmlKind::Attribute(..) | XmlKind::Text(..) | XmlKind::Comment(_) => {}
        }
    }
}
