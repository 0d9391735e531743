//! What operators do: ending, changing settings, looking, and keeping a log that can be played again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration as Real;

use http::Request;
use tokio::io::AsyncWriteExt;

use super::lab::{FAILOVER, Kept, LOCAL, Lab, answer, backend, raw_backend, refusal, settings};
use crate::gateway::Gateway;
use crate::random::Streams;
use crate::serve::{Journal, JournalHeader, Line, replay_line};
use crate::sim::SeededChoices;
use crate::wire::{Limits, Listening, Outgoing};

#[tokio::test]
async fn an_end_loses_no_request_that_was_accepted() {
    let slow = raw_backend(|mut stream| async move {
        tokio::time::sleep(Real::from_millis(1_500)).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine").await;
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[slow])).await;
    let (answered, ()) = tokio::join!(lab.ask("x"), async {
        tokio::time::sleep(Real::from_millis(500)).await;
        lab.stop.now();
    });
    assert_eq!((answered.0, &*answered.2), (200, "fine"));
    assert!(lab.running.await.unwrap(), "nothing was cut off");
    assert!(tokio::net::TcpStream::connect(lab.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn new_settings_keep_the_breakers_of_backends_that_are_the_same() {
    let (first, seen) = backend(|_| refusal("60")).await;
    let (second, _) = backend(|_| answer(200, "")).await;
    let own = settings(FAILOVER, &[first, second]);
    let lab = Lab::start(own.clone()).await;
    lab.ask("x").await;
    let other = settings(&FAILOVER.replace("count=\"2\"", "count=\"1\""), &[first, second]);
    lab.server.reload(other).unwrap();
    let (status, headers, _) = lab.ask("x").await;
    assert_eq!((status, headers["x-poolproof-attempts"].to_str().unwrap()), (200, "1"));
    assert_eq!(seen.lock().unwrap().len(), 1, "it is still tripped");
    let mut unusable = own;
    unusable.backends.entry("backend-0".into()).or_default().url = Some("nowhere".into());
    assert!(lab.server.reload(unusable).is_err());
    assert_eq!(lab.ask("x").await.0, 200, "the settings before stay in force");
}

#[tokio::test]
async fn operators_see_breakers_metrics_and_decisions() {
    let (first, _) = backend(|_| refusal("60")).await;
    let (second, _) = backend(|_| answer(200, "")).await;
    let lab = Lab::start(settings(FAILOVER, &[first, second])).await;
    lab.ask("x").await;
    let admin = Listening::bind(LOCAL, Limits::default(), None).await.unwrap();
    let address = admin.address().unwrap();
    let (server, stop) = (lab.server.clone(), lab.stop.clone());
    tokio::spawn(async move { server.run_admin(admin, &stop).await });
    let get =
        |path: &str| lab.send(Request::get(format!("http://{address}{path}")).body(Outgoing::Empty).unwrap());
    let state: serde_json::Value = serde_json::from_str(&get("/state").await.2).unwrap();
    assert_eq!(state["backends"][0]["breaker"], "tripped");
    assert_eq!(state["backends"][1]["breaker"], "closed");
    assert!(state["recent"].to_string().contains("backend-0 tripped"));
    let metrics = get("/metrics").await.2;
    for line in [
        "poolproof_responses_total{status=\"200\"} 1",
        "poolproof_backend_trips_total{backend=\"backend-0\"} 1",
        "poolproof_backend_throttled_total{backend=\"backend-0\"} 1",
        "poolproof_requests_under_way 0",
    ] {
        assert!(metrics.lines().any(|own| own == line), "{line}\n{metrics}");
    }
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/x", 404)] {
        assert_eq!(get(path).await.0, status, "{path}");
    }
    let url = format!("http://{}/healthz", lab.address);
    assert_eq!(lab.send(Request::get(url).body(Outgoing::Empty).unwrap()).await.2, "ok\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute"]
async fn a_hundred_thousand_requests_at_once_are_decided_again() {
    const REQUESTS: usize = 100_000;
    let (first, _) = backend(|call| if call % 7 == 0 { refusal("1") } else { answer(200, "a") }).await;
    let (second, _) = backend(|call| match call % 11 {
        0 => answer(500, ""),
        5 => refusal("1"),
        _ => answer(200, "b"),
    })
    .await;
    let broken = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    })
    .await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let own = settings(FAILOVER, &[first, second, broken, gone]);
    let gateway = Arc::clone(&own.gateway);
    let kept = Kept::default();
    let header = JournalHeader { hash: "h".into(), seed: 1, start_unix_s: 0 };
    let lab =
        Arc::new(Lab::start_with(own, Limits::default(), Some(Journal::new(kept.clone(), &header))).await);
    let clients = (0..64).map(|_| {
        let lab = Arc::clone(&lab);
        tokio::spawn(async move {
            for _ in 0..REQUESTS.div_ceil(64) {
                lab.ask("x").await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    assert_eq!(lab.server.lost_lines(), 0);
    lab.stop.now();
    while !lab.running.is_finished() {
        tokio::time::sleep(Real::from_millis(20)).await;
    }
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let (mut gateway, mut exchanges) = (Gateway::new(gateway), BTreeMap::new());
    let facts = Arc::clone(gateway.spec().facts());
    let mut choices = SeededChoices::new(Streams::new(1), 0);
    let (mut starts, mut trips, mut losses) = (0, 0, 0);
    for line in text.lines().skip(1) {
        starts += usize::from(line.contains("\"start\""));
        trips += usize::from(line.contains("\"tripped "));
        losses += usize::from(line.contains("\"lost\"") || line.contains("\"cut\""));
        let played = replay_line(line, &mut gateway, &mut choices, &mut exchanges, &|_| Arc::clone(&facts));
        assert_eq!(played, Line::Same, "{line}");
    }
    assert!(starts >= REQUESTS && trips > 10 && losses > 10, "{starts} {trips} {losses}");
}

#[tokio::test]
async fn a_log_is_played_again_to_the_same_decisions_and_holds_no_secret() {
    let (first, _) = backend(|call| if call % 3 == 0 { refusal("1") } else { answer(200, "a") }).await;
    let (second, _) = backend(|call| if call % 5 == 0 { answer(500, "") } else { answer(200, "b") }).await;
    let header = JournalHeader { hash: "h".into(), seed: 1, start_unix_s: 0 };
    let kept = Kept::default();
    let mut own = settings(FAILOVER, &[first, second]);
    own.keys.add("s3cret", None);
    let gateway = Arc::clone(&own.gateway);
    let journal = Journal::new(kept.clone(), &header);
    let lab = Lab::start_with(own, Limits::default(), Some(journal)).await;
    for _ in 0..40 {
        let url = format!("http://{}/openai/d?subscription-key=s3cret", lab.address);
        let request = Request::post(url).header("authorization", "Bearer s3cret");
        lab.send(request.body(Outgoing::whole("x")).unwrap()).await;
    }
    lab.stop.now();
    assert!(lab.running.await.unwrap());
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("s3cret"));
    let mut lines = text.lines();
    assert_eq!(JournalHeader::read(lines.next().unwrap()), Some(header));
    let (mut gateway, mut exchanges) = (Gateway::new(gateway), BTreeMap::new());
    let facts = Arc::clone(gateway.spec().facts());
    let mut choices = SeededChoices::new(Streams::new(1), 0);
    let mut count = 0;
    for line in lines {
        let played = replay_line(line, &mut gateway, &mut choices, &mut exchanges, &|_| Arc::clone(&facts));
        assert_eq!(played, Line::Same, "{line}");
        count += 1;
    }
    assert!(count >= 120 && exchanges.is_empty(), "{count}");
    // A log that says something else is found out.
    let changed = text.lines().nth(1).unwrap().replace("selected backend-0", "selected backend-1");
    let mut fresh = Gateway::new(Arc::clone(gateway.spec()));
    let played = replay_line(&changed, &mut fresh, &mut choices, &mut exchanges, &|_| Arc::clone(&facts));
    assert!(matches!(played, Line::Differs { .. }));
}
