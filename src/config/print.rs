//! Writes a scenario as a file for people: fields in the order in which the format explains them.

use serde_json::Value;

use super::check::NOTE;
use super::scenario::shapes::SCENARIO;
use super::shape::{Kind, Shape};

/// Longest list or object that stays on one line, in characters.
const LINE: usize = 80;

/// The scenario as JSON text with a line break at the end.
pub(super) fn print_scenario(scenario: &Value) -> String {
    let mut text = String::new();
    write(scenario, Kind::Object(&SCENARIO), 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, kind: Kind, depth: usize, text: &mut String) {
    let short = value.to_string();
    match value {
        Value::Array(elements) if short.len() > LINE => {
            let of = if let Kind::List { of, .. } = kind { *of } else { Kind::Any };
            text.push_str("[\n");
            for (at, element) in elements.iter().enumerate() {
                indent(depth.saturating_add(1), text);
                write(element, of, depth.saturating_add(1), text);
                text.push_str(if at.saturating_add(1) < elements.len() { ",\n" } else { "\n" });
            }
            indent(depth, text);
            text.push(']');
        }
        Value::Object(fields) if !fields.is_empty() => {
            let shape = shape_of(value, kind);
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| (position(shape, name), *name));
            text.push_str("{\n");
            for (at, (name, field)) in sorted.iter().enumerate() {
                indent(depth.saturating_add(1), text);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                write(field, kind_of(shape, kind, name), depth.saturating_add(1), text);
                text.push_str(if at.saturating_add(1) < sorted.len() { ",\n" } else { "\n" });
            }
            indent(depth, text);
            text.push('}');
        }
        _ => text.push_str(&short),
    }
}

fn indent(depth: usize, text: &mut String) {
    text.push_str(&"  ".repeat(depth));
}

fn shape_of(value: &Value, kind: Kind) -> Option<&'static Shape> {
    match kind {
        Kind::Object(shape) => Some(shape),
        Kind::Tagged { tag, cases } => {
            let word = value.get(tag).and_then(Value::as_str);
            cases.iter().find(|(case, _)| word == Some(case)).map(|(_, shape)| *shape)
        }
        _ => None,
    }
}

/// Notes first, then the order of the shape.
fn position(shape: Option<&Shape>, name: &str) -> usize {
    if name == NOTE {
        return 0;
    }
    let at = shape.and_then(|shape| shape.fields.iter().position(|field| field.name == name));
    at.map_or(usize::MAX, |at| at.saturating_add(1))
}

fn kind_of(shape: Option<&Shape>, kind: Kind, name: &str) -> Kind {
    match (shape, kind) {
        (Some(shape), _) => shape.field(name).map_or(Kind::Any, |field| field.kind),
        (None, Kind::Map(of)) => *of,
        (None, _) => Kind::Any,
    }
}
