//! Answers of a model are not streamed.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::rules::sites::{literal, set_attribute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1108",
    name: "buffered-stream",
    severity: Severity::Info,
    summary: "answers of a model are not streamed",
    why: "By default the gateway reads a whole answer before it sends it on. Clients that ask for a stream of tokens get all of them at once at the end, and may give up before.",
    fix: "write `buffer-response=\"false\"` on `forward-request` if clients stream",
    source: "Server-sent events in API Management (2025-10-08); forward-request policy reference: buffer-response is true by default",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><forward-request timeout="120" /></backend>
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
        for forward in sites.named("forward-request").filter(|site| site.section == Some(Section::Backend)) {
            let is_buffered = match forward.element.attribute("buffer-response") {
                None => true,
                Some(_) => literal(forward.element, "buffer-response") == Some("true"),
            };
            if is_buffered {
                let edits = set_attribute(forward.element, "buffer-response", "false");
                let finding = report
                    .add(forward.element.tag_span, "streamed answers arrive all at once")
                    .label("expected `buffer-response=\"false\"` if clients stream");
                finding.fix("write `buffer-response=\"false\"`", false, edits);
            }
        }
    }
}
