//! JSON as a text that knows what it was made of, so that nothing loses its place.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::super::value::{Text, V, Val};
use super::super::{Outcome, texts};

/// As they are spelt.
pub(super) const NAMES: &[&str] = &["jsondecode", "jsonencode"];
/// Longest text that is made.
const MAX_BYTES: usize = 1 << 20;

/// The value of a call, if the function is one of these.
pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    let first = arguments.first();
    match name {
        "jsonencode" => {
            let value = first?;
            let mut json = String::new();
            let mut is_opaque = false;
            let is_whole = write(value, &mut json, &mut is_opaque).is_some();
            let text = Text::new(json, is_opaque || !is_whole);
            Some(Outcome::Made(V::Text(Text { encodes: Some(Arc::new(value.clone())), ..text })))
        }
        "jsondecode" => Some(match first.map(|value| &value.value) {
            Some(V::Text(text)) => match &text.encodes {
                Some(value) => Outcome::Taken(Val::clone(value)),
                None => Outcome::made(first?.value.known_text().and_then(|text| texts::parsed(text, first?))),
            },
            _ => Outcome::Unknown,
        }),
        _ => None,
    }
}

/// Writes a value; `None` when it is too long.
fn write(value: &Val, json: &mut String, is_opaque: &mut bool) -> Option<()> {
    if json.len() > MAX_BYTES {
        return None;
    }
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &value.value {
        V::Null => json.push_str("null"),
        V::Bool(flag) => json.push_str(if *flag { "true" } else { "false" }),
        V::Number(number) => json.push_str(number),
        V::Text(text) => {
            *is_opaque |= text.is_opaque;
            json.push_str(&quoted(&text.text));
        }
        V::Array(list) => {
            json.push('[');
            for (place, element) in list.elements.iter().enumerate() {
                if place > 0 {
                    json.push(',');
                }
                write(element, json, is_opaque)?;
            }
            json.push(']');
        }
        V::Object(fields) => {
            json.push('{');
            for (place, field) in fields.members.iter().enumerate() {
                if place > 0 {
                    json.push(',');
                }
                json.push_str(&quoted(&field.name));
                json.push(':');
                write(&field.value, json, is_opaque)?;
            }
            json.push('}');
        }
        V::Unknown(_) | V::Resource(_) | V::Loop(_) => {
            *is_opaque = true;
            write!(json, "{{{}}}", value.value.label()).ok()?;
        }
    }
    Some(())
}
