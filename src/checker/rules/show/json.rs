//! For programs.

use serde_json::{Value, json};

use super::super::embedded::in_files;
use super::super::told::Told;
use super::place::{fingerprint, region};
use crate::diagnostics::{Severity, SourceMap, Span};

/// One document: the findings and their number by severity.
pub fn json(all: &[Told], sources: &SourceMap) -> Value {
    let all = &in_files(all, sources);
    let of = |severity: Severity| {
        all.iter().filter(|told| told.suppressed.is_none() && told.diagnostic.severity == severity).count()
    };
    json!({
        "formatVersion": 1,
        "findings": all.iter().map(|told| one(told, sources)).collect::<Vec<_>>(),
        "errors": of(Severity::Error),
        "warnings": of(Severity::Warning),
        "infos": of(Severity::Info),
    })
}

/// An object on each line.
pub fn jsonl(all: &[Told], sources: &SourceMap) -> String {
    let mut text = String::new();
    for told in &in_files(all, sources) {
        text.push_str(&one(told, sources).to_string());
        text.push('\n');
    }
    text
}

fn one(told: &Told, sources: &SourceMap) -> Value {
    let diagnostic = &told.diagnostic;
    let edit = |edit: &super::super::Edit| json!({ "place": place(edit.span, sources), "text": edit.text });
    json!({
        "code": diagnostic.code,
        "name": told.rule.map(|rule| rule.name),
        "severity": diagnostic.severity.name(),
        "message": diagnostic.message,
        "place": diagnostic.span.map(|span| place(span, sources)),
        "label": diagnostic.label,
        "places": diagnostic.places.iter()
            .map(|(span, label)| json!({ "place": place(*span, sources), "label": label }))
            .collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "reading": told.reading.map(|(switch, reading)| json!({ "switch": switch, "reading": reading })),
        "fix": told.fix.as_ref().map(|fix| json!({
            "what": fix.what,
            "isSafe": fix.is_safe,
            "edits": fix.edits.iter().map(edit).collect::<Vec<_>>(),
        })),
        "suppressed": told.suppressed,
        "fingerprint": fingerprint(sources, diagnostic),
    })
}

fn place(span: Span, sources: &SourceMap) -> Value {
    let at = sources.position(span);
    let region = region(sources, span);
    json!({
        "file": sources.name(span.source),
        "line": at.line,
        "column": at.column,
        "endLine": region.end_line,
        "start": span.start,
        "end": span.end,
    })
}
