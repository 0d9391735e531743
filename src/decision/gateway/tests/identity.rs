//! authentication-managed-identity: when a token is fetched, and what happens without one.

use super::driver::{Rig, by_priority, policy, seconds};
use crate::gateway::{Action, CallNumber, SideAnswer, SideCall};
use crate::units::Duration;

fn rig(identity: &str, after: &str) -> Rig {
    let inbound = format!(r#"{identity}{after}<set-backend-service backend-id="p" />"#);
    Rig::new(by_priority(1, &policy(&inbound, "<base />", "", "")))
}

const INTO_VARIABLE: &str =
    r#"<authentication-managed-identity resource="r" output-token-variable-name="t" ignore-error="false" />"#;
const FROM_VARIABLE: &str = r#"<set-header name="Authorization" exists-action="override">
    <value>@("Bearer " + (string)context.Variables["t"])</value></set-header>"#;

#[test]
fn a_token_is_fetched_once_and_kept_until_it_expires() {
    let mut rig = rig(INTO_VARIABLE, FROM_VARIABLE);
    assert_eq!(rig.start(0), "token");
    let call = SideCall::Token { resource: "r".into(), client_id: None };
    assert_eq!(
        rig.actions,
        [Action::SideCall {
            request: crate::units::RequestId(0),
            number: CallNumber(1),
            deadline: None,
            call
        }]
    );
    assert_eq!(rig.token(0, 100), "forward 1 b0");
    assert_eq!(rig.sent_header(0, "authorization").as_deref(), Some("Bearer secret"));
    rig.wait(seconds(100).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(rig.start(1), "forward 1 b0");
    assert_eq!(rig.sent_header(1, "authorization").as_deref(), Some("Bearer secret"));
    rig.wait(Duration::from_nanos(1));
    assert_eq!(rig.start(2), "token", "expired exactly now");
}

#[test]
fn each_audience_and_identity_has_its_own_token() {
    let two = r#"<authentication-managed-identity resource="a" output-token-variable-name="t" />
        <authentication-managed-identity resource="a" client-id="me" output-token-variable-name="u" />
        <authentication-managed-identity resource="b" output-token-variable-name="v" />"#;
    let mut rig = rig(two, "");
    assert_eq!(rig.start(0), "token");
    assert_eq!(rig.token(0, 100), "token");
    assert_eq!(rig.token(0, 100), "token");
    assert_eq!(rig.token(0, 100), "forward 1 b0");
    assert_eq!(rig.start(1), "forward 1 b0");
}

#[test]
fn without_a_variable_the_token_goes_into_the_header() {
    let mut rig = rig(r#"<authentication-managed-identity resource="r" />"#, "");
    rig.start(0);
    assert_eq!(rig.token(0, 100), "forward 1 b0");
    assert_eq!(rig.sent_header(0, "Authorization").as_deref(), Some("Bearer secret"));
}

#[test]
fn a_failure_is_an_error_unless_it_is_ignored() {
    let mut strict = rig(INTO_VARIABLE, FROM_VARIABLE);
    strict.start(0);
    assert_eq!(strict.side_answer(0, 1, SideAnswer::Failed), "respond 500 gateway; answered");
    assert_eq!(strict.told(), "authentication-managed-identity failed: TokenFetchFailed");

    let ignoring = INTO_VARIABLE.replace("false", "true");
    let mut lax = rig(&ignoring, "");
    lax.start(0);
    assert_eq!(lax.side_answer(0, 1, SideAnswer::Failed), "forward 1 b0");
    assert_eq!(lax.start(1), "token", "a failure is not kept");

    // The variable was never set: the header that reads it fails instead.
    let mut reading = rig(&ignoring, FROM_VARIABLE);
    reading.start(0);
    assert_eq!(reading.side_answer(0, 1, SideAnswer::Failed), "respond 500 gateway; answered");
    assert_eq!(reading.told(), "set-header failed: ExpressionValueEvaluationFailure");
}

#[test]
fn requests_that_wait_at_the_same_time_each_fetch() {
    let mut rig = rig(INTO_VARIABLE, FROM_VARIABLE);
    assert_eq!((rig.start(0), rig.start(1)), ("token".to_owned(), "token".to_owned()));
    assert_eq!(rig.token(1, 50), "forward 1 b0");
    assert_eq!(rig.token(0, 60), "forward 1 b0");
    rig.wait(seconds(59));
    assert_eq!(rig.start(2), "forward 1 b0", "the later token is the one that is kept");
}
