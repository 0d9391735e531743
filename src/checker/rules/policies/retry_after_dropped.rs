//! An own answer without Retry-After.

use crate::diagnostics::Severity;
use crate::rules::documents::{literal, named};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1113",
    name: "retry-after-dropped",
    severity: Severity::Info,
    summary: "an answer of 429 or 503 says nothing of when to try again",
    why: "`return-response` begins with an empty answer: the Retry-After of the gateway or the backend is \
          gone. SDKs of clients then wait for a time of their own, often too short.",
    fix: "set the header from `context.Response`, or let the answer through",
    source: "return-response policy reference; SDKs of OpenAI honour the header",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
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
        <choose>
            <when condition="@(context.Response != null && context.Response.StatusCode == 503)">
                <return-response>
                    <set-status code="503" reason="Service Unavailable" />
                </return-response>
            </when>
        </choose>
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
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <return-response>
            <set-status code="429" reason="Too Many Requests" />
            <set-header name="Retry-After" exists-action="override">
                <value>10</value>
            </set-header>
        </return-response>
    </on-error>
</policies>
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        for answer in named(&policy.document.roots, "return-response") {
            let status = answer.children.iter().find(|child| child.name == "set-status");
            let code = status.and_then(|status| literal(status, "code"));
            let says_when = named(&answer.children, "set-header").iter().any(|header| {
                literal(header, "name").is_some_and(|name| name.eq_ignore_ascii_case("retry-after"))
            });
            let is_whole = answer.attribute("response-variable-name").is_none();
            if matches!(code, Some("429" | "503")) && !says_when && is_whole {
                report
                    .add(
                        answer.name_span,
                        format!("the answer {} has no Retry-After", code.unwrap_or_default()),
                    )
                    .label("clients do not know when to try again");
            }
        }
    }
}
