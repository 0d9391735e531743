//! Attributes for the waits of a retry contradict each other.

use crate::diagnostics::Severity;
use crate::rules::sites::number;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1105",
    name: "retry-wait-attributes",
    severity: Severity::Warning,
    summary: "attributes for the waits of a retry contradict each other",
    why: "`max-interval` is the upper end of waits that grow; without `delta` they do not grow and it is ignored. An upper end below the first wait cannot be kept.",
    fix: "give `delta` and `max-interval` together, with `max-interval` above `interval`, or neither",
    source: "retry policy reference: interval, max-interval and delta give fixed, linear and exponential waits",
    applies: "all tiers, all API versions",
    bad: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="3" interval="10" max-interval="5" delta="1"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="3" interval="10" max-interval="50"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="3" interval="1" max-interval="10" delta="1"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for retry in sites.named("retry") {
            let Some(most) = retry.element.attribute("max-interval") else { continue };
            if retry.element.attribute("delta").is_none() {
                report
                    .add(most.name_span, "`max-interval` without `delta` has no effect")
                    .label("expected `delta` beside it");
            }
            if let (Some(first), Some(limit)) =
                (number(retry.element, "interval"), number(retry.element, "max-interval"))
                && limit < first
            {
                report
                    .add(
                        most.value.span,
                        format!("`max-interval` of {limit} s is below `interval` of {first} s"),
                    )
                    .label(format!("expected {first} or more"));
            }
        }
    }
}
