//! A retry around a pool that lets 429 through.

use crate::diagnostics::Severity;
use crate::rules::documents::{is_about_models, retries};
use crate::rules::truth::Truth;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1109",
    name: "throttling-not-retried",
    severity: Severity::Warning,
    summary: "a retry around named backends does not repeat 429",
    why: "The answer that trips a breaker is still the answer of that attempt: only a retry turns it into \
          one of another member. A condition that does not hold for 429 gives the client the refusal \
          although another deployment is free.",
    fix: "add 429 to the condition",
    source: "AI-Gateway pull request 225: 429 was not retried; documented: the breaker acts on later requests",
    applies: "policies for models that name a backend",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="openai-pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode >= 500)" count="2" interval="0">
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
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode >= 500)" count="2" interval="0">
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
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in
        setup.policies.iter().filter(|policy| !policy.references.is_empty() && is_about_models(policy, setup))
    {
        for retry in retries(policy) {
            let Some(condition) = retry.attribute("condition") else { continue };
            let Some(truth) = Truth::of(&condition.value) else { continue };
            let is_failover = [500, 502, 503, 504].into_iter().any(|status| truth.says(status) == Some(true));
            if is_failover && truth.says(429) == Some(false) {
                report
                    .add(condition.value.span, "a 429 of one backend reaches the client")
                    .label("false for 429")
                    .place(retry.name_span, "this retry");
            }
        }
    }
}
