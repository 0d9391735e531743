//! No backend is available: what the client and the policy see.

use super::driver::{Rig, Setup, by_priority, code, policy, retry, rule, seconds, to_pool};
use crate::gateway::Event;

/// The policy of the walkthrough as it is shipped, over three members `b0` to `b2`.
fn walkthrough(priorities: u8) -> Setup {
    let text =
        include_str!("../../../../scenarios/walkthrough/policy.xml").replace("openai-backend-pool", "p");
    let mut only_429 = rule();
    only_429.statuses = vec![(code(429), code(429))];
    by_priority(priorities, &text).with_rule(&only_429)
}

/// Trips all members: one request that each of them refuses.
fn trip_all(rig: &mut Rig, members: usize) {
    rig.start(0);
    rig.token(0, 86_400);
    for _ in 0..members {
        rig.status(0, 429);
    }
}

fn exhausted_selections(rig: &Rig) -> usize {
    rig.events.iter().filter(|e| matches!(e, Event::Exhausted { .. })).count()
}

#[test]
fn the_walkthrough_answers_a_plain_503_that_names_nothing() {
    // The two reasons differ in how often the condition goes round: the old text stops it at once, the
    // present one burns both retries. The client cannot tell them apart.
    for (reason, selections) in [("current", 3), ("legacy", 1)] {
        let mut rig = Rig::new(walkthrough(3).with("pool.exhausted_reason", reason));
        trip_all(&mut rig, 3);
        assert_eq!(rig.start(1), "respond 503 gateway; answered");
        assert_eq!(exhausted_selections(&rig), selections, "{reason}");
        assert_eq!(rig.exchange(1).attempts(), 0, "a selection that finds nothing is not an attempt");
        let response = rig.exchange(1).response().unwrap();
        assert_eq!(response.reason.as_str(), "Service Unavailable");
        assert_eq!(
            response.headers.iter().count(),
            0,
            "return-response keeps no header, not even Retry-After"
        );
        let everything = format!("{response:?}");
        for name in ["b0", "b1", "b2", "pool", "\"p\"", "temporarily"] {
            assert!(!everything.contains(name), "{everything}");
        }
    }
}

#[test]
fn the_walkthrough_hands_the_third_refusal_on() {
    let mut rig = Rig::new(walkthrough(3));
    assert_eq!(rig.start(0), "token");
    assert_eq!(rig.token(0, 86_400), "forward 1 b0");
    assert_eq!(rig.status(0, 429), "abort 1; forward 2 b1");
    assert_eq!(rig.status(0, 429), "abort 2; forward 3 b2");
    assert_eq!(rig.status(0, 429), "respond 429 b2#3");
}

#[test]
fn one_member_too_few_burns_the_last_retry() {
    // Two members, two retries: after both have refused there is one round left and nobody to ask.
    for (reason, selections) in [("current", 1), ("legacy", 1)] {
        let mut rig = Rig::new(walkthrough(2).with("pool.exhausted_reason", reason));
        rig.start(0);
        rig.token(0, 86_400);
        rig.status(0, 429);
        assert_eq!(rig.status(0, 429), "abort 2; respond 503 gateway; answered");
        assert_eq!(exhausted_selections(&rig), selections);
        assert_eq!(rig.exchange(0).attempts(), 2);
    }
}

#[test]
fn an_error_runs_on_error_and_a_plain_response_runs_outbound() {
    for (reading, ran, skipped) in
        [("error", "x-on-error", "x-outbound"), ("plain_response", "x-outbound", "x-on-error")]
    {
        let setup = by_priority(1, &to_pool("<forward-request />")).with("pool.exhausted_as", reading);
        let mut rig = Rig::new(setup);
        rig.start(0);
        rig.status(0, 429);
        assert_eq!(rig.start(1), "respond 503 gateway; answered");
        assert!(rig.header(1, ran).is_some() && rig.header(1, skipped).is_none(), "{reading}");
        assert_eq!(rig.header(1, "Retry-After").as_deref(), Some("60"));
    }
}

#[test]
fn retry_after_is_the_time_to_the_first_reset_rounded_up() {
    let body = retry(2, r#"interval="0""#, "context.Response.StatusCode == 429");
    let mut rig = Rig::new(by_priority(2, &to_pool(&body)));
    rig.start(0);
    rig.throttle(0, "9");
    rig.throttle(0, "5");
    rig.wait(crate::units::Duration::from_millis(1_500));
    assert_eq!(rig.start(1), "respond 503 gateway; answered");
    // 5 s less 1.5 s are 3.5 s.
    assert_eq!(rig.header(1, "Retry-After").as_deref(), Some("4"));
    assert!(rig.told().starts_with("exhausted 503 for 3s500ms"), "{}", rig.told());
}

#[test]
fn failure_status_of_pool_and_rule_replaces_503() {
    let mut setup = by_priority(1, &to_pool("<forward-request />"));
    setup.pools[0].failure_status = Some(code(429));
    let mut rig = Rig::new(setup);
    rig.start(0);
    rig.status(0, 429);
    assert_eq!(rig.start(1), "respond 429 gateway; answered");
    let mut own = rule();
    own.failure_status = Some(code(502));
    let single = policy(r#"<set-backend-service backend-id="b0" />"#, "<base />", "", "");
    let mut rig = Rig::new(by_priority(1, &single).with_rule(&own));
    rig.start(0);
    rig.status(0, 429);
    assert_eq!(rig.start(1), "respond 502 gateway; answered");
}

#[test]
fn waiting_retries_reach_the_pool_again_after_a_reset() {
    let body = retry(3, r#"interval="30""#, "context.Response.StatusCode == 503");
    let mut rig = Rig::new(by_priority(1, &to_pool(&body)));
    rig.start(0);
    rig.status(0, 429);
    assert_eq!(rig.start(1), "sleep until 30s");
    rig.wait(seconds(30));
    assert_eq!(rig.give(1, &crate::gateway::Input::Wake), "sleep until 1m");
    rig.wait(seconds(30));
    assert_eq!(rig.give(1, &crate::gateway::Input::Wake), "forward 1 b0");
}
