//! A wait that the network may not keep.

use crate::diagnostics::Severity;
use crate::rules::documents::{literal, named};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1110",
    name: "long-timeout",
    severity: Severity::Info,
    summary: "a timeout is longer than 240 seconds",
    why: "Idle connections are dropped by the network after four minutes, so a longer wait for response \
          headers may not be kept. Times every attempt it is also what a client has to wait at worst.",
    fix: "use at most 240 seconds; stream long answers",
    source: "forward-request policy reference (2023-10-19): values above 240 may not be honoured",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <forward-request timeout="600" />
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
        <forward-request timeout="120" />
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
    for policy in &setup.policies {
        for forward in named(&policy.document.roots, "forward-request") {
            let seconds = literal(forward, "timeout").and_then(|text| text.parse::<u64>().ok());
            if let (Some(seconds), Some(timeout)) =
                (seconds.filter(|s| *s > 240), forward.attribute("timeout"))
            {
                report
                    .add(timeout.value.span, format!("a wait of {seconds} s may not be kept"))
                    .label("expected at most 240");
            }
        }
    }
}
