//! `poolproof test`: runs tests of policies and says which expectations do not hold.

use std::collections::BTreeSet;

use super::super::args::{TestArgs, TestFormat};
use super::super::exit_code::Exit;
use super::super::session::{Session, Stop};
use super::super::verdict::{SuiteReport, TestReport, human, json, junit};
use crate::config::{DiskFiles, load_suite};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::suite::{Coverage, Suite, run_case};

/// Runs every case of every file, prints the result and ends with what they came to.
pub(crate) fn test(args: &TestArgs, session: &mut Session) -> Result<(), Stop> {
    let mut suites: Vec<(&str, Suite)> = Vec::new();
    for path in &args.files {
        let mut problems = Diagnostics::new();
        let suite = load_suite(path, &DiskFiles, &mut session.sources, &mut problems);
        add_new(&problems, &mut session.diagnostics);
        suites.extend(suite.map(|suite| (path.as_str(), suite)));
    }
    session.stop_if_unusable()?;
    let filter = args.filter.as_deref().map(str::to_lowercase);
    let is_wanted =
        |name: &str| filter.as_ref().is_none_or(|part| name.to_lowercase().contains(part.as_str()));
    let mut coverage = (args.coverage || args.fail_under.is_some()).then(Coverage::default);
    let mut report = TestReport { suites: Vec::new(), left_out: 0, coverage: None };
    for (path, suite) in suites {
        let mut ran = SuiteReport { name: suite.name, path: path.to_owned(), cases: Vec::new() };
        for case in suite.cases {
            if is_wanted(&case.name) {
                let result = run_case(&case, coverage.as_mut());
                ran.cases.push((case, result));
            } else {
                report.left_out += 1;
            }
        }
        report.suites.push(ran);
    }
    if report.ran() == 0 {
        return Err(session.nothing_ran("no case has such a name"));
    }
    report.coverage = coverage;
    match args.format {
        TestFormat::Human => session.print(&human(&report, args.verbose, &session.sources)),
        TestFormat::Json => session.print_json(&json(&report, &session.sources))?,
        TestFormat::Junit => {
            let text = junit(&report, &session.sources).map_err(|e| session.internal(&e.to_string()))?;
            session.print(&text);
        }
    }
    let is_below = is_below(&report, args.fail_under);
    if let (true, Some(percent)) = (is_below, args.fail_under) {
        session.remark(&format!("error: the coverage is below {percent} %\n"));
    }
    if report.failed() > 0 || is_below { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

/// Whether less is covered than asked for. Nothing to cover is covered.
fn is_below(report: &TestReport, percent: Option<f64>) -> bool {
    let (Some(percent), Some(coverage)) = (percent, &report.coverage) else { return false };
    coverage.counts().total().is_below(percent)
}

/// Adds the problems that are not there yet: files of tests share policies.
fn add_new(problems: &Diagnostics, all: &mut Diagnostics) {
    let key = |d: &Diagnostic| (d.code, d.span, d.message.clone());
    let known: BTreeSet<_> = all.sorted().into_iter().map(key).collect();
    for problem in problems.sorted() {
        if !known.contains(&key(problem)) {
            all.push(problem.clone());
        }
    }
}
