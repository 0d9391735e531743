//! A stream is read in outbound.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::sites::{Site, literal};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1127",
    name: "stream-read-in-outbound",
    severity: Severity::Info,
    summary: "a policy in outbound reads the body of an answer that is streamed",
    why: "With `buffer-response=\"false\"` an answer is passed on as it comes. A policy that reads or changes its body must have the whole of it first, so the stream arrives at once at the end, or the policy sees only a part.",
    fix: "count tokens with `llm-emit-token-metric`, or leave the answer buffered",
    source: "Server-sent events in API Management (2025-10-08): avoid policies that buffer the response",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="a" /></inbound>
  <backend><forward-request timeout="120" buffer-response="false" /></backend>
  <outbound><base /><set-variable name="used" value="@(context.Response.Body.As<JObject>(preserveContent: true)["usage"].ToString())" /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="a" /></inbound>
  <backend><forward-request timeout="120" buffer-response="false" /></backend>
  <outbound><base /><set-header name="x-status" exists-action="override"><value>@(context.Response.StatusCode.ToString())</value></set-header></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let streams = |forward: &&Site<'_>| literal(forward.element, "buffer-response") == Some("false");
        let Some(forward) = sites.named("forward-request").find(streams) else { continue };
        for site in sites.all().filter(|site| site.section == Some(Section::Outbound)) {
            let texts = site.element.attributes.iter().map(|attribute| &attribute.value);
            let reads = texts
                .chain([&site.element.text])
                .find(|raw| raw.is_expression && raw.text.contains("context.Response.Body"));
            let changes =
                matches!(site.element.name.as_str(), "set-body" | "find-and-replace" | "xml-to-json");
            let is_answer =
                !sites.is_inside(site, "return-response") && !sites.is_inside(site, "send-request");
            let Some(place) = reads.map(|raw| raw.span).or(changes.then_some(site.element.name_span)) else {
                continue;
            };
            if is_answer {
                report
                    .add(place, "this reads an answer that is streamed")
                    .label("needs the whole body")
                    .place(forward.element.name_span, "streams it");
            }
        }
    }
}
