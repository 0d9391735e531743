//! Answers that come in parts, and clients that leave.

use std::time::Duration as Real;

use http::Request;
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::lab::{FAILOVER, Lab, answer, backend, raw_backend, settings};
use crate::wire::Outgoing;

const SLOWLY: Real = Real::from_millis(400);

/// A backend that sends a part every now and then.
async fn streaming(parts: usize) -> std::net::SocketAddr {
    raw_backend(move |mut stream| async move {
        let head =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let _ = stream.write_all(head).await;
        for part in 0..parts {
            let text = format!("data: {part}\n\n");
            if stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await.is_err() {
                return;
            }
            tokio::time::sleep(SLOWLY).await;
        }
        let _ = stream.write_all(b"0\r\n\r\n").await;
    })
    .await
}

/// The times at which parts arrive, and all of them together.
async fn parts(lab: &Lab) -> (Vec<Real>, String) {
    let url = format!("http://{}/openai/d", lab.address);
    let began = Instant::now();
    let request = Request::post(url).body(Outgoing::whole("x")).unwrap();
    let mut body = lab.client.request(request).await.unwrap().into_body();
    let (mut times, mut text) = (Vec::new(), String::new());
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            times.push(began.elapsed());
            text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
    (times, text)
}

#[tokio::test]
async fn parts_go_on_as_they_come() {
    let lab = Lab::start(settings(FAILOVER, &[streaming(3).await])).await;
    let (times, text) = parts(&lab).await;
    assert_eq!(text, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
    assert_eq!(times.len(), 3);
    assert!(times[0] < SLOWLY && times[2] >= SLOWLY, "{times:?}");
}

#[tokio::test]
async fn a_buffered_answer_comes_at_once() {
    let policy = FAILOVER.replace(r#"buffer-response="false""#, "");
    let lab = Lab::start(settings(&policy, &[streaming(3).await])).await;
    let (times, text) = parts(&lab).await;
    assert_eq!(text, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
    assert!(times.len() == 1 && times[0] >= SLOWLY, "{times:?}");
}

#[tokio::test]
async fn what_fails_after_the_first_byte_breaks_off_and_is_not_sent_again() {
    let first = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    })
    .await;
    let (second, seen) = backend(|_| answer(200, "")).await;
    let lab = Lab::start(settings(FAILOVER, &[first, second])).await;
    let (status, _, body) = lab.ask("x").await;
    assert_eq!((status, &*body), (200, "broken off"));
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_stalled_stream_is_broken_off() {
    let stalled = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
        tokio::time::sleep(Real::from_secs(20)).await;
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[stalled])).await;
    let began = Instant::now();
    assert_eq!(lab.ask("x").await.2, "broken off");
    assert!(began.elapsed() < Real::from_secs(10));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_attempt_along() {
    let (told, mut left) = tokio::sync::mpsc::channel::<()>(1);
    let told = std::sync::Arc::new(told);
    let waiting = raw_backend(move |mut stream| {
        let told = std::sync::Arc::clone(&told);
        async move {
            // Nothing but the end of the connection can be read any more.
            let mut byte = [0];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut byte).await;
            let _ = told.send(()).await;
        }
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[waiting])).await;
    let text = format!("GET /openai/d HTTP/1.1\r\nhost: {}\r\n\r\n", lab.address);
    // Says its request, waits a little and closes.
    assert_eq!(lab.say(text.as_bytes()).await, "");
    tokio::time::timeout(Real::from_secs(5), left.recv()).await.expect("the attempt was given up");
}
