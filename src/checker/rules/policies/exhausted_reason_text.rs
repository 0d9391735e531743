//! An expression looks for words in the reason of an exhausted pool.

use crate::diagnostics::Severity;
use crate::policy::document::expressions;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1102",
    name: "exhausted-reason-text",
    severity: Severity::Warning,
    summary: "an expression looks for words in the reason of an exhausted pool",
    why: "When all members of a pool have tripped the gateway itself answers 503. The words of its reason were never documented and changed in 2026-01: what looked for `Backend pool` or `is temporarily unavailable` no longer finds them, and the 503 is treated like any other.",
    fix: "tell the 503 of the pool by a `failureResponse` status of its own, or treat every 503 alike",
    source: "Azure-Samples/AI-Gateway issue 262 and pull request 285 (2026-01)",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && !context.Response.StatusReason.Contains("Backend pool"))))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in setup.policies.iter().filter(|policy| policy.is_whole) {
        for site in expressions(&policy.document.roots) {
            let text = site.text.text.as_str();
            if !text.contains("StatusReason") {
                continue;
            }
            let words = ["backend pool", "is temporarily unavailable"];
            let lower = text.to_ascii_lowercase();
            let found = words.into_iter().find_map(|word| Some((word, lower.find(word)?)));
            let Some((word, start)) = found else { continue };
            report
                .add(
                    site.text.span_of(start, start.saturating_add(word.len())),
                    "the reason of an exhausted pool no longer has these words",
                )
                .label("expected nothing that depends on the reason")
                .note("the switch `pool.exhausted_reason` says which words the gateway sends")
                .only_under("pool.exhausted_reason", "current");
        }
    }
}
