//! A cast fails whenever it runs.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1186",
    name: "cast-always-fails",
    severity: Severity::Error,
    summary: "a cast fails whenever it runs",
    why: "A variable that is set from a literal is a text. Casting it to a number throws, and often only \
          on the path that is taken rarely: the failover.",
    fix: "use `Convert.ToInt32` or `int.Parse`, or set the variable from an expression",
    source: "openai-apim-lb issues 13, 25 and 29: specified cast is not valid",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-variable name="remaining" value="3" />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <retry condition="@(((Int32)context.Variables[&quot;remaining&quot;]) > 0)" count="2" interval="0">
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
    found: Found::ByReaders(&["cast-always-fails", "invalid-cast"]),
};
