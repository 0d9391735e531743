//! An answer tells callers about the backend.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1115",
    name: "leaks-backend",
    severity: Severity::Info,
    summary: "an answer tells callers about the backend",
    why: "Addresses of backends, regions and the reasons of errors help whoever attacks them, and clients begin to depend on them.",
    fix: "send such headers only while debugging, or trace them instead",
    source: "AI-Gateway labs; transform policies reference",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /><set-header name="x-backend" exists-action="override"><value>@(context.Request.Url.Host)</value></set-header></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /><set-header name="x-request" exists-action="override"><value>@(context.RequestId.ToString())</value></set-header></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for site in sites.named("value") {
            let is_answer = matches!(site.section, Some(Section::Outbound | Section::OnError));
            let is_header = sites.around(site).next().is_some_and(|outer| outer.element.name == "set-header");
            let is_sent =
                !sites.is_inside(site, "send-request") && !sites.is_inside(site, "send-one-way-request");
            let text = site.element.text.text.as_str();
            let tells = [
                "context.Request.Url.Host",
                "context.Request.Url.ToString",
                "context.LastError.Message",
                "context.Response.StatusReason",
            ]
            .into_iter()
            .find(|word| text.contains(word));
            if let Some(word) = tells.filter(|_| is_answer && is_header && is_sent) {
                report
                    .add(site.element.text.span, format!("this header tells callers `{word}`"))
                    .label("goes to the caller");
            }
        }
    }
}
