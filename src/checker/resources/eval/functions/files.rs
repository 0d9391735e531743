//! Functions that read other files.

use std::sync::Arc;

use super::super::machine::{Machine, Scope};
use super::super::value::{Field, Text, Unknown, V, Val};
use super::Outcome;
use crate::diagnostics::{Diagnostics, Span};
use crate::tree::json::{self, Node, Value};

/// The value of a call, if the function is one of these.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &[Val],
    scope: Scope<'_>,
) -> Option<Outcome> {
    if !matches!(name, "loadtextcontent" | "loadjsoncontent") {
        return None;
    }
    let Some(path) = arguments.first().and_then(|path| path.value.known_text()) else {
        return Some(Outcome::Unknown);
    };
    let from = machine.frames.get(scope.frame).map_or(0, |frame| frame.file);
    let files = machine.files;
    let Some(file) = files.beside(from, path).and_then(|index| files.files.get(index)) else {
        let mut unknown =
            Unknown::new(format!("the content of `{path}`, which is not among the files"), path);
        unknown.file = Some(Arc::from(path));
        return Some(Outcome::Made(V::Unknown(unknown)));
    };
    if name == "loadtextcontent" {
        return Some(Outcome::Made(V::Text(Text {
            content: Some(Span::new(file.source, 0, file.text.len())),
            file: Some(Arc::from(path)),
            ..Text::new(Arc::clone(&file.text), false)
        })));
    }
    if !machine.spend(file.text.len() as u64 / 8) {
        return Some(Outcome::Unknown);
    }
    let root = json::parse(file.source, &file.text, &mut Diagnostics::new());
    let value = root.map(|root| value_of(&root))?;
    // A path into the document selects a part of it.
    Some(match arguments.len() {
        1 => Outcome::Taken(value),
        _ => Outcome::Unknown,
    })
}

/// A document as a value.
pub(crate) fn value_of(node: &Node) -> Val {
    let value = match &node.value {
        Value::Null => V::Null,
        Value::Bool(value) => V::Bool(*value),
        Value::Number(text) => V::Number(Arc::from(text.as_str())),
        Value::Text(text) => V::text(text),
        Value::Array(elements) => V::array(elements.iter().map(value_of).collect()),
        Value::Object(members) => V::object(
            members
                .iter()
                .map(|member| Field {
                    name: Arc::from(member.name.as_str()),
                    name_span: member.name_span,
                    value: value_of(&member.value),
                })
                .collect(),
        ),
        Value::Unknown(why) => V::Unknown(Unknown::new(Arc::clone(why), "value")),
    };
    Val::new(value, node.span)
}
