//! A retry sends the request again without its body.

use crate::diagnostics::Severity;
use crate::rules::sites::{literal, set_attribute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1101",
    name: "unbuffered-retry",
    severity: Severity::Error,
    summary: "a retry sends the request again without its body",
    why: "The body of a request is a stream: the first attempt reads it to its end. Without `buffer-request-body` the second attempt has nothing to send, and the backend answers 400 or waits for a body that never comes. It shows only when the first backend fails, that is when the retry is needed.",
    fix: "write `buffer-request-body=\"true\"` on every `forward-request` inside of a `retry`",
    source: "forward-request policy reference (2023-10-19): buffering is what lets a request be sent again; observed as an empty body (service-fabric-issues 346)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><set-body>@((string)context.Variables["body"])</set-body><forward-request /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let is_llm = sites.file.is_llm;
        // Reading the body with `preserveContent` keeps it.
        let may_be_kept = sites.file.text.contains("preserveContent") || sites.includes_fragments();
        for retry in sites.failover_retries() {
            let never =
                literal(retry.element, "condition").is_some_and(|text| text.eq_ignore_ascii_case("false"));
            let is_put_back = sites
                .inside(retry)
                .iter()
                .any(|inner| matches!(inner.element.name.as_str(), "set-body" | "rewrite-body"));
            if never || is_put_back {
                continue;
            }
            for forward in sites.inside_named(retry, "forward-request") {
                let is_buffered = match forward.element.attribute("buffer-request-body") {
                    None => false,
                    Some(_) => literal(forward.element, "buffer-request-body")
                        .is_none_or(|text| !text.eq_ignore_ascii_case("false")),
                };
                if is_buffered {
                    continue;
                }
                let edits = set_attribute(forward.element, "buffer-request-body", "true");
                let finding = report
                    .add(forward.element.tag_span, "the second attempt has no body")
                    .label("expected `buffer-request-body=\"true\"`")
                    .place(retry.element.name_span, "this sends the request again")
                    .note("what is sent then is the switch `policy.unbuffered_retry_body`: nothing, by what was observed");
                if !is_llm || may_be_kept {
                    finding.severity(Severity::Warning);
                    finding.note("requests without a body are not affected");
                }
                finding.fix("add `buffer-request-body=\"true\"`", true, edits);
            }
        }
    }
}
