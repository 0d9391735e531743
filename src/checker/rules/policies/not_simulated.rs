//! A policy or member cannot be simulated.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1191",
    name: "not-simulated",
    severity: Severity::Info,
    summary: "a policy or member cannot be simulated",
    why: "The service has it and poolproof does not run it: a simulation that gets there ends in an error.",
    fix: "nothing is wrong; see `poolproof policy coverage`",
    source: "policy reference; what poolproof carries out",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <forward-request follow-redirects="true" />
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
        "unsupported-policy",
        "unsupported-attribute",
        "unsupported-expression",
        "unsupported-template",
        "not-modelled",
        "too-many-variables",
        "program-too-large",
        "too-many-problems",
    ]),
};
