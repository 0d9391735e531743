//! One half of a semantic cache.

use crate::diagnostics::Severity;
use crate::policy::document::Kind;
use crate::rules::documents::named;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1114",
    name: "cache-half",
    severity: Severity::Warning,
    summary: "answers are looked up in a semantic cache and never stored there, or the other way round",
    why: "Looking up and storing belong together: the one without the other never gives an answer, and \
          costs a call for the embedding with every request.",
    fix: "add the other policy: lookup in inbound, store in outbound",
    source: "semantic caching policy reference: needs the matching policy",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
        <llm-semantic-cache-lookup score-threshold="0.05" embeddings-backend-id="embeddings" embeddings-backend-auth="system-assigned" />
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
        <llm-semantic-cache-lookup score-threshold="0.05" embeddings-backend-id="embeddings" embeddings-backend-auth="system-assigned" />
    </inbound>
    <backend>
        <retry condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)" count="2" interval="0">
            <forward-request buffer-request-body="true" />
        </retry>
    </backend>
    <outbound>
        <llm-semantic-cache-store duration="60" />
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
    for policy in setup.policies.iter().filter(|policy| policy.document.kind == Kind::Policies) {
        let roots = &policy.document.roots;
        if !named(roots, "include-fragment").is_empty() {
            continue;
        }
        let all = |ending: &str| {
            let each = ["azure-openai-semantic-cache-", "llm-semantic-cache-"]
                .map(|name| named(roots, &format!("{name}{ending}")));
            each.concat()
        };
        let (lookups, stores) = (all("lookup"), all("store"));
        if let ([lookup, ..], []) = (lookups.as_slice(), stores.as_slice()) {
            report
                .add(lookup.name_span, "nothing is ever stored in this cache")
                .label("expected a store in outbound");
        }
        if let ([], [store, ..]) = (lookups.as_slice(), stores.as_slice()) {
            report
                .add(store.name_span, "nothing ever looks into this cache")
                .label("expected a lookup in inbound");
        }
    }
}
