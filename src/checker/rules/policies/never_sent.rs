//! A backend section that sends nothing.

use crate::diagnostics::Severity;
use crate::policy::Section;
use crate::policy::scan::Element;
use crate::rules::documents::{section, visit};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1107",
    name: "never-sent",
    severity: Severity::Warning,
    summary: "a backend section neither sends the request nor inherits it",
    why: "A section without `<base />` replaces the inherited one. Without `forward-request` in it no \
          request reaches a backend, and the outbound section runs without a response.",
    fix: "add `<base />` or `<forward-request />`",
    source: "forward-request policy reference: removing it means that the request is not forwarded",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <set-backend-service backend-id="pool" />
    </inbound>
    <backend>
        <set-header name="x-a" exists-action="override">
            <value>b</value>
        </set-header>
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
        <base />
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
        <include-fragment fragment-id="send" />
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
        <return-response>
            <set-status code="200" reason="OK" />
        </return-response>
    </inbound>
    <backend>
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
        let Some(parts) = section(policy, Section::Backend) else { continue };
        let has = |parts: &[Element], names: &[&str]| {
            let mut found = false;
            visit(parts, &mut |element| found |= names.contains(&element.name.as_str()));
            found
        };
        let sends = [
            "base",
            "forward-request",
            "include-fragment",
            "return-response",
            "send-request",
            "invoke-request",
        ];
        // An answer of its own, or one that a side request gives, is meant.
        let answers = ["return-response", "mock-response", "include-fragment", "send-request"];
        let inbound = section(policy, Section::Inbound).unwrap_or_default();
        let resolvers = [
            "http-data-source",
            "sql-data-source",
            "cosmosdb-data-source",
            "invoke-dapr-binding",
            "publish-to-dapr",
        ];
        if has(parts, &sends) || has(inbound, &answers) || has(parts, &resolvers) || has(inbound, &resolvers)
        {
            continue;
        }
        let owner = policy.document.parts().into_iter().find(|part| part.section == Some(Section::Backend));
        if let Some(owner) = owner.and_then(|part| part.owner) {
            report
                .add(owner.tag_span, "no request is ever sent to a backend")
                .label("expected `<base />` or `<forward-request />`");
        }
    }
}
