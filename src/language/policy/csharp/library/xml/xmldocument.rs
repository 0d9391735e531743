//! `XmlDocument` and `XmlNode` on the same nodes: reading a document and asking it with XPath.
//!
//! Field of a record of both classes: the node, null in a document that has not been read.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::arguments::{field, record, set_field, text};
use super::super::{Table, call, sequence};
use super::names::split;
use super::tree::{
    attribute, attributes, below, children, elements, is_element, name, node, parent, text as text_in,
};
use super::{XmlKind, parse, print, xpath};

pub(super) const DOCUMENT: Table = Table {
    class: Class::XmlDocument,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| record(machine, Class::XmlDocument, vec![Value::Null])),
        call("void LoadXml(string xml)", |machine, call| {
            let text = text(call, 1, "xml")?;
            let document = parse::parse_document(machine, &text)?;
            set_field(machine, call.get(0), 0, document);
            Ok(Value::Null)
        }),
        call("List<XmlNode> GetElementsByTagName(string name)", |machine, call| {
            let wanted = text(call, 1, "name")?;
            let document = field(machine, call.get(0), 0);
            let mut found = below(machine, &document)?;
            found.retain(|at| {
                let own = if is_element(machine, at) { name(machine, at) } else { None };
                own.is_some_and(|own| wanted.as_str() == "*" || split(&own).1 == local_part(&wanted))
            });
            wrap_all(machine, found)
        }),
        call("XmlNode DocumentElement { get; }", |machine, call| {
            let document = field(machine, call.get(0), 0);
            let found = elements(machine, &document, None)?.into_iter().next();
            wrap(machine, found)
        }),
    ],
    denied: &["Load", "Save", "Validate", "CreateNavigator", "XmlResolver", "Schemas"],
};

pub(super) const NODE: Table = Table {
    class: Class::XmlNode,
    parameters: &[],
    rows: &[
        call("XmlNode SelectSingleNode(string xpath)", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = xpath::select(machine, &at, call.get(1))?.into_iter().next();
            wrap(machine, found)
        }),
        call("List<XmlNode> SelectNodes(string xpath)", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = xpath::select(machine, &at, call.get(1))?;
            wrap_all(machine, found)
        }),
        call("List<XmlNode> ChildNodes { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = children(machine, &at);
            wrap_all(machine, found)
        }),
        call("List<XmlNode> Attributes { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = attributes(machine, &at);
            wrap_all(machine, found)
        }),
        call("string GetAttribute(string name)", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = attribute(machine, &at, &text(call, 1, "name")?);
            let text = text_in(machine, &found)?;
            Ok(Value::from(text))
        }),
        call("XmlNode FirstChild { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = children(machine, &at).first().cloned();
            wrap(machine, found)
        }),
        call("XmlNode LastChild { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = children(machine, &at).last().cloned();
            wrap(machine, found)
        }),
        call("bool HasChildNodes { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            Ok(Value::Bool(!children(machine, &at).is_empty()))
        }),
        call("XmlNode this[string name] { get; }", |machine, call| {
            let wanted = text(call, 1, "name")?;
            let at = field(machine, call.get(0), 0);
            let all = elements(machine, &at, None)?;
            let found = all
                .into_iter()
                .find(|at| name(machine, at).is_some_and(|own| split(&own).1 == local_part(&wanted)));
            wrap(machine, found)
        }),
        call("string NamespaceURI { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let own = name(machine, &at).map_or_else(String::new, |name| split(&name).0.to_owned());
            machine.text(own)
        }),
        call("XmlNodeType NodeType { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let number = match node(machine, &at).map(|node| &node.kind) {
                Some(XmlKind::Element { .. }) => 1,
                Some(XmlKind::Attribute(..)) => 2,
                Some(XmlKind::Text(_, false)) => 3,
                Some(XmlKind::Text(_, true)) => 4,
                Some(XmlKind::Comment(_)) => 8,
                Some(XmlKind::Document(_)) | None => 9,
            };
            Ok(Value::Enum(Class::XmlNodeType, number))
        }),
        call("XmlNode ParentNode { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let found = Some(parent(machine, &at)).filter(|parent| *parent != Value::Null);
            wrap(machine, found)
        }),
        call("string InnerText { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let text = text_in(machine, &at)?;
            Ok(Value::from(text))
        }),
        call("string Value { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let has_value = !matches!(
                node(machine, &at).map(|node| &node.kind),
                Some(XmlKind::Element { .. } | XmlKind::Document(_)) | None
            );
            if !has_value {
                return Ok(Value::Null);
            }
            let text = text_in(machine, &at)?;
            Ok(Value::from(text))
        }),
        call("string InnerXml { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let mut out = String::new();
            for child in children(machine, &at) {
                out.push_str(&print::display(machine, &child, false)?);
            }
            Ok(Value::from(out))
        }),
        call("string OuterXml { get; }", |machine, call| {
            let at = field(machine, call.get(0), 0);
            let text = print::display(machine, &at, false)?;
            Ok(Value::from(text))
        }),
        call("string Name { get; }", local_name),
        call("string LocalName { get; }", local_name),
    ],
    denied: &[],
};

/// A name without its prefix.
fn local_part(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn local_name(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let at = field(machine, call.get(0), 0);
    let other = match node(machine, &at).map(|node| &node.kind) {
        Some(XmlKind::Text(_, false)) => "#text",
        Some(XmlKind::Text(_, true)) => "#cdata-section",
        Some(XmlKind::Comment(_)) => "#comment",
        _ => "#document",
    };
    let name = name(machine, &at).map_or_else(|| other.to_owned(), |name| split(&name).1.to_owned());
    machine.text(name)
}

fn wrap(machine: &mut Machine<'_, '_>, found: Option<Value>) -> Result<Value, Fault> {
    match found {
        Some(node) => record(machine, Class::XmlNode, vec![node]),
        None => Ok(Value::Null),
    }
}

fn wrap_all(machine: &mut Machine<'_, '_>, found: Vec<Value>) -> Result<Value, Fault> {
    let mut items = Vec::with_capacity(found.len());
    for node in found {
        items.push(wrap(machine, Some(node))?);
    }
    sequence::list(machine, Class::List, Type::Plain(Class::XmlNode), items)
}
