//! A timeout is longer than a connection may stay idle.

use crate::diagnostics::Severity;
use crate::rules::sites::number;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1109",
    name: "long-timeout",
    severity: Severity::Info,
    summary: "a timeout is longer than a connection may stay idle",
    why: "Connections without traffic are cut after about 4 minutes by what lies in between. A timeout of `forward-request` above 240 seconds is then not what ends a slow request, and each further attempt may take as long again.",
    fix: "keep `timeout` at 240 or below, and below what clients wait for divided by the attempts",
    source: "forward-request policy reference (2023-10-19): values above 240 seconds may not be honored",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><forward-request timeout="600" buffer-response="false" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><forward-request timeout="120" buffer-response="false" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files().filter(|sites| sites.file.is_llm) {
        for forward in sites.named("forward-request") {
            let Some(timeout) = number(forward.element, "timeout").filter(|s| *s > 240) else { continue };
            let Some(attribute) = forward.element.attribute("timeout") else { continue };
            report
                .add(attribute.value.span, format!("a timeout of {timeout} s may not be kept"))
                .label("expected at most 240");
        }
    }
}
