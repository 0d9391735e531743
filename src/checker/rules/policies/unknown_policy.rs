//! An element is no policy, or stands where it cannot.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1181",
    name: "unknown-policy",
    severity: Severity::Error,
    summary: "an element is no policy, or stands where it cannot",
    why: "The service knows a fixed set of policies, each allowed in certain sections. It refuses a \
          document with others, or does something else than was meant.",
    fix: "use the name of the policy; move it to a section where it is allowed",
    source: "policy reference: names, sections and scopes",
    applies: "all tiers and API versions",
    bad: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-servise backend-id="pool" />
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
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <base />
        <rate-limit calls="1" renewal-period="60" />
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
        "unknown-policy",
        "unexpected-element",
        "misplaced-policy",
        "duplicate-element",
        "no-sections",
        "stray-text",
        "empty-document",
        "fragment-cycle",
        "inert-policy",
    ]),
};
