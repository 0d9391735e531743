//! An expression uses a part of .NET that the service does not allow.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1185",
    name: "not-allowed-in-expression",
    severity: Severity::Warning,
    summary: "an expression uses a part of .NET that is not on the list of what the service allows",
    why: "Expressions may use a list of types and members of .NET. Everything else is refused when the policy is saved, though it is good C#. The list grows: what has come to it since the date of the source is allowed.",
    fix: "use an allowed type that does the same",
    source: "Policy expressions in API Management: .NET Framework types allowed in policy expressions, lists of 2022-02-07 and of the policy toolkit of 2026-05",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(System.IO.File.ReadAllText("a"))" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(System.Text.Encoding.UTF8.GetString(new byte[0]))" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&["type-not-allowed", "member-not-allowed", "unknown-type"]),
};
