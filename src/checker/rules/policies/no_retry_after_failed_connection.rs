//! A retry does not repeat when there was no response.

use crate::diagnostics::Severity;
use crate::rules::truth::{Answer, Case, Condition, literals};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1124",
    name: "no-retry-after-failed-connection",
    severity: Severity::Info,
    summary: "a retry does not repeat when there was no response",
    why: "After a timeout, or when a connection cannot be made, there is no response at all: the condition is false then, and the error goes to `on-error`. Breakers do not count such failures by what was observed, so a member that is gone keeps getting its share of the requests.",
    fix: "begin the condition with `context.Response == null || ...` if another attempt is wanted then",
    source: "Apim-Samples inference-failover (2026-08): a retry that covers a missing response",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode == 503)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let has_backend =
            sites.named("set-backend-service").any(|site| site.element.attribute("backend-id").is_some());
        if !has_backend {
            continue;
        }
        let known = literals(sites);
        for retry in sites.failover_retries() {
            let Some(attribute) = retry.element.attribute("condition") else { continue };
            let condition = Condition::read(&attribute.value, &known);
            if condition.at_status(503) == Answer::Yes && condition.at(&Case::NONE) == Answer::No {
                report
                    .add(
                        attribute.value.span,
                        "this retry does not repeat after a timeout or a failed connection",
                    )
                    .label("false when `context.Response` is null");
            }
        }
    }
}
