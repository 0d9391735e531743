//! An expression uses names or types that do not fit.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1184",
    name: "expression-type",
    severity: Severity::Error,
    summary: "an expression uses names or types that do not fit",
    why: "The service compiles expressions and refuses what no overload, member or conversion fits; what \
          is only known when it runs fails then.",
    fix: "use members of the type that the message names",
    source: "policy expressions article: context and allowed types",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response.Status == 429)" count="2" interval="0">
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
        "type-mismatch",
        "unknown-member",
        "unknown-name",
        "unknown-type",
        "wrong-arguments",
        "wrong-operands",
        "void-value",
        "not-assignable",
        "not-callable",
        "not-creatable",
        "not-constant",
        "type-as-value",
        "expression-type",
        "read-only",
        "unassigned-variable",
        "duplicate-name",
        "duplicate-case",
        "case-falls-through",
        "unreachable-catch",
        "missing-new",
    ]),
};
