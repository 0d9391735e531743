//! State of backends in the cache.

use crate::diagnostics::Severity;
use crate::rules::documents::{named, retries};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1115",
    name: "cache-as-state",
    severity: Severity::Warning,
    summary: "a retry keeps the state of backends in the cache",
    why: "Storing is asynchronous and the built-in cache is its own in every region: a value may not be \
          there for the next request, and two requests overwrite each other. What looks like a breaker \
          lets requests through to a throttled backend.",
    fix: "use backends with breaker rules in a pool",
    source: "cache-store-value policy reference: asynchronous",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
            <cache-store-value key="state" value="busy" duration="60" />
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
        if let Some(store) = named(&retry.children, "cache-store-value").first() {
            report
                .add(store.name_span, "what is stored here may not be there for the next request")
                .label("stored asynchronously")
                .place(retry.name_span, "between attempts of this retry");
        }
    }
}
