//! Writes a scenario as a file for people: fields in the order in which the format explains them.

use serde_json::{Map, Value};

use super::check::NOTE;
use super::scenario::shapes::SCENARIO;
use super::shape::{Kind, Shape};

/// Longest list or object that stays on one line, in characters.
const LINE: usize = 70;

/// The scenario as JSON text with a line break at the end.
pub(super) fn print_scenario(scenario: &Value) -> String {
    let mut text = String::new();
    write(scenario, Kind::Object(&SCENARIO), 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, kind: Kind, depth: usize, text: &mut String) {
    let shape = shape_of(value, kind);
    let inner = depth.saturating_add(1);
    let line = one_line(value, kind);
    if depth > 0 && line.len() <= LINE {
        text.push_str(&line);
        return;
    }
    match value {
        Value::Array(elements) => {
            let of = element_kind(kind);
            on_lines(['[', ']'], depth, text, elements, |element, text| write(element, of, inner, text));
        }
        Value::Object(fields) => {
            on_lines(['{', '}'], depth, text, &in_order(fields, shape), |(name, field), text| {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                write(field, kind_of(shape, kind, name), inner, text);
            });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&line),
    }
}

/// Items on lines of their own, with commas between them.
fn on_lines<T>(
    [open, close]: [char; 2],
    depth: usize,
    text: &mut String,
    items: &[T],
    mut item: impl FnMut(&T, &mut String),
) {
    text.push(open);
    for (at, one) in items.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        indent(depth.saturating_add(1), text);
        item(one, text);
    }
    text.push('\n');
    indent(depth, text);
    text.push(close);
}

fn one_line(value: &Value, kind: Kind) -> String {
    match value {
        Value::Array(elements) => {
            let of = element_kind(kind);
            let elements: Vec<String> = elements.iter().map(|element| one_line(element, of)).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(fields) if !fields.is_empty() => {
            let shape = shape_of(value, kind);
            let fields = in_order(fields, shape).into_iter().map(|(name, field)| {
                format!("{}: {}", Value::from(name.as_str()), one_line(field, kind_of(shape, kind, name)))
            });
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

fn in_order<'v>(fields: &'v Map<String, Value>, shape: Option<&Shape>) -> Vec<(&'v String, &'v Value)> {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort_by_key(|(name, _)| (position(shape, name), *name));
    sorted
}

fn element_kind(kind: Kind) -> Kind {
    if let Kind::List { of, .. } = kind { *of } else { Kind::Any }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_in_the_order_of_the_format() {
        let scenario = serde_json::json!({
            "traffic": {
                "request": { "completionTokens": 5, "promptTokens": 7 },
                "kind": "closed-loop",
                "requests": 1000,
            },
            "policy": "p.xml", "note": "n", "formatVersion": 1, "backends": {},
        });
        let expected = r#"{
  "note": "n",
  "formatVersion": 1,
  "policy": "p.xml",
  "backends": {},
  "traffic": {
    "kind": "closed-loop",
    "requests": 1000,
    "request": { "promptTokens": 7, "completionTokens": 5 }
  }
}
"#;
        assert_eq!(print_scenario(&scenario), expected);
    }
}
