//! A failover that goes around breakers.

use crate::diagnostics::Severity;
use crate::rules::documents::{named, retries};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1111",
    name: "breaker-bypassed",
    severity: Severity::Info,
    summary: "a retry chooses a URL instead of a backend",
    why: "`base-url` is no backend: no breaker counts its answers, no pool takes it out, and its \
          credentials are not used. Every request starts with the first URL again, also while that is \
          throttled.",
    fix: "make the URLs backends of a pool and name that with `backend-id`",
    source: "set-backend-service policy reference; deduction",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0">
            <set-backend-service base-url="https://b.contoso.com" />
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
        for change in named(&retry.children, "set-backend-service") {
            if let Some(url) = change.attribute("base-url") {
                report
                    .add(url.name_span, "attempts with a URL go around breakers and pools")
                    .label("expected `backend-id`");
                break;
            }
        }
    }
}
