//! An element or attribute is not known.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1189",
    name: "unknown-policy",
    severity: Severity::Error,
    summary: "an element or attribute is not known",
    why: "The service refuses a policy, an attribute or a part that it does not know, with a message that names only the first.",
    fix: "use the name that is suggested",
    source: "Policy reference of API Management (2026)",
    applies: "all tiers, all API versions",
    bad: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-heder name="a" exists-action="delete" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /></inbound>
  <backend><forward-request timeout="60" bufer-response="false" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-header name="a" exists-action="delete" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&["unknown-policy", "unknown-attribute", "unexpected-element"]),
};
