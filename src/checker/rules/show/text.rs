//! For people: with excerpts, or a line for each.

use super::super::embedded::{Places, in_files};
use super::super::told::Told;
use crate::diagnostics::{Diagnostics, Severity, SourceMap, render_human};

/// Each finding with its marked excerpt, and how many there are.
pub fn human(all: &[Told], sources: &SourceMap, colour: bool) -> String {
    let mut diagnostics = Diagnostics::new();
    for told in Places::new(sources).where_verbatim(all).iter().filter(|told| told.suppressed.is_none()) {
        let mut diagnostic = told.diagnostic.clone();
        if let Some((switch, reading)) = told.reading {
            diagnostic =
                diagnostic.note(format!("holds where `{switch}` is `{reading}`: the service does not say"));
        }
        if let Some(fix) = &told.fix {
            let how = if fix.is_safe { "--fix" } else { "--unsafe-fixes" };
            diagnostic = diagnostic.note(format!("{how} can do that: {}", fix.what));
        }
        diagnostics.push(diagnostic);
    }
    let mut text = render_human(&diagnostics, sources, colour);
    text.push_str(&summary(all));
    text
}

/// How many findings there are of each severity.
fn summary(all: &[Told]) -> String {
    let shown = || all.iter().filter(|told| told.suppressed.is_none());
    let of = |severity: Severity| shown().filter(|told| told.diagnostic.severity == severity).count();
    let count = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{number} {word}s")),
    };
    let mut parts: Vec<String> = [
        count(of(Severity::Error), "error"),
        count(of(Severity::Warning), "warning"),
        count(of(Severity::Info), "remark"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let suppressed = all.iter().filter(|told| told.suppressed.is_some()).count();
    if parts.is_empty() {
        parts.push("nothing to object to".to_owned());
    }
    if suppressed > 0 {
        parts.push(format!("{suppressed} ignored with a reason"));
    }
    let mut text = parts.join(", ");
    if let Some(rule) = shown().find_map(|told| told.rule) {
        text.push_str(&format!("; `poolproof explain {}` tells more of one", rule.code));
    }
    text.push('\n');
    text
}

/// A line for each: `path:line:column: severity[code]: message`.
pub fn concise(all: &[Told], sources: &SourceMap) -> String {
    let all = &in_files(all, sources);
    let mut text = String::new();
    for told in all.iter().filter(|told| told.suppressed.is_none()) {
        let diagnostic = &told.diagnostic;
        if let Some(span) = diagnostic.span {
            let at = sources.position(span);
            text.push_str(&format!("{}:{}:{}: ", sources.name(span.source), at.line, at.column));
        }
        let severity = diagnostic.severity.name();
        text.push_str(&format!("{severity}[{}]: {}\n", diagnostic.code, diagnostic.message));
    }
    text
}
