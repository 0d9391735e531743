//! A place of a template is not filled in.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1196",
    name: "template-left-over",
    severity: Severity::Warning,
    summary: "a place of a template is not filled in",
    why: "Named values, tokens and placeholders are replaced before or while a policy is deployed. One that stays is sent as it is, or the service refuses the policy.",
    fix: "give the values, or check the policy as it is deployed",
    source: "Named values in API Management; observed in published templates",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="@('${backend}')" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "undefined-named-value",
        "named-value",
        "template-leftover",
        "unsupported-template",
    ]),
};
