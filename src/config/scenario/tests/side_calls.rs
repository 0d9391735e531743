//! Policies that limit and call others, through the whole simulator.

use crate::config::testing::{TestFiles, load, walkthrough};
use crate::sim::{self, NoObserver, RunResult};
use crate::units::{Duration, StatusCode};

fn with_policy(before_target: &str) -> TestFiles {
    let target = r#"<set-backend-service backend-id="openai-backend-pool" />"#;
    walkthrough().replace("policy.xml", target, &format!("{before_target}{target}"))
}

fn with_endpoints(files: TestFiles, endpoints: &str) -> TestFiles {
    files.replace("scenario.json", "\"policy\"", &format!("\"endpoints\": [{endpoints}], \"policy\""))
}

fn run(files: &TestFiles) -> RunResult {
    let scenario = load(files).expect("loads");
    sim::run(&scenario.base.plan, &mut NoObserver).expect("accounts hold")
}

const CALL: &str = r#"<send-request mode="new" response-variable-name="r" timeout="2">
    <set-url>https://limits.example/check</set-url><set-method>GET</set-method></send-request>"#;

#[test]
fn endpoints_answer_side_calls() {
    let plain = run(&walkthrough());
    let unknown = run(&with_policy(CALL));
    assert_eq!((unknown.attempts, unknown.policy_errors), (0, unknown.arrivals), "nobody is there");
    let endpoint =
        r#"{ "url": "https://limits.example/", "method": "GET", "status": 204, "latency": "500ms" }"#;
    let answered = run(&with_endpoints(with_policy(CALL), endpoint));
    assert_eq!(answered.policy_errors, plain.policy_errors);
    assert_eq!(answered.statuses.successes(), plain.statuses.successes());
    let late = endpoint.replace("500ms", "2001ms");
    let late = run(&with_endpoints(with_policy(CALL), &late));
    assert_eq!((late.attempts, late.policy_errors), (0, late.arrivals));
}

#[test]
fn an_endpoint_reaches_the_plan() {
    let endpoint = r#"{ "url": "u", "headers": { "a": "b" }, "body": "c" }"#;
    let files = with_endpoints(walkthrough(), endpoint).replace(
        "scenario.json",
        "\"units\": 1",
        "\"units\": 1, \"semanticCacheHits\": 0.25",
    );
    let scenario = load(&files).expect("loads");
    assert_eq!(scenario.base.plan.gateway.semantic_hits(), 250);
    let found = &scenario.base.plan.endpoints[0];
    assert_eq!((found.url_prefix.as_str(), &found.method, found.status), ("u", &None, StatusCode::OK));
    assert_eq!(found.headers, [("a".into(), "b".into())]);
    assert_eq!((found.body.as_deref(), found.latency), (Some("c"), Duration::ZERO));
}

/// The prompt of the walkthrough is known to the gateway, and its usage is settled when the answer ends: with
/// 150 generated tokens a request, a limit of 200 lets at most two of them into a minute.
#[test]
fn tokens_of_the_traffic_are_counted() {
    let limit =
        r#"<llm-token-limit counter-key="k" tokens-per-minute="200" estimate-prompt-tokens="true" />"#;
    let result = run(&with_policy(limit));
    let refused = result.policy_errors;
    assert!(refused > 0 && refused < result.arrivals, "{refused} of {}", result.arrivals);
    assert_eq!(result.statuses.successes() + refused, result.arrivals);
}
