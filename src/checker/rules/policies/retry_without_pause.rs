//! A retry tries many times without a pause.

use crate::diagnostics::Severity;
use crate::rules::sites::number;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1106",
    name: "retry-without-pause",
    severity: Severity::Warning,
    summary: "a retry tries many times without a pause",
    why: "A retry that tries again at once does so as long as its count lasts. Ten attempts and more for each request, without any pause, are a flood just when backends are weakest, and each costs time of the client.",
    fix: "lower `count` to what there are members for, or let waits grow with `interval` and `delta`",
    source: "retry policy reference: count is 1 to 50; Apim-Samples (2026-08): a bound of 2 that does not depend on the size of the pool",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="50" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for retry in sites.failover_retries() {
            let waits = number(retry.element, "interval") != Some(0)
                || number(retry.element, "delta").is_some_and(|delta| delta > 0)
                || retry.element.attribute("delta").is_some_and(|delta| delta.value.is_expression);
            let Some(count) = number(retry.element, "count").filter(|count| *count >= 10 && !waits) else {
                continue;
            };
            let Some(attribute) = retry.element.attribute("count") else { continue };
            let attempts = count.saturating_add(1);
            report
                .add(
                    attribute.value.span,
                    format!("up to {attempts} attempts for one request, without a pause"),
                )
                .label("expected fewer, or a pause");
        }
    }
}
