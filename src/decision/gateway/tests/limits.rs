//! limit-concurrency, rate-limit and quota: who is let in, what the others are told, and when it ends.

use std::sync::Arc;

use super::driver::{Rig, by_priority, code, head, policy, seconds};
use crate::gateway::{Input, RequestHead};
use crate::policy::Facts;
use crate::units::Duration;

const REFUSED: &str = "respond 429 gateway; answered";

fn inbound(limit: &str) -> Rig {
    let inbound = format!(r#"{limit}<set-backend-service backend-id="p" />"#);
    Rig::new(by_priority(1, &policy(&inbound, "<base />", "", "")))
}

fn backend(text: &str) -> Rig {
    Rig::new(by_priority(1, &policy(r#"<set-backend-service backend-id="p" />"#, text, "", "")))
}

fn just_before(rig: &mut Rig, wait_s: u64) {
    rig.wait(seconds(wait_s).saturating_sub(Duration::from_nanos(1)));
}

fn from(id: usize, facts: Facts) -> RequestHead {
    RequestHead { facts: Some(Arc::new(facts)), ..head(id) }
}

#[test]
fn one_more_than_the_limit_is_refused_until_one_leaves() {
    let one =
        r#"<limit-concurrency key="k" max-count="1"><forward-request timeout="2" /></limit-concurrency>"#;
    let mut rig = backend(one);
    assert_eq!(rig.start(0), "forward 1 b0");
    assert_eq!(rig.start(1), REFUSED);
    assert_eq!(rig.told(), "limit-concurrency failed: ConcurrencyLimitExceeded");
    assert_eq!(rig.status(0, 200), "respond 200 b0#1", "the children end with the head");
    assert_eq!(rig.start(2), "forward 1 b0");
    rig.wait(seconds(2));
    assert_eq!(rig.header_timeout(2), "abort 1; respond 500 gateway; answered");
    assert_eq!(rig.start(3), "forward 1 b0", "an error leaves too");
    rig.give(3, &Input::ClientCancel);
    assert_eq!(rig.start(4), "forward 1 b0", "so does a client that goes away");
    assert_eq!(rig.gateway.state().limits.inside(), 1);
}

#[test]
fn one_that_leaves_makes_room_for_one() {
    let two = r#"<limit-concurrency key="k" max-count="2"><forward-request /></limit-concurrency>"#;
    let mut rig = backend(two);
    assert_eq!([rig.start(0), rig.start(1), rig.start(2)], ["forward 1 b0", "forward 1 b0", REFUSED]);
    rig.status(0, 200);
    assert_eq!([rig.start(3), rig.start(4)], ["forward 1 b0", REFUSED]);
}

#[test]
fn a_response_from_inside_leaves_the_limit() {
    let mut rig =
        backend(r#"<limit-concurrency key="k" max-count="1"><return-response /></limit-concurrency>"#);
    assert_eq!(rig.start(0), "respond 200 gateway; answered");
    assert_eq!(rig.start(1), "respond 200 gateway; answered");
    assert_eq!(rig.gateway.state().limits.inside(), 0);
}

#[test]
fn a_retry_outside_tries_again_and_one_inside_keeps_the_place() {
    let mut outside = backend(
        r#"<retry count="1" interval="5" condition="@(context.Response.StatusCode == 429)">
        <limit-concurrency key="k" max-count="1"><forward-request /></limit-concurrency></retry>"#,
    );
    outside.start(0);
    assert_eq!(outside.start(1), "sleep until 5s");
    outside.status(0, 200);
    outside.wait(seconds(5));
    assert_eq!(outside.give(1, &Input::Wake), "forward 1 b0");

    let mut inside = backend(
        r#"<limit-concurrency key="k" max-count="1">
        <retry count="1" interval="5" condition="@(context.Response.StatusCode == 503)">
        <forward-request buffer-request-body="true" /></retry></limit-concurrency>"#,
    );
    inside.start(0);
    assert_eq!(inside.status(0, 503), "sleep until 5s");
    assert_eq!(inside.start(1), REFUSED);
}

#[test]
fn keys_are_counted_apart() {
    let mut rig = backend(
        r#"<limit-concurrency key='@(context.Request.Headers.GetValueOrDefault("who", "none"))' max-count="1">
        <forward-request /></limit-concurrency>"#,
    );
    rig.start(0);
    let mut other = head(1);
    other.headers = None;
    assert_eq!(rig.start_with(1, &other), REFUSED, "the same key");
    let header =
        crate::policy::Header { name: "who".into(), value: crate::policy::HeaderValue::Text("me".into()) };
    other.headers = Some(Arc::from([header]));
    assert_eq!(rig.start_with(1, &other), "forward 1 b0");
}

#[test]
fn a_rate_slides_and_says_how_long_to_wait() {
    let mut rig = inbound(
        r#"<rate-limit calls="2" renewal-period="60" remaining-calls-header-name="x-left" total-calls-header-name="x-all" />"#,
    );
    rig.start(0);
    rig.wait(seconds(10));
    rig.start(1);
    assert_eq!(rig.start(2), REFUSED);
    assert_eq!(rig.told(), "rate-limit failed: RateLimitExceeded");
    assert_eq!(rig.header(2, "Retry-After").as_deref(), Some("50"));
    assert_eq!(
        (rig.header(2, "x-left").as_deref(), rig.header(2, "x-all").as_deref()),
        (Some("0"), Some("2"))
    );
    just_before(&mut rig, 50);
    assert_eq!(rig.start(3), REFUSED);
    assert_eq!(rig.header(3, "Retry-After").as_deref(), Some("1"), "rounded up");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(rig.start(4), "forward 1 b0", "the first call is exactly one period old");
    rig.status(4, 200);
    assert_eq!(rig.header(4, "x-left").as_deref(), Some("0"));
}

#[test]
fn a_rate_belongs_to_the_subscription() {
    let mut rig = inbound(r#"<rate-limit calls="1" renewal-period="60" />"#);
    rig.start(0);
    assert_eq!(rig.start(1), REFUSED);
    let mut facts = Facts::default();
    facts.subscription.as_mut().unwrap().id = "other".into();
    assert_eq!(rig.start_with(2, &from(2, facts.clone())), "forward 1 b0");
    facts.subscription = None;
    for id in 3..6 {
        assert_eq!(rig.start_with(id, &from(id, facts.clone())), "forward 1 b0", "no key, no limit");
    }
}

#[test]
fn a_single_api_or_operation_has_a_limit_of_its_own() {
    let mut rig = inbound(
        r#"<rate-limit calls="100" renewal-period="60"><api id="AZURE-openai" calls="3" renewal-period="60">
        <operation name="Create a chat completion" calls="1" renewal-period="30" /></api>
        <api name="another" calls="1" renewal-period="60" /></rate-limit>"#,
    );
    rig.start(0);
    assert_eq!(rig.start(1), REFUSED);
    assert_eq!(rig.header(1, "Retry-After").as_deref(), Some("30"));
    let mut facts = Facts::default();
    facts.operation.name = "Embed".into();
    for id in 2..4 {
        assert_eq!(rig.start_with(id, &from(id, facts.clone())), "forward 1 b0");
    }
    assert_eq!(rig.start_with(4, &from(4, facts)), REFUSED, "three calls of the API");
}

#[test]
fn a_condition_counts_after_the_response() {
    let mut rig = inbound(
        r#"<rate-limit-by-key calls="3" renewal-period="60" counter-key="k" increment-count="2"
        increment-condition="@(context.Response.StatusCode == 200)" />"#,
    );
    for id in 0..3 {
        assert_eq!(rig.start(id), "forward 1 b0", "nothing is counted yet");
    }
    rig.status(0, 404);
    rig.wait(seconds(1));
    rig.status(1, 200);
    assert_eq!(rig.start(3), "forward 1 b0", "2 of 3");
    rig.wait(seconds(1));
    rig.status(2, 200);
    assert_eq!(rig.start(4), REFUSED, "4 of 3");
    assert_eq!(rig.header(4, "Retry-After").as_deref(), Some("59"), "until the first two leave");
}

#[test]
fn several_policies_share_the_counter_of_a_key() {
    let mut rig = inbound(
        r#"<rate-limit-by-key calls="3" renewal-period="60" counter-key="k" />
        <rate-limit-by-key calls="3" renewal-period="60" counter-key="k" remaining-calls-variable-name="left" />
        <set-header name="x-left"><value>@(context.Variables.GetValueOrDefault<int>("left").ToString())</value></set-header>"#,
    );
    assert_eq!(rig.start(0), "forward 1 b0");
    assert_eq!(rig.sent_header(0, "x-left").as_deref(), Some("1"));
    assert_eq!(rig.start(1), REFUSED, "the third is free, the fourth is not");
}

#[test]
fn a_quota_renews_with_its_window() {
    let mut rig = inbound(r#"<quota-by-key calls="2" renewal-period="300" counter-key="k" />"#);
    rig.wait(seconds(200));
    rig.start(0);
    rig.start(1);
    assert_eq!(rig.start(2), "respond 403 gateway; answered");
    assert_eq!(rig.told(), "quota-by-key failed: QuotaExceeded");
    assert_eq!(rig.header(2, "Retry-After").as_deref(), Some("100"));
    let message = rig.exchange(2).last_error.as_ref().unwrap().message.clone();
    assert_eq!(message.as_str(), "Out of call volume quota. Quota will be replenished in 00:01:40.");
    just_before(&mut rig, 100);
    assert_eq!(rig.start(3), "respond 403 gateway; answered");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(rig.start(4), "forward 1 b0");
}

#[test]
fn a_quota_without_period_never_renews() {
    let mut rig = inbound(r#"<quota calls="1" renewal-period="0" />"#);
    rig.start(0);
    rig.wait(seconds(100_000_000));
    assert_eq!(rig.start(1), "respond 403 gateway; answered");
    assert_eq!(rig.header(1, "Retry-After"), None);
    assert_eq!(rig.exchange(1).response().unwrap().status, code(403));
}

#[test]
fn bandwidth_counts_bodies_known_by_text() {
    let long = "x".repeat(1024);
    let inbound = r#"<quota-by-key bandwidth="1" renewal-period="300" counter-key="k" />"#;
    let answer = format!("{inbound}<return-response><set-body>{long}</set-body></return-response>");
    let mut rig = Rig::new(by_priority(1, &policy(&answer, "<base />", "", "")));
    assert_eq!(rig.start(0), "respond 200 gateway; answered");
    assert_eq!(rig.start(1), "respond 403 gateway; answered", "one kilobyte is used up");
}
