//! A token that nobody sends.

use crate::diagnostics::Severity;
use crate::policy::document::Kind;
use crate::rules::documents::{literal, named, visit};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1112",
    name: "token-not-used",
    severity: Severity::Warning,
    summary: "a token of the managed identity is fetched and not used",
    why: "With `output-token-variable-name` the policy only stores the token: nothing sets the \
          Authorization header. The backend answers 401, which trips no breaker and which no retry mends.",
    fix: "set the `Authorization` header from the variable, or leave the attribute out",
    source: "authentication-managed-identity policy reference",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="token" />
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
        <authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="token" />
        <set-header name="Authorization" exists-action="override">
            <value>@("Bearer " + (string)context.Variables["token"])</value>
        </set-header>
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
    ],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    // Another document of the same request may use it.
    for policy in setup.policies.iter().filter(|policy| policy.document.kind == Kind::Policies) {
        let includes = !named(&policy.document.roots, "include-fragment").is_empty();
        for identity in named(&policy.document.roots, "authentication-managed-identity") {
            let Some(variable) = literal(identity, "output-token-variable-name") else { continue };
            let mut is_used = false;
            visit(&policy.document.roots, &mut |element| {
                let texts = element.attributes.iter().map(|a| &a.value).chain([&element.text]);
                is_used |= texts.filter(|text| text.is_expression).any(|text| text.text.contains(variable));
            });
            if !includes && !is_used {
                let at = identity.attribute("output-token-variable-name").map(|a| a.value.span);
                report
                    .add(at, format!("nothing uses the token in `{variable}`"))
                    .label("fetched and not sent");
            }
        }
    }
}
