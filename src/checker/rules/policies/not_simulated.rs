//! A policy is known and not simulated.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1198",
    name: "not-simulated",
    severity: Severity::Info,
    summary: "a policy is known and not simulated",
    why: "The service takes it. Here a request that gets there ends with an error, because what it does cannot be known without the service it calls.",
    fix: "nothing to mend; keep such policies out of what is simulated",
    source: "limits of poolproof",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        "<policies>
  <inbound><base /><sql-data-source /></inbound>
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
    found: Found::ByReaders(&[
        "unsupported-policy",
        "unsupported-attribute",
        "unsupported-expression",
        "not-modelled",
        "inert-policy",
    ]),
};
