//! A retry over a pool of models does not repeat after 429 or 503.

use crate::diagnostics::Severity;
use crate::rules::truth::{Answer, Condition, literals};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1103",
    name: "retry-misses-throttling",
    severity: Severity::Warning,
    summary: "a retry over a pool of models does not repeat after 429 or 503",
    why: "Most attempts at a model that fail are throttled: 429. A circuit breaker answers 503 for an endpoint that has tripped. The attempt that trips a breaker still gets its own answer; if the retry does not repeat after it, the caller gets it although another member is free.",
    fix: "let the condition be true for 429 and for 503",
    source: "Azure-Samples/AI-Gateway issues 47 and 225; Backends in API Management (2025-05-20)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode >= 500)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode == 401)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let has_backend =
            sites.named("set-backend-service").any(|site| site.element.attribute("backend-id").is_some());
        if !sites.file.is_llm || !has_backend {
            continue;
        }
        let known = literals(sites);
        for retry in sites.failover_retries() {
            let Some(attribute) = retry.element.attribute("condition") else { continue };
            let condition = Condition::read(&attribute.value, &known);
            let is = |status: u16, answer| condition.at_status(status) == answer;
            // A retry for another purpose, such as a token that has expired, says nothing of fail-over.
            if ![429, 500, 502, 503, 504].into_iter().any(|status| is(status, Answer::Yes)) {
                continue;
            }
            let missing: Vec<String> = [429_u16, 503]
                .into_iter()
                .filter(|status| is(*status, Answer::No))
                .map(|status| status.to_string())
                .collect();
            if missing.is_empty() {
                continue;
            }
            let finding = report.add(
                attribute.value.span,
                format!("this retry does not repeat after {}", missing.join(" and ")),
            );
            finding
                .label(format!("false for {}", missing.join(" and ")))
                .note("the caller gets that answer although another member of a pool may be free");
            // Many leave 503 out on purpose: an exhausted pool answers so, too.
            if is(429, Answer::Yes) {
                finding.severity(Severity::Info);
            }
        }
    }
}
