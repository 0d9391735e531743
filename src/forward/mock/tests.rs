//! The mock over real sockets.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration as Real;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::testing::{BODY, CHAT, START_UNIX_S, Seen, plan, post, send, spilling_plan, start, start_with};
use super::{Mock, Options, StartError, Tally};
use crate::policy::{Header, HeaderValue};
use crate::sim::{Endpoint, FaultKind, FaultSpec, FaultTimes, Loss, LossKind, RunPlan, ScriptedAnswer};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

fn with_fault(kind: FaultKind) -> RunPlan {
    let times = FaultTimes::Window { from: Timestamp::ZERO, until: Timestamp::MAX };
    let fault = FaultSpec { name: "fault".into(), targets: vec![BackendId(0)], kind, times };
    RunPlan { faults: vec![fault], ..plan() }
}

/// What the events of a stream hold.
fn events(seen: &Seen) -> Vec<Value> {
    let lines = seen.body.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn a_call_is_answered_as_the_model_says() {
    let mock = start(plan()).await;
    let [east, west] = mock.backends() else { panic!("two backends") };
    assert!(east.url.starts_with("http://127.0.0.1:") && east.url.ends_with("/openai"), "{}", east.url);
    let began = Instant::now();
    let seen = post(east.address, CHAT, BODY).await;
    // 100 ms and 19 gaps of 10 ms, 20 times as fast.
    assert!(began.elapsed() >= Real::from_micros(14_500));
    assert_eq!(seen.status, 200);
    let json = seen.json();
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
    assert_eq!(json["choices"][0]["message"]["content"].as_str().unwrap().split(' ').count(), 20);
    assert_eq!(
        (&json["usage"]["prompt_tokens"], &json["usage"]["completion_tokens"]),
        (&4.into(), &20.into())
    );
    assert!(json["created"].as_u64().unwrap() >= START_UNIX_S);
    // 640 and two messages of 5 / 4 + 1, of 8,000 tokens; one of 13 requests.
    assert_eq!(seen.header("x-ratelimit-remaining-tokens"), Some("7356"));
    assert_eq!(seen.header("x-ratelimit-remaining-requests"), Some("12"));
    assert_eq!(seen.header("x-ms-region"), Some("Nowhere"));
    assert!(seen.header("apim-request-id").is_some());
    // The same again gives the same; another call and another backend do not.
    let again = start(plan()).await;
    let same = post(again.backends()[0].address, CHAT, BODY).await;
    assert_eq!((&same.json()["id"], &same.json()["choices"]), (&json["id"], &json["choices"]));
    assert_eq!(same.header("apim-request-id"), seen.header("apim-request-id"));
    for other in [post(east.address, CHAT, BODY).await, post(west.address, CHAT, BODY).await] {
        assert_ne!(other.json()["id"], json["id"]);
        assert_ne!(other.header("apim-request-id"), seen.header("apim-request-id"));
    }
    let ended = mock.stop().await;
    let tally = |calls| Tally { calls, admitted: calls, throttled: 0 };
    assert_eq!((ended.is_clean, ended.tallies), (true, vec![tally(2), tally(1)]));
}

#[tokio::test]
async fn what_has_no_form_takes_no_quota() {
    let options = Options {
        body_bytes: 100,
        keys: vec![("West".to_owned(), "own".to_owned())],
        deployments: vec![("west".to_owned(), "other".to_owned())],
        token: Some("t".to_owned()),
        ..Options::default()
    };
    let mock = start_with(plan(), options).await;
    let key = "api-key: mock-key\r\n";
    let long = format!("{{\"messages\":[{{\"content\":\"{}\"}}]}}", "x".repeat(100));
    let other = "/openai/deployments/other/chat/completions?api-version=2024-02-01";
    let no_version = "/openai/deployments/gpt-4o-mini/chat/completions";
    for (place, method, path, headers, body, status, told) in [
        (0, "POST", "/openai/deployments/gpt-4o-mini/models", key, BODY, 404, "Resource not found"),
        (0, "POST", "/deployments/gpt-4o-mini/chat/completions", key, BODY, 404, "Resource not found"),
        (0, "GET", CHAT, key, "", 405, "405"),
        (0, "POST", CHAT, "", BODY, 401, "Access denied"),
        (0, "POST", CHAT, "api-key: own\r\n", BODY, 401, "Access denied"),
        (1, "POST", CHAT, key, BODY, 401, "Access denied"),
        (0, "POST", CHAT, "authorization: Bearer x\r\n", BODY, 401, "Access denied"),
        (0, "POST", no_version, key, BODY, 400, "api-version"),
        (0, "POST", other, key, BODY, 404, "DeploymentNotFound"),
        (0, "POST", CHAT, key, "{", 400, "could not parse"),
        (0, "POST", CHAT, key, "{}", 400, "'messages' is a required property"),
        (0, "POST", CHAT, key, &long, 413, "longer than 100 bytes"),
        (0, "POST", "/openai/v1/chat/completions", key, BODY, 400, "'model' is a required property"),
        (0, "POST", "/openai/v1/responses", key, r#"{"model":"x","input":"a"}"#, 404, "DeploymentNotFound"),
    ] {
        let seen = send(mock.backends()[place].address, method, path, headers, body).await;
        assert_eq!(seen.status, status, "{method} {path} {headers} {body}: {}", seen.body);
        assert!(seen.body.contains(told), "{method} {path}: {}", seen.body);
        assert!(seen.json()["error"]["message"].is_string() && seen.header("x-ms-region").is_some());
    }
    assert_eq!(mock.tallies(), [Tally::default(); 2]);
    for (place, path, headers) in [
        (0, CHAT, "authorization: Bearer t\r\n"),
        (0, CHAT, "authorization: Bearer t\r\napi-key: of the client\r\n"),
        (1, CHAT, "api-key: own\r\n"),
        (1, other, "api-key: own\r\n"),
    ] {
        let seen = send(mock.backends()[place].address, "POST", path, headers, BODY).await;
        assert_eq!(seen.status, 200, "{path} {headers}: {}", seen.body);
    }
}

#[tokio::test]
async fn refusals_are_those_of_the_limiter() {
    let mock = start(plan()).await;
    let body = r#"{"messages":[{"content":"abcde"}],"max_tokens":3990}"#;
    let east = mock.backends()[0].address;
    let first = post(east, CHAT, body).await;
    assert_eq!((first.status, &first.json()["usage"]["completion_tokens"]), (200, &20.into()));
    assert_eq!(post(east, CHAT, body).await.status, 200);
    let refused = post(east, CHAT, body).await;
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    let millis: u64 = refused.header("retry-after-ms").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds) && millis.div_ceil(1_000) == seconds, "{seconds} {millis}");
    assert_eq!(refused.header("policy-id"), Some("DeploymentRatelimit-Token"));
    let text = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    // What the request names, not what the scenario does.
    assert!(
        text.contains("version 2024-02-01") && text.contains(&format!("after {seconds} second")),
        "{text}"
    );
    assert_eq!(mock.tallies()[0], Tally { calls: 3, admitted: 2, throttled: 1 });
}

#[tokio::test]
async fn tokens_come_one_after_the_other() {
    let mock = start(plan()).await;
    let body = r#"{"messages":[{"content":"abcde"}],"stream":true,"max_tokens":5,"stream_options":{"include_usage":true}}"#;
    let seen = post(mock.backends()[0].address, CHAT, body).await;
    assert!(seen.is_whole && seen.body.ends_with("data: [DONE]\n\n"), "{}", seen.body);
    assert_eq!(seen.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let events = events(&seen);
    assert_eq!(events[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String = events.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text.split(' ').count(), 5);
    let [.., last, usage] = events.as_slice() else { panic!("events") };
    assert_eq!(last["choices"][0]["finish_reason"], "length");
    assert_eq!(usage["usage"]["completion_tokens"], 5);
    // The same call without a stream says the same.
    let again = start(plan()).await;
    let whole =
        post(again.backends()[0].address, CHAT, r#"{"messages":[{"content":"abcde"}],"max_tokens":5}"#).await;
    assert_eq!(whole.json()["choices"][0]["message"]["content"], text);
}

#[tokio::test]
async fn other_operations_are_answered() {
    let mock = start(plan()).await;
    let east = mock.backends()[0].address;
    let plain = "/openai/deployments/gpt-4o-mini/completions?api-version=2024-02-01";
    let seen = post(east, plain, r#"{"prompt":"abcde","max_tokens":3}"#).await;
    assert_eq!(seen.json()["choices"][0]["text"].as_str().unwrap().split(' ').count(), 3);
    let seen = post(east, plain, r#"{"prompt":"abcde","stream":true}"#).await;
    assert_eq!(events(&seen)[0]["object"], "text_completion");
    let vectors = "/openai/v1/embeddings?api-version=preview";
    let seen = post(east, vectors, r#"{"model":"gpt-4o-mini","input":["a","b"],"dimensions":8}"#).await;
    assert_eq!(seen.json()["data"][1]["embedding"].as_array().unwrap().len(), 8);
    let responses = "/openai/v1/responses";
    let seen = post(east, responses, r#"{"model":"gpt-4o-mini","input":"abcde"}"#).await;
    assert_eq!(
        (&seen.json()["status"], &seen.json()["usage"]["output_tokens"]),
        (&"completed".into(), &20.into())
    );
    let seen = post(east, responses, r#"{"model":"gpt-4o-mini","input":"abcde","stream":true}"#).await;
    let events = events(&seen);
    let [created, .., completed] = events.as_slice() else { panic!("events") };
    assert_eq!(
        (&created["type"], &completed["type"]),
        (&"response.created".into(), &"response.completed".into())
    );
    let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!(completed["response"]["output"][0]["content"][0]["text"], deltas);
    assert!(events.iter().zip(0..).all(|(event, number)| event["sequence_number"] == number));
}

#[tokio::test]
async fn lost_connections_give_no_answer() {
    let loss = Loss { how: LossKind::Reset, after: None };
    let mock = start(with_fault(FaultKind::Outage(loss))).await;
    assert_eq!(post(mock.backends()[0].address, CHAT, BODY).await.status, 0);
    assert_eq!(post(mock.backends()[1].address, CHAT, BODY).await.status, 200);
}

#[tokio::test]
async fn nobody_waits_for_a_black_hole_in_the_end() {
    let mock = start(with_fault(FaultKind::BlackHole)).await;
    let waiting = tokio::spawn(post(mock.backends()[0].address, CHAT, BODY));
    while mock.tallies()[0].calls == 0 {
        tokio::time::sleep(Real::from_millis(1)).await;
    }
    assert!(!waiting.is_finished());
    let began = Instant::now();
    assert!(mock.stop().await.is_clean && began.elapsed() < Real::from_secs(4));
    assert_eq!(waiting.await.unwrap().status, 0);
}

#[tokio::test]
async fn answers_break_off_after_some_tokens() {
    let mock = start(with_fault(FaultKind::Partial { after_tokens: 3 })).await;
    let east = mock.backends()[0].address;
    let body = r#"{"messages":[{"content":"abcde"}],"stream":true}"#;
    let seen = post(east, CHAT, body).await;
    assert!(seen.status == 200 && !seen.is_whole);
    let text: String =
        events(&seen).iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text.split(' ').count(), 3);
    let seen = post(east, CHAT, BODY).await;
    assert!(seen.status == 200 && !seen.is_whole && seen.body.starts_with("{\"choices\""));
}

#[tokio::test]
async fn scripts_of_the_scenario_are_followed() {
    let answer = ScriptedAnswer {
        status: StatusCode::TOO_MANY_REQUESTS,
        headers: Arc::from([Header { name: "Retry-After".into(), value: HeaderValue::Text("5".into()) }]),
        body: None,
    };
    let mock = start(with_fault(FaultKind::Answer { answer, share: 1.0, times: Some(2) })).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = post(mock.backends()[0].address, CHAT, BODY).await;
        seen.push((answer.status, answer.header("retry-after").map(str::to_owned)));
    }
    let refused = (429, Some("5".to_owned()));
    assert_eq!(seen, [refused.clone(), refused, (200, None)]);
}

#[tokio::test]
async fn requests_may_say_how_they_are_answered() {
    let script = |text: &str| format!("api-key: mock-key\r\nx-mock-answer: {text}\r\n");
    let obeying = start_with(plan(), Options { obeys_headers: true, speed: 20, ..Options::default() }).await;
    let east = obeying.backends()[0].address;
    let began = Instant::now();
    let seen = send(east, "POST", CHAT, &script("429; retry-after=7; latency=200ms"), BODY).await;
    assert!(began.elapsed() >= Real::from_millis(10));
    assert_eq!((seen.status, seen.header("retry-after")), (429, Some("7")));
    assert!(seen.body.contains("retry after 7 seconds"));
    assert_eq!(send(east, "POST", CHAT, &script("reset"), BODY).await.status, 0);
    assert_eq!(send(east, "POST", CHAT, &script("503"), BODY).await.status, 503);
    assert_eq!(send(east, "POST", CHAT, &script("soon"), BODY).await.status, 400);
    let fine = send(east, "POST", CHAT, &script("200"), BODY).await;
    assert_eq!(fine.json()["usage"]["completion_tokens"], 20);
    assert_eq!(obeying.tallies()[0], Tally::default());
    let deaf = start(plan()).await;
    assert_eq!(send(deaf.backends()[0].address, "POST", CHAT, &script("503"), BODY).await.status, 200);
}

#[tokio::test]
async fn work_goes_on_when_the_client_has_gone() {
    let mock = start_with(plan(), Options::default()).await;
    let mut stream = TcpStream::connect(mock.backends()[0].address).await.unwrap();
    let text = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\napi-key: mock-key\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    while mock.tallies()[0].admitted == 0 {
        tokio::time::sleep(Real::from_millis(1)).await;
    }
    drop(stream);
    let began = mock.clock().now();
    assert!(mock.at_work() == 1 || mock.clock().now().since(began) > Duration::from_millis(200));
    while mock.at_work() > 0 {
        tokio::time::sleep(Real::from_millis(5)).await;
    }
    // 290 ms, of which few were gone when the client left.
    assert!(mock.clock().now() >= Timestamp::from_nanos(290_000_000));
}

#[tokio::test]
async fn full_units_spill_where_the_request_says() {
    let mock = start(spilling_plan()).await;
    let east = mock.backends()[0].address;
    let named = "api-key: mock-key\r\nx-ms-spillover-deployment: overflow\r\n";
    // 600 tokens are a full bucket; a call is estimated 4 + 4 x 1,000, and takes a second here.
    let first = tokio::spawn(send(east, "POST", CHAT, named, BODY));
    while mock.at_work() == 0 {
        tokio::time::sleep(Real::from_millis(1)).await;
    }
    let spilled = send(east, "POST", CHAT, named, BODY).await;
    assert_eq!((spilled.status, spilled.header("x-ms-spillover-from-ptu")), (200, Some("ptu")));
    assert!(spilled.header("x-ratelimit-remaining-tokens").is_some());
    let refused = post(east, CHAT, BODY).await;
    assert_eq!((refused.status, refused.header("x-ms-spillover-from-ptu")), (429, None));
    let first = first.await.unwrap();
    assert!(first.status == 200 && first.header("azure-openai-deployment-utilization").is_some());
    assert_eq!(mock.tallies()[0], Tally { calls: 3, admitted: 2, throttled: 1 });
}

#[tokio::test]
async fn tokens_and_side_calls_are_answered() {
    let endpoint = Endpoint {
        url_prefix: "https://side.example/health".into(),
        method: Some("GET".into()),
        status: StatusCode::new(202).unwrap(),
        headers: vec![("x-side".into(), "1".into())],
        body: Some("fine".into()),
        latency: Duration::ZERO,
    };
    let mock = start(RunPlan { endpoints: vec![endpoint], ..plan() }).await;
    let beside = mock.identity();
    let path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fa.b";
    let seen = send(beside, "GET", path, "Metadata: true\r\n", "").await;
    assert_eq!(
        (&seen.json()["token_type"], &seen.json()["resource"]),
        (&"Bearer".into(), &"https://a.b".into())
    );
    let other = path.replace("/metadata/identity/oauth2", "/msi");
    let again = send(beside, "GET", &other, "X-IDENTITY-HEADER: x\r\n", "");
    assert_eq!(again.await.json()["access_token"], seen.json()["access_token"]);
    assert_eq!(send(beside, "GET", path, "", "").await.status, 400);
    assert_eq!(send(beside, "GET", "/msi/token", "Metadata: true\r\n", "").await.status, 400);
    let seen = send(beside, "GET", "/health?x=1", "", "").await;
    assert_eq!((seen.status, seen.header("x-side"), seen.body.as_str()), (202, Some("1"), "fine"));
    assert_eq!(send(beside, "POST", "/health", "", "").await.status, 404);
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let first_port = Some(taken.local_addr().unwrap().port());
    let plan = Arc::new(plan());
    let options = Options { first_port, ..Options::default() };
    let error = Mock::start(Arc::clone(&plan), options).await.unwrap_err();
    assert!(matches!(&error, StartError::Bind { name, .. } if name == "east"), "{error}");
    let keys = vec![("nowhere".to_owned(), "k".to_owned())];
    let error = Mock::start(plan, Options { keys, ..Options::default() }).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no backend `nowhere`; there are east, west");
}
