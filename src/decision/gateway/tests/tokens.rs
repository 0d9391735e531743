//! Token limits: what is counted when, and what is left.

use super::driver::{Rig, Setup, by_priority, head, policy, seconds};
use crate::gateway::{RequestHead, TokenFacts};
use crate::semantics::Semantics;
use crate::units::Duration;

const REFUSED: &str = "respond 429 gateway; answered";

fn rig(attributes: &str) -> Rig {
    let inbound = format!(
        r#"<llm-token-limit counter-key="k" remaining-tokens-header-name="x-left" {attributes}
        tokens-consumed-header-name="x-used" /><set-backend-service backend-id="p" />"#
    );
    Rig::new(by_priority(1, &policy(&inbound, "<base />", "", "")))
}

fn prompt(rig: &mut Rig, id: usize, tokens: u32) -> String {
    rig.start_with(id, &RequestHead { tokens: TokenFacts { prompt: Some(tokens) }, ..head(id) })
}

fn answered(rig: &mut Rig, id: usize, prompt: u32, completion: u32) {
    rig.status(id, 200);
    assert_eq!(rig.body_end_with(id, prompt, completion), "answered");
}

#[test]
fn without_an_estimate_only_usage_counts() {
    let mut rig = rig(r#"tokens-per-minute="100" estimate-prompt-tokens="false""#);
    assert_eq!(prompt(&mut rig, 0, 90), "forward 1 b0");
    assert_eq!(prompt(&mut rig, 1, 90), "forward 1 b0", "at the same time: nothing is known yet");
    rig.wait(seconds(1));
    answered(&mut rig, 0, 90, 9);
    assert_eq!(prompt(&mut rig, 2, 90), "forward 1 b0", "one token is left");
    answered(&mut rig, 1, 90, 30);
    rig.wait(seconds(10));
    assert_eq!(prompt(&mut rig, 3, 1), REFUSED, "219 of 100");
    assert_eq!(rig.told(), "llm-token-limit failed: TokenLimitExceeded");
    assert_eq!(rig.header(3, "Retry-After").as_deref(), Some("50"));
    rig.wait(seconds(50).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(prompt(&mut rig, 4, 1), REFUSED);
    rig.wait(Duration::from_nanos(1));
    assert_eq!(prompt(&mut rig, 5, 1), "forward 1 b0");
}

#[test]
fn an_estimate_counts_on_entry_and_is_settled() {
    let mut rig = rig(r#"tokens-per-minute="100" estimate-prompt-tokens="true""#);
    assert_eq!(prompt(&mut rig, 0, 60), "forward 1 b0");
    assert_eq!(prompt(&mut rig, 1, 41), REFUSED);
    assert_eq!(prompt(&mut rig, 2, 40), "forward 1 b0");
    rig.status(2, 200);
    assert_eq!(rig.header(2, "x-left").as_deref(), Some("0"));
    assert_eq!(rig.header(2, "x-used").as_deref(), Some("40"), "the estimate: the usage comes with the end");
    // The prompt was shorter than estimated: 30 come back.
    rig.wait(seconds(1));
    answered(&mut rig, 0, 20, 10);
    assert_eq!(prompt(&mut rig, 3, 31), REFUSED);
    assert_eq!(prompt(&mut rig, 4, 30), "forward 1 b0");
}

#[test]
fn a_failed_attempt_counts_its_estimate_once() {
    let inbound = r#"<llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />
        <set-backend-service backend-id="p" />"#;
    let backend = r#"<retry count="2" interval="0" condition="@(context.Response.StatusCode == 429)">
        <forward-request buffer-request-body="true" /></retry>"#;
    let mut rig = Rig::new(by_priority(3, &policy(inbound, backend, "", "")));
    prompt(&mut rig, 0, 40);
    rig.status(0, 429);
    rig.status(0, 429);
    answered(&mut rig, 0, 40, 20);
    assert_eq!(prompt(&mut rig, 1, 41), REFUSED);
    assert_eq!(prompt(&mut rig, 2, 40), "forward 1 b2", "60 of 100 were used, not 140");
}

#[test]
fn usage_that_comes_before_the_head_is_told() {
    let inbound = r#"<llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="false"
        tokens-consumed-header-name="x-used" /><set-backend-service backend-id="p" />"#;
    let outbound = r#"<authentication-managed-identity resource="r" output-token-variable-name="t" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "<base />", outbound, "")));
    prompt(&mut rig, 0, 7);
    assert_eq!(rig.status(0, 200), "token");
    rig.body_end_with(0, 7, 5);
    assert_eq!(rig.token(0, 99), "respond 200 b0#1; answered");
    assert_eq!(rig.header(0, "x-used").as_deref(), Some("12"));
}

#[test]
fn a_quota_follows_the_calendar() {
    let mut rig = rig(r#"token-quota="100" token-quota-period="Hourly" estimate-prompt-tokens="false""#);
    rig.wait(seconds(3_000));
    prompt(&mut rig, 0, 5);
    answered(&mut rig, 0, 50, 50);
    assert_eq!(prompt(&mut rig, 1, 5), "respond 403 gateway; answered");
    assert_eq!(rig.told(), "llm-token-limit failed: TokenQuotaExceeded");
    assert_eq!(rig.header(1, "Retry-After").as_deref(), Some("600"));
    rig.wait(seconds(600).saturating_sub(Duration::from_nanos(1)));
    assert_eq!(prompt(&mut rig, 2, 5), "respond 403 gateway; answered");
    rig.wait(Duration::from_nanos(1));
    assert_eq!(prompt(&mut rig, 3, 5), "forward 1 b0");
}

#[test]
fn a_refusal_by_the_quota_uses_no_rate() {
    let mut rig = rig(
        r#"tokens-per-minute="100" token-quota="50" token-quota-period="Yearly" estimate-prompt-tokens="true""#,
    );
    assert_eq!(prompt(&mut rig, 0, 51), "respond 403 gateway; answered");
    assert_eq!(prompt(&mut rig, 1, 50), "forward 1 b0");
    rig.status(1, 200);
    assert_eq!(rig.header(1, "x-left").as_deref(), Some("50"));
}

#[test]
fn both_names_share_their_counters() {
    let inbound = r#"<azure-openai-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />
        <llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(inbound, "", "", "")));
    assert_eq!(prompt(&mut rig, 0, 51), REFUSED);
}

#[test]
fn quotas_of_one_key_over_two_periods_are_counted_apart() {
    let limit = |period| {
        format!(
            r#"<llm-token-limit counter-key="k" token-quota="100" token-quota-period="{period}" estimate-prompt-tokens="true" />"#
        )
    };
    let inbound = format!(r#"{}{}<set-backend-service backend-id="p" />"#, limit("Hourly"), limit("Daily"));
    let mut rig = Rig::new(by_priority(1, &policy(&inbound, "<base />", "", "")));
    assert_eq!(prompt(&mut rig, 0, 60), "forward 1 b0");
    rig.wait(seconds(3_600));
    assert_eq!(prompt(&mut rig, 1, 40), "forward 1 b0", "60 of the day, nothing of the hour");
    rig.wait(seconds(3_600));
    assert_eq!(prompt(&mut rig, 2, 1), "respond 403 gateway; answered");
}

#[test]
fn a_quota_takes_back_what_was_counted_in_the_same_period_only() {
    let text = r#"token-quota="100" token-quota-period="Hourly" estimate-prompt-tokens="true""#;
    let mut same = rig(text);
    prompt(&mut same, 0, 60);
    answered(&mut same, 0, 20, 0);
    assert_eq!(prompt(&mut same, 1, 81), "respond 403 gateway; answered");
    assert_eq!(prompt(&mut same, 2, 80), "forward 1 b0");
    let mut next = rig(text);
    prompt(&mut next, 0, 60);
    next.wait(seconds(3_600));
    prompt(&mut next, 1, 30);
    answered(&mut next, 0, 20, 0);
    assert_eq!(prompt(&mut next, 2, 71), "respond 403 gateway; answered");
    assert_eq!(prompt(&mut next, 3, 70), "forward 1 b0");
}

#[test]
fn what_has_left_the_window_is_not_given_back_from_others() {
    for algorithm in ["sliding", "token_bucket"] {
        let setup = Setup {
            semantics: Semantics::default(),
            ..by_priority(
                1,
                &policy(
                    r#"<llm-token-limit counter-key="k" tokens-per-minute="100" estimate-prompt-tokens="true" />
                    <set-backend-service backend-id="p" />"#,
                    r#"<forward-request timeout="200" />"#,
                    "",
                    "",
                ),
            )
        };
        let mut rig = Rig::new(setup.with("rate.algorithm", algorithm));
        assert_eq!(prompt(&mut rig, 0, 80), "forward 1 b0");
        rig.wait(seconds(61));
        assert_eq!(prompt(&mut rig, 1, 90), "forward 1 b0");
        answered(&mut rig, 0, 10, 0);
        assert_eq!(prompt(&mut rig, 2, 11), REFUSED, "{algorithm}: 90 of 100 are another request's");
        assert_eq!(prompt(&mut rig, 3, 10), "forward 1 b0", "{algorithm}");
    }
}
