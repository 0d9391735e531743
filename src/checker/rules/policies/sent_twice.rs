//! A request that is sent twice.

use crate::diagnostics::Severity;
use crate::policy::scan::Element;
use crate::policy::{PolicyScope, Section};
use crate::rules::documents::section;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1106",
    name: "sent-twice",
    severity: Severity::Error,
    summary: "the backend section sends the request itself and inherits another sending",
    why: "`<base />` stands for the backend section of the broader scope, and the one of all APIs has \
          `forward-request` by default. Together with one of its own every request is sent twice: twice \
          the tokens, twice the load, and the client gets the second answer.",
    fix: "remove `<base />` from the backend section",
    source: "policies article: scopes; forward-request policy reference: the global scope has one by default",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <base />
        <forward-request buffer-request-body="true" />
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
    good: &[
        Example(&[(
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
        <choose>
            <when condition="@(true)">
                <forward-request />
            </when>
            <otherwise>
                <base />
            </otherwise>
        </choose>
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
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in setup.policies.iter().filter(|policy| policy.scope != Some(PolicyScope::Global)) {
        let parts = section(policy, Section::Backend).unwrap_or_default();
        let base = parts.iter().find(|element| element.name == "base");
        // What stands in a branch may be the other half of a choice.
        let sends = |element: &&Element| {
            element.name == "forward-request"
                || matches!(element.name.as_str(), "retry" | "limit-concurrency")
                    && element.children.iter().any(|child| child.name == "forward-request")
        };
        if let (Some(base), Some(own)) = (base, parts.iter().find(sends)) {
            report
                .add(base.tag_span, "the request is sent twice")
                .label("the broader scope sends it too, by default")
                .place(own.name_span, "sends it");
        }
    }
}
