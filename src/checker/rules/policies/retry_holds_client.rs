//! A failover that waits.

use crate::diagnostics::Severity;
use crate::rules::documents::{literal, retries};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1105",
    name: "retry-holds-client",
    severity: Severity::Info,
    summary: "a failover waits before it tries another backend",
    why: "Another member of a pool is ready at once. Each wait keeps the client and a place in the \
          gateway; under load that costs capacity.",
    fix: "use `interval=\"0\"`, or `first-fast-retry=\"true\"`",
    source: "openai-apim-lb, FAQ: capacity from 20 to 60 %",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="10">
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
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="10" first-fast-retry="true">
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
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="10">
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
    for policy in setup.policies.iter().filter(|policy| !policy.references.is_empty()) {
        for retry in retries(policy) {
            let waits =
                literal(retry, "interval").and_then(|text| text.parse::<f64>().ok()).filter(|s| *s > 0.0);
            let is_fast = retry.attribute("first-fast-retry").is_some_and(|a| a.value.text.trim() != "false");
            if let (Some(seconds), Some(attribute), false) = (waits, retry.attribute("interval"), is_fast) {
                report
                    .add(attribute.value.span, format!("each failover waits for {seconds} s"))
                    .label("another backend is ready at once");
            }
        }
    }
}
