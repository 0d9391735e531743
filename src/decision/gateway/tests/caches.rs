//! Caches: how long things stay, who finds them, and what a hit skips.

use std::sync::Arc;

use super::driver::{Rig, Setup, by_priority, compile, head, policy, response, seconds};
use crate::gateway::{ChoiceReason, Choices, Effects, Exchange, Gateway, GatewaySpec, Input, RequestHead};
use crate::policy::{Facts, Header, HeaderValue};
use crate::semantics::Readings;
use crate::units::{AttemptNumber, Duration, Timestamp};

fn setup(inbound: &str, outbound: &str) -> Setup {
    let inbound = format!(r#"{inbound}<set-backend-service backend-id="p" />"#);
    by_priority(1, &policy(&inbound, "<base />", outbound, ""))
}

fn get(id: usize, path: &'static str) -> RequestHead {
    RequestHead {
        method: "GET".into(),
        path: path.into(),
        headers: None,
        body: crate::policy::Body::Absent,
        ..head(id)
    }
}

const VALUE: &str = r#"<cache-lookup-value key="k" variable-name="v" default-value="none" />
    <set-header name="x-v"><value>@((string)context.Variables["v"])</value></set-header>
    <choose><when condition='@((string)context.Variables["v"] == "none")'>
    <cache-store-value key="k" value="kept" duration="10" /></when></choose>"#;

#[test]
fn a_value_is_there_for_its_duration() {
    let mut rig = Rig::new(setup(VALUE, ""));
    let shown = |rig: &mut Rig, id: usize| {
        rig.start(id);
        rig.sent_header(id, "x-v").unwrap()
    };
    assert_eq!(shown(&mut rig, 0), "none");
    assert_eq!(shown(&mut rig, 1), "kept");
    rig.wait(seconds(10).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(shown(&mut rig, 2), "kept");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(shown(&mut rig, 3), "none");
}

#[test]
fn a_value_can_be_removed() {
    let inbound = format!(r#"{VALUE}<cache-remove-value key="k" />"#);
    let mut rig = Rig::new(setup(&inbound, ""));
    for id in 0..2 {
        rig.start(id);
        assert_eq!(rig.sent_header(id, "x-v").as_deref(), Some("none"));
    }
}

const LOOKUP: &str = r#"<cache-lookup vary-by-developer="true" vary-by-developer-groups="false">
    <vary-by-header>Accept</vary-by-header><vary-by-query-parameter>a;b</vary-by-query-parameter></cache-lookup>"#;
const STORE: &str =
    r#"<cache-store duration="30" /><set-header name="x-out"><value>yes</value></set-header>"#;
const HIT: &str = "respond 200 gateway; answered";

#[test]
fn a_cached_response_skips_the_backend_and_runs_outbound() {
    let mut rig = Rig::new(setup(LOOKUP, STORE));
    assert_eq!(rig.start_with(0, &get(0, "/m?a=1&c=1")), "forward 1 b0 without body");
    rig.answer(0, response(200, &[("x-from", "b0")]));
    assert_eq!(rig.start_with(1, &get(1, "/m?c=2&a=1")), HIT, "c takes no part");
    assert_eq!(rig.header(1, "x-from").as_deref(), Some("b0"));
    assert_eq!(rig.header(1, "x-out").as_deref(), Some("yes"));
    assert_eq!(rig.start_with(2, &get(2, "/m?a=2")), "forward 1 b0 without body");
    rig.wait(seconds(30));
    assert_eq!(rig.start_with(3, &get(3, "/m?a=1")), "forward 1 b0 without body", "over");
}

#[test]
fn who_asks_and_how_tells_responses_apart() {
    let mut rig = Rig::new(setup(LOOKUP, STORE));
    rig.start_with(0, &get(0, "/m"));
    rig.status(0, 200);
    let with = |id, name: &'static str, value: &'static str| {
        let header = Header { name: name.into(), value: HeaderValue::Text(value.into()) };
        RequestHead { headers: Some(Arc::from([header])), ..get(id, "/m") }
    };
    let forwarded = "forward 1 b0 without body";
    assert_eq!(rig.start_with(1, &get(1, "/m")), HIT);
    assert_eq!(rig.start_with(2, &with(2, "Accept", "text/plain")), forwarded);
    assert_eq!(rig.start_with(3, &with(3, "Authorization", "Bearer x")), forwarded);
    let mut facts = Facts::default();
    facts.subscription.as_mut().unwrap().key = "another".into();
    assert_eq!(rig.start_with(4, &RequestHead { facts: Some(Arc::new(facts)), ..get(4, "/m") }), forwarded);
    assert_eq!(rig.start(5), "forward 1 b0", "a POST takes no part");
}

#[test]
fn only_status_200_is_kept_unless_the_policy_says_so() {
    let mut rig = Rig::new(setup(LOOKUP, STORE));
    rig.start_with(0, &get(0, "/m"));
    rig.status(0, 404);
    assert_eq!(rig.start_with(1, &get(1, "/m")), "forward 1 b0 without body");
    let all = r#"<cache-store duration="30" cache-response="true" />"#;
    let mut rig = Rig::new(setup(LOOKUP, all));
    rig.start_with(0, &get(0, "/m"));
    rig.status(0, 404);
    assert_eq!(rig.start_with(1, &get(1, "/m")), "respond 404 gateway; answered");
}

/// Answers every choice with the same index, and counts them.
struct Always(usize, u32);

impl Readings for Always {}

impl Choices for Always {
    fn choose_weighted(&mut self, weights: &[u32], why: ChoiceReason) -> usize {
        assert_eq!((weights, why), (&[700, 300][..], ChoiceReason::SemanticCacheHit));
        self.1 += 1;
        self.0
    }

    fn between(&mut self, low: u64, _: u64, _: ChoiceReason) -> u64 {
        low
    }
}

/// Whether the second of two requests, `later_s` after the first, goes to the backend.
fn semantic(hits: u16, choices: &mut Always, later_s: u64) -> bool {
    let text = policy(
        r#"<llm-semantic-cache-lookup score-threshold="0.1" embeddings-backend-id="e">
        <vary-by>@(context.Request.Method)</vary-by></llm-semantic-cache-lookup>
        <set-backend-service backend-id="p" />"#,
        "<base />",
        r#"<llm-semantic-cache-store duration="60" />"#,
        "",
    );
    let setup = by_priority(1, &text);
    let spec = GatewaySpec::new(setup.backends, setup.pools, compile(&text), setup.semantics).unwrap();
    let mut gateway = Gateway::new(Arc::new(spec.with_semantic_hits(hits)));
    let (mut exchange, mut effects) = (Exchange::default(), Effects::default());
    gateway.start(&mut exchange, &head(0), Timestamp::ZERO, choices, &mut effects);
    let input = Input::ResponseHeaders { attempt: AttemptNumber(1), response: response(200, &[]) };
    gateway.handle(&mut exchange, input, Timestamp::ZERO, choices, &mut effects);
    let later = Timestamp::ZERO.saturating_add(seconds(later_s));
    gateway.start(&mut exchange, &head(1), later, choices, &mut effects);
    exchange.attempts() == 1
}

#[test]
fn a_semantic_hit_is_a_choice_by_the_given_share() {
    let (mut hit, mut miss) = (Always(1, 0), Always(0, 0));
    assert!(!semantic(300, &mut hit, 59));
    assert!(semantic(300, &mut miss, 59));
    assert_eq!((hit.1, miss.1), (1, 1), "nothing was stored when the first request came");
    assert!(semantic(300, &mut hit, 60), "expired");
    assert!(semantic(0, &mut hit, 1), "without a share nothing hits");
    assert_eq!(hit.1, 1);
}
