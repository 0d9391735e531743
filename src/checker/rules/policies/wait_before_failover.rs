//! A retry waits before it tries another backend.

use crate::diagnostics::Severity;
use crate::rules::sites::{literal, number, set_attribute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1104",
    name: "wait-before-failover",
    severity: Severity::Info,
    summary: "a retry waits before it tries another backend",
    why: "With a pool the next attempt goes to another member at once, so waiting gains nothing: it holds the client, and a connection and memory of the gateway. When the pool is exhausted the next attempt fails as well, after the wait.",
    fix: "write `interval=\"0\"`, or `first-fast-retry=\"true\"`",
    source: "retry policy reference; openai-apim-lb FAQ: the capacity that a gateway uses rises from 20% to 60%",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><llm-emit-token-metric><dimension name="API ID" /></llm-emit-token-metric><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="10"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="10" first-fast-retry="true"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let has_backend =
            sites.named("set-backend-service").any(|site| site.element.attribute("backend-id").is_some());
        if !has_backend {
            continue;
        }
        let is_pool = |id: &str| setup.backend(id).is_some_and(|backend| backend.pool().is_some());
        let has_pool = sites.file.references.iter().any(|(id, _)| is_pool(id));
        if !has_pool && !sites.file.is_llm {
            continue;
        }
        for retry in sites.failover_retries() {
            let is_fast = retry.element.attribute("first-fast-retry").is_some()
                && literal(retry.element, "first-fast-retry") != Some("false");
            let Some(interval) = number(retry.element, "interval").filter(|s| *s > 0 && !is_fast) else {
                continue;
            };
            let Some(attribute) = retry.element.attribute("interval") else { continue };
            let finding = report
                .add(attribute.value.span, format!("every fail-over waits {interval} s or more"))
                .label("expected 0");
            if has_pool {
                finding.severity(Severity::Warning);
            }
            finding.fix("write `interval=\"0\"`", false, set_attribute(retry.element, "interval", "0"));
        }
    }
}
