//! A policy is larger or more deeply nested than can be read.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1199",
    name: "policy-too-large",
    severity: Severity::Error,
    summary: "a policy is larger or more deeply nested than can be read",
    why: "Size, depth and number of operations are bounded, so that no file can exhaust memory or time. The bounds are far above what people write.",
    fix: "divide the policy into fragments",
    source: "limits of poolproof",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
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
        "document-too-large",
        "document-too-deep",
        "expression-too-deep",
        "expression-too-complex",
        "too-many-variables",
        "program-too-large",
        "too-many-problems",
    ]),
};
