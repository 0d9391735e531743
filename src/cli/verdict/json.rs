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

fn coverage_json(coverage: &Coverage, sources: &SourceMap) -> Json {
    let counts = coverage.counts();
    let covered = |c: Covered| value!({ "reached": c.reached, "total": c.total });
    let missed = |(span, policy, what): (Span, String, &str)| {
        let at = sources.position(span);
        let file = sources.name(span.source);
        value!({ "file": file, "line": at.line, "column": at.column, "policy": policy, "what": what })
    };
    value!({
        "policies": covered(counts.policies),
        "conditions": covered(counts.conditions),
        "members": covered(counts.members),
        "total": covered(counts.total()),
        "missed": coverage.missed().into_iter().map(missed).collect::<Vec<_>>(),
        "missed_members": coverage.missed_members(),
    })
}
