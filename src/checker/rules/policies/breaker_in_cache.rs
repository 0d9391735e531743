//! A cache is used as the state of a circuit breaker.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Report, Rule, Setup};
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    code: "PP1116",
    name: "breaker-in-cache",
    severity: Severity::Warning,
    summary: "a cache is used as the state of a circuit breaker",
    why: "Values are stored in the cache asynchronously, and the internal cache belongs to one gateway instance: two requests at once overwrite what the other has learnt, and other instances learn nothing. A circuit breaker of a backend does the same without races.",
    fix: "give the backends circuit breakers and put them into a pool",
    source: "cache-store-value policy reference: the operation is asynchronous",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="b" value="@(&quot;x&quot;)" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" /><cache-store-value key="listBackends" value="@((string)context.Variables[&quot;b&quot;])" duration="60" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let loops: BTreeSet<usize> = sites.failover_retries().map(|retry| retry.at).collect();
        for store in sites.named("cache-store-value") {
            let key =
                store.element.attribute("key").map_or("", |key| key.value.text.as_str()).to_ascii_lowercase();
            let is_state =
                ["breaker", "backends", "throttl", "unhealthy"].into_iter().any(|word| key.contains(word));
            let is_in_loop = sites.around(store).any(|outer| loops.contains(&outer.at));
            if is_state || is_in_loop {
                report
                    .add(store.element.tag_span, "what backends answer is kept in a cache")
                    .label("stored later, and for one instance only");
            }
        }
    }
}
