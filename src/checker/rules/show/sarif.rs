//! SARIF 2.1.0 (OASIS standard of 2020-03-27), for code scanning.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::embedded::in_files;
use super::super::rule::Rule;
use super::super::told::Told;
use super::page::page_markdown;
use super::place::{fingerprint, region, uri};
use crate::diagnostics::{Severity, SourceMap, Span};

/// One run with its rules, results and files.
pub fn sarif(all: &[Told], sources: &SourceMap, version: &str) -> Value {
    let all = &in_files(all, sources);
    let mut rules: BTreeMap<&str, Option<&'static Rule>> = BTreeMap::new();
    for told in all {
        rules.insert(told.code(), told.rule);
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, code)| (*code, at)).collect();
    let descriptors: Vec<Value> = rules.iter().map(|(code, rule)| descriptor(code, *rule)).collect();
    let results: Vec<Value> = all.iter().map(|told| result(told, sources, &index)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "poolproof", "version": version, "rules": descriptors } },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(code: &str, rule: Option<&'static Rule>) -> Value {
    let Some(rule) = rule else {
        return json!({ "id": code, "shortDescription": { "text": code } });
    };
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.fix, "markdown": page_markdown(rule) },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn location(span: Span, sources: &SourceMap) -> Value {
    json!({
        "artifactLocation": { "uri": uri(sources.name(span.source)) },
        "region": lines(span, sources),
    })
}

fn lines(span: Span, sources: &SourceMap) -> Value {
    let region = region(sources, span);
    json!({
        "startLine": region.start_line,
        "startColumn": region.start_column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    })
}

fn result(told: &Told, sources: &SourceMap, index: &BTreeMap<&str, usize>) -> Value {
    let diagnostic = &told.diagnostic;
    let mut text = diagnostic.message.clone();
    for more in diagnostic.notes.iter().chain(&diagnostic.help) {
        text.push_str(". ");
        text.push_str(more);
    }
    if let Some((switch, reading)) = told.reading {
        text.push_str(&format!(". Holds where {switch} is {reading}"));
    }
    let print = fingerprint(sources, diagnostic);
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "partialFingerprints": { "poolproof/v1": print },
    });
    let Some(members) = result.as_object_mut() else { return result };
    if let Some(at) = index.get(diagnostic.code) {
        members.insert("ruleIndex".to_owned(), json!(at));
    }
    if let Some(span) = diagnostic.span {
        let own = json!([{ "physicalLocation": location(span, sources) }]);
        members.insert("locations".to_owned(), own);
    }
    if !diagnostic.places.is_empty() {
        let related = diagnostic.places.iter().enumerate().map(|(at, (span, label))| {
            json!({ "id": at, "physicalLocation": location(*span, sources), "message": { "text": label } })
        });
        members.insert("relatedLocations".to_owned(), related.collect());
    }
    if let Some(fix) = &told.fix {
        let mut changes: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for edit in &fix.edits {
            let region = lines(edit.span, sources);
            let change = json!({ "deletedRegion": region, "insertedContent": { "text": edit.text } });
            changes.entry(sources.name(edit.span.source)).or_default().push(change);
        }
        let changes = changes.into_iter().map(|(path, replacements)| {
            json!({ "artifactLocation": { "uri": uri(path) }, "replacements": replacements })
        });
        let changes: Vec<Value> = changes.collect();
        members.insert(
            "fixes".to_owned(),
            json!([{ "description": { "text": fix.what }, "artifactChanges": changes }]),
        );
    }
    if let Some(reason) = &told.suppressed {
        members.insert("suppressions".to_owned(), json!([{ "kind": "inSource", "justification": reason }]));
    }
    result
}
