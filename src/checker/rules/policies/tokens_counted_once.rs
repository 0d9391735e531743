//! A token limit counts a request once, however often it is sent.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1123",
    name: "tokens-counted-once",
    severity: Severity::Info,
    summary: "a token limit counts a request once, however often it is sent",
    why: "A limit in `inbound` runs before the first attempt. Attempts that a retry adds are not counted, so what backends see may be more than the limit; and every region and gateway of a service counts by itself.",
    fix: "leave room between the limit and the capacity of the backends",
    source: "llm-token-limit policy reference: counters belong to one gateway; they are not aggregated over regions",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="1000" estimate-prompt-tokens="false" /><set-backend-service backend-id="p" /></inbound>
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
        let Some(retry) = sites.failover_retries().next() else { continue };
        for name in ["llm-token-limit", "azure-openai-token-limit"] {
            for limit in sites.named(name).filter(|limit| limit.section == Some(Section::Inbound)) {
                report
                    .add(limit.element.name_span, "attempts after the first are not counted by this limit")
                    .label("runs once for a request")
                    .place(retry.element.name_span, "sends it again");
            }
        }
    }
}
