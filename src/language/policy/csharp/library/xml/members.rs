//! `XObject`, `XNode`, `XContainer`, `XDocument`, `XDeclaration`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::arguments::{field, int, optional_text, record, text};
use super::super::{Table, call, sequence};
use super::names::argument;
use super::tree::{
    add, ancestors, below, children, elements, fits, is_element, node, parent, remove, root, visit_children,
};
use super::{XmlKind, build, parse, print};
use crate::policy::Text;

pub(super) const OBJECT: Table = Table {
    class: Class::XObject,
    parameters: &[],
    rows: &[
        call("XElement Parent { get; }", |machine, call| {
            let parent = parent(machine, call.get(0));
            Ok(if is_element(machine, &parent) { parent } else { Value::Null })
        }),
        call("XDocument Document { get; }", |machine, call| {
            let root = root(machine, call.get(0));
            let is_document = matches!(node(machine, &root).map(|n| &n.kind), Some(XmlKind::Document(_)));
            Ok(if is_document { root } else { Value::Null })
        }),
        call("XmlNodeType NodeType { get; }", |machine, call| {
            let number = match node(machine, call.get(0)).map(|node| &node.kind) {
                Some(XmlKind::Element { .. }) => 1,
                Some(XmlKind::Attribute(..)) => 2,
                Some(XmlKind::Text(_, false)) => 3,
                Some(XmlKind::Text(_, true)) => 4,
                Some(XmlKind::Comment(_)) => 8,
                Some(XmlKind::Document(_)) => 9,
                None => 0,
            };
            Ok(Value::Enum(Class::XmlNodeType, number))
        }),
    ],
    denied: &[],
};

pub(super) const NODE: Table = Table {
    class: Class::XNode,
    parameters: &[],
    rows: &[
        call("void Remove()", |machine, call| {
            remove(machine, call.get(0))?;
            Ok(Value::Null)
        }),
        call("void ReplaceWith(params object[] content)", |machine, call| {
            let own = call.get(0);
            let parent = place(machine, own)?;
            let index = index_in(machine, &parent, own);
            remove(machine, own)?;
            build::insert(machine, &parent, call.get(1), index)?;
            Ok(Value::Null)
        }),
        call("void AddAfterSelf(params object[] content)", |machine, call| {
            let parent = place(machine, call.get(0))?;
            let index = index_in(machine, &parent, call.get(0)).saturating_add(1);
            build::insert(machine, &parent, call.get(1), index)?;
            Ok(Value::Null)
        }),
        call("void AddBeforeSelf(params object[] content)", |machine, call| {
            let parent = place(machine, call.get(0))?;
            let index = index_in(machine, &parent, call.get(0));
            build::insert(machine, &parent, call.get(1), index)?;
            Ok(Value::Null)
        }),
        call("IEnumerable<XElement> Ancestors()", |machine, call| {
            let found = ancestors(machine, call.get(0));
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> Ancestors(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            let mut found = ancestors(machine, call.get(0));
            found.retain(|at| fits(machine, at, Some(&name)));
            nodes(machine, Class::XElement, found)
        }),
        call("XNode NextNode { get; }", |machine, call| Ok(sibling(machine, call.get(0), true))),
        call("XNode PreviousNode { get; }", |machine, call| Ok(sibling(machine, call.get(0), false))),
        call("IEnumerable<XElement> ElementsAfterSelf()", |machine, call| {
            let mut found = siblings(machine, call.get(0), true)?;
            found.retain(|at| is_element(machine, at));
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> ElementsBeforeSelf()", |machine, call| {
            let mut found = siblings(machine, call.get(0), false)?;
            found.retain(|at| is_element(machine, at));
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XNode> NodesAfterSelf()", |machine, call| {
            let found = siblings(machine, call.get(0), true)?;
            nodes(machine, Class::XNode, found)
        }),
        call("IEnumerable<XNode> NodesBeforeSelf()", |machine, call| {
            let found = siblings(machine, call.get(0), false)?;
            nodes(machine, Class::XNode, found)
        }),
        call("string ToString()", |machine, call| shown(machine, call.get(0), true)),
        call("string ToString(SaveOptions options)", |machine, call| {
            shown(machine, call.get(0), int(call, 1) & 1 == 0)
        }),
        call("static XNode ReadFrom(XmlReader reader)", super::reader::read_from),
        call("static bool DeepEquals(XNode n1, XNode n2)", |machine, call| {
            if *call.get(0) == Value::Null || *call.get(1) == Value::Null {
                return Ok(Value::Bool(call.get(0) == call.get(1)));
            }
            let a = print::display(machine, call.get(0), false)?;
            let b = print::display(machine, call.get(1), false)?;
            Ok(Value::Bool(a == b))
        }),
    ],
    denied: &["CreateReader", "WriteTo"],
};

pub(super) const CONTAINER: Table = Table {
    class: Class::XContainer,
    parameters: &[],
    rows: &[
        call("void Add(params object[] content)", |machine, call| {
            let end = children(machine, call.get(0)).len();
            build::insert(machine, call.get(0), call.get(1), end)?;
            Ok(Value::Null)
        }),
        call("void AddFirst(params object[] content)", |machine, call| {
            build::insert(machine, call.get(0), call.get(1), 0)?;
            Ok(Value::Null)
        }),
        call("XElement Element(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            let found = elements(machine, call.get(0), Some(&name))?;
            Ok(found.into_iter().next().unwrap_or(Value::Null))
        }),
        call("IEnumerable<XElement> Elements()", |machine, call| {
            let found = elements(machine, call.get(0), None)?;
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> Elements(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            let found = elements(machine, call.get(0), Some(&name))?;
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> Descendants()", |machine, call| {
            let found = descendants(machine, call.get(0), None)?;
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> Descendants(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            let found = descendants(machine, call.get(0), Some(&name))?;
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XNode> DescendantNodes()", |machine, call| {
            let found = below(machine, call.get(0))?;
            nodes(machine, Class::XNode, found)
        }),
        call("IEnumerable<XNode> Nodes()", |machine, call| {
            let found = visit_children(machine, call.get(0))?;
            nodes(machine, Class::XNode, found)
        }),
        call("XNode FirstNode { get; }", |machine, call| {
            Ok(children(machine, call.get(0)).first().cloned().unwrap_or(Value::Null))
        }),
        call("XNode LastNode { get; }", |machine, call| {
            Ok(children(machine, call.get(0)).last().cloned().unwrap_or(Value::Null))
        }),
        call("void RemoveNodes()", |machine, call| {
            build::remove_children(machine, call.get(0))?;
            Ok(Value::Null)
        }),
        call("void ReplaceNodes(params object[] content)", |machine, call| {
            build::remove_children(machine, call.get(0))?;
            build::insert(machine, call.get(0), call.get(1), 0)?;
            Ok(Value::Null)
        }),
    ],
    denied: &["CreateWriter"],
};

pub(super) const DOCUMENT: Table = Table {
    class: Class::XDocument,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| add(machine, XmlKind::Document(Vec::new()))),
        call("new(params object[] content)", |machine, call| {
            let document = add(machine, XmlKind::Document(Vec::new()))?;
            build::insert(machine, &document, call.get(0), 0)?;
            Ok(document)
        }),
        // The declaration is not part of the text of a document.
        call("new(XDeclaration declaration, params object[] content)", |machine, call| {
            let document = add(machine, XmlKind::Document(Vec::new()))?;
            build::insert(machine, &document, call.get(1), 0)?;
            Ok(document)
        }),
        call("static XDocument Parse(string text)", |machine, call| {
            let text = text(call, 0, "s")?;
            parse::parse_document(machine, &text)
        }),
        call("static XDocument Parse(string text, LoadOptions options)", |machine, call| {
            let text = text(call, 0, "s")?;
            parse::parse_document(machine, &text)
        }),
        call("XElement Root { get; }", |machine, call| {
            let found = elements(machine, call.get(0), None)?;
            Ok(found.into_iter().next().unwrap_or(Value::Null))
        }),
    ],
    denied: &["Load", "LoadAsync", "Save", "SaveAsync"],
};

/// Fields of a record of this class: version, encoding, standalone.
pub(super) const DECLARATION: Table = Table {
    class: Class::XDeclaration,
    parameters: &[],
    rows: &[
        call("new(string version, string encoding, string standalone)", |machine, call| {
            let part = |index| optional_text(call, index).map_or(Value::Null, Value::Str);
            record(machine, Class::XDeclaration, vec![part(0), part(1), part(2)])
        }),
        call("string Version { get; }", |machine, call| Ok(field(machine, call.get(0), 0))),
        call("string Encoding { get; }", |machine, call| Ok(field(machine, call.get(0), 1))),
        call("string Standalone { get; }", |machine, call| Ok(field(machine, call.get(0), 2))),
        call("string ToString()", |machine, call| {
            let mut out = String::from("<?xml");
            for (index, name) in ["version", "encoding", "standalone"].into_iter().enumerate() {
                if let Value::Str(text) = field(machine, call.get(0), index) {
                    out.push_str(&format!(" {name}=\"{text}\""));
                }
            }
            out.push_str("?>");
            machine.text(out)
        }),
    ],
    denied: &[],
};

/// A sequence of nodes.
pub(super) fn nodes(machine: &mut Machine<'_, '_>, class: Class, nodes: Vec<Value>) -> Result<Value, Fault> {
    sequence::list(machine, Class::IEnumerableOf, Type::Plain(class), nodes)
}

pub(super) fn shown(machine: &mut Machine<'_, '_>, node: &Value, indented: bool) -> Result<Value, Fault> {
    let text = print::display(machine, node, indented)?;
    Ok(Value::from(text))
}

/// The elements below, of that name if one is given.
pub(super) fn descendants(
    machine: &mut Machine<'_, '_>,
    node: &Value,
    name: Option<&Text>,
) -> Result<Vec<Value>, Fault> {
    let mut found = below(machine, node)?;
    found.retain(|at| fits(machine, at, name));
    Ok(found)
}

fn place(machine: &Machine<'_, '_>, node: &Value) -> Result<Value, Fault> {
    match parent(machine, node) {
        Value::Null => Err(Fault::new(Class::InvalidOperationException, "The parent is missing.")),
        parent => Ok(parent),
    }
}

fn index_in(machine: &Machine<'_, '_>, parent: &Value, node: &Value) -> usize {
    children(machine, parent).iter().position(|child| child == node).unwrap_or(0)
}

/// The nodes after `node` in its parent, or those before it, in document order.
fn siblings(machine: &mut Machine<'_, '_>, node: &Value, after: bool) -> Result<Vec<Value>, Fault> {
    let parent = parent(machine, node);
    let all = visit_children(machine, &parent)?;
    let index = all.iter().position(|child| child == node).unwrap_or(0);
    Ok(if after {
        all.into_iter().skip(index.saturating_add(1)).collect()
    } else {
        all.into_iter().take(index).collect()
    })
}

fn sibling(machine: &Machine<'_, '_>, node: &Value, after: bool) -> Value {
    let parent = parent(machine, node);
    let all = children(machine, &parent);
    let Some(index) = all.iter().position(|child| child == node) else { return Value::Null };
    let wanted = if after { index.checked_add(1) } else { index.checked_sub(1) };
    wanted.and_then(|index| all.get(index)).cloned().unwrap_or(Value::Null)
}
