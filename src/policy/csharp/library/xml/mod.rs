//! `System.Xml.Linq`: nodes as objects with parents.

mod parse;

pub use parse::{parse_document, parse_element};

use super::super::Class;
use super::super::value::Value;
use crate::policy::Text;

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
    /// `XElement`: name with `{namespace}` in front, attributes, children.
    Element(Text, Vec<Value>, Vec<Value>),
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
            XmlKind::Element(..) => Class::XElement,
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
            XmlKind::Element(_, attributes, children) => {
                attributes.iter_mut().for_each(&mut *visit);
                children.iter_mut().for_each(visit);
            }
            XmlKind::Attribute(..) | XmlKind::Text(..) | XmlKind::Comment(_) => {}
        }
    }
}
