//! send-request, send-one-way-request and wait.

use super::driver::{Rig, by_priority, policy, response, seconds};
use crate::gateway::{Action, Input, SideAnswer, SideCall, SideRequest};
use crate::policy::{Body, LastError};
use crate::units::{Duration, Timestamp};

/// A send-request to `https://NAME.example` with this result variable.
fn send(name: &str, attributes: &str, children: &str) -> String {
    format!(
        r#"<send-request mode="new" response-variable-name="{name}" {attributes}>
        <set-url>https://{name}.example</set-url><set-method>GET</set-method>{children}</send-request>"#
    )
}

/// Says which of the variables a and b are there, and what they hold.
const SHOW: &str = r#"<set-header name="x-seen"><value>@((context.Variables.ContainsKey("a") ? "a=" + ((IResponse)context.Variables["a"])?.StatusCode : "") + (context.Variables.ContainsKey("b") ? "b=" + ((IResponse)context.Variables["b"])?.StatusCode : ""))</value></set-header>"#;

fn rig(inbound: &str) -> Rig {
    let inbound = format!(r#"{inbound}{SHOW}<set-backend-service backend-id="p" />"#);
    let on_error = r#"<return-response><set-status code="418" reason="@(context.LastError.Reason)" /></return-response>"#;
    Rig::new(by_priority(1, &policy(&inbound, "<base />", "", on_error)))
}

fn ok(status: u16) -> SideAnswer {
    SideAnswer::Response(response(status, &[]))
}

fn seen(rig: &Rig) -> String {
    rig.sent_header(0, "x-seen").unwrap()
}

fn sent(rig: &Rig) -> SideRequest {
    rig.actions
        .iter()
        .find_map(|action| match action {
            Action::SideCall { call: SideCall::Request(request), .. } => Some((**request).clone()),
            _ => None,
        })
        .unwrap()
}

#[test]
fn a_response_goes_into_the_variable() {
    let mut rig = rig(&send("a", "", ""));
    assert_eq!(rig.start(0), "call 1 GET https://a.example");
    assert_eq!(rig.side_answer(0, 2, ok(200)), "ignored");
    assert_eq!(rig.side_answer(0, 1, ok(204)), "forward 1 b0");
    assert_eq!(seen(&rig), "a=204");
    assert_eq!(rig.side_answer(0, 1, ok(204)), "ignored");
}

#[test]
fn without_an_answer_there_is_an_error_or_null() {
    let mut strict = rig(&send("a", "timeout='5'", ""));
    strict.start(0);
    assert_eq!(strict.side_answer(0, 1, SideAnswer::Failed), "respond 418 gateway; answered");
    assert_eq!(
        strict.told(),
        "https://a.example gave no answer: BackendConnectionFailure; send-request failed: BackendConnectionFailure"
    );
    strict.start(0);
    strict.wait(seconds(5).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(strict.give(0, &Input::Wake), "ignored");
    strict.wait(Duration::from_nanos(1));
    assert_eq!(strict.give(0, &Input::Wake), "respond 418 gateway; answered");
    let error: &LastError = strict.exchange(0).last_error.as_deref().unwrap();
    assert_eq!((error.reason.as_str(), error.path.as_str()), ("Timeout", "send-request[1]"));
    assert_eq!(error.message.as_str(), "no response in time");

    let mut lax = rig(&send("a", "ignore-error='true'", ""));
    lax.start(0);
    assert_eq!(lax.side_answer(0, 1, SideAnswer::Failed), "forward 1 b0");
    assert_eq!(seen(&lax), "a=", "set, and null");
    lax.start(0);
    let due = Timestamp::ZERO.saturating_add(seconds(60));
    assert_eq!(lax.exchange(0).wake_up().map(|(at, _)| at), Some(due));
    lax.wait(seconds(60));
    assert_eq!(lax.side_answer(0, 1, ok(200)), "forward 1 b0", "an answer at the deadline counts");
}

#[test]
fn a_request_is_new_or_a_copy() {
    let shape = r#"<set-header name="x-twice" exists-action="skip"><value>3</value></set-header>
        <set-header name="x-new"><value>1</value></set-header>
        <authentication-basic username="Aladdin" password="open sesame" />"#;
    let mut new = rig(&send("a", "", &format!("<set-body>hello</set-body>{shape}")));
    new.start(0);
    let request = sent(&new);
    assert_eq!(request.body, Body::Text("hello".into()));
    assert_eq!(request.headers.joined("x-twice").unwrap().as_str(), "3");
    // The example of RFC 7617.
    let authorization = request.headers.joined("authorization").unwrap();
    assert_eq!(authorization.as_str(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(request.headers.joined("api-key"), None);

    let mut copy =
        rig(&format!(r#"<send-request mode="copy" response-variable-name="a">{shape}</send-request>"#));
    copy.start(0);
    let request = sent(&copy);
    assert_eq!((request.method.as_str(), &request.body), ("POST", &Body::Opaque));
    assert_eq!(request.url.as_str(), "/deployments/gpt/chat/completions");
    assert_eq!(request.headers.joined("x-twice").unwrap().as_str(), "1,2");
    assert_eq!(copy.sent_header(0, "x-new"), None, "the request itself stays as it is");
}

#[test]
fn a_request_may_go_without_the_token_of_its_identity() {
    let lax = r#"<authentication-managed-identity resource="r" ignore-error="true" />"#;
    let mut without = rig(&send("a", "timeout='5'", lax));
    assert_eq!(without.start(0), "token");
    assert_eq!(without.side_answer(0, 1, SideAnswer::Failed), "call 2 GET https://a.example");
    assert_eq!(sent(&without).headers.joined("Authorization"), None);
    assert_eq!(without.side_answer(0, 2, ok(200)), "forward 1 b0");
    let strict = lax.replace("true", "false");
    let mut refused = rig(&send("a", "timeout='5'", &strict));
    refused.start(0);
    assert_eq!(refused.side_answer(0, 1, SideAnswer::Failed), "respond 418 gateway; answered");
}

#[test]
fn nobody_waits_for_a_one_way_request() {
    let mut rig = rig(
        "<send-one-way-request><set-url>https://log.example</set-url><set-method>PUT</set-method></send-one-way-request>",
    );
    assert_eq!(rig.start(0), "call 1 PUT https://log.example; forward 1 b0");
    assert_eq!(rig.side_answer(0, 1, SideAnswer::Failed), "ignored");
}

#[test]
fn a_token_is_fetched_first_and_kept() {
    let identity = r#"<authentication-managed-identity resource="r" />"#;
    let mut rig = rig(&send("a", "timeout='5'", identity));
    assert_eq!(rig.start(0), "token");
    rig.wait(seconds(100));
    assert_eq!(rig.token(0, 1_000), "call 2 GET https://a.example", "the time for the call begins now");
    assert_eq!(sent(&rig).headers.joined("Authorization").unwrap().as_str(), "Bearer secret");
    assert_eq!(rig.give(0, &Input::Wake), "ignored");
    assert_eq!(rig.side_answer(0, 2, ok(200)), "forward 1 b0");
    assert_eq!(rig.sent_header(0, "Authorization"), None);
    assert_eq!(rig.start(0), "call 1 GET https://a.example");
    rig.side_answer(0, 1, ok(200));
    rig.wait(seconds(900));
    rig.start(0);
    assert_eq!(rig.side_answer(0, 1, SideAnswer::Failed), "respond 418 gateway; answered");
    assert_eq!(
        rig.told(),
        "https://a.example gave no answer: TokenFetchFailed; send-request failed: TokenFetchFailed"
    );
    let error = rig.exchange(0).last_error().unwrap();
    assert_eq!(error.message.as_str(), "the managed identity token could not be fetched");
}

#[test]
fn wait_for_all_waits_for_all() {
    let mut rig = rig(&format!("<wait for='all'>{}{}</wait>", send("a", "", ""), send("b", "", "")));
    assert_eq!(rig.start(0), "call 1 GET https://a.example; call 2 GET https://b.example");
    assert_eq!(rig.side_answer(0, 2, ok(200)), "");
    assert_eq!(rig.side_answer(0, 1, ok(201)), "forward 1 b0");
    assert_eq!(seen(&rig), "a=201b=200");
}

#[test]
fn wait_for_any_drops_the_rest() {
    let mut rig = rig(&format!("<wait for='any'>{}{}</wait>", send("a", "", ""), send("b", "", "")));
    rig.start(0);
    assert_eq!(rig.side_answer(0, 2, ok(200)), "forward 1 b0");
    assert_eq!(seen(&rig), "b=200");
    assert_eq!(rig.side_answer(0, 1, ok(201)), "ignored");
    assert_eq!(rig.exchange(0).wake_up().unwrap().1, crate::gateway::WakeReason::HeaderDeadline);
}

#[test]
fn an_error_in_a_wait_is_raised_at_its_end() {
    let mut rig = rig(&format!(
        "<wait for='all'>{}{}</wait>",
        send("a", "timeout='3'", ""),
        send("b", "timeout='2' ignore-error='true'", "")
    ));
    rig.start(0);
    rig.wait(seconds(2));
    assert_eq!(rig.give(0, &Input::Wake), "");
    assert_eq!(rig.told(), "https://b.example gave no answer: Timeout");
    rig.wait(seconds(1));
    assert_eq!(rig.give(0, &Input::Wake), "respond 418 gateway; answered");
    assert_eq!(rig.exchange(0).last_error.as_ref().unwrap().path.as_str(), "wait[1]/send-request[1]");
}

#[test]
fn a_request_inside_of_a_choose_is_waited_for_where_it_stands() {
    let nested = send("b", "", "");
    let mut rig = rig(&format!(
        "<wait for='all'>{}<choose><when condition='true'>{nested}</when></choose></wait>",
        send("a", "", "")
    ));
    rig.start(0);
    assert_eq!(rig.side_answer(0, 1, ok(200)), "", "the second is still waited for");
    assert_eq!(rig.side_answer(0, 2, ok(200)), "forward 1 b0");
    rig.start(0);
    assert_eq!(rig.side_answer(0, 2, ok(200)), "", "and here the first, at the end");
    assert_eq!(rig.side_answer(0, 1, ok(200)), "forward 1 b0");
}

#[test]
fn a_client_that_goes_away_ends_all_calls() {
    let mut rig = rig(&format!("<wait for='all'>{}{}</wait>", send("a", "", ""), send("b", "", "")));
    rig.start(0);
    assert_eq!(rig.give(0, &Input::ClientCancel), "cancelled");
    assert_eq!(rig.side_answer(0, 1, ok(200)), "ignored");
    assert_eq!(rig.exchange(0).wake_up(), None);
}
