//! A retry of what fails every time.

use crate::diagnostics::Severity;
use crate::rules::documents::retries;
use crate::rules::truth::Truth;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1108",
    name: "retries-client-errors",
    severity: Severity::Warning,
    summary: "a retry repeats 400, 401, 403 or 404",
    why: "These answers depend on the request, not on the backend: a content filter, a missing role, a \
          wrong name. Another attempt gives the same answer, costs the client time, and counts as a \
          failure of the next backend too.",
    fix: "retry on a missing response, 429 and 5xx only",
    source: "test matrix of Apim-Samples (2026-08): not retried",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode >= 400)" count="2" interval="0">
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
    for retry in setup.policies.iter().flat_map(retries) {
        let Some(condition) = retry.attribute("condition") else { continue };
        let Some(truth) = Truth::of(&condition.value) else { continue };
        let repeated = |status: &&u16| truth.says(**status) == Some(true);
        let found: Vec<String> = [400, 401, 403, 404].iter().filter(repeated).map(u16::to_string).collect();
        // What repeats an answer of 200 as well is no failover but something else.
        if !found.is_empty() && truth.says(200) == Some(false) {
            report
                .add(condition.value.span, format!("the retry repeats {}", found.join(", ")))
                .label("true for answers that stay the same");
        }
    }
}
