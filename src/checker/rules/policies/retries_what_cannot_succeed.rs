//! A retry repeats requests that will fail again.

use crate::diagnostics::Severity;
use crate::rules::truth::{Answer, Condition, STATUSES, literals};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1117",
    name: "retries-what-cannot-succeed",
    severity: Severity::Warning,
    summary: "a retry repeats requests that will fail again",
    why: "A request that is malformed, too long, not permitted or filtered is answered alike by every backend. Repeating it wastes attempts, and where a breaker counts these statuses one bad request trips all members.",
    fix: "repeat after 408, 429 and 5xx only",
    source: "Apim-Samples inference-failover (2026-08): which statuses are worth another attempt",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode >= 400)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
        let known = literals(sites);
        for retry in sites.failover_retries() {
            let Some(attribute) = retry.element.attribute("condition") else { continue };
            let condition = Condition::read(&attribute.value, &known);
            // A loop that does not look at the status has another purpose; so has one that gets another token.
            if condition.at_status(200) != Answer::No {
                continue;
            }
            let gets_token = sites.inside(retry).iter().any(|inner| {
                matches!(
                    inner.element.name.as_str(),
                    "authentication-managed-identity" | "set-header" | "choose" | "cache-remove-value"
                )
            });
            let repeated: Vec<String> = STATUSES
                .into_iter()
                .filter(|status| (400..429).contains(status) && !matches!(status, 408 | 409))
                .filter(|status| !gets_token || !matches!(status, 401 | 403))
                .filter(|status| condition.at_status(*status) == Answer::Yes)
                .map(|status| status.to_string())
                .collect();
            if !repeated.is_empty() {
                report
                    .add(attribute.value.span, format!("this retry repeats after {}", repeated.join(", ")))
                    .label("true for them")
                    .note("another backend answers the same request alike");
            }
        }
    }
}
