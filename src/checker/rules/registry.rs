//! All rules, by code, and how they are asked.

use std::collections::BTreeMap;

use super::finding::{Finding, Report};
use super::rule::{Found, Rule};
use super::setup::Setup;
use super::sites::{Sites, files};
use super::{backends, policies, reading, together, workload};
use crate::diagnostics::Span;

/// Every rule, in the order of the codes.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    backends::RULES
        .iter()
        .chain(policies::RULES)
        .chain(together::RULES)
        .chain(workload::RULES)
        .chain(reading::RULES)
        .copied()
}

/// The rule with this code or name; letter case does not count.
pub fn by_code(code: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code.eq_ignore_ascii_case(code) || rule.name.eq_ignore_ascii_case(code))
}

/// What all rules find, in the order of the rules.
pub fn check(setup: &Setup) -> Vec<Finding> {
    let sites: Vec<Sites<'_>> = files(setup).collect();
    let mut findings = Vec::new();
    for rule in all() {
        if let Found::Here(look) = rule.found {
            let before = findings.len();
            look(setup, &mut Report::new(rule, &sites, &mut findings));
            let own = findings.split_off(before);
            findings.extend(merged(own, setup));
        }
    }
    findings
}

/// Findings of one rule, where those that differ in nothing but the backend are told once: the lines that they are
/// about make several backends.
fn merged(own: Vec<Finding>, setup: &Setup) -> Vec<Finding> {
    let named = |message: &str| {
        let words = message.split('`').skip(1).step_by(2);
        words.filter(|word| setup.backend(word).is_some()).map(|word| format!("`{word}`")).next()
    };
    let mut kept: Vec<(Finding, Vec<String>)> = Vec::new();
    let mut by_place: BTreeMap<(Option<Span>, String), usize> = BTreeMap::new();
    for finding in own {
        let Some(name) = named(&finding.diagnostic.message).filter(|_| finding.diagnostic.span.is_some())
        else {
            kept.push((finding, Vec::new()));
            continue;
        };
        let rest = finding.diagnostic.message.replace(&name, "`");
        let place = (finding.diagnostic.span, format!("{rest}\n{}", finding.diagnostic.label));
        if let Some((other, more)) = by_place.get(&place).and_then(|at| kept.get_mut(*at)) {
            // A rule may find several things of one backend there, one after the other.
            if !other.diagnostic.message.contains(&name) && more.last() != Some(&name) {
                more.push(name);
            }
        } else {
            by_place.insert(place, kept.len());
            kept.push((finding, Vec::new()));
        }
    }
    let told = |(mut finding, more): (Finding, Vec<String>)| {
        if let Some((last, rest)) = more.split_last() {
            let shown: Vec<&str> = rest.iter().take(MOST_NAMES).map(String::as_str).collect();
            let note = match rest.len().checked_sub(MOST_NAMES).filter(|left| *left > 0) {
                Some(left) => {
                    format!("so it is for {} and {} more", shown.join(", "), left.saturating_add(1))
                }
                None if shown.is_empty() => format!("so it is for {last}"),
                None => format!("so it is for {} and {last}", shown.join(", ")),
            };
            finding.diagnostic.notes.push(note);
        }
        finding
    };
    kept.into_iter().map(told).collect()
}

/// Names that one finding tells.
const MOST_NAMES: usize = 3;

#[cfg(test)]
mod tests {
    use super::super::Rule;
    use super::*;
    use crate::diagnostics::SourceId;
    use crate::resources::{Backend, BackendKind};

    fn found(names: &[&str], messages: &[(&str, usize)]) -> Vec<(String, Vec<String>)> {
        let backend = |name: &&str| Backend {
            name: Some((*name).into()),
            span: Span::new(SourceId(0), 0, 0),
            api_version: None,
            is_conditional: false,
            is_reference: false,
            kind: BackendKind::Unknown,
            properties: None,
        };
        let setup = Setup::of(names.iter().map(backend).collect());
        let rule: &'static Rule = all().next().expect("a rule");
        let mut findings = Vec::new();
        for (message, at) in messages {
            Report::new(rule, &[], &mut findings).add(Span::new(SourceId(0), *at, *at), *message);
        }
        merged(findings, &setup).into_iter().map(|f| (f.diagnostic.message, f.diagnostic.notes)).collect()
    }

    #[test]
    fn what_a_loop_makes_is_told_once() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let one = |message: &str, note: &[&str]| {
            (message.to_owned(), note.iter().map(|note| (*note).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(found(&names, &[("`a` x", 1), ("`b` x", 1)]), [one("`a` x", &["so it is for `b`"])]);
        let all: Vec<String> = names.iter().map(|name| format!("the `{name}`")).collect();
        let all: Vec<(&str, usize)> = all.iter().map(|message| (message.as_str(), 1)).collect();
        assert_eq!(found(&names, &all), [one("the `a`", &["so it is for `b`, `c`, `d` and 2 more"])]);
        let others = [("`a` x", 1), ("`b` x", 2), ("`b` y", 1), ("`count` x", 1), ("`interval` x", 1)];
        assert_eq!(found(&names, &others).len(), 5, "other places, other messages, no backends");
    }
}
