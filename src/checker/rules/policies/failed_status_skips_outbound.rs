//! Answers with an error status skip the policies in outbound.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::sites::literal;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1110",
    name: "failed-status-skips-outbound",
    severity: Severity::Warning,
    summary: "answers with an error status skip the policies in outbound",
    why: "With `fail-on-error-status-code=\"true\"` every status from 400 to 599 raises an error: processing goes on in `on-error`, and what stands in `outbound` does not run for these answers.",
    fix: "put what is to happen with such answers into `on-error`, or leave the attribute out",
    source: "forward-request policy reference (2023-10-19)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><forward-request fail-on-error-status-code="true" /></backend>
  <outbound><base /><set-header name="x-served" exists-action="override"><value>yes</value></set-header></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><forward-request /></backend>
  <outbound><base /><set-header name="x-served" exists-action="override"><value>yes</value></set-header></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let first =
            sites.all().find(|site| site.section == Some(Section::Outbound) && site.element.name != "base");
        let handles =
            sites.all().any(|site| site.section == Some(Section::OnError) && site.element.name != "base");
        let Some(first) = first.filter(|_| !handles) else { continue };
        for forward in sites.named("forward-request") {
            if literal(forward.element, "fail-on-error-status-code") == Some("true") {
                report
                    .add(
                        forward.element.tag_span,
                        "answers of 400 and above skip `outbound`, and `on-error` does nothing with them",
                    )
                    .label("raises an error for them")
                    .place(first.element.name_span, "does not run then");
            }
        }
    }
}
