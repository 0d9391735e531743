//! An answer of 429 or 503 does not say when to come back.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::sites::literal;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1119",
    name: "drops-retry-after",
    severity: Severity::Info,
    summary: "an answer of 429 or 503 does not say when to come back",
    why: "`return-response` begins with an empty response: the `Retry-After` of the backend or of the gateway is lost, and clients come back at once or after a guess.",
    fix: "set the header `Retry-After` inside of `return-response`",
    source: "return-response policy reference: the response is replaced as a whole",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /><return-response><set-status code="503" reason="Busy" /></return-response></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /><return-response><set-status code="503" reason="Busy" /><set-header name="Retry-After" exists-action="override"><value>10</value></set-header></return-response></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for answer in sites.named("return-response") {
            let is_late = matches!(answer.section, Some(Section::OnError | Section::Outbound));
            if !is_late || answer.element.attribute("response-variable-name").is_some() {
                continue;
            }
            let status =
                sites.inside_named(answer, "set-status").find_map(|status| literal(status.element, "code"));
            let says_when = sites.inside_named(answer, "set-header").any(|header| {
                literal(header.element, "name").is_none_or(|name| name.eq_ignore_ascii_case("retry-after"))
            });
            if let Some(status @ ("429" | "503")) = status
                && !says_when
            {
                report
                    .add(answer.element.tag_span, format!("this {status} has no `Retry-After`"))
                    .label("expected `set-header` with it inside");
            }
        }
    }
}
