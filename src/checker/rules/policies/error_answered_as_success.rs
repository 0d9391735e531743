//! An error is answered with a status of success.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::sites::number;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1118",
    name: "error-answered-as-success",
    severity: Severity::Warning,
    summary: "an error is answered with a status of success",
    why: "Clients, monitors and circuit breakers of callers go by the status. An error that arrives as 200 is not repeated, not counted, and its body is read as an answer.",
    fix: "answer errors with a status of 400 and above",
    source: "Error handling in API Management policies",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /><set-status code="200" reason="OK" /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /><set-status code="503" reason="Busy" /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for status in sites.named("set-status").filter(|site| site.section == Some(Section::OnError)) {
            let Some(code) = number(status.element, "code").filter(|code| (200..300).contains(code)) else {
                continue;
            };
            let Some(attribute) = status.element.attribute("code") else { continue };
            let finding = report
                .add(attribute.value.span, format!("an error is answered with {code}"))
                .label("expected 400 to 599");
            if sites.is_inside(status, "choose") {
                finding.severity(Severity::Info);
            }
        }
        for answer in sites.named("return-response").filter(|site| site.section == Some(Section::OnError)) {
            let says = sites.inside_named(answer, "set-status").next().is_some()
                || answer.element.attribute("response-variable-name").is_some();
            if !says {
                report
                    .add(answer.element.tag_span, "an error is answered with 200, as no status is set")
                    .label("expected `<set-status code=\"...\" />` inside");
            }
        }
    }
}
