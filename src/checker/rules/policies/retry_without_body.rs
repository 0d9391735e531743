//! A retry that loses the body of the request.

use crate::diagnostics::Severity;
use crate::diagnostics::Span;
use crate::rules::Edit;
use crate::rules::documents::{is_about_models, literal, named, retries};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1101",
    name: "retry-without-body",
    severity: Severity::Error,
    summary: "a request is sent again without its body",
    why: "Without `buffer-request-body=\"true\"` the body is gone after the first attempt. The second \
          attempt sends the request without it: a chat completion then gets 400, and the failover that the \
          retry was written for fails exactly when it is needed.",
    fix: "add `buffer-request-body=\"true\"` to `forward-request`",
    source: "forward-request policy reference (2023-10-19); observed: the second attempt arrives without a \
          body",
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
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0">
            <forward-request />
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
            <forward-request buffer-request-body="false" timeout="60" />
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
        <forward-request />
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
            <forward-request buffer-request-body="{{buffer}}" />
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
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        for retry in retries(policy) {
            for forward in named(&retry.children, "forward-request") {
                let attribute = forward.attribute("buffer-request-body");
                let is_lost = attribute.is_none() || literal(forward, "buffer-request-body") == Some("false");
                if !is_lost {
                    continue;
                }
                let is_certain = is_about_models(policy, setup);
                let at = attribute.map_or(forward.tag_span, |attribute| attribute.value.span);
                let finding = report.add(at, "the body of the request is lost when it is sent again");
                finding
                    .label("expected `buffer-request-body=\"true\"`")
                    .place(retry.name_span, "sends it again");
                if !is_certain {
                    // Requests without a body lose nothing.
                    finding.severity(Severity::Warning);
                }
                if policy.is_file {
                    let edit = match attribute {
                        Some(attribute) => Edit { span: attribute.value.span, text: "true".to_owned() },
                        None => Edit {
                            span: Span { start: forward.name_span.end, ..forward.name_span },
                            text: " buffer-request-body=\"true\"".to_owned(),
                        },
                    };
                    finding.fix("add `buffer-request-body=\"true\"`", true, vec![edit]);
                }
            }
        }
    }
}
