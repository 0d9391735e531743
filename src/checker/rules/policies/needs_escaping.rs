//! Characters are not escaped in a policy with format xml.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1189",
    name: "needs-escaping",
    severity: Severity::Error,
    summary: "characters are not escaped in a policy with format xml",
    why: "With format `xml` the document is parsed as XML: quotes, `<` and `&&` inside of expressions have \
          to be written as entities.",
    fix: "deploy with format `rawxml`, or escape the characters",
    source: "policy resource: formats xml and rawxml",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "main.json",
        r#"[{"type": "Microsoft.ApiManagement/service/apis/policies", "name": "s/a/policy", "properties": {"format": "xml", "value": "<policies><inbound><set-variable name=\"a\" value=\"@(\"b\" == \"c\" && true)\" /></inbound></policies>"}}]"#,
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
    found: Found::ByReaders(&["needs-escaping"]),
};
