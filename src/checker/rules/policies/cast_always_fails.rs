//! A cast of a variable throws whenever it is reached.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1188",
    name: "cast-always-fails",
    severity: Severity::Error,
    summary: "a cast of a variable throws whenever it is reached",
    why: "A value that `set-variable` has without an expression is a string, and a cast to a number throws. It is often the path that is taken only when something has failed already. An error where every request or every failed attempt gets there, a warning elsewhere.",
    fix: "write the value as an expression, `@(3)`, or convert with `Convert.ToInt32(...)`",
    source: "openai-apim-lb issues 13, 25 and 29",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="n" value="3" /></inbound>
  <backend><retry condition="@((int)context.Variables["n"] > 0)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="n" value="@(3)" /></inbound>
  <backend><retry condition="@((int)context.Variables["n"] > 0)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&["cast-always-fails"]),
};
