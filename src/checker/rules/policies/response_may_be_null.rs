//! A condition that fails when nothing answers.

use crate::diagnostics::Diagnostics;
use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::policy::csharp::{Expression, NamedValues, Options, ParseOptions, Variables};
use crate::policy::scan::RawText;
use crate::rules::documents::{named, retries, section};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1103",
    name: "response-may-be-null",
    severity: Severity::Warning,
    summary: "a condition reads `context.Response` without a test for null",
    why: "When a backend cannot be reached or times out there is no response. A condition that reads its \
          status then fails with a null reference: the request ends with a 500 and no other backend is \
          tried, in exactly the case that a retry is for.",
    fix: "test first: `context.Response == null || ...` to retry, `context.Response != null && ...` not to",
    source: "openai-apim-lb issues 25 and 29, AI-Gateway issue 54 (policy.response_after_transport_error)",
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
        <retry condition="@(context.Response.StatusCode == 429)" count="2" interval="0">
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
        <base />
        <choose>
            <when condition="@(context.Response.StatusCode == 503)">
                <return-response>
                    <set-status code="503" reason="Busy" />
                </return-response>
            </when>
        </choose>
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
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        let mut conditions: Vec<(&RawText, &str)> = Vec::new();
        for retry in retries(policy) {
            conditions.extend(retry.attribute("condition").map(|a| (&a.value, "the retry")));
        }
        for when in named(section(policy, Section::OnError).unwrap_or_default(), "when") {
            conditions.extend(when.attribute("condition").map(|a| (&a.value, "on-error")));
        }
        for (condition, place) in conditions.into_iter().filter(|(condition, _)| condition.is_expression) {
            let parse = ParseOptions { named_values: NamedValues::Tolerate };
            let options = Options { parse, ..Options::default() };
            let compiled =
                Expression::compile_with(condition, &mut Variables::new(), &options, &mut Diagnostics::new());
            if let Some(at) = compiled.and_then(|expression| expression.dereferences_response_unguarded()) {
                report
                    .add(at, format!("the condition of {place} fails when there is no response"))
                    .label("null when the backend cannot be reached")
                    .only_under("policy.response_after_transport_error", "null");
            }
        }
    }
}
