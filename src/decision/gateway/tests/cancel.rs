//! The client goes away: in every phase, once, and with nothing left behind.

use super::driver::{Rig, Setup, by_priority, policy, seconds};
use crate::gateway::{BreakerState, Ending, Input, Phase};
use crate::units::BackendId;

/// Brings a rig one step further.
type Step = fn(&mut Rig) -> String;

fn setup() -> Setup {
    let inbound = r#"<authentication-managed-identity resource="r" output-token-variable-name="t" />
        <set-backend-service backend-id="p" />"#;
    let body = r#"<retry count="5" interval="10" condition="@(context.Response.StatusCode == 404)">
        <forward-request buffer-request-body="true" /></retry>"#;
    by_priority(1, &policy(inbound, body, "", ""))
}

#[test]
fn cancel_works_in_every_phase() {
    let steps: [Step; 4] = [
        |r| r.start(0),
        |r| r.token(0, 9),
        |r| r.status(0, 404),
        |r| {
            r.wait(seconds(10));
            r.give(0, &Input::Wake);
            r.status(0, 200)
        },
    ];
    for (phase, done, expected) in [
        ("awaiting the token", 1, "cancelled"),
        ("awaiting headers", 2, "abort 1; cancelled"),
        ("sleeping, with a body under way", 3, "abort 1; cancelled"),
        ("relaying", 4, "abort 2; cancelled"),
    ] {
        let mut rig = Rig::new(setup());
        for step in &steps[..done] {
            step(&mut rig);
        }
        assert_eq!(rig.give(0, &Input::ClientCancel), expected, "{phase}");
        assert_eq!(rig.exchange(0).phase(), &Phase::Done(Ending::Cancelled));
        assert_eq!(rig.exchange(0).wake_up(), None);
        rig.wait(seconds(1_000));
        assert_eq!(rig.give(0, &Input::ClientCancel), "ignored", "{phase}");
        assert_eq!(rig.token(0, 2_000), "ignored", "{phase}");
        assert_eq!(rig.status(0, 200), "ignored", "{phase}");
        assert_eq!(rig.body_end(0), "ignored", "{phase}");
        assert_eq!(rig.body_failed(0), "ignored", "{phase}");
        assert_eq!(rig.give(0, &Input::Wake), "ignored", "{phase}");
        assert_eq!(rig.header_timeout(0), "ignored", "{phase}");
        assert_eq!(rig.no_connection(0), "ignored", "{phase}");
    }
}

#[test]
fn cancel_before_the_start_and_after_the_end_is_ignored() {
    let mut rig = Rig::new(setup());
    assert_eq!(rig.give(0, &Input::ClientCancel), "ignored");
    rig.start(0);
    rig.token(0, 9);
    rig.status(0, 200);
    assert_eq!(rig.body_end(0), "answered");
    assert_eq!(rig.give(0, &Input::ClientCancel), "ignored");
}

#[test]
fn a_cancelled_sleep_whose_body_has_ended_aborts_nothing() {
    let mut rig = Rig::new(setup());
    rig.start(0);
    rig.token(0, 9);
    rig.status(0, 404);
    rig.body_end(0);
    assert_eq!(rig.give(0, &Input::ClientCancel), "cancelled");
}

#[test]
fn a_cancelled_exchange_can_be_used_again() {
    let mut rig = Rig::new(setup());
    rig.start(0);
    rig.token(0, 1_000);
    rig.status(0, 404);
    rig.give(0, &Input::ClientCancel);
    rig.start(1);
    let fresh = rig.exchange(1).clone();
    let mut again = rig.clone();
    assert_eq!(again.start(0), "forward 1 b0");
    // Nothing of the old life shows: a used place and a new one differ in the number of the request only.
    let mut used = again.exchange(0).clone();
    used.id = fresh.id;
    assert_eq!(used, fresh);
}

#[test]
fn a_probe_that_is_given_up_lets_the_next_one_go() {
    let probing = || {
        let body = r#"<forward-request timeout="2" />"#;
        let inbound = r#"<set-backend-service backend-id="p" />"#;
        let setup = by_priority(1, &policy(inbound, body, "", "")).with("breaker.half_open", "one_probe");
        let mut rig = Rig::new(setup);
        rig.start(0);
        rig.status(0, 429);
        rig.wait(seconds(60));
        assert_eq!(rig.start(1), "forward 1 b0");
        assert_eq!(rig.gateway.breaker(BackendId(0)), BreakerState::Probing { under_way: true });
        assert_eq!(rig.start(2), "respond 503 gateway; answered", "one probe at a time");
        rig
    };
    let given_up: [Step; 3] = [
        |r| r.give(1, &Input::ClientCancel),
        |r| r.no_connection(1),
        |r| {
            r.wait(seconds(2));
            r.header_timeout(1)
        },
    ];
    for step in given_up {
        let mut rig = probing();
        step(&mut rig);
        assert_eq!(rig.gateway.breaker(BackendId(0)), BreakerState::Probing { under_way: false });
        assert_eq!(rig.start(3), "forward 1 b0");
        rig.status(3, 200);
        assert_eq!(rig.gateway.breaker(BackendId(0)), BreakerState::Closed);
    }
    let mut rig = probing();
    rig.status(1, 500);
    assert_eq!(rig.tripped_until_s(0), Some(120));
}
