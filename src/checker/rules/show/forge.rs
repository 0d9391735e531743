//! For the places where code is reviewed: commands of GitHub workflows, code quality of GitLab, Markdown.

use serde_json::{Value, json};

use super::super::embedded::in_files;
use super::super::told::Told;
use super::place::fingerprint;
use crate::diagnostics::{Severity, SourceMap};

/// A command for each finding (workflow commands for GitHub Actions): a remark beside the line.
pub fn github(all: &[Told], sources: &SourceMap) -> String {
    let all = &in_files(all, sources);
    let mut text = String::new();
    for told in all.iter().filter(|told| told.suppressed.is_none()) {
        let diagnostic = &told.diagnostic;
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let mut properties = Vec::new();
        if let Some(span) = diagnostic.span {
            let at = sources.position(span);
            properties.push(format!("file={}", property(sources.name(span.source))));
            properties.push(format!("line={}", at.line));
            properties.push(format!("col={}", at.column));
        }
        properties.push(format!("title={}", property(diagnostic.code)));
        let mut message = diagnostic.message.clone();
        for more in diagnostic.notes.iter().chain(&diagnostic.help) {
            message.push('\n');
            message.push_str(more);
        }
        text.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&message)));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A code quality report of GitLab.
pub fn gitlab(all: &[Told], sources: &SourceMap) -> Value {
    let all = &in_files(all, sources);
    let shown = all.iter().filter(|told| told.suppressed.is_none());
    shown
        .map(|told| {
            let diagnostic = &told.diagnostic;
            let place = diagnostic.span.map(|span| (sources.name(span.source), sources.position(span).line));
            let (path, line) = place.unwrap_or(("", 1));
            let severity = match diagnostic.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            };
            json!({
                "description": diagnostic.message,
                "check_name": diagnostic.code,
                "fingerprint": fingerprint(sources, diagnostic),
                "severity": severity,
                "location": { "path": path, "lines": { "begin": line } },
            })
        })
        .collect()
}

/// A table for the summary of a job.
pub fn markdown(all: &[Told], sources: &SourceMap) -> String {
    let all = &in_files(all, sources);
    let shown: Vec<&Told> = all.iter().filter(|told| told.suppressed.is_none()).collect();
    let mut text = String::from("## poolproof\n\n");
    if shown.is_empty() {
        text.push_str("Nothing to object to.\n");
        return text;
    }
    text.push_str("| | rule | where | what |\n|---|---|---|---|\n");
    for told in shown {
        let diagnostic = &told.diagnostic;
        let place = diagnostic.span.map_or(String::new(), |span| {
            format!("{}:{}", sources.name(span.source), sources.position(span).line)
        });
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            diagnostic.severity.name(),
            diagnostic.code,
            cell(&place),
            cell(&diagnostic.message)
        ));
    }
    text
}

/// Text in a cell: no bar, no line break, no markup of HTML.
fn cell(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace(['\n', '\r'], " ")
}
