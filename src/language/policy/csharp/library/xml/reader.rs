//! `XmlReader` and `XNode.ReadFrom`: going over a document that has been read as a whole.
//!
//! Rules
//! - Fields of a record of this class: a list of each node with whether this is its end, in document order,
//!   and the place in it; before the first `Read` that is one before the first node.
//! - An element without content has no end of its own, as in .NET.
//!
//! Not modelled: namespaces of names, settings, white space between elements.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::arguments::{field, optional_text, record, set_field, text};
use super::super::builder::take_rest;
use super::super::{Table, call};
use super::names::split;
use super::tree::{
    attribute, attributes, children, copy, is_element, name, node, text as text_in, visit_children,
};
use super::{XmlKind, parse, print};

pub(super) const READER: Table = Table {
    class: Class::XmlReader,
    parameters: &[],
    rows: &[
        call("static XmlReader Create(StringReader input)", create),
        call("bool Read()", |machine, call| {
            let found = step(machine, call.get(0));
            Ok(Value::Bool(found))
        }),
        call("XmlNodeType MoveToContent()", |machine, call| {
            while matches!(node_type(machine, call.get(0)), 0 | 8) && step(machine, call.get(0)) {}
            Ok(Value::Enum(Class::XmlNodeType, node_type(machine, call.get(0))))
        }),
        call("XmlNodeType NodeType { get; }", |machine, call| {
            Ok(Value::Enum(Class::XmlNodeType, node_type(machine, call.get(0))))
        }),
        call("string Name { get; }", |machine, call| Ok(Value::from(local(machine, call.get(0))))),
        call("string LocalName { get; }", |machine, call| Ok(Value::from(local(machine, call.get(0))))),
        call("string Value { get; }", |machine, call| match current(machine, call.get(0)) {
            Some((at, false)) if !is_element(machine, &at) => {
                let text = text_in(machine, &at)?;
                machine.text(text)
            }
            _ => Ok(Value::from("")),
        }),
        call("bool EOF { get; }", |machine, call| Ok(Value::Bool(at_end(machine, call.get(0))))),
        call("bool IsEmptyElement { get; }", |machine, call| {
            let found = current(machine, call.get(0));
            Ok(Value::Bool(found.is_some_and(|(at, _)| has_no_end(machine, &at))))
        }),
        call("bool HasAttributes { get; }", |machine, call| {
            let found = current(machine, call.get(0));
            Ok(Value::Bool(found.is_some_and(|(at, _)| !attributes(machine, &at).is_empty())))
        }),
        call("string GetAttribute(string name)", |machine, call| {
            let name = text(call, 1, "name")?;
            let Some((at, _)) = current(machine, call.get(0)) else { return Ok(Value::Null) };
            match attribute(machine, &at, &name) {
                Value::Null => Ok(Value::Null),
                found => text_in(machine, &found).map(Value::from),
            }
        }),
        call("bool IsStartElement()", is_start),
        call("bool IsStartElement(string name)", is_start),
        call("bool ReadToFollowing(string name)", |machine, call| {
            let name = text(call, 1, "name")?;
            while step(machine, call.get(0)) {
                if node_type(machine, call.get(0)) == 1 && local(machine, call.get(0)) == name.as_str() {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }),
        call("string ReadElementContentAsString()", |machine, call| {
            let at = taken(machine, call.get(0))?;
            text_in(machine, &at).map(Value::from)
        }),
        call("string ReadInnerXml()", |machine, call| {
            let at = taken(machine, call.get(0))?;
            let mut out = String::new();
            for child in children(machine, &at) {
                out.push_str(&print::display(machine, &child, false)?);
            }
            machine.text(out)
        }),
        call("string ReadOuterXml()", |machine, call| {
            let at = taken(machine, call.get(0))?;
            print::display(machine, &at, false).map(Value::from)
        }),
        call("void Skip()", |machine, call| taken(machine, call.get(0)).map(|_| Value::Null)),
        call("void Close()", |_, _| Ok(Value::Null)),
        call("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    denied: &["ReadAsync", "ReadSubtree", "Settings"],
};

/// `XNode.ReadFrom(reader)`: the node there, by itself; the reader goes on behind it.
pub(super) fn read_from(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Err(Fault::null_argument("reader"));
    }
    let at = taken(machine, call.get(0))?;
    copy(machine, &at, 0)
}

fn create(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Err(Fault::null_argument("input"));
    }
    let text = take_rest(machine, call.get(0));
    let document = parse::parse_document(machine, &text)?;
    let mut stack: Vec<(Value, bool)> =
        visit_children(machine, &document)?.into_iter().map(|at| (at, false)).collect();
    stack.reverse();
    let mut items = Vec::new();
    while let Some((at, is_end)) = stack.pop() {
        if !is_end && is_element(machine, &at) && !has_no_end(machine, &at) {
            stack.push((at.clone(), true));
            let inner = visit_children(machine, &at)?;
            stack.extend(inner.into_iter().rev().map(|child| (child, false)));
        }
        items.extend([at, Value::Bool(is_end)]);
    }
    machine.pay(items.len().saturating_mul(32))?;
    let list = machine.add(Object::List { class: Class::List, element: Type::OBJECT, items })?;
    record(machine, Class::XmlReader, vec![list, Value::Int(-1)])
}

/// `<a/>`: nothing in it, and written so.
fn has_no_end(machine: &Machine<'_, '_>, at: &Value) -> bool {
    matches!(
        node(machine, at).map(|node| &node.kind),
        Some(XmlKind::Element { children, is_closed: false, .. }) if children.is_empty()
    )
}

fn place(machine: &Machine<'_, '_>, reader: &Value) -> i32 {
    match field(machine, reader, 1) {
        Value::Int(at) => at,
        _ => -1,
    }
}

/// The node here, and whether this is its end.
fn current(machine: &Machine<'_, '_>, reader: &Value) -> Option<(Value, bool)> {
    let at = usize::try_from(place(machine, reader)).ok()?.checked_mul(2)?;
    let list = field(machine, reader, 0);
    let Some(Object::List { items, .. }) = machine.object(&list) else { return None };
    let is_end = matches!(items.get(at.saturating_add(1))?, Value::Bool(true));
    Some((items.get(at)?.clone(), is_end))
}

fn at_end(machine: &Machine<'_, '_>, reader: &Value) -> bool {
    place(machine, reader) >= 0 && current(machine, reader).is_none()
}

/// Goes to the next node; false behind the last one.
fn step(machine: &mut Machine<'_, '_>, reader: &Value) -> bool {
    if at_end(machine, reader) {
        return false;
    }
    let next = place(machine, reader).saturating_add(1);
    set_field(machine, reader, 1, Value::Int(next));
    current(machine, reader).is_some()
}

/// The node here; the reader goes on behind its end.
fn taken(machine: &mut Machine<'_, '_>, reader: &Value) -> Result<Value, Fault> {
    let Some((at, false)) = current(machine, reader) else {
        return Err(Fault::new(
            Class::InvalidOperationException,
            "The XmlReader state should be Interactive.",
        ));
    };
    let has_end = is_element(machine, &at) && !has_no_end(machine, &at);
    while has_end && step(machine, reader) {
        if current(machine, reader).is_some_and(|(other, is_end)| is_end && other == at) {
            break;
        }
    }
    step(machine, reader);
    Ok(at)
}

/// Number of the `XmlNodeType`; 0 before the first node and behind the last.
fn node_type(machine: &Machine<'_, '_>, reader: &Value) -> i32 {
    let Some((at, is_end)) = current(machine, reader) else { return 0 };
    match node(machine, &at).map(|node| &node.kind) {
        Some(XmlKind::Element { .. }) if is_end => 15,
        Some(XmlKind::Element { .. }) => 1,
        Some(XmlKind::Text(_, false)) => 3,
        Some(XmlKind::Text(_, true)) => 4,
        Some(XmlKind::Comment(_)) => 8,
        _ => 0,
    }
}

fn local(machine: &Machine<'_, '_>, reader: &Value) -> String {
    let own = current(machine, reader).and_then(|(at, _)| name(machine, &at));
    own.map(|name| split(&name).1.to_owned()).unwrap_or_default()
}

fn is_start(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    while matches!(node_type(machine, call.get(0)), 0 | 8) && step(machine, call.get(0)) {}
    let is_named = optional_text(call, 1).is_none_or(|name| local(machine, call.get(0)) == name.as_str());
    Ok(Value::Bool(is_named && node_type(machine, call.get(0)) == 1))
}
