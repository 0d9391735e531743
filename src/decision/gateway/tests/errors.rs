//! Errors on their way: null responses, on-error, plain 500s.

use super::driver::{Rig, by_priority, policy, retry, retry_429, seconds, to_pool};
use crate::gateway::WakeReason;
use crate::units::Duration;

#[test]
fn overdue_headers_end_in_500_and_do_not_trip() {
    let mut rig = Rig::new(by_priority(1, &to_pool(r#"<forward-request timeout="2" />"#)));
    rig.start(0);
    let (deadline, reason) = rig.exchange(0).wake_up().unwrap();
    assert_eq!((deadline.as_nanos(), reason), (2_000_000_000, WakeReason::HeaderDeadline));
    rig.wait(seconds(2).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(rig.header_timeout(0), "ignored", "too early");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(rig.header_timeout(0), "abort 1; respond 500 gateway; answered");
    assert_eq!(rig.told(), "forward-request failed: Timeout");
    assert_eq!(rig.header(0, "x-outbound"), None);
    assert_eq!(rig.tripped_until_s(0), None);
    assert_eq!(rig.status(0, 200), "ignored", "too late");
}

#[test]
fn a_lost_connection_ends_in_500_and_does_not_trip() {
    let mut rig = Rig::new(by_priority(1, &to_pool("<forward-request />")));
    rig.start(0);
    assert_eq!(rig.no_connection(0), "respond 500 gateway; answered");
    assert_eq!(rig.told(), "forward-request failed: BackendConnectionFailure");
    assert_eq!(rig.tripped_until_s(0), None);
    assert_eq!(rig.start(1), "forward 1 b0");
}

#[test]
fn a_header_set_in_on_error_does_not_make_the_answer_a_success() {
    // The error decides the status (500), whatever on-error adds to the answer.
    let on_error = r#"<set-header name="x-reason"><value>@(context.LastError.Reason)</value></set-header>"#;
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", "", on_error)));
    rig.start(0);
    assert_eq!(rig.no_connection(0), "respond 500 gateway; answered");
    assert_eq!(rig.header(0, "x-reason").as_deref(), Some("BackendConnectionFailure"));
}

#[test]
fn a_condition_that_reads_a_null_response_fails() {
    // The timeout itself is forgotten: what on-error hears of is the condition.
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry_429(2))));
    rig.start(0);
    rig.wait(seconds(2));
    assert_eq!(rig.header_timeout(0), "abort 1; respond 500 gateway; answered");
    assert_eq!(rig.told(), "retry failed: ExpressionValueEvaluationFailure");
}

#[test]
fn a_guarded_condition_retries_after_a_timeout() {
    let guarded = "context.Response == null || context.Response.StatusCode == 429";
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry(1, r#"interval="0""#, guarded))));
    rig.start(0);
    rig.wait(seconds(2));
    // No trip, so the retry goes to the same backend again.
    assert_eq!(rig.header_timeout(0), "abort 1; forward 2 b0");
    assert_eq!(rig.no_connection(0), "respond 500 gateway; answered");
}

#[test]
fn an_error_inside_on_error_is_a_plain_500() {
    let on_error = r#"<choose><when condition="@(context.Response.StatusCode == 503)">
        <return-response><set-status code="503" reason="Service Unavailable" /></return-response>
        </when></choose><set-header name="x-after"><value>1</value></set-header>"#;
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", "", on_error)));
    rig.start(0);
    assert_eq!(rig.no_connection(0), "respond 500 gateway; answered");
    assert_eq!(
        rig.told(),
        "forward-request failed: BackendConnectionFailure; when failed: ExpressionValueEvaluationFailure"
    );
    assert_eq!(rig.header(0, "x-after"), None);
}

#[test]
fn error_statuses_raise_only_where_the_policy_says_so() {
    for (flag, status, mark) in [
        ("true", 500, "x-on-error"),
        ("true", 400, "x-on-error"),
        ("true", 399, "x-outbound"),
        ("false", 500, "x-outbound"),
    ] {
        let forward = format!(r#"<forward-request fail-on-error-status-code="{flag}" />"#);
        let mut rig = Rig::new(by_priority(1, &to_pool(&forward)));
        rig.start(0);
        // The backend's response is kept either way.
        assert_eq!(rig.status(0, status), format!("respond {status} b0#1"));
        assert!(rig.header(0, mark).is_some(), "{flag} {status}");
        assert_eq!(rig.body_end(0), "answered");
    }
}

#[test]
fn a_retry_sees_the_response_that_raised() {
    let body = r#"<retry count="1" interval="0" condition="@(context.Response.StatusCode == 500)">
        <forward-request buffer-request-body="true" fail-on-error-status-code="true" /></retry>"#;
    let mut rig = Rig::new(by_priority(2, &to_pool(body)));
    rig.start(0);
    assert_eq!(rig.status(0, 500), "abort 1; forward 2 b1");
    assert_eq!(rig.status(0, 500), "respond 500 b1#2");
    assert_eq!(rig.header(0, "x-on-error").as_deref(), Some("BackendErrorStatusCode"));
}

#[test]
fn the_error_names_its_place() {
    let body = r#"<retry count="1" interval="0" condition="@(false)"><forward-request id="main" /></retry>"#;
    let on_error = r#"<return-response><set-status code="502" reason="x" /><set-header name="where">
        <value>@(context.LastError.Source + " " + context.LastError.Section + " " + context.LastError.Path
        + " " + context.LastError.PolicyId)</value></set-header></return-response>"#;
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, body, "", on_error)));
    rig.start(0);
    rig.no_connection(0);
    assert_eq!(
        rig.header(0, "where").as_deref(),
        Some("forward-request backend retry[1]/forward-request[1] main")
    );
}

#[test]
fn an_error_in_outbound_drops_the_answer() {
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let outbound = r#"<set-header name="x"><value>@((string)context.Variables["none"])</value></set-header>"#;
    let on_error = r#"<return-response><set-status code="502" reason="Bad" /></return-response>"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", outbound, on_error)));
    rig.start(0);
    assert_eq!(rig.status(0, 200), "abort 1; respond 502 gateway; answered");
}

#[test]
fn a_body_that_breaks_off_is_the_clients_problem_only() {
    let mut rig = Rig::new(by_priority(1, &to_pool(&retry_429(2))));
    rig.start(0);
    assert_eq!(rig.status(0, 200), "respond 200 b0#1");
    assert_eq!(rig.body_failed(0), "broken off");
    assert_eq!(rig.told(), "");
    assert_eq!(rig.tripped_until_s(0), None, "the breaker hears of heads only");
    assert_eq!(rig.body_end(0), "ignored");
}

#[test]
fn a_body_may_end_before_the_head_goes_out() {
    // A policy in outbound that waits for a token holds the head back.
    let inbound = r#"<set-backend-service backend-id="p" />"#;
    let outbound = r#"<authentication-managed-identity resource="r" output-token-variable-name="t" />"#;
    for (fails, expected) in [(false, "respond 200 b0#1; answered"), (true, "respond 200 b0#1; broken off")] {
        let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", outbound, "")));
        rig.start(0);
        assert_eq!(rig.status(0, 200), "token");
        let told = if fails { rig.body_failed(0) } else { rig.body_end(0) };
        assert_eq!(told, "");
        assert_eq!(rig.token(0, 100), expected);
    }
}
