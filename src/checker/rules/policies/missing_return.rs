//! A path through an expression returns nothing.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1187",
    name: "missing-return",
    severity: Severity::Error,
    summary: "a path through an expression returns nothing",
    why: "Every path through `@{ ... }` has to return a value. Statements behind a `return` never run.",
    fix: "return a value at the end",
    source: "Policy expressions in API Management: multi-statement expressions",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@{ if (context.Request.Body != null) { return 1; } }" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@{ if (context.Request.Body != null) { return 1; } return 2; }" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "missing-return",
        "unreachable-code",
        "unreachable-catch",
        "case-falls-through",
        "duplicate-case",
    ]),
};
