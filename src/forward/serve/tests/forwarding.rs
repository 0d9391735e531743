//! What goes to backends and what comes back.

use http::Request;

use super::lab::{FAILOVER, Lab, answer, backend, refusal, settings};
use crate::serve::{BackendSetting, IdentitySource};
use crate::wire::Outgoing;

#[tokio::test]
async fn a_refusal_is_met_by_the_next_backend_with_the_whole_body() {
    let (first, seen_first) = backend(|_| refusal("30")).await;
    let (second, seen_second) = backend(|_| answer(200, "fine")).await;
    let lab = Lab::start(settings(FAILOVER, &[first, second])).await;
    for round in 0..3 {
        let (status, headers, body) = lab.ask("the question").await;
        assert_eq!((status, &*body), (200, "fine"));
        assert_eq!(headers["x-poolproof-backend"], "backend-1");
        assert_eq!(headers["x-poolproof-attempts"], if round == 0 { "2" } else { "1" });
    }
    // Tripped by its first answer, for the half minute that it asked for.
    assert_eq!(seen_first.lock().unwrap().len(), 1);
    let seen = seen_second.lock().unwrap();
    assert_eq!(seen.len(), 3);
    for (head, body) in seen.iter() {
        assert_eq!(body, "the question");
        assert_eq!(head.uri.path(), "/openai/deployments/d/chat/completions");
        assert_eq!(head.uri.query(), Some("api-version=1"));
        assert_eq!(head.headers["host"], second.to_string());
        assert_eq!(head.headers["content-length"], "12");
    }
}

#[tokio::test]
async fn without_a_buffer_the_next_backend_gets_nothing() {
    let (first, _) = backend(|_| refusal("30")).await;
    let (second, seen) = backend(|_| answer(400, "empty")).await;
    let policy = FAILOVER.replace(r#"buffer-request-body="true" "#, "");
    let lab = Lab::start(settings(&policy, &[first, second])).await;
    assert_eq!(lab.ask("the question").await.0, 400);
    assert_eq!(seen.lock().unwrap()[0].1, "");
}

#[tokio::test]
async fn an_exhausted_pool_answers_by_itself_and_tells_how_long() {
    let (only, seen) = backend(|_| refusal("30")).await;
    let lab = Lab::start(settings(FAILOVER, &[only])).await;
    let mut last = lab.ask("x").await;
    assert_eq!((last.0, seen.lock().unwrap().len()), (503, 1));
    last = lab.ask("x").await;
    assert_eq!(last.0, 503);
    let wait: u32 = last.1["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((28..=30).contains(&wait), "{wait}");
    assert_eq!(last.2, "");
}

#[tokio::test]
async fn keys_open_the_door_and_stay_behind() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let mut settings = settings(FAILOVER, &[only]);
    settings.keys.add("client-key", None);
    let lab = Lab::start(settings.clone()).await;
    let ask = |name: &'static str, key: &'static str, path: &'static str| {
        let url = format!("http://{}/openai/d{path}", lab.address);
        lab.send(Request::get(url).header(name, key).body(Outgoing::Empty).unwrap())
    };
    for (name, key, path, status) in [
        ("api-key", "client-key", "", 200),
        ("ocp-apim-subscription-key", "client-key", "", 200),
        ("x-other", "y", "?subscription-key=client-key&a=b", 200),
        ("api-key", "wrong", "", 401),
        ("x-other", "y", "", 401),
    ] {
        let (answered, _, body) = ask(name, key, path).await;
        assert_eq!(answered, status, "{name} {path}");
        if status == 401 {
            let json: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(json["statusCode"], 401);
            assert!(json["message"].as_str().unwrap().starts_with("Access denied due to"));
            assert_eq!(json["activityId"].as_str().unwrap().len(), 36);
        }
    }
    let mut seen_key = false;
    for (head, _) in seen.lock().unwrap().drain(..) {
        seen_key |= format!("{head:?}").contains("client-key");
    }
    assert!(!seen_key, "a key went on");
    // As API Management does it, the key goes on.
    settings.is_faithful = true;
    let faithful = Lab::start(settings).await;
    let url = format!("http://{}/openai/d", faithful.address);
    faithful.send(Request::get(url).header("api-key", "client-key").body(Outgoing::Empty).unwrap()).await;
    assert_eq!(seen.lock().unwrap()[0].0.headers["api-key"], "client-key");
}

#[tokio::test]
async fn backends_get_keys_of_their_own() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let mut settings = settings(FAILOVER, &[only]);
    settings.keys.add("client-key", None);
    let url = Some(format!("http://{only}/openai"));
    settings.backends.insert("backend-0".into(), BackendSetting { url, key: Some("backend-key".into()) });
    let lab = Lab::start(settings).await;
    let url = format!("http://{}/openai/d", lab.address);
    lab.send(Request::get(url).header("api-key", "client-key").body(Outgoing::Empty).unwrap()).await;
    let seen = seen.lock().unwrap();
    let keys: Vec<_> = seen[0].0.headers.get_all("api-key").iter().collect();
    assert_eq!(keys, ["backend-key"]);
}

#[tokio::test]
async fn policies_change_requests_and_answers() {
    let (only, seen) = backend(|_| answer(200, r#"{"a":1}"#)).await;
    let policy = r#"<policies><inbound>
        <set-backend-service backend-id="pool" />
        <set-header name="x-added" exists-action="override"><value>@(context.Request.Headers.GetValueOrDefault("x-own", "none"))</value></set-header>
        <set-body>@(context.Request.Body.As<string>(preserveContent: true) + "!")</set-body>
      </inbound><backend><forward-request /></backend>
      <outbound><set-header name="x-back" exists-action="override"><value>yes</value></set-header>
        <set-body>@(context.Response.Body.As<string>().Replace("1", "2"))</set-body>
        <set-status code="201" reason="Made" /></outbound><on-error /></policies>"#;
    let lab = Lab::start(settings(policy, &[only])).await;
    let (status, headers, body) = lab.ask("hello").await;
    assert_eq!((status, &*body), (201, r#"{"a":2}"#));
    assert_eq!(headers["x-back"], "yes");
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].1, "hello!");
    assert_eq!(seen[0].0.headers["x-added"], "none");
}

#[tokio::test]
async fn tokens_of_identities_are_fetched_once_and_kept() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let (imds, asked) = backend(|_| answer(200, r#"{"access_token":"t0ken","expires_in":"3600"}"#)).await;
    let policy = r#"<policies><inbound><set-backend-service backend-id="pool" />
        <authentication-managed-identity resource="https://cognitiveservices.azure.com" /></inbound>
      <backend><forward-request /></backend><outbound /><on-error /></policies>"#;
    let mut settings = settings(policy, &[only]);
    settings.identity = IdentitySource::Imds { url: format!("http://{imds}/metadata/identity/oauth2/token") };
    let lab = Lab::start(settings.clone()).await;
    let (a, b, c) = tokio::join!(lab.ask("1"), lab.ask("2"), lab.ask("3"));
    assert_eq!([a.0, b.0, c.0], [200; 3]);
    let asked = std::mem::take(&mut *asked.lock().unwrap());
    assert_eq!(asked.len(), 1, "one flight at a time");
    assert_eq!(asked[0].0.headers["metadata"], "true");
    assert!(asked[0].0.uri.query().unwrap().contains("resource=https%3A%2F%2Fcognitiveservices.azure.com"));
    for (head, _) in seen.lock().unwrap().iter() {
        assert_eq!(head.headers["authorization"], "Bearer t0ken");
    }
    // Without an identity the policy fails, and nothing is forwarded.
    settings.identity = IdentitySource::None;
    let without = Lab::start(settings).await;
    assert_eq!(without.ask("1").await.0, 500);
    assert_eq!(seen.lock().unwrap().len(), 3);
}
