//! Every rule against its own examples, and the list of all rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::setup::read_setup;
use super::{Example, Found, Setup, Told, Workload, all, apply, check, gather, suggest};
use crate::diagnostics::{Diagnostics, Severity, SourceMap};
use crate::resources::{TextFile, detect};
use crate::units::Duration;

/// Everything that is told of files, by place. A file called `workload` says what a scenario would.
pub(super) fn told_with(files: &[(&str, &str)]) -> (Vec<Told>, SourceMap) {
    let mut sources = SourceMap::new();
    let mut texts = Vec::new();
    let mut traffic = None;
    for (path, text) in files {
        if *path == "workload" {
            traffic = Some(workload(text));
            continue;
        }
        let source = sources.add(*path, text.trim_start_matches('\u{feff}'));
        let form = detect(path, text).unwrap_or_else(|| panic!("{path} has no form"));
        texts.push(TextFile { path: Arc::from(*path), source, text: sources.text(source).into(), form });
    }
    let mut problems = Diagnostics::new();
    let mut setup: Setup = read_setup(&texts, &mut sources, &mut problems);
    setup.workload = traffic;
    let mut told = gather(check(&setup), &problems);
    suggest(&mut told, &sources);
    (told, sources)
}

/// Codes and severities of what is told of files.
pub(super) fn told_of(files: &[(&str, &str)]) -> Vec<(&'static str, Severity)> {
    told_with(files).0.iter().map(|told| (told.code(), told.diagnostic.severity)).collect()
}

/// What the lines of a `workload` say.
fn workload(text: &str) -> Workload {
    let mut workload = Workload { instances: 1, ..Workload::default() };
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').expect("a name and a value");
        let value = value.trim();
        let number = || value.parse::<u64>().expect("a number");
        match name.trim() {
            "requests in 1,000 s" => workload.requests_per_1000_s = number(),
            "tokens of a request" => workload.tokens_per_request = number(),
            "clients wait" => workload.client_timeout = Some(Duration::parse(value).expect("a duration")),
            "instances" => workload.instances = u32::try_from(number()).expect("few"),
            "provisioned" => workload.provisioned.push(Arc::from(value)),
            name if name.starts_with("Retry-After of ") => {
                let backend = name.strip_prefix("Retry-After of ").unwrap_or_default();
                workload.retry_after.insert(Arc::from(backend), Duration::parse(value).expect("a duration"));
            }
            name => {
                let backend = name.strip_prefix("tokens per minute of ").expect("a known name");
                workload.tokens_per_minute.insert(Arc::from(backend), number());
            }
        }
    }
    workload
}

fn codes(files: &[(&str, &str)]) -> Vec<&'static str> {
    told_of(files).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn every_rule_finds_its_bad_examples_and_no_good_one() {
    let mut problems = Vec::new();
    for rule in all() {
        for (index, example) in rule.bad.iter().enumerate() {
            let codes = codes(example.0);
            if !codes.contains(&rule.code) {
                problems.push(format!("{} {}: bad[{index}] gives {codes:?}", rule.code, rule.name));
            }
        }
        for (index, example) in rule.good.iter().enumerate() {
            let told = told_of(example.0);
            if told.iter().any(|(code, _)| *code == rule.code) {
                problems.push(format!("{} {}: good[{index}] is found too", rule.code, rule.name));
            }
            let is_error = |(_, severity): &&(&str, Severity)| *severity == Severity::Error;
            if let Some((code, _)) = told.iter().find(is_error) {
                problems.push(format!("{} {}: good[{index}] has the error {code}", rule.code, rule.name));
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

#[test]
fn a_problem_of_a_reader_belongs_to_one_rule() {
    let mut seen = BTreeSet::new();
    for rule in all() {
        if let Found::ByReaders(names) = rule.found {
            for name in names {
                assert!(seen.insert(*name), "{}: `{name}` belongs to another rule too", rule.code);
            }
        }
    }
}

#[test]
fn fixes_mend_what_was_found_and_break_nothing() {
    let mut mended = BTreeSet::new();
    let mut problems = Vec::new();
    for rule in all() {
        for Example(files) in rule.bad {
            let (told, sources) = told_with(files);
            let own: Vec<Told> =
                told.iter().filter(|told| told.code() == rule.code && told.fix.is_some()).cloned().collect();
            if own.is_empty() {
                continue;
            }
            let changed = apply(&own, &sources, true);
            let texts: Vec<(&str, &str)> = files
                .iter()
                .map(|(path, text)| {
                    let new = changed.iter().find(|(source, _)| sources.name(**source) == *path);
                    (*path, new.map_or(*text, |(_, text)| text.as_str()))
                })
                .collect();
            let before: Vec<&str> = told.iter().map(Told::code).collect();
            let told = told_of(&texts);
            let after: Vec<&str> = told.iter().map(|(code, _)| *code).collect();
            let left = after.iter().filter(|code| **code == rule.code).count();
            let without_fix =
                before.iter().filter(|code| **code == rule.code).count().saturating_sub(own.len());
            if left > without_fix {
                problems.push(format!("{}: it is still found in {texts:?}", rule.code));
            }
            let is_new =
                |(code, severity): &&(&str, Severity)| *severity > Severity::Info && !before.contains(code);
            if let Some((new, _)) = told.iter().find(is_new) {
                problems.push(format!("{}: its fix brings {new}: {texts:?}", rule.code));
            }
            mended.insert(rule.code);
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(mended.len() >= 20, "{mended:?}");
}
