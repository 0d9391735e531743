//! An expression names what does not exist.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1184",
    name: "unknown-in-expression",
    severity: Severity::Error,
    summary: "an expression names what does not exist",
    why: "A name, type or member that neither `context` nor the library has: the service refuses the policy.",
    fix: "use the name that is suggested, or one of the documentation",
    source: "Policy expressions in API Management: context variable and .NET types",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(context.Request.Metod)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(context.Request.Method)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "unknown-member",
        "unknown-name",
        "type-as-value",
        "not-callable",
        "missing-call",
        "missing-new",
    ]),
};
