//! retry: how often, after how long, and what it sees.

use super::driver::{Rig, by_priority, compile, policy, retry, retry_429, seconds, to_pool};
use crate::gateway::{Input, retry_waits};
use crate::policy::Op;
use crate::semantics::Semantics;
use crate::units::{AttemptNumber, Duration};

const NEVER_TRIPS: u16 = 404;

#[test]
fn attempts_are_one_more_than_the_count() {
    for count in [1, 2, 7, 50] {
        let body = retry(count, r#"interval="0""#, "context.Response.StatusCode == 404");
        let mut rig = Rig::new(by_priority(1, &to_pool(&body)));
        assert_eq!(rig.start(0), "forward 1 b0");
        for retry in 1..=count {
            let next = retry + 1;
            assert_eq!(rig.status(0, NEVER_TRIPS), format!("abort {retry}; forward {next} b0"));
        }
        assert_eq!(rig.status(0, NEVER_TRIPS), format!("respond 404 b0#{}", count + 1));
        assert_eq!(rig.exchange(0).attempts(), count + 1);
    }
}

#[test]
fn a_false_condition_ends_the_retry() {
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry_429(50))));
    rig.start(0);
    assert_eq!(rig.status(0, 429), "abort 1; forward 2 b1");
    assert_eq!(rig.status(0, 200), "respond 200 b1#2");
    assert_eq!(rig.header(0, "x-outbound").as_deref(), Some("yes"));
}

#[test]
fn nested_retries_multiply() {
    // (2 + 1) rounds of (1 + 1) attempts each.
    let inner = r#"<retry count="1" interval="0" condition="true"><forward-request /></retry>"#;
    let outer = format!(r#"<retry count="2" interval="0" condition="true">{inner}</retry>"#);
    let mut rig = Rig::new(by_priority(1, &to_pool(&outer)).with("policy.unbuffered_retry_body", "resent"));
    let mut last = rig.start(0);
    let mut forwards = 0;
    while last.contains("forward") {
        forwards += 1;
        last = rig.status(0, NEVER_TRIPS);
    }
    assert_eq!(forwards, 6);
    assert_eq!(last, "respond 404 b0#6");
}

#[test]
fn an_inner_error_goes_to_the_outer_retry() {
    let inner = r#"<retry count="1" interval="0" condition="@(context.Response == null)"><forward-request /></retry>"#;
    let outer =
        format!(r#"<retry count="1" interval="3" condition="@(context.Response == null)">{inner}</retry>"#);
    let mut rig = Rig::new(by_priority(1, &to_pool(&outer)).with("policy.unbuffered_retry_body", "resent"));
    rig.start(0);
    assert_eq!(rig.no_connection(0), "forward 2 b0");
    assert_eq!(rig.no_connection(0), "sleep until 3s");
    rig.wait(seconds(3));
    assert_eq!(rig.give(0, &Input::Wake), "forward 3 b0");
    assert_eq!(rig.no_connection(0), "forward 4 b0");
    assert_eq!(rig.no_connection(0), "respond 500 gateway; answered");
    assert_eq!(rig.told(), "forward-request failed: BackendConnectionFailure");
}

#[test]
fn waits_are_slept_and_early_wake_ups_ignored() {
    let body = retry(2, r#"interval="10" delta="5""#, "context.Response.StatusCode == 404");
    let mut rig = Rig::new(by_priority(1, &to_pool(&body)));
    rig.start(0);
    // Linear: 10 s, then 10 + 5.
    assert_eq!(rig.status(0, NEVER_TRIPS), "sleep until 10s");
    assert_eq!(rig.give(0, &Input::Wake), "ignored");
    rig.wait(seconds(10).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(rig.give(0, &Input::Wake), "ignored");
    assert_eq!(rig.header_timeout(0), "ignored");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(rig.give(0, &Input::Wake), "abort 1; forward 2 b0");
    assert_eq!(rig.status(0, NEVER_TRIPS), "sleep until 25s");
    // Late is fine.
    rig.wait(seconds(100));
    assert_eq!(rig.give(0, &Input::Wake), "abort 2; forward 3 b0");
    assert_eq!(rig.give(0, &Input::Wake), "ignored");
    assert_eq!(rig.status(0, NEVER_TRIPS), "respond 404 b0#3");
}

#[test]
fn a_body_that_ended_during_the_wait_needs_no_abort() {
    let body = retry(1, r#"interval="10""#, "context.Response.StatusCode == 404");
    for (failed, ended) in [(false, true), (true, true), (false, false)] {
        let mut rig = Rig::new(by_priority(1, &to_pool(&body)));
        rig.start(0);
        rig.status(0, NEVER_TRIPS);
        if ended {
            let told = if failed { rig.body_failed(0) } else { rig.body_end(0) };
            assert_eq!(told, "");
            assert_eq!(rig.body_end(0), "ignored", "once is enough");
        }
        rig.wait(seconds(10));
        let expected = if ended { "forward 2 b0" } else { "abort 1; forward 2 b0" };
        assert_eq!(rig.give(0, &Input::Wake), expected);
        // The body of attempt 2 is a new one.
        assert_eq!(rig.status(0, 200), "respond 200 b0#2");
        assert_eq!(rig.body_end(0), "answered");
    }
}

#[test]
fn a_request_without_a_body_has_none_to_lose() {
    let body = r#"<retry count="1" interval="0" condition="true"><forward-request /></retry>"#;
    let mut rig = Rig::new(by_priority(1, &to_pool(body)));
    let mut head = super::driver::head(0);
    head.body = crate::policy::Body::Absent;
    assert_eq!(rig.start_with(0, &head), "forward 1 b0 without body");
    assert_eq!(rig.status(0, 404), "abort 1; forward 2 b0 without body");
}

#[test]
fn an_unbuffered_body_is_used_up_by_the_first_attempt() {
    let body = |buffer: &str| {
        format!(r#"<retry count="2" interval="0" condition="true"><forward-request {buffer} /></retry>"#)
    };
    let unbuffered = to_pool(&body(""));
    for (reading, second) in [
        ("empty", "forward 2 b0 lost 400"),
        ("error_500", "forward 2 b0 lost 500"),
        ("resent", "forward 2 b0"),
    ] {
        let setup = by_priority(1, &unbuffered).with("policy.unbuffered_retry_body", reading);
        let mut rig = Rig::new(setup);
        assert_eq!(rig.start(0), "forward 1 b0");
        assert_eq!(rig.status(0, 404), format!("abort 1; {second}"));
    }
    let buffered = to_pool(&body(r#"buffer-request-body="true""#));
    let mut rig = Rig::new(by_priority(1, &buffered));
    rig.start(0);
    assert_eq!(rig.status(0, 404), "abort 1; forward 2 b0");
}

#[test]
fn a_selection_that_finds_nothing_does_not_use_the_body() {
    let body = r#"<retry count="1" interval="60" condition="@(context.Response.StatusCode == 503)"><forward-request /></retry>"#;
    let mut rig = Rig::new(by_priority(1, &to_pool(body)));
    rig.start(0);
    rig.status(0, 429);
    assert_eq!(rig.start(1), "sleep until 1m");
    rig.wait(seconds(60));
    assert_eq!(rig.give(1, &Input::Wake), "forward 1 b0");
    assert_eq!(rig.attempt(1), AttemptNumber(1));
}

#[test]
fn variables_live_through_the_rounds() {
    let inbound = r#"<set-variable name="n" value="@(0)" /><set-backend-service backend-id="p" />"#;
    let body = r#"<retry count="50" interval="0" condition='@((int)context.Variables["n"] < 4)'>
        <set-variable name="n" value='@((int)context.Variables["n"] + 1)' />
        <forward-request buffer-request-body="true" /></retry>"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, body, "", "")));
    rig.start(0);
    for attempt in 2..=4 {
        assert_eq!(rig.status(0, 200), format!("abort {}; forward {attempt} b0", attempt - 1));
    }
    assert_eq!(rig.status(0, 200), "respond 200 b0#4");
}

#[test]
fn return_response_inside_a_retry_ends_everything() {
    let body = r#"<retry count="9" interval="0" condition="true"><forward-request />
        <return-response><set-status code="418" reason="Teapot" /></return-response></retry>"#;
    let mut rig = Rig::new(by_priority(1, &to_pool(body)));
    rig.start(0);
    assert_eq!(rig.status(0, 200), "abort 1; respond 418 gateway; answered");
    assert_eq!(rig.header(0, "x-outbound"), None);
}

#[test]
fn the_bounds_of_waits_are_those_of_their_random_part() {
    let attributes = r#"interval="10" delta="10" max-interval="100""#;
    let program = compile(&to_pool(&retry(4, attributes, "true")));
    let waits = program.ops.iter().find_map(|op| match op {
        Op::Retry(retry) => retry_waits(retry, &Semantics::default()),
        _ => None,
    });
    let waits = waits.unwrap();
    let bounds: Vec<(u64, u64)> =
        waits.iter().map(|wait| (wait.least.as_secs_ceil(), wait.most.as_secs_ceil())).collect();
    assert_eq!(bounds, [(10, 10), (18, 22), (34, 46), (66, 94)]);
}
