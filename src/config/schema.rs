//! The scenario format as a JSON Schema (draft 2020-12), printed from the same tables that the reader
//! checks with, so that an editor and the reader agree.
//!
//! The schema says less than the reader where JSON Schema cannot say it: names that must exist in another
//! file, and text that must parse (durations have a pattern that accepts slightly more).

use serde_json::{Map, Value, json};

use super::check::NOTE;
use super::properties;
use super::scenario::shapes::{ALL, FIXED_IN_VARIANTS, SCENARIO};
use super::shape::{Field, Kind, Shape};
use super::suite::shapes as suite;
use crate::semantics::Switch;

/// The schema of scenario files, format version 1.
pub fn scenario_schema() -> Value {
    schema("poolproof scenario", &SCENARIO, ALL)
}

/// The schema of files with tests of policies, format version 1.
pub fn suite_schema() -> Value {
    schema("poolproof policy tests", &suite::SUITE, suite::ALL)
}

/// The schema of files of properties for `verify`, format version 1.
pub fn properties_schema() -> Value {
    schema("poolproof properties", &properties::PROPERTIES, &[&properties::PROPERTY])
}

/// The schema of `root` with all that it refers to.
fn schema(title: &str, root: &'static Shape, all: &[&'static Shape]) -> Value {
    let defs: Map<String, Value> =
        all.iter().map(|shape| (shape.name.to_owned(), object_schema(shape))).collect();
    let mut root = object_schema(root);
    if let Value::Object(fields) = &mut root {
        fields.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        fields.insert("title".to_owned(), json!(title));
        fields.insert("$defs".to_owned(), Value::Object(defs));
    }
    root
}

fn object_schema(shape: &Shape) -> Value {
    let mut properties: Map<String, Value> =
        shape.fields.iter().map(|field| (field.name.to_owned(), field_schema(shape, field))).collect();
    properties.insert(NOTE.to_owned(), note_schema());
    let required: Vec<&str> =
        shape.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_schema(shape: &Shape, field: &Field) -> Value {
    let mut schema = match (shape.name, field.name) {
        ("scenario" | "suite" | "case", "semantics") => semantics_schema(),
        ("scenario", "variants") => variants_schema(),
        // Each case of a tagged object has one word of its own.
        (name, "kind") if case_word(name).is_some() => json!({ "const": case_word(name) }),
        _ => kind_schema(field.kind),
    };
    if let Value::Object(fields) = &mut schema {
        fields.insert("description".to_owned(), json!(field.doc));
    }
    schema
}

fn case_word(shape: &str) -> Option<&'static str> {
    super::scenario::traffic_shapes::TRAFFIC
        .iter()
        .find(|(_, case)| case.name == shape)
        .map(|(word, _)| *word)
}

fn kind_schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Characters => json!({ "type": "string" }),
        Kind::Null => json!({ "type": "null" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Number { min, max } => json!({ "type": "number", "minimum": min, "maximum": max }),
        Kind::Time { .. } => json!({ "type": "string", "pattern": DURATION }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Object(shape) => reference(shape),
        Kind::Tagged { cases, .. } => {
            let cases: Vec<Value> = cases.iter().map(|(_, shape)| reference(shape)).collect();
            json!({ "oneOf": cases })
        }
        Kind::Map(of) => {
            // A map may carry a note beside its entries; an entry may be called `note` as well.
            let entry = kind_schema(*of);
            let note = json!({ "anyOf": [note_schema(), entry.clone()] });
            json!({ "type": "object", "properties": { NOTE: note }, "additionalProperties": entry })
        }
        Kind::List { of, min, max } => {
            json!({ "type": "array", "items": kind_schema(*of), "minItems": min, "maxItems": max })
        }
        Kind::Either(kinds) => {
            let kinds: Vec<Value> = kinds.iter().map(|kind| kind_schema(*kind)).collect();
            json!({ "anyOf": kinds })
        }
        Kind::Any => json!({}),
    }
}

/// ISO 8601 without years and months, or numbers with units.
const DURATION: &str = r"^\s*([Pp](?=.)([0-9.,]+[Ww])?([0-9.,]+[Dd])?([Tt](?=.)([0-9.,]+[Hh])?([0-9.,]+[Mm])?([0-9.,]+[Ss])?)?|([0-9.,]+(d|h|m|s|ms|us|ns))+)\s*$";

fn reference(shape: &Shape) -> Value {
    json!({ "$ref": format!("#/$defs/{}", shape.name) })
}

fn note_schema() -> Value {
    json!({ "type": "string", "description": "A remark; no effect." })
}

/// Flat names are listed; the nested form is any object.
fn semantics_schema() -> Value {
    let mut properties: Map<String, Value> = Map::new();
    for switch in Switch::ALL {
        let info = switch.info();
        let mut readings: Vec<Value> = info.readings.iter().map(|reading| json!(reading)).collect();
        // Readings that look like numbers or booleans may be written as such.
        readings.extend(info.readings.iter().filter_map(|reading| {
            serde_json::from_str::<Value>(reading)
                .ok()
                .filter(|value| value.is_number() || value.is_boolean())
        }));
        let schema = json!({ "enum": readings, "description": info.meaning });
        properties.insert(info.path.to_owned(), schema);
    }
    properties.insert(NOTE.to_owned(), note_schema());
    json!({ "type": "object", "properties": properties })
}

/// Patches: any part of a scenario, with null for "take away".
fn variants_schema() -> Value {
    let mut properties: Map<String, Value> = SCENARIO
        .fields
        .iter()
        .filter(|field| !FIXED_IN_VARIANTS.contains(&field.name))
        .map(|field| (field.name.to_owned(), json!({})))
        .collect();
    properties.insert(NOTE.to_owned(), note_schema());
    let patch = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let entry_or_note = json!({ "anyOf": [note_schema(), patch.clone()] });
    json!({ "type": "object", "properties": { NOTE: entry_or_note }, "additionalProperties": patch })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Files;
    use crate::config::testing::{load, walkthrough};

    fn scenario_text() -> String {
        String::from_utf8(walkthrough().read("walkthrough/scenario.json").expect("file")).expect("UTF-8")
    }

    fn is_valid(text: &str) -> bool {
        let validator = jsonschema::validator_for(&scenario_schema()).expect("a schema");
        validator.is_valid(&serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn reader_and_schema_agree() {
        assert!(is_valid(&scenario_text()));
        for (from, to, good) in [
            ("\"formatVersion\": 1", "\"formatVersion\": 2", false),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"note\": \"x\"", true),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"note\": 1", false),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"sede\": 1", false),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"seed\": 18446744073709551615", true),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"horizon\": \"PT1H30M\"", true),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"horizon\": \"1m30s\"", true),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"horizon\": \"PT\"", false),
            ("\"formatVersion\": 1", "\"formatVersion\": 1, \"horizon\": 5", false),
            ("\"BasicV2\"", "\"Basic V2\"", false),
            ("\"units\": 1", "\"units\": 1001", false),
            ("\"units\": 1", "\"units\": 1.0", true),
            ("\"tpm\": 8000", "\"tpm\": \"8000\"", false),
            ("\"kind\": \"closed-loop\"", "\"kind\": \"closed\"", false),
            ("\"requests\": 20, ", "", false),
            ("\"requests\": 20, ", "\"requests\": 20, \"perSecond\": 1, ", false),
            (
                "\"completionTokens\": 150",
                "\"completionTokens\": {\"median\": 5, \"sigma\": 0.5, \"max\": 9}",
                true,
            ),
            ("\"completionTokens\": 150", "\"completionTokens\": {\"median\": 5}", false),
            (
                "\"gateway\"",
                "\"semantics\": {\"breaker.window\": \"tumbling_epoch\", \"lb.null_weight\": 0}, \"gateway\"",
                true,
            ),
            ("\"gateway\"", "\"semantics\": {\"breaker.window\": \"epoch\"}, \"gateway\"", false),
            (
                "\"gateway\"",
                "\"semantics\": {\"breaker\": {\"half_open\": \"one_probe\"}}, \"gateway\"",
                true,
            ),
            ("\"note\": \"East US first\"", "\"traffic\": {\"requests\": 5}", true),
            ("\"note\": \"East US first\"", "\"formatVersion\": 1", false),
            ("\"note\": \"East US first\"", "\"sede\": 1", false),
        ] {
            let text = scenario_text().replacen(from, to, 1);
            assert_ne!(text, scenario_text(), "{from}");
            assert_eq!(is_valid(&text), good, "schema: {to}");
            assert_eq!(load(&walkthrough().with("scenario.json", text)).is_ok(), good, "reader: {to}");
        }
    }

    #[test]
    fn guessed_scenarios_are_valid() {
        let paths = ["walkthrough/backends.json".to_owned()];
        let guessed = crate::config::guess_scenario(
            "walkthrough/policy.xml",
            &paths,
            &walkthrough(),
            &mut crate::diagnostics::SourceMap::new(),
            &mut crate::diagnostics::Diagnostics::new(),
        );
        assert!(is_valid(&guessed.expect("guessed").text()));
    }

    /// Every kind of object that a table refers to is in the list that `$defs` is made from.
    #[test]
    fn every_reference_has_a_definition() {
        let schema = scenario_schema();
        let text = schema.to_string();
        let defined: BTreeSet<&str> = ALL.iter().map(|shape| shape.name).collect();
        let referred: BTreeSet<&str> =
            text.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(referred.is_subset(&defined), "{referred:?}");
        let unreferred: Vec<_> = defined.difference(&referred).collect();
        assert_eq!(unreferred, [&"scenario"]);
        for shape in ALL {
            let fields = schema["$defs"][shape.name]["properties"].as_object().expect("properties");
            let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
            let known: BTreeSet<&str> = shape.fields.iter().map(|field| field.name).chain([NOTE]).collect();
            assert_eq!(names, known, "{}", shape.name);
        }
    }
}
