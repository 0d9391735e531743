//! Content: what constructors, `Add` and their like take.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::{common, sequence};
use super::tree::{
    add, attributes, children, copy, name, node, node_mut, root, set_attributes, set_children, set_parent,
    too_deep,
};
use super::{MAX_DEPTH, XmlKind};
use crate::policy::Text;

/// A part of content.
pub(super) enum Part {
    /// A node without parent.
    Node(Value),
    /// An attribute without parent.
    Attribute(Value),
    Text(String),
}

/// The parts of `content` for a place in `target`; a node that has a parent is copied.
pub(super) fn parts(
    machine: &mut Machine<'_, '_>,
    target: &Value,
    content: &Value,
) -> Result<Vec<Part>, Fault> {
    let mut found = Vec::new();
    collect(machine, target, content, &mut found, 0)?;
    Ok(found)
}

fn collect(
    machine: &mut Machine<'_, '_>,
    target: &Value,
    content: &Value,
    found: &mut Vec<Part>,
    depth: usize,
) -> Result<(), Fault> {
    machine.spend(2)?;
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    match machine.object(content) {
        Some(Object::Xml(node)) => {
            let is_attribute = matches!(node.kind, XmlKind::Attribute(..));
            let has_parent = node.parent != Value::Null || root(machine, target) == *content;
            let node = if has_parent { copy(machine, content, 0)? } else { content.clone() };
            found.push(if is_attribute { Part::Attribute(node) } else { Part::Node(node) });
            Ok(())
        }
        Some(Object::Array { .. } | Object::List { .. } | Object::Set { .. }) => {
            for item in sequence::items(machine, content)? {
                collect(machine, target, &item, found, depth.saturating_add(1))?;
            }
            Ok(())
        }
        _ => {
            if *content != Value::Null {
                found.push(Part::Text(text_of(machine, content)?));
            }
            Ok(())
        }
    }
}

/// A value as XML writes it.
pub(super) fn text_of(machine: &mut Machine<'_, '_>, value: &Value) -> Result<String, Fault> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Str(text) => text.to_string(),
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::DateTime(_) => {
            common::format(machine, value, Some("yyyy-MM-ddTHH:mm:ss.FFFFFFFK"))?.to_string()
        }
        Value::DateTimeOffset(_) => {
            common::format(machine, value, Some("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz"))?.to_string()
        }
        Value::TimeSpan(_) => return Err(Fault::unsupported("a TimeSpan as XML")),
        other => common::display(machine, other)?.to_string(),
    })
}

/// Adds content at `index` of the children, attributes after the others.
pub(super) fn insert(
    machine: &mut Machine<'_, '_>,
    target: &Value,
    content: &Value,
    index: usize,
) -> Result<(), Fault> {
    let parts = parts(machine, target, content)?;
    let mut kept = children(machine, target);
    machine.pay(kept.len().saturating_mul(16))?;
    let tail = kept.split_off(index.min(kept.len()));
    let is_document = matches!(node(machine, target).map(|node| &node.kind), Some(XmlKind::Document(_)));
    for part in parts {
        match part {
            Part::Node(node) => {
                set_parent(machine, &node, target);
                kept.push(node);
            }
            Part::Attribute(attribute) => add_attribute(machine, target, &attribute)?,
            Part::Text(text) => {
                if is_document && !text.trim().is_empty() {
                    return Err(Fault::new(
                        Class::ArgumentException,
                        "Non-whitespace characters cannot be added to content.",
                    ));
                }
                append_text(machine, target, &mut kept, &text)?;
            }
        }
    }
    kept.extend(tail);
    if is_document {
        let elements = kept.iter().filter(|child| super::tree::is_element(machine, child)).count();
        if elements > 1 {
            return Err(Fault::new(
                Class::InvalidOperationException,
                "This operation would create an incorrectly structured document.",
            ));
        }
    }
    set_children(machine, target, kept);
    Ok(())
}

/// Text joins the text before it; the empty text only makes an end tag.
fn append_text(
    machine: &mut Machine<'_, '_>,
    target: &Value,
    kept: &mut Vec<Value>,
    text: &str,
) -> Result<(), Fault> {
    machine.pay(text.len())?;
    if text.is_empty() {
        close(machine, target);
        return Ok(());
    }
    if let Some(last) = kept.last()
        && let Some(node) = node_mut(machine, last)
        && let XmlKind::Text(before, false) = &mut node.kind
    {
        let joined = format!("{before}{text}");
        *before = Text::from(joined);
        let length = before.len();
        return machine.pay(length);
    }
    let node = add(machine, XmlKind::Text(Text::from(text.to_owned()), false))?;
    set_parent(machine, &node, target);
    kept.push(node);
    Ok(())
}

/// Gives an element an end tag, whether or not something comes before it.
fn close(machine: &mut Machine<'_, '_>, element: &Value) {
    if let Some(XmlKind::Element { is_closed, .. }) = node_mut(machine, element).map(|node| &mut node.kind) {
        *is_closed = true;
    }
}

fn add_attribute(machine: &mut Machine<'_, '_>, target: &Value, attribute: &Value) -> Result<(), Fault> {
    let mut all = attributes(machine, target);
    let own = name(machine, attribute);
    if all.iter().any(|other| name(machine, other) == own) {
        return Err(Fault::new(Class::InvalidOperationException, "Duplicate attribute."));
    }
    set_parent(machine, attribute, target);
    all.push(attribute.clone());
    machine.pay(all.len().saturating_mul(16))?;
    set_attributes(machine, target, all);
    Ok(())
}

/// A new element with content.
pub(super) fn element(machine: &mut Machine<'_, '_>, name: Text, content: &Value) -> Result<Value, Fault> {
    let made = add(
        machine,
        XmlKind::Element { name, attributes: Vec::new(), children: Vec::new(), is_closed: false },
    )?;
    insert(machine, &made, content, 0)?;
    Ok(made)
}

/// Takes all children out.
pub(super) fn remove_children(machine: &mut Machine<'_, '_>, target: &Value) -> Result<(), Fault> {
    let old = children(machine, target);
    machine.spend(old.len() as u64)?;
    for child in &old {
        set_parent(machine, child, &Value::Null);
    }
    set_children(machine, target, Vec::new());
    if let Some(XmlKind::Element { is_closed, .. }) = node_mut(machine, target).map(|node| &mut node.kind) {
        *is_closed = false;
    }
    Ok(())
}

/// Takes all attributes out.
pub(super) fn remove_attributes(machine: &mut Machine<'_, '_>, target: &Value) {
    for attribute in attributes(machine, target) {
        set_parent(machine, &attribute, &Value::Null);
    }
    set_attributes(machine, target, Vec::new());
}

/// `Value = text`
pub(super) fn set_text(machine: &mut Machine<'_, '_>, target: &Value, text: &str) -> Result<(), Fault> {
    machine.pay(text.len())?;
    if let Some(XmlKind::Attribute(_, own) | XmlKind::Text(own, _) | XmlKind::Comment(own)) =
        node_mut(machine, target).map(|node| &mut node.kind)
    {
        *own = Text::from(text.to_owned());
        Ok(())
    } else {
        remove_children(machine, target)?;
        insert(machine, target, &Value::from(text.to_owned()), 0)
    }
}
