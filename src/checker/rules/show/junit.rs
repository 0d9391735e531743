//! JUnit XML: a suite for each file, a case for each finding. Remarks pass, warnings and errors fail.

use std::collections::BTreeMap;

use super::super::embedded::in_files;
use super::super::told::Told;
use crate::diagnostics::{Severity, SourceMap};

/// The document.
pub fn junit(all: &[Told], sources: &SourceMap) -> String {
    let all = &in_files(all, sources);
    let mut files: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in all.iter().filter(|told| told.suppressed.is_none()) {
        let name = told.diagnostic.span.map_or("poolproof", |span| sources.name(span.source));
        files.entry(name).or_default().push(told);
    }
    let fails = |told: &&&Told| told.diagnostic.severity != Severity::Info;
    let tests: usize = files.values().map(Vec::len).sum();
    let failures: usize = files.values().map(|cases| cases.iter().filter(fails).count()).sum();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"poolproof\" tests=\"{tests}\" failures=\"{failures}\">\n"));
    for (name, cases) in files {
        let failures = cases.iter().filter(fails).count();
        text.push_str(&format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n",
            escape(name),
            cases.len()
        ));
        for told in cases {
            let diagnostic = &told.diagnostic;
            let line = diagnostic.span.map_or(1, |span| sources.position(span).line);
            let case = escape(&format!("{} line {line}: {}", diagnostic.code, diagnostic.message));
            text.push_str(&format!("    <testcase name=\"{case}\" classname=\"{}\"", escape(name)));
            if diagnostic.severity == Severity::Info {
                text.push_str(" />\n");
                continue;
            }
            let mut lines = vec![diagnostic.label.clone()];
            lines.extend(diagnostic.notes.iter().cloned());
            lines.extend(diagnostic.help.clone());
            text.push_str(&format!(
                ">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>\n",
                escape(&diagnostic.message),
                diagnostic.severity.name(),
                escape(&lines.join("\n"))
            ));
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// For XML 1.0: markup as entities; what XML cannot hold is replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}
