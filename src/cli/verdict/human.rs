//! The result as text: what failed, where and how; then sums.

use std::fmt::Write as _;

use super::super::table::Table;
use super::{TestReport, hints, subject};
use crate::diagnostics::{SourceMap, Span};
use crate::suite::{Coverage, Covered};

/// The text. Cases that passed are named when `verbose`.
pub(crate) fn human(report: &TestReport, verbose: bool, sources: &SourceMap) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for suite in &report.suites {
        for (case, result) in &suite.cases {
            if result.mismatches.is_empty() {
                if verbose {
                    let _infallible = writeln!(text, "ok    {}: {}", suite.name, case.name);
                }
                continue;
            }
            let _infallible = writeln!(text, "FAIL  {}: {}", suite.name, case.name);
            if let Some(span) = case.span {
                let _infallible = writeln!(text, "      {}", place(span, sources));
            }
            for mismatch in &result.mismatches {
                let _infallible = writeln!(
                    text,
                    "      {}\n        expected {}\n        found    {}",
                    subject(mismatch),
                    mismatch.expected,
                    mismatch.found
                );
            }
            for hint in hints(case, result) {
                let _infallible = writeln!(text, "      {hint}");
            }
            text.push('\n');
        }
    }
    let (ran, failed) = (report.ran(), report.failed());
    let cases = if ran == 1 { "case" } else { "cases" };
    let _infallible = write!(text, "{ran} {cases}: {} passed, {failed} failed", ran.saturating_sub(failed));
    if report.left_out > 0 {
        let _infallible = write!(text, " ({} left out)", report.left_out);
    }
    text.push('\n');
    if let Some(coverage) = &report.coverage {
        text.push('\n');
        text.push_str(&render_coverage(coverage, sources));
    }
    text
}

/// `file:line:column`
fn place(span: Span, sources: &SourceMap) -> String {
    let at = sources.position(span);
    format!("{}:{}:{}", sources.name(span.source), at.line, at.column)
}

/// What was reached, and what was not.
pub(crate) fn render_coverage(coverage: &Coverage, sources: &SourceMap) -> String {
    let counts = coverage.counts();
    let mut table = Table::new(&["coverage", "reached", "of", "share"]);
    for (name, covered) in [
        ("policies", counts.policies),
        ("outcomes of conditions", counts.conditions),
        ("pool members", counts.members),
        ("trips and their ends", counts.breakers),
        ("attempts of retries", counts.attempts),
        ("all", counts.total()),
    ] {
        // Only proofs count what breakers and retries do.
        let is_of_proofs = name.starts_with("trips") || name.starts_with("attempts");
        if is_of_proofs && covered.total == 0 {
            continue;
        }
        table.row(vec![
            name.to_owned(),
            covered.reached.to_string(),
            covered.total.to_string(),
            share(covered),
        ]);
    }
    let mut text = table.render("");
    let (missed, members) = (coverage.missed(), coverage.missed_members());
    let (breakers, attempts) = (coverage.missed_breakers(), coverage.missed_attempts());
    if counts.total().reached < counts.total().total {
        text.push_str("\nnot covered:\n");
    }
    for (span, policy, what) in missed {
        let _infallible = writeln!(text, "  {}: {policy} {what}", place(span, sources));
    }
    for member in members {
        let _infallible = writeln!(text, "  pool member {member} was never called");
    }
    for (backend, what) in breakers {
        let _infallible = writeln!(text, "  breaker of {backend} {what}");
    }
    for (span, number) in attempts {
        let _infallible = writeln!(text, "  {}: retry never made attempt {number}", place(span, sources));
    }
    text
}

/// A share in percent, rounded down: all is only said of all.
fn share(covered: Covered) -> String {
    let permille = covered.permille();
    format!("{}.{} %", permille / 10, permille % 10)
}
