//! All rules, by code, and how they are asked.

use super::finding::{Finding, Report};
use super::rule::{Found, Rule};
use super::setup::Setup;
use super::{backends, policies, reading, together, workload};

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
    let mut findings = Vec::new();
    for rule in all() {
        if let Found::Here(look) = rule.found {
            look(setup, &mut Report::new(rule, &mut findings));
        }
    }
    findings
}
