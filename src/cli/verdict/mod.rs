//! What tests of policies came to, for people and for programs.

mod human;
mod json;
mod junit;

pub(crate) use human::{human, render_coverage};
pub(crate) use json::{coverage_json, json};
pub(crate) use junit::junit;

use crate::suite::{Case, CaseResult, Coverage, Mismatch};

/// The result of all files.
#[derive(Debug)]
pub(crate) struct TestReport {
    /// In the order of the command line.
    pub suites: Vec<SuiteReport>,
    /// Cases that `--filter` left out.
    pub left_out: usize,
    /// What was reached, if somebody asked.
    pub coverage: Option<Coverage>,
}

/// The result of one file.
#[derive(Debug)]
pub(crate) struct SuiteReport {
    /// Its name.
    pub name: String,
    /// As the user named it.
    pub path: String,
    /// The cases that ran, in order.
    pub cases: Vec<(Case, CaseResult)>,
}

impl TestReport {
    /// Cases that ran.
    pub(crate) fn ran(&self) -> usize {
        self.suites.iter().map(|suite| suite.cases.len()).sum()
    }

    /// Cases that failed.
    pub(crate) fn failed(&self) -> usize {
        self.suites.iter().map(SuiteReport::failed).sum()
    }
}

impl SuiteReport {
    /// Cases that failed.
    pub(crate) fn failed(&self) -> usize {
        self.cases.iter().filter(|(_, result)| !result.mismatches.is_empty()).count()
    }
}

/// What was looked at, with the request when the case has several.
fn subject(mismatch: &Mismatch) -> String {
    match mismatch.request.as_str() {
        "" => mismatch.what.clone(),
        request => format!("{request}: {}", mismatch.what),
    }
}

/// `context.LastError` of requests with a mismatch that is not about the error: it often says why.
fn hints(case: &Case, result: &CaseResult) -> Vec<String> {
    let requests = case.requests.iter().zip(&result.records);
    let wrong = requests.filter(|(request, _)| {
        let mut own = result.mismatches.iter().filter(|m| m.request == request.name).peekable();
        own.peek().is_some() && own.all(|m| !m.what.starts_with("error"))
    });
    wrong
        .filter_map(|(request, record)| {
            let error = record.error.as_ref()?;
            let of = if request.name.is_empty() { String::new() } else { format!("{}: ", request.name) };
            let path = match error.path.as_str() {
                "" => error.section.name().to_owned(),
                path => format!("{}/{path}", error.section.name()),
            };
            Some(format!("{of}last error: {} in {path}: {}", error.reason, error.message))
        })
        .collect()
}
