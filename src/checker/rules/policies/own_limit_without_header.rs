//! Callers cannot tell two kinds of 429 apart.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1126",
    name: "own-limit-without-header",
    severity: Severity::Info,
    summary: "callers cannot tell the 429 of a limit from that of a backend",
    why: "A limit of the gateway answers 429 with `Retry-After`, and so does a deployment that is full. A client, or a team that reads logs, cannot see which of them it was: one is cured by a larger quota, the other by changing the limit.",
    fix: "name a header of your own with `retry-after-header-name` or `remaining-tokens-header-name`, or tell them apart in `on-error` by `context.LastError.Source`",
    source: "rate-limit, rate-limit-by-key and llm-token-limit policy references: 429 and Retry-After; names of headers",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="1000" estimate-prompt-tokens="true" /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="1000" estimate-prompt-tokens="true" remaining-tokens-header-name="x-remaining-tokens" /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files().filter(|sites| sites.file.is_llm) {
        let has_backend = sites.named("set-backend-service").next().is_some();
        let tells = sites.file.text.contains("LastError.Source") || sites.includes_fragments();
        if !has_backend || tells {
            continue;
        }
        for name in ["rate-limit", "rate-limit-by-key", "llm-token-limit", "azure-openai-token-limit"] {
            for limit in sites.named(name).filter(|limit| limit.section == Some(Section::Inbound)) {
                if !limit.element.attributes.iter().any(|attribute| attribute.name.ends_with("-header-name"))
                {
                    report
                        .add(limit.element.name_span, "the 429 of this limit looks like that of a backend")
                        .label("names no header of its own");
                }
            }
        }
    }
}
