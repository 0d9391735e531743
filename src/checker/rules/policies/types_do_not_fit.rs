//! Types in an expression do not fit together.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1186",
    name: "types-do-not-fit",
    severity: Severity::Error,
    summary: "types in an expression do not fit together",
    why: "The compiler of the service refuses the policy: an operator, call, cast or result has a type that is not possible there.",
    fix: "convert one of the two sides",
    source: "C# language specification, version 7; Policy expressions in API Management",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response.StatusCode == "429")" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "type-mismatch",
        "wrong-arguments",
        "wrong-operands",
        "invalid-cast",
        "void-value",
        "not-assignable",
        "not-constant",
        "not-creatable",
        "constant-overflow",
        "expression-type",
        "unassigned-variable",
        "name-taken",
        "no-effect",
    ]),
};
