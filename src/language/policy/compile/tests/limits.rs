//! Limits, caches and side calls: what their attributes may be.

use super::{backend, inbound, loaded, problems};
use crate::policy::{CachePolicy, CallPolicy, Limit, Op, Operand};
use crate::units::Duration;

fn outbound(body: &str) -> String {
    format!("<policies><outbound>{body}</outbound></policies>")
}

/// What went wrong, as `code [marked text] label`.
fn wrong(text: &str) -> Vec<String> {
    let short = |problem: String| {
        let (head, rest) = problem.split_once(" [").unwrap();
        let code = head.split(' ').next().unwrap().to_owned();
        let (mark, rest) = rest.split_once("] ").unwrap();
        let label = rest.split(" | ").nth(1).unwrap();
        format!("{code} [{mark}] {label}")
    };
    problems(text).into_iter().map(short).collect()
}

#[test]
fn whatever_the_pages_show_is_taken() {
    for text in [
        backend(
            "<limit-concurrency key='@(context.Request.Method)' max-count='3'><forward-request/></limit-concurrency>",
        ),
        inbound(
            "<rate-limit calls='20' renewal-period='90' remaining-calls-variable-name='left'><api name='a' calls='1' renewal-period='60'><operation id='o' calls='1' renewal-period='60'/></api></rate-limit>",
        ),
        inbound(
            "<rate-limit-by-key calls='10' renewal-period='60' increment-condition='@(context.Response.StatusCode == 200)' counter-key='k' remaining-calls-variable-name='left' retry-after-header-name='x-wait' total-calls-header-name='x-all'/>",
        ),
        inbound(
            "<rate-limit-by-key calls='@(5)' renewal-period='@(60)' counter-key='@(context.Request.Method)' increment-count='2'/>",
        ),
        inbound(
            "<quota calls='10000' renewal-period='3600'><api id='a' calls='1' renewal-period='300'/></quota>",
        ),
        inbound(
            "<quota-by-key calls='5' renewal-period='0' counter-key='k' first-period-start='2018-03-08T00:00:00Z'/>",
        ),
        inbound(
            "<llm-token-limit counter-key='k' tokens-per-minute='5000' estimate-prompt-tokens='false' remaining-tokens-variable-name='left' token-quota='1000' token-quota-period='Monthly'/>",
        ),
        inbound(
            "<azure-openai-token-limit counter-key='k' token-quota='@(9)' token-quota-period='@(\"Daily\")' estimate-prompt-tokens='true' tokens-consumed-header-name='used'/>",
        ),
        inbound(
            "<cache-lookup-value key='k' variable-name='v' default-value='@(3)' caching-type='internal'/><cache-store-value key='k' value='@(4)' duration='@(60)'/><cache-remove-value key='k'/>",
        ),
        inbound(
            "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' downstream-caching-type='none' must-revalidate='true' allow-private-response-caching='@(true)'><vary-by-query-parameter>a; b</vary-by-query-parameter><vary-by-header>Accept</vary-by-header></cache-lookup>",
        ),
        outbound(
            "<cache-store duration='3600' cache-response='@(context.Response.StatusCode == 200)'/><llm-semantic-cache-store duration='60'/>",
        ),
        inbound(
            "<azure-openai-semantic-cache-lookup score-threshold='0.05' embeddings-backend-id='e' embeddings-backend-auth='system-assigned' ignore-system-messages='true' max-message-count='10'><vary-by>@(context.Request.Method)</vary-by></azure-openai-semantic-cache-lookup>",
        ),
        inbound(
            "<send-request mode='new' response-variable-name='r' timeout='20' ignore-error='true'><set-url>https://a.example/x</set-url><set-method>POST</set-method><set-header name='x' exists-action='override'><value>1</value></set-header><set-body>@(\"b\")</set-body><authentication-managed-identity resource='r'/></send-request>",
        ),
        inbound(
            "<send-request mode='copy' response-variable-name='r'><authentication-basic username='u' password='p'/><proxy url='http://p:8080'/></send-request>",
        ),
        inbound(
            "<send-one-way-request mode='new' timeout='5'><set-url>https://a.example</set-url><set-method>GET</set-method></send-one-way-request>",
        ),
        inbound(
            "<wait for='any'><send-request mode='copy' response-variable-name='r'/><cache-lookup-value key='k' variable-name='v'/><choose><when condition='@(context.Tracing)'><base/></when></choose></wait>",
        ),
    ] {
        loaded(&text);
    }
}

#[test]
fn defaults_are_those_of_the_pages() {
    let program = loaded(&inbound(
        "<rate-limit calls='1' renewal-period='60'/><send-request mode='copy' response-variable-name='r'/>\
         <quota-by-key calls='1' renewal-period='300' counter-key='k'/><cache-lookup-value key='k' variable-name='v'/>",
    ));
    let Some(Op::Limit(limit)) = program.ops.first() else { panic!("no limit") };
    let Limit::Rate(rate) = &**limit else { panic!("no rate") };
    assert_eq!(rate.retry_after.header.as_deref(), Some("Retry-After"));
    assert!(matches!(rate.increment.count, Operand::Literal(1)) && rate.increment.condition.is_none());
    let Some(Op::Call(call)) = program.ops.get(1) else { panic!("no call") };
    let CallPolicy::Send(send) = &**call else { panic!("no request") };
    assert!(matches!(send.timeout, Operand::Literal(timeout) if timeout == Duration::from_secs(60)));
    assert!(matches!(send.ignore_error, Operand::Literal(false)) && !send.parallel);
    let Some(Op::Limit(limit)) = program.ops.get(2) else { panic!("no limit") };
    assert!(matches!(&**limit, Limit::Quota(quota) if quota.first_period_s == Some(0)));
    let Some(Op::Cache(cache)) = program.ops.get(3) else { panic!("no cache") };
    assert!(matches!(&**cache, CachePolicy::LookupValue { default: None, .. }));
}

#[test]
fn what_is_missing_or_out_of_range_is_told() {
    for (text, expected) in [
        (
            backend("<limit-concurrency key='k' max-count='0'><base/></limit-concurrency>"),
            "invalid-value [0] expected a whole number from 1 to 4294967295",
        ),
        (
            backend("<limit-concurrency key='k' max-count='@(3)'><base/></limit-concurrency>"),
            "invalid-value [@(3)] the service takes only a written value",
        ),
        (
            backend("<limit-concurrency key='k' max-count='1'/>"),
            "missing-element [limit-concurrency] expected policies inside",
        ),
        (
            inbound("<rate-limit calls='@(1)' renewal-period='60'/>"),
            "invalid-value [@(1)] the service takes only a written value",
        ),
        (
            inbound("<rate-limit calls='1' renewal-period='301'/>"),
            "invalid-value [301] expected a whole number from 1 to 300",
        ),
        (
            inbound("<rate-limit calls='1' renewal-period='60' counter-key='k'/>"),
            "unknown-attribute [counter-key] not an attribute of this element",
        ),
        (
            inbound("<rate-limit-by-key calls='1' renewal-period='60'/>"),
            "missing-attribute [rate-limit-by-key] expected `counter-key=\"...\"` in this tag",
        ),
        (
            inbound(
                "<rate-limit calls='1' renewal-period='60'><api calls='1' renewal-period='60'/></rate-limit>",
            ),
            "missing-attribute [api] expected one of them in this tag",
        ),
        (
            outbound("<rate-limit calls='1' renewal-period='60'/>"),
            "misplaced-policy [rate-limit] allowed in inbound",
        ),
        (
            inbound("<quota renewal-period='300'/>"),
            "missing-attribute [quota] expected one of them, or both, in this tag",
        ),
        (
            inbound("<quota calls='1' renewal-period='299'/>"),
            "invalid-value [299] expected 300 seconds or more, or 0 for never",
        ),
        (
            inbound(
                "<quota-by-key calls='1' counter-key='k' renewal-period='300' first-period-start='soon'/>",
            ),
            "invalid-value [soon] expected a time such as `2026-01-31T00:00:00Z`",
        ),
        (
            inbound("<quota bandwidth='10' renewal-period='300'/>"),
            "not-modelled [bandwidth] only bodies that are known by their text are counted",
        ),
        (
            inbound("<llm-token-limit counter-key='k' estimate-prompt-tokens='true'/>"),
            "missing-attribute [llm-token-limit] expected one of them, or both, in this tag",
        ),
        (
            inbound("<llm-token-limit counter-key='k' tokens-per-minute='9'/>"),
            "missing-attribute [llm-token-limit] required; read as `false`",
        ),
        (
            inbound("<llm-token-limit counter-key='k' token-quota='9' estimate-prompt-tokens='true'/>"),
            "missing-attribute [token-quota] expected `token-quota-period=\"...\"` in this tag too",
        ),
        (
            inbound(
                "<llm-token-limit counter-key='k' token-quota='9' token-quota-period='Daly' estimate-prompt-tokens='true'/>",
            ),
            "invalid-value [Daly] expected `Hourly`, `Daily`, `Weekly`, `Monthly` or `Yearly`",
        ),
        (
            inbound("<cache-lookup-value key='k' variable-name='v' caching-type='none'/>"),
            "invalid-value [none] expected `prefer-external`, `external`, `internal`",
        ),
        (
            inbound("<cache-lookup vary-by-developer='true'/>"),
            "missing-attribute [cache-lookup] expected `vary-by-developer-groups=\"...\"` in this tag",
        ),
        (inbound("<cache-store duration='1'/>"), "misplaced-policy [cache-store] allowed in outbound"),
        (
            inbound("<llm-semantic-cache-lookup score-threshold='1.5' embeddings-backend-id='e'/>"),
            "invalid-value [1.5] expected a number from 0.0 to 1.0",
        ),
        (
            inbound("<send-request response-variable-name='r'><set-method>GET</set-method></send-request>"),
            "missing-element [send-request] expected `<set-url>` inside",
        ),
        (
            inbound("<send-request response-variable-name='r'><set-url>https://a</set-url></send-request>"),
            "missing-element [send-request] required; read as `GET`",
        ),
        (
            inbound("<send-request mode='copy'/>"),
            "missing-attribute [send-request] expected `response-variable-name=\"...\"` in this tag",
        ),
        (
            inbound("<send-request mode='clone' response-variable-name='r'/>"),
            "invalid-value [clone] expected `new` or `copy`",
        ),
        (
            inbound("<wait for='all'><send-one-way-request mode='copy'/></wait>"),
            "unexpected-element [send-one-way-request] expected `send-request` or `cache-lookup-value` or `choose`",
        ),
        (
            inbound("<wait for='one'><send-request mode='copy' response-variable-name='r'/></wait>"),
            "invalid-value [one] expected `all` or `any`",
        ),
    ] {
        assert_eq!(wrong(&text), [expected], "{text}");
    }
}

#[test]
fn a_misspelling_is_recognised() {
    let text = inbound(
        "<llm-token-limit counter-key='k' tokens-per-minute='9' estimate-prompt-token='true' estimate-prompt-tokens='true'/>",
    );
    let all = problems(&text);
    assert!(all[0].ends_with("did you mean `estimate-prompt-tokens`?"), "{all:?}");
}
