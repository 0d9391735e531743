//! The result as JSON.

use serde_json::{Value as Json, json as value};

use super::{SuiteReport, TestReport, hints};
use crate::diagnostics::{SourceMap, Span};
use crate::suite::{Case, CaseResult, Coverage, Covered};

/// The result with all cases.
pub(crate) fn json(report: &TestReport, sources: &SourceMap) -> Json {
    let (ran, failed) = (report.ran(), report.failed());
    let mut json = value!({
        "suites": report.suites.iter().map(|suite| suite_json(suite, sources)).collect::<Vec<_>>(),
        "totals": {
            "cases": ran,
            "passed": ran.saturating_sub(failed),
            "failed": failed,
            "left_out": report.left_out,
        },
    });
    if let (Some(coverage), Some(members)) = (&report.coverage, json.as_object_mut()) {
        members.insert("coverage".to_owned(), coverage_json(coverage, sources));
    }
    json
}

fn suite_json(suite: &SuiteReport, sources: &SourceMap) -> Json {
    value!({
        "name": suite.name,
        "path": suite.path,
        "cases": suite.cases.iter().map(|(case, result)| case_json(case, result, sources)).collect::<Vec<_>>(),
    })
}

fn case_json(case: &Case, result: &CaseResult, sources: &SourceMap) -> Json {
    let mismatches: Vec<Json> = result
        .mismatches
        .iter()
        .map(|m| value!({ "request": m.request, "what": m.what, "expected": m.expected, "found": m.found }))
        .collect();
    value!({
        "name": case.name,
        "line": case.span.map(|span| sources.position(span).line),
        "passed": mismatches.is_empty(),
        "mismatches": mismatches,
        "hints": hints(case, result),
    })
}

/// What was reached and what was missed.
pub(crate) fn coverage_json(coverage: &Coverage, sources: &SourceMap) -> Json {
    let counts = coverage.counts();
    let covered = |c: Covered| value!({ "reached": c.reached, "total": c.total });
    let missed = |(span, policy, what): (Span, String, &str)| {
        let at = sources.position(span);
        let file = sources.name(span.source);
        value!({ "file": file, "line": at.line, "column": at.column, "policy": policy, "what": what })
    };
    let mut json = value!({
        "policies": covered(counts.policies),
        "conditions": covered(counts.conditions),
        "members": covered(counts.members),
        "total": covered(counts.total()),
        "missed": coverage.missed().into_iter().map(missed).collect::<Vec<_>>(),
        "missed_members": coverage.missed_members(),
    });
    // Only proofs count what breakers and retries do.
    if let (true, Some(members)) = (counts.breakers.total + counts.attempts.total > 0, json.as_object_mut()) {
        let breakers = coverage.missed_breakers().into_iter();
        let attempts = coverage.missed_attempts().into_iter();
        members.insert("breakers".to_owned(), covered(counts.breakers));
        members.insert("attempts".to_owned(), covered(counts.attempts));
        let missed: Vec<Json> =
            breakers.map(|(backend, what)| value!({ "backend": backend, "what": what })).collect();
        members.insert("missed_breakers".to_owned(), Json::Array(missed));
        let missed = attempts.map(|(span, number)| {
            let at = sources.position(span);
            value!({ "file": sources.name(span.source), "line": at.line, "column": at.column, "attempt": number })
        });
        members.insert("missed_attempts".to_owned(), missed.collect());
    }
    json
}
