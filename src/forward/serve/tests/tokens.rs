//! Token endpoints that are slow, down, or say nothing that is a token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as Real;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::lab::{Lab, Seen, answer, backend, raw_backend, settings};
use crate::serve::{IdentitySource, Settings};

const POLICY: &str = r#"<policies><inbound><set-backend-service backend-id="pool" />
    <authentication-managed-identity resource="https://cognitiveservices.azure.com" /></inbound>
  <backend><forward-request /></backend><outbound /><on-error /></policies>"#;
const TOKEN: &str = r#"{"access_token":"t0ken","expires_in":"3600"}"#;

/// An answer with a token.
fn given() -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{TOKEN}", TOKEN.len())
}

/// A server whose tokens come from this address, and what its backend sees.
async fn lab(imds: std::net::SocketAddr) -> (Lab, Seen) {
    let (only, seen) = backend(|_| answer(200, "fine")).await;
    let identity = IdentitySource::Imds { url: format!("http://{imds}/token") };
    (Lab::start(Settings { identity, ..settings(POLICY, &[only]) }).await, seen)
}

/// An endpoint that thinks for a while and then says this, and how often it was asked.
async fn slow(text: String) -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let address = raw_backend(move |mut stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        let text = text.clone();
        async move {
            tokio::time::sleep(Real::from_millis(1_500)).await;
            let _ = stream.write_all(text.as_bytes()).await;
        }
    })
    .await;
    (address, asked)
}

/// Statuses of as many requests at the same time, all of which have come in before the endpoint answers.
async fn together(lab: Lab, requests: usize) -> Vec<u16> {
    let lab = Arc::new(lab);
    let asking = (0..requests).map(|_| {
        let lab = Arc::clone(&lab);
        tokio::spawn(async move { lab.ask("x").await.0 })
    });
    let mut statuses = Vec::new();
    for asked in asking.collect::<Vec<_>>() {
        statuses.push(asked.await.unwrap());
    }
    statuses
}

#[tokio::test]
async fn all_wait_for_one_slow_flight_and_go_on() {
    let (imds, asked) = slow(given()).await;
    let (lab, seen) = lab(imds).await;
    assert_eq!(together(lab, 20).await, [200; 20]);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let seen = seen.lock().unwrap();
    assert!(seen.len() == 20 && seen.iter().all(|(head, _)| head.headers["authorization"] == "Bearer t0ken"));
}

#[tokio::test]
async fn all_share_the_failure_of_the_flight_they_waited_for() {
    let (imds, asked) =
        slow("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let (lab, seen) = lab(imds).await;
    let began = tokio::time::Instant::now();
    assert_eq!(together(lab, 20).await, [500; 20]);
    // One after another they would take twenty times as long, and keep an endpoint busy that cannot answer.
    assert_eq!(asked.load(Ordering::Relaxed), 1, "after {:?}", began.elapsed());
    assert!(seen.lock().unwrap().is_empty(), "nothing goes on without its token");
}

#[tokio::test]
async fn an_endpoint_that_says_nothing_is_given_up() {
    let silent = raw_backend(|stream| async move {
        tokio::time::sleep(Real::from_mins(1)).await;
        drop(stream);
    })
    .await;
    let (lab, seen) = lab(silent).await;
    let began = tokio::time::Instant::now();
    assert_eq!(together(lab, 3).await, [500; 3]);
    assert!(began.elapsed() < Real::from_secs(20), "{:?}", began.elapsed());
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_client_that_leaves_does_not_take_the_flight_of_others_along() {
    let (imds, _) = slow(given()).await;
    let (lab, _) = lab(imds).await;
    let mut first = TcpStream::connect(lab.address).await.unwrap();
    first.write_all(b"GET /openai/d HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (other, ()) = tokio::join!(
        async {
            tokio::time::sleep(Real::from_millis(100)).await;
            lab.ask("x").await.0
        },
        async {
            tokio::time::sleep(Real::from_millis(300)).await;
            drop(first);
        }
    );
    assert_eq!(other, 200);
}

#[tokio::test]
async fn an_endpoint_that_is_down_fails_requests_until_it_is_up() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let (lab, seen) = lab(address).await;
    let (status, _, body) = lab.ask("x").await;
    assert_eq!((status, seen.lock().unwrap().len()), (500, 0), "{body}");
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await;
        let _ = stream.write_all(given().as_bytes()).await;
        tokio::time::sleep(Real::from_secs(5)).await;
    });
    assert_eq!(lab.ask("x").await.0, 200, "a failure is not kept");
}

#[tokio::test]
async fn what_is_no_token_is_a_failure() {
    let long: &'static str =
        format!(r#"{{"access_token":"{}","expires_in":60}}"#, "s3cret".repeat(20_000)).leak();
    for (what, status, body) in [
        ("nothing", 200, ""),
        ("no JSON", 200, "<html>s3cret</html>"),
        ("half of one", 200, r#"{"access_token":"s3cret","#),
        ("no token", 200, r#"{"expires_in":60}"#),
        ("a number", 200, r#"{"access_token":7,"expires_in":60}"#),
        ("no end", 200, r#"{"access_token":"s3cret"}"#),
        ("an end that is none", 200, r#"{"access_token":"s3cret","expires_in":"soon"}"#),
        ("a long one", 200, long),
        ("a refusal", 403, r#"{"access_token":"s3cret","expires_in":60}"#),
        ("a redirection", 302, r#"{"access_token":"s3cret","expires_in":60}"#),
    ] {
        let (imds, asked) = backend(move |_| answer(status, body)).await;
        let (lab, seen) = lab(imds).await;
        let (status, headers, told) = lab.ask("x").await;
        assert_eq!(status, 500, "{what}");
        assert!(!format!("{headers:?}{told}").contains("s3cret"), "{what}: {told}");
        assert_eq!((asked.lock().unwrap().len(), seen.lock().unwrap().len()), (1, 0), "{what}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_no_token() {
    let endless = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let part = [b'{'; 16 * 1024];
        while stream.write_all(&part).await.is_ok() {}
    })
    .await;
    let (lab, seen) = lab(endless).await;
    assert_eq!((lab.ask("x").await.0, seen.lock().unwrap().len()), (500, 0));
}

#[tokio::test]
async fn tokens_are_given_out_no_longer_than_half_of_a_short_life() {
    let (imds, asked) = backend(|call| {
        let text: &'static str = format!(r#"{{"access_token":"t{call}","expires_in":2}}"#).leak();
        answer(200, text)
    })
    .await;
    let (lab, seen) = lab(imds).await;
    for _ in 0..3 {
        assert_eq!(lab.ask("x").await.0, 200);
    }
    tokio::time::sleep(Real::from_millis(1_200)).await;
    assert_eq!(lab.ask("x").await.0, 200);
    assert_eq!(asked.lock().unwrap().len(), 2);
    let tokens: Vec<_> =
        seen.lock().unwrap().iter().map(|(head, _)| head.headers["authorization"].clone()).collect();
    assert_eq!(tokens, ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn a_token_that_has_expired_is_not_kept() {
    let (imds, asked) = backend(|_| answer(200, r#"{"access_token":"old","expires_on":"1"}"#)).await;
    let (lab, _) = lab(imds).await;
    for _ in 0..3 {
        assert_eq!(lab.ask("x").await.0, 200, "its backend has the last word");
    }
    assert_eq!(asked.lock().unwrap().len(), 3);
}
