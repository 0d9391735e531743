//! Values of a file as JSON again: bodies and variables.

use serde_json::Value as Json;

use super::super::json::{Node, Value};

/// The value as JSON text without spaces, members in the order of the file. Numbers stay as written.
pub(super) fn compact(node: &Node) -> String {
    let mut text = String::new();
    write(node, &mut text);
    text
}

/// The value. Numbers beyond those of JSON libraries become null.
pub(super) fn to_json(node: &Node) -> Json {
    serde_json::from_str(&compact(node)).unwrap_or(Json::Null)
}

fn write(node: &Node, text: &mut String) {
    match &node.value {
        Value::Null | Value::Unknown(_) => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(number),
        Value::Text(value) => text.push_str(&Json::from(value.as_str()).to_string()),
        Value::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Json::from(member.name.as_str()).to_string());
                text.push(':');
                write(&member.value, text);
            }
            text.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::json::parse;
    use super::*;
    use crate::diagnostics::{Diagnostics, SourceId};

    #[test]
    fn the_order_and_the_notes_of_a_body_stay() {
        let text = r#"{"b": [1, 2.50, null], "a": {"note": "x\n"}, "c": true}"#;
        let node = parse(SourceId(0), text, &mut Diagnostics::new()).expect("JSON");
        assert_eq!(compact(&node), r#"{"b":[1,2.50,null],"a":{"note":"x\n"},"c":true}"#);
        assert_eq!(to_json(&node), serde_json::from_str::<Json>(text).expect("JSON"));
    }
}
