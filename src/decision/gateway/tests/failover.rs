//! Which backend is called: failover within a request, recovery after a trip, targets without breaker.

use super::driver::{Rig, Setup, backends, by_priority, policy, pool, retry_429, rule, seconds, to_pool};
use crate::gateway::{BreakerState, Threshold};
use crate::semantics::Semantics;
use crate::units::{BackendId, Duration};

#[test]
fn a_request_fails_over_in_order_of_priority() {
    let mut rig = Rig::new(by_priority(3, &to_pool(&retry_429(2))));
    assert_eq!(rig.start(0), "forward 1 b0");
    assert_eq!(rig.status(0, 429), "abort 1; forward 2 b1");
    assert_eq!(rig.told(), "b0 trips for 1m; retry 1 after 0s");
    assert_eq!(rig.status(0, 429), "abort 2; forward 3 b2");
    assert_eq!(rig.told(), "b1 trips for 1m; retry 2 after 0s");
    // Two retries are used up: the third refusal is the client's.
    assert_eq!(rig.status(0, 429), "respond 429 b2#3");
    assert_eq!(rig.told(), "b2 trips for 1m");
    assert_eq!(rig.body_end(0), "answered");
}

#[test]
fn a_better_group_gets_traffic_back_at_the_end_of_its_trip() {
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry_429(1))));
    assert_eq!(rig.start(0), "forward 1 b0");
    assert_eq!(rig.throttle(0, "5"), "abort 1; forward 2 b1");
    rig.wait(seconds(5).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(rig.start(1), "forward 1 b1");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(rig.start(2), "forward 1 b0");
    assert_eq!(rig.told(), "b0 resets");
    // The answer to an earlier call is no news to a breaker that was not tripped by it.
    assert_eq!(rig.status(1, 200), "respond 200 b1#1");
    assert_eq!(rig.told(), "");
}

#[test]
fn an_accepted_retry_after_replaces_the_trip_duration_in_both_directions() {
    // The rule says 60 s.
    for (header, expected) in [("5", 5), ("86400", 86_400), ("later", 60), ("1.5", 60)] {
        let mut rig = Rig::new(by_priority(1, &to_pool("<forward-request />")));
        rig.start(0);
        assert_eq!(rig.throttle(0, header), "respond 429 b0#1");
        assert_eq!(rig.tripped_until_s(0), Some(expected), "{header}");
    }
    let mut deaf = rule();
    deaf.accept_retry_after = false;
    let mut rig = Rig::new(by_priority(1, &to_pool("<forward-request />")).with_rule(&deaf));
    rig.start(0);
    rig.throttle(0, "5");
    assert_eq!(rig.tripped_until_s(0), Some(60));
}

#[test]
fn a_count_above_one_lets_retries_hit_the_same_member() {
    let mut rule = rule();
    rule.threshold = Threshold::Count(3);
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry_429(3))).with_rule(&rule));
    rig.start(0);
    assert_eq!(rig.status(0, 429), "abort 1; forward 2 b0");
    assert_eq!(rig.status(0, 429), "abort 2; forward 3 b0");
    assert_eq!(rig.status(0, 429), "abort 3; forward 4 b1");
}

#[test]
fn even_members_take_turns_across_requests() {
    let setup = Setup {
        policy: to_pool("<forward-request />"),
        backends: backends(3, Some(&rule())),
        pools: vec![pool(&[(None, None); 3])],
        semantics: Semantics::default(),
        carbon: Vec::new(),
    };
    let mut rig = Rig::new(setup);
    let order: Vec<String> = (0..7).map(|id| rig.start(id)).collect();
    let expected: Vec<String> = [0, 1, 2, 0, 1, 2, 0].iter().map(|b| format!("forward 1 b{b}")).collect();
    assert_eq!(order, expected);
}

#[test]
fn a_base_url_passes_by_backends_and_breakers() {
    let forward = "<forward-request />";
    let inbound = r#"<set-backend-service base-url="https://b0.example/openai" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, forward, "", "")));
    assert_eq!(rig.start(0), "forward 1 https://b0.example/openai");
    assert_eq!(rig.status(0, 429), "respond 429 url#1");
    assert_eq!(rig.gateway.breaker(BackendId(0)), BreakerState::Closed);
    assert_eq!(rig.start(1), "forward 1 https://b0.example/openai");
    assert_eq!(rig.no_connection(1), "respond 500 gateway; answered");
}

#[test]
fn a_single_backend_has_its_breaker_without_a_pool() {
    let inbound = r#"<set-backend-service backend-id="B1" />"#;
    let mut rig = Rig::new(by_priority(2, &policy(inbound, "<base />", "", "")));
    assert_eq!(rig.start(0), "forward 1 b1", "names compare without case");
    assert_eq!(rig.status(0, 500), "respond 500 b1#1");
    assert_eq!(rig.start(1), "respond 503 gateway; answered");
    assert_eq!(rig.told(), "exhausted 503 for 1m; forward-request failed: BackendPoolUnavailable");
    rig.wait(seconds(60));
    assert_eq!(rig.start(2), "forward 1 b1");
}

#[test]
fn two_pools_share_the_breaker_of_a_common_member() {
    let mut other = pool(&[(None, None)]);
    other.name = "q".into();
    let inbound = r#"<choose><when condition='@(context.Request.Headers.ContainsKey("x-q"))'>
        <set-backend-service backend-id="q" /></when>
        <otherwise><set-backend-service backend-id="p" /></otherwise></choose>"#;
    let mut setup = by_priority(2, &policy(inbound, "<base />", "", ""));
    setup.pools.push(other);
    let mut rig = Rig::new(setup);
    assert_eq!(rig.start(0), "forward 1 b0");
    rig.status(0, 429);
    let mut head = super::driver::head(1);
    head.headers = Some(
        [crate::policy::Header { name: "X-Q".into(), value: crate::policy::HeaderValue::Number(1) }].into(),
    );
    assert_eq!(rig.start_with(1, &head), "respond 503 gateway; answered");
}

#[test]
fn a_policy_without_a_target_cannot_connect() {
    let mut rig = Rig::new(by_priority(1, &policy("", "<base />", "", "")));
    assert_eq!(rig.start(0), "respond 500 gateway; answered");
    assert_eq!(rig.told(), "forward-request failed: BackendConnectionFailure");
}

#[test]
fn a_computed_backend_id_may_name_nothing() {
    let inbound = r#"<set-backend-service backend-id='@("b" + "9")' />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", "", "")));
    assert_eq!(rig.start(0), "respond 500 gateway; answered");
    assert_eq!(rig.told(), "set-backend-service failed: BackendNotFound");
}
