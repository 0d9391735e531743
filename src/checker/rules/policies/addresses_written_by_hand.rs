//! A retry goes through addresses by hand.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1113",
    name: "addresses-written-by-hand",
    severity: Severity::Warning,
    summary: "a retry goes through addresses by hand",
    why: "A `base-url` bypasses backends, pools and their circuit breakers: nobody keeps away from an endpoint that fails, and every gateway and request learns it again. It also has no effect where an outer scope has set a `backend-id`.",
    fix: "make backends of the addresses and a pool of the backends, and name the pool with `backend-id`",
    source: "set-backend-service policy reference; Backends in API Management (2025-05-20)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><set-backend-service base-url="@((string)context.Variables[&quot;url&quot;])" /><forward-request buffer-request-body="true" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for retry in sites.failover_retries() {
            for set in sites.inside_named(retry, "set-backend-service") {
                let Some(attribute) = set.element.attribute("base-url") else { continue };
                report
                    .add(attribute.name_span, "this retry changes addresses without a pool")
                    .label("expected `backend-id`")
                    .note("no circuit breaker sees what these addresses answer");
            }
        }
    }
}
