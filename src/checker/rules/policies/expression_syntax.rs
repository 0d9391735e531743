//! An expression is not C#.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1183",
    name: "expression-syntax",
    severity: Severity::Error,
    summary: "an expression is not C#",
    why: "The service compiles expressions when the policy is saved and refuses what does not parse. Strings stand in double quotes; nothing newer than C# 7 is taken.",
    fix: "correct the place that is marked",
    source: "Policy expressions in API Management: C# 7",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(1 + )" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(1 + 2)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "expression-syntax",
        "text-after-expression",
        "unbalanced-expression",
        "newer-syntax",
        "single-quoted-string",
    ]),
};
