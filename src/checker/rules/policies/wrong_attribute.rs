//! An attribute or child of a policy is missing, unknown or out of range.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1182",
    name: "wrong-attribute",
    severity: Severity::Error,
    summary: "an attribute or child of a policy is missing, unknown or out of range",
    why: "The service checks policies when they are saved and refuses what does not fit their reference; \
          some mistakes it takes, and does not do what was meant.",
    fix: "write what the message expects",
    source: "policy reference, page of the policy",
    applies: "all tiers and API versions",
    bad: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="99" interval="0">
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
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0">
            <forward-request buffer-request-bodi="true" />
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
        )]),
    ],
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
        "missing-attribute",
        "unknown-attribute",
        "invalid-value",
        "conflicting-attributes",
        "missing-element",
        "missing-text",
        "invalid-address",
        "missing-call",
        "cors-credentials",
        "trailing-slash",
    ]),
};
