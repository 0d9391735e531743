//! A policy stands in a section where it is not allowed.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1190",
    name: "misplaced-policy",
    severity: Severity::Error,
    summary: "a policy stands in a section where it is not allowed",
    why: "Each policy is allowed in some of the four sections; the service refuses it elsewhere, as it does policies outside of all sections.",
    fix: "move it to a section that allows it",
    source: "Policy reference of API Management (2026): policy sections of each policy",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        "<policies>
  <inbound><base /><forward-request /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
",
    )])],
    good: &[Example(&[(
        "policy.xml",
        "<policies>
  <inbound><base /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
",
    )])],
    found: Found::ByReaders(&["misplaced-policy", "no-sections"]),
};
