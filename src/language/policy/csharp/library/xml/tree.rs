//! Reading and changing the tree: what all members are made of.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::{MAX_DEPTH, XmlKind, XmlNode};
use crate::policy::Text;

/// The node that `value` refers to.
pub(super) fn node<'m>(machine: &'m Machine<'_, '_>, value: &Value) -> Option<&'m XmlNode> {
    match machine.object(value) {
        Some(Object::Xml(node)) => Some(node),
        _ => None,
    }
}

/// The node, to change it.
pub(super) fn node_mut<'m>(machine: &'m mut Machine<'_, '_>, value: &Value) -> Option<&'m mut XmlNode> {
    match machine.heap().object_mut(value) {
        Some(Object::Xml(node)) => Some(node),
        _ => None,
    }
}

/// A new node without parent.
pub(super) fn add(machine: &mut Machine<'_, '_>, kind: XmlKind) -> Result<Value, Fault> {
    machine.pay(128)?;
    machine.add(Object::Xml(Box::new(XmlNode { parent: Value::Null, kind })))
}

pub(super) fn parent(machine: &Machine<'_, '_>, value: &Value) -> Value {
    node(machine, value).map_or(Value::Null, |node| node.parent.clone())
}

pub(super) fn children(machine: &Machine<'_, '_>, value: &Value) -> Vec<Value> {
    match node(machine, value).map(|node| &node.kind) {
        Some(XmlKind::Document(children) | XmlKind::Element { children, .. }) => children.clone(),
        _ => Vec::new(),
    }
}

pub(super) fn attributes(machine: &Machine<'_, '_>, value: &Value) -> Vec<Value> {
    match node(machine, value).map(|node| &node.kind) {
        Some(XmlKind::Element { attributes, .. }) => attributes.clone(),
        _ => Vec::new(),
    }
}

/// The children, paid for by the visit.
pub(super) fn visit_children(machine: &mut Machine<'_, '_>, value: &Value) -> Result<Vec<Value>, Fault> {
    let children = children(machine, value);
    machine.pay(children.len().saturating_mul(16).saturating_add(16))?;
    Ok(children)
}

pub(super) fn is_element(machine: &Machine<'_, '_>, value: &Value) -> bool {
    matches!(node(machine, value), Some(XmlNode { kind: XmlKind::Element { .. }, .. }))
}

/// The expanded name of an element or attribute.
pub(super) fn name(machine: &Machine<'_, '_>, value: &Value) -> Option<Text> {
    match &node(machine, value)?.kind {
        XmlKind::Element { name, .. } | XmlKind::Attribute(name, _) => Some(name.clone()),
        _ => None,
    }
}

/// The elements among the children, those called `wanted` if it is given.
pub(super) fn elements(
    machine: &mut Machine<'_, '_>,
    value: &Value,
    wanted: Option<&Text>,
) -> Result<Vec<Value>, Fault> {
    let mut found = visit_children(machine, value)?;
    found.retain(|child| fits(machine, child, wanted));
    Ok(found)
}

/// Whether `value` is an element, of that name if one is given.
pub(super) fn fits(machine: &Machine<'_, '_>, value: &Value, wanted: Option<&Text>) -> bool {
    match node(machine, value).map(|node| &node.kind) {
        Some(XmlKind::Element { name, .. }) => wanted.is_none_or(|wanted| wanted == name),
        _ => false,
    }
}

/// All nodes below `value` in document order, without it.
pub(super) fn below(machine: &mut Machine<'_, '_>, value: &Value) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    let mut stack = visit_children(machine, value)?;
    stack.reverse();
    while let Some(next) = stack.pop() {
        let children = visit_children(machine, &next)?;
        stack.extend(children.into_iter().rev());
        found.push(next);
    }
    Ok(found)
}

/// The elements around `value`, innermost first.
pub(super) fn ancestors(machine: &Machine<'_, '_>, value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut at = parent(machine, value);
    while is_element(machine, &at) {
        let next = parent(machine, &at);
        found.push(at);
        at = next;
    }
    found
}

/// The topmost node around `value`, or itself.
pub(super) fn root(machine: &Machine<'_, '_>, value: &Value) -> Value {
    let mut at = value.clone();
    loop {
        let next = parent(machine, &at);
        if next == Value::Null {
            return at;
        }
        at = next;
    }
}

/// The attribute called `name`, or null.
pub(super) fn attribute(machine: &Machine<'_, '_>, value: &Value, wanted: &str) -> Value {
    let all = attributes(machine, value);
    let mut found = all.into_iter().filter(|at| name(machine, at).is_some_and(|own| own.as_str() == wanted));
    found.next().unwrap_or(Value::Null)
}

/// The text in a node: `Value`.
pub(super) fn text(machine: &mut Machine<'_, '_>, value: &Value) -> Result<String, Fault> {
    let mut out = String::new();
    let mut all = vec![value.clone()];
    if matches!(
        node(machine, value),
        Some(XmlNode { kind: XmlKind::Element { .. } | XmlKind::Document(_), .. })
    ) {
        all = below(machine, value)?;
    }
    for at in all {
        match node(machine, &at).map(|node| &node.kind) {
            Some(XmlKind::Text(text, _)) => out.push_str(text),
            Some(XmlKind::Attribute(_, text) | XmlKind::Comment(text)) if at == *value => out.push_str(text),
            _ => {}
        }
    }
    machine.pay(out.len())?;
    Ok(out)
}

/// Replaces the children of `value`; parents are not touched.
pub(super) fn set_children(machine: &mut Machine<'_, '_>, value: &Value, new: Vec<Value>) {
    if let Some(XmlKind::Document(children) | XmlKind::Element { children, .. }) =
        node_mut(machine, value).map(|node| &mut node.kind)
    {
        *children = new;
    }
}

/// Replaces the attributes of `value`; parents are not touched.
pub(super) fn set_attributes(machine: &mut Machine<'_, '_>, value: &Value, new: Vec<Value>) {
    if let Some(XmlKind::Element { attributes, .. }) = node_mut(machine, value).map(|node| &mut node.kind) {
        *attributes = new;
    }
}

pub(super) fn set_parent(machine: &mut Machine<'_, '_>, value: &Value, parent: &Value) {
    if let Some(node) = node_mut(machine, value) {
        node.parent = parent.clone();
    }
}

/// Takes a node or attribute out of its parent.
pub(super) fn remove(machine: &mut Machine<'_, '_>, value: &Value) -> Result<(), Fault> {
    let parent = parent(machine, value);
    if parent == Value::Null {
        return Err(Fault::new(Class::InvalidOperationException, "The parent is missing."));
    }
    let mut rest = children(machine, &parent);
    machine.spend((rest.len() as u64).saturating_add(1))?;
    let before = rest.len();
    rest.retain(|child| child != value);
    let is_emptied = rest.is_empty() && before > 0;
    set_children(machine, &parent, rest);
    if is_emptied
        && let Some(XmlKind::Element { is_closed, .. }) =
            node_mut(machine, &parent).map(|node| &mut node.kind)
    {
        *is_closed = false;
    }
    let mut rest = attributes(machine, &parent);
    rest.retain(|child| child != value);
    set_attributes(machine, &parent, rest);
    set_parent(machine, value, &Value::Null);
    Ok(())
}

/// A copy of a node with everything below it, without parent.
pub(super) fn copy(machine: &mut Machine<'_, '_>, value: &Value, depth: usize) -> Result<Value, Fault> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    let Some(own) = node(machine, value) else { return Ok(Value::Null) };
    let mut kind = own.kind.clone();
    let below: Vec<Value> = match &kind {
        XmlKind::Document(children) => children.clone(),
        XmlKind::Element { attributes, children, .. } => attributes.iter().chain(children).cloned().collect(),
        _ => Vec::new(),
    };
    let mut copies = Vec::with_capacity(below.len());
    for child in &below {
        copies.push(copy(machine, child, depth.saturating_add(1))?);
    }
    match &mut kind {
        XmlKind::Document(children) => children.clone_from(&copies),
        XmlKind::Element { attributes, children, .. } => {
            let rest = copies.split_off(attributes.len().min(copies.len()));
            attributes.clone_from(&copies);
            children.clone_from(&rest);
            copies.extend(rest);
        }
        _ => {}
    }
    let made = add(machine, kind)?;
    for child in &copies {
        set_parent(machine, child, &made);
    }
    Ok(made)
}

#[cold]
pub(super) fn too_deep() -> Fault {
    Fault::of(super::super::super::fault::FaultKind::Depth, "XML is nested too deeply")
}
