//! Backends that cannot be reached: names that nobody knows, and connections that begin and go no further.

use std::time::Duration as Real;

use tokio::time::Instant;

use super::lab::{FAILOVER, Lab, answer, backend, settings};
use crate::serve::{BackendSetting, Settings};

/// Goes to the second backend where the first has not answered.
pub(super) const TO_THE_NEXT: &str = r#"<policies><inbound><set-backend-service backend-id="backend-0" /></inbound>
  <backend><retry condition="@(context.Response == null)" count="1" interval="0" first-fast-retry="true">
    <choose><when condition="@(context.Variables.ContainsKey(&quot;again&quot;))">
      <set-backend-service backend-id="backend-1" /></when></choose>
    <set-variable name="again" value="@(true)" />
    <forward-request buffer-request-body="true" /></retry></backend>
  <outbound /><on-error /></policies>"#;

/// The first backend of these settings has this URL instead.
pub(super) fn first_at(url: String, mut settings: Settings) -> Settings {
    settings.backends.insert("backend-0".into(), BackendSetting { url: Some(url), key: None });
    settings
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_lost_attempt() {
    let (second, seen) = backend(|_| answer(200, "fine")).await;
    let unused = second;
    let own = first_at("http://nowhere.invalid/openai".into(), settings(TO_THE_NEXT, &[unused, second]));
    let lab = Lab::start(own).await;
    let (status, headers, body) = lab.ask("the question").await;
    assert_eq!((status, &*body), (200, "fine"));
    assert_eq!(headers["x-poolproof-attempts"], "2");
    assert_eq!(headers["x-poolproof-backend"], "backend-1");
    assert_eq!(seen.lock().unwrap()[0].1, "the question");
    let counts = lab.server.counts();
    assert_eq!((counts[0].failures, counts[1].failures), (1, 0));
    // Without another one the client hears of it.
    let own = first_at("http://nowhere.invalid/openai".into(), settings(FAILOVER, &[unused]));
    let (status, _, body) = Lab::start(own).await.ask("x").await;
    assert_eq!(status, 500);
    assert!(!body.contains("nowhere"), "{body}");
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_with_the_time_to_connect() {
    // Accepts and says nothing: the policy would wait for headers for five minutes.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            kept.push(stream);
        }
    });
    let (second, _) = backend(|_| answer(200, "fine")).await;
    let own = first_at(format!("https://{address}/openai"), settings(TO_THE_NEXT, &[second, second]));
    let lab = Lab::start(own).await;
    let began = Instant::now();
    let asked = tokio::time::timeout(Real::from_secs(15), lab.ask("x")).await;
    let (status, headers, _) = asked.expect("it was waited for longer than connecting may take");
    assert_eq!((status, &headers["x-poolproof-backend"]), (200, &"backend-1".parse().unwrap()));
    assert!(began.elapsed() >= Real::from_secs(1), "{:?}", began.elapsed());
}
