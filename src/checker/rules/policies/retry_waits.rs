//! Waits of a retry that do not mean what they say.

use crate::diagnostics::Severity;
use crate::rules::documents::{literal, retries};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1104",
    name: "retry-waits",
    severity: Severity::Warning,
    summary: "the waits of a retry have no bound, or one without effect",
    why: "With `delta` and without `max-interval` every wait is longer than the one before, without a \
          bound. `max-interval` without `delta` has no documented effect, and one below `interval` \
          shortens every wait.",
    fix: "give both `delta` and `max-interval`, or neither",
    source: "retry policy reference: forms of the wait",
    applies: "all tiers and API versions",
    bad: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="1" delta="2">
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
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="1" max-interval="9">
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
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="10" delta="2" max-interval="5">
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
        )]),
    ],
    good: &[
        Example(&[(
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
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="2" interval="1" delta="2" max-interval="10">
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
        )]),
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for retry in setup.policies.iter().flat_map(retries) {
        let number = |name: &str| literal(retry, name).and_then(|text| text.parse::<f64>().ok());
        match (retry.attribute("delta"), retry.attribute("max-interval")) {
            (Some(delta), None) => {
                report
                    .add(delta.value.span, "every wait is longer than the one before, without a bound")
                    .label("expected `max-interval` beside it");
            }
            (None, Some(most)) => {
                report
                    .add(most.value.span, "`max-interval` without `delta` has no documented effect")
                    .label("expected `delta` beside it");
            }
            (Some(_), Some(most)) => {
                if let (Some(longest), Some(first)) = (number("max-interval"), number("interval"))
                    && longest < first
                {
                    report
                        .add(
                            most.value.span,
                            format!("the longest wait, {longest} s, is below the first, {first} s"),
                        )
                        .label("expected at least `interval`");
                }
            }
            (None, None) => {}
        }
    }
}
