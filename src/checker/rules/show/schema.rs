//! The JSON Schema of what `json` tells.

use serde_json::{Value, json};

/// Draft 2020-12. Baselines hold `findings` with fewer members and are not described.
pub fn findings_schema() -> Value {
    let text = json!({ "type": "string" });
    let maybe_text = json!({ "type": ["string", "null"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let line = json!({ "type": "integer", "minimum": 1 });
    let place = object(&[
        ("file", &text),
        ("line", &line),
        ("column", &line),
        ("endLine", &line),
        ("start", &count),
        ("end", &count),
    ]);
    let place_of = json!({ "$ref": "#/$defs/place" });
    let labelled = object(&[("place", &place_of), ("label", &text)]);
    let edit = object(&[("place", &place_of), ("text", &text)]);
    let fix = object(&[
        ("what", &text),
        ("isSafe", &json!({ "type": "boolean" })),
        ("edits", &json!({ "type": "array", "items": edit })),
    ]);
    let reading = object(&[("switch", &text), ("reading", &text)]);
    let or_null = |schema: &Value| json!({ "anyOf": [schema, { "type": "null" }] });
    let finding = object(&[
        ("code", &text),
        ("name", &maybe_text),
        ("severity", &json!({ "enum": ["error", "warning", "info"] })),
        ("message", &text),
        ("place", &or_null(&place_of)),
        ("label", &text),
        ("places", &json!({ "type": "array", "items": labelled })),
        ("notes", &json!({ "type": "array", "items": text })),
        ("help", &maybe_text),
        ("reading", &or_null(&reading)),
        ("fix", &or_null(&fix)),
        ("suppressed", &maybe_text),
        ("fingerprint", &json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" })),
    ]);
    let mut schema = object(&[
        ("formatVersion", &json!({ "const": 1 })),
        ("findings", &json!({ "type": "array", "items": { "$ref": "#/$defs/finding" } })),
        ("errors", &count),
        ("warnings", &count),
        ("infos", &count),
    ]);
    if let Some(members) = schema.as_object_mut() {
        members.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        members.insert("title".to_owned(), json!("poolproof findings"));
        members.insert("$defs".to_owned(), json!({ "place": place, "finding": finding }));
    }
    schema
}

/// An object with exactly these members.
fn object(members: &[(&str, &Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        members.iter().map(|(name, schema)| ((*name).to_owned(), (*schema).clone())).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}
