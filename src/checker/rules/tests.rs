//! Every rule against its own examples, and the list of all rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::setup::read_setup;
use super::{Example, Finding, Found, Rule, all, check};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::resources::{TextFile, detect};

/// Codes of what is found in the files of an example, those of readers too.
pub(super) fn codes(example: &Example) -> (Vec<&'static str>, Vec<Finding>) {
    let mut sources = SourceMap::new();
    let mut files = Vec::new();
    for (path, text) in example.0 {
        let source = sources.add(*path, *text);
        let form = detect(path, text).unwrap_or_else(|| panic!("{path} has no form"));
        files.push(TextFile { path: Arc::from(*path), source, text: Arc::from(*text), form });
    }
    let mut problems = Diagnostics::new();
    let setup = read_setup(&files, &mut sources, &mut problems);
    let findings = check(&setup);
    let mut codes: Vec<&'static str> = findings.iter().map(|finding| finding.rule.code).collect();
    codes.extend(problems.sorted().iter().map(|problem| rule_of(problem.code)));
    (codes, findings)
}

/// The code of the rule for which readers find problems of this name, or the name itself.
fn rule_of(name: &'static str) -> &'static str {
    let finds = |rule: &&Rule| matches!(rule.found, Found::ByReaders(names) if names.contains(&name));
    all().find(finds).map_or(name, |rule| rule.code)
}

#[test]
fn every_rule_finds_its_bad_examples_and_no_good_one() {
    let mut problems = Vec::new();
    for rule in all() {
        for (index, example) in rule.bad.iter().enumerate() {
            let (codes, _) = codes(example);
            if !codes.contains(&rule.code) {
                problems.push(format!("{} {}: bad[{index}] gives {codes:?}", rule.code, rule.name));
            }
        }
        for (index, example) in rule.good.iter().enumerate() {
            let (codes, _) = codes(example);
            if codes.contains(&rule.code) {
                problems.push(format!("{} {}: good[{index}] is found too", rule.code, rule.name));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_rule_has_a_page_and_examples() {
    let mut seen = BTreeSet::new();
    let mut last = "";
    for rule in all() {
        let called = format!("{} {}", rule.code, rule.name);
        assert!(rule.code > last, "{called} is not in order");
        last = rule.code;
        assert!(seen.insert(rule.name), "{called}: the name is taken");
        assert!(rule.code.len() == 6 && rule.code.starts_with("PP"), "{called}");
        assert!(
            rule.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{called}"
        );
        for (what, text) in [
            ("summary", rule.summary),
            ("why", rule.why),
            ("fix", rule.fix),
            ("source", rule.source),
            ("applies", rule.applies),
        ] {
            assert!(text.len() > 10 || what == "applies" && !text.is_empty(), "{called}: {what}");
            assert!(!text.contains('\n') && !text.contains("  "), "{called}: {what} has odd spaces");
        }
        assert!(!rule.bad.is_empty() && !rule.good.is_empty(), "{called} has no examples");
    }
}
