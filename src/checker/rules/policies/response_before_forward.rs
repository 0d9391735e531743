//! A response is read before any can have come.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1194",
    name: "response-before-forward",
    severity: Severity::Warning,
    summary: "a response is read before any can have come",
    why: "Before the first `forward-request` there is no response, also in the first round of a `retry`. Reading its status throws, if `context.Response` is null there.",
    fix: "test it first: `context.Response != null && ...`",
    source: "apim-genai-gateway-toolkit: retry-with-payg.xml relies on a response there; the documentation does not say",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="x" value="@(context.Response.StatusCode)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /></inbound>
  <backend><base /></backend>
  <outbound><base /><set-variable name="x" value="@(context.Response.StatusCode)" /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&["response-before-forward"]),
};
