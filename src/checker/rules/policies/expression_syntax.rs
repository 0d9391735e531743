//! An expression is no C# that the service takes.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1183",
    name: "expression-syntax",
    severity: Severity::Error,
    summary: "an expression is no C# that the service takes",
    why: "Expressions are compiled when the policy is saved. One that is not C# 7 is refused with a \
          message that says nothing of the place.",
    fix: "write C# 7 in double quotes for texts",
    source: "policy expressions article: C# 7",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response.StatusCode = = 429)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "expression-syntax",
        "newer-syntax",
        "single-quoted-string",
        "missing-bracket",
        "expression-too-deep",
        "expression-too-complex",
        "text-after-expression",
        "constant-overflow",
    ]),
};
