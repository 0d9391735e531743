//! A policy does nothing where it stands.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1197",
    name: "policy-without-effect",
    severity: Severity::Warning,
    summary: "a policy does nothing where it stands",
    why: "The service takes the policy, and it has no effect, or none of what is meant.",
    fix: "see the note at the finding",
    source: "Policy reference of API Management (2026)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><cors allow-credentials="true"><allowed-origins><origin>*</origin></allowed-origins></cors><base /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><cors allow-credentials="true"><allowed-origins><origin>https://a.example</origin></allowed-origins></cors><base /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&["cors-credentials", "invalid-address"]),
};
