//! Statuses that end in on-error.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::documents::{literal, named, section};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1116",
    name: "errors-skip-outbound",
    severity: Severity::Info,
    summary: "an error status skips the outbound section",
    why: "With `fail-on-error-status-code=\"true\"` an answer of 400 to 599 is an error: outbound does not \
          run, and what it does with such answers (headers, metrics, texts) does not happen.",
    fix: "handle these answers in on-error, or leave the attribute out",
    source: "forward-request policy reference (2023-10-19)",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <forward-request fail-on-error-status-code="true" />
    </backend>
    <outbound>
        <base />
        <set-header name="x-a" exists-action="override">
            <value>b</value>
        </set-header>
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
        <forward-request fail-on-error-status-code="true" />
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
    for policy in &setup.policies {
        let outbound = section(policy, Section::Outbound).unwrap_or_default();
        let does_something = outbound.iter().any(|element| element.name != "base");
        for forward in named(&policy.document.roots, "forward-request") {
            let attribute = forward.attribute("fail-on-error-status-code");
            let is_on = literal(forward, "fail-on-error-status-code") == Some("true");
            if let Some(attribute) = attribute.filter(|_| is_on && does_something) {
                report
                    .add(attribute.name_span, "answers of 400 to 599 skip outbound")
                    .label("they end in on-error");
            }
        }
    }
}
