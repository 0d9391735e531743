//! A condition on words that the service has changed.

use crate::diagnostics::Severity;
use crate::policy::scan::RawText;
use crate::rules::documents::visit;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1102",
    name: "reason-of-exhausted-pool",
    severity: Severity::Warning,
    summary: "a condition looks for the old status text of an exhausted pool",
    why: "Until the beginning of 2026 the 503 of a pool without available members had a status text with \
          `Backend pool` and `is temporarily unavailable`. The text was changed: such a condition no \
          longer tells that 503 from one of a backend, so what was kept from being retried is retried, or \
          what was handled is not.",
    fix: "decide by the status, 503, alone",
    source: "AI-Gateway issue 262 (2026-01) and pull request 285; neither text is published in full \
          (pool.exhausted_reason)",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 &amp;&amp; !context.Response.StatusReason.Contains(&quot;Backend pool&quot;))))" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in &setup.policies {
        let mut conditions: Vec<&RawText> = Vec::new();
        visit(&policy.document.roots, &mut |element| {
            conditions
                .extend(element.attributes.iter().map(|a| &a.value).filter(|value| value.is_expression));
        });
        for condition in conditions.into_iter().filter(|c| c.text.contains("StatusReason")) {
            for words in ["Backend pool", "is temporarily unavailable"] {
                if let Some(at) = condition.text.find(words) {
                    report
                        .add(
                            condition.span_of(at, at.saturating_add(words.len())),
                            format!("the condition looks for `{words}` in the status text"),
                        )
                        .label("the service no longer sends these words")
                        .only_under("pool.exhausted_reason", "current");
                    break;
                }
            }
        }
    }
}
