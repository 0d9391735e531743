//! Making values and looking at them.

use std::sync::Arc;

use super::MAX_TEXT;
use crate::diagnostics::Span;
use crate::tree::json::{Node, Value};

pub(in crate::resources) use crate::tree::json::UNKNOWN_PART;

/// A value that only the deployment knows.
pub(in crate::resources) fn unknown(why: &str, span: Span) -> Node {
    Node::new(Value::Unknown(Arc::from(why)), span)
}

/// Whether a value, or a part of its text, is not known.
pub(in crate::resources) fn is_unknown(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(_) => true,
        Value::Text(text) => text.contains(UNKNOWN_PART),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// What a value is within a text; `None` for lists and objects.
pub(in crate::resources) fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        // As both languages write them.
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Null => Some(String::new()),
        Value::Unknown(_) => Some(UNKNOWN_PART.to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// The pieces as one text; unknown when none of them says anything.
pub(in crate::resources) fn join_text(pieces: &[Node], span: Span) -> Node {
    let mut text = String::new();
    for piece in pieces {
        let Some(piece) = text_of(piece) else { return unknown("a text of a list or an object", span) };
        text.push_str(&piece);
        if text.len() > MAX_TEXT {
            return unknown("a text that is too long", span);
        }
    }
    let says_something = text.replace(UNKNOWN_PART, "").chars().any(|c| !c.is_whitespace());
    if !says_something && text.contains(UNKNOWN_PART) {
        return unknown("a text that only the deployment knows", span);
    }
    // One piece that is written out keeps its place.
    let place = match pieces {
        [only] => only.span,
        _ => span,
    };
    Node::new(Value::Text(text), place)
}

/// A member of a value.
pub(in crate::resources) fn member(target: &Node, name: &str, is_safe: bool, span: Span) -> Node {
    match &target.value {
        Value::Object(members) => {
            let exact = members.iter().find(|member| member.name == name);
            let found = exact.or_else(|| members.iter().find(|m| m.name.eq_ignore_ascii_case(name)));
            match found {
                Some(found) => found.value.clone(),
                None if is_safe => Node::new(Value::Null, span),
                None => unknown(&format!("there is no `{name}` in it"), span),
            }
        }
        Value::Null if is_safe => Node::new(Value::Null, span),
        Value::Unknown(why) => unknown(why, span),
        _ => unknown(&format!("`{name}` of a value that is no object"), span),
    }
}

/// Whether two values are equal; `None` when that depends on what is not known. Texts compare with letter case.
pub(in crate::resources) fn equal(one: &Node, other: &Node) -> Option<bool> {
    if is_unknown(one) || is_unknown(other) {
        return None;
    }
    match (&one.value, &other.value) {
        (Value::Array(these), Value::Array(those)) => {
            if these.len() != those.len() {
                return Some(false);
            }
            let mut all = Some(true);
            for (this, that) in these.iter().zip(those) {
                match equal(this, that) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => all = None,
                }
            }
            all
        }
        (Value::Object(these), Value::Object(those)) => {
            if these.len() != those.len() {
                return Some(false);
            }
            let mut all = Some(true);
            for this in these {
                let Some(that) = those.iter().find(|that| that.name == this.name) else { return Some(false) };
                match equal(&this.value, &that.value) {
                    Some(false) => return Some(false),
                    Some(true) => {}
                    None => all = None,
                }
            }
            all
        }
        (these, those) => Some(these == those),
    }
}
