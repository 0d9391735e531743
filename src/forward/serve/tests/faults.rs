//! Backends and clients that misbehave.

use std::time::Duration as Real;

use http::Request;

use super::lab::{FAILOVER, Lab, answer, backend, raw_backend, saying, settings};
use crate::wire::{Limits, Outgoing};

/// Retries whatever has no answer, too.
fn failover_of_everything() -> String {
    let condition = r#"condition="@(context.Response == null || context.Response.StatusCode >= 429)""#;
    let (before, rest) = FAILOVER.split_once("condition=").unwrap();
    let (_, after) = rest.split_once(" count=").unwrap();
    format!("{before}{condition} count={after}")
}

#[tokio::test]
async fn backends_that_fail_before_their_head_are_tried_as_often_as_the_policy_says() {
    let dead: [(&str, &'static [u8]); 4] = [
        ("closes", b""),
        ("breaks off in its head", b"HTTP/1.1 200 OK\r\ncontent-le"),
        ("is none", b"\x16\x03\x01 garbage garbage\r\n\r\n"),
        ("tells two lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd"),
    ];
    for (what, text) in dead {
        let (second, seen) = backend(|_| answer(200, "fine")).await;
        let policy = failover_of_everything();
        let lab = Lab::start(settings(&policy, &[saying(text).await, second])).await;
        // A lost connection does not trip: each of the three attempts goes to the better backend.
        let (status, headers, _) = lab.ask("x").await;
        assert_eq!((status, &headers["x-poolproof-attempts"]), (500, &"3".parse().unwrap()), "{what}");
        assert!(seen.lock().unwrap().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn no_backend_at_all_is_a_500_in_time() {
    // Bound and dropped again: nobody listens there.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lab = Lab::start(settings(FAILOVER, &[gone])).await;
    assert_eq!(lab.ask("x").await.0, 500);
}

#[tokio::test]
async fn silence_ends_at_the_policys_timeout() {
    let silent = raw_backend(|stream| async move {
        tokio::time::sleep(Real::from_secs(20)).await;
        drop(stream);
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[silent])).await;
    let began = tokio::time::Instant::now();
    assert_eq!(lab.ask("x").await.0, 500);
    let took = began.elapsed();
    assert!((Real::from_secs(2)..Real::from_secs(8)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn early_hints_are_passed_over() {
    let early = saying(
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    )
    .await;
    let lab = Lab::start(settings(FAILOVER, &[early])).await;
    let (status, _, body) = lab.ask("x").await;
    assert_eq!((status, &*body), (200, "ok"));
}

#[tokio::test]
async fn an_endless_answer_is_none_where_it_is_read() {
    let endless = || {
        raw_backend(|mut stream| async move {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n").await;
            let part = [b'x'; 16 * 1024];
            while tokio::io::AsyncWriteExt::write_all(&mut stream, &part).await.is_ok() {}
        })
    };
    let reading = FAILOVER.replace(
        "<outbound />",
        r#"<outbound><set-variable name="t" value="@(context.Response.Body.As<string>(true))" /></outbound>"#,
    );
    let lab = Lab::start(settings(&reading, &[endless().await])).await;
    assert_eq!(lab.ask("x").await.0, 500, "beyond the bound it is no answer");
}

#[tokio::test]
async fn clients_that_break_the_protocol_are_turned_away() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let mut settings = settings(FAILOVER, &[only]);
    settings.body_limit = 1_000;
    let lab =
        Lab::start_with(settings, Limits { head_time: Real::from_millis(300), ..Limits::default() }, None)
            .await;
    let long = "x".repeat(20_000);
    let many = "a: b\r\n".repeat(200);
    for (what, text, status) in [
        ("no HTTP", "hello\r\n\r\n".to_owned(), "400"),
        ("outside of the API", "GET /other HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), "404"),
        (
            "two lengths",
            "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"
                .to_owned(),
            "400",
        ),
        (
            "a bad chunk",
            "POST /openai/d HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n".to_owned(),
            "400",
        ),
        ("a long path", format!("GET /openai/{long} HTTP/1.1\r\nhost: a\r\n\r\n"), "414"),
        ("many headers", format!("GET /openai/d HTTP/1.1\r\nhost: a\r\n{many}\r\n"), "431"),
        (
            "a long body",
            format!("POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 20000\r\n\r\n{long}"),
            "413",
        ),
        ("no end of a head", "GET /openai/d HTTP/1.1\r\nhost: a\r\n".to_owned(), "nothing"),
    ] {
        let answer = lab.say(text.as_bytes()).await;
        let told = answer.split(' ').nth(1).unwrap_or("nothing");
        assert_eq!(told, status, "{what}: {answer}");
        if told == "413" || told == "404" {
            assert!(answer.contains("\"statusCode\":") && answer.contains("\"activityId\":"), "{answer}");
        }
    }
    assert!(seen.lock().unwrap().is_empty(), "none of them went on");
    // A length beside chunks: the chunks count, and what goes on has a length of its own.
    let both = "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /s HTTP/1.1\r\n\r\n";
    lab.say(both.as_bytes()).await;
    let smuggled = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(smuggled.len(), 1);
    assert_eq!((&*smuggled[0].1, &smuggled[0].0.headers["content-length"]), ("x", &"1".parse().unwrap()));
    assert_eq!(lab.ask("x").await.0, 200);
}

#[tokio::test]
async fn more_requests_than_allowed_get_503() {
    let slow = raw_backend(|mut stream| async move {
        tokio::time::sleep(Real::from_millis(1_500)).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
    })
    .await;
    let mut settings = settings(FAILOVER, &[slow]);
    settings.concurrency = 1;
    let lab = Lab::start(settings).await;
    let (first, second) = tokio::join!(lab.ask("x"), async {
        tokio::time::sleep(Real::from_millis(500)).await;
        let url = format!("http://{}/openai/d", lab.address);
        lab.send(Request::get(url).body(Outgoing::Empty).unwrap()).await
    });
    assert_eq!((first.0, second.0), (200, 503));
    assert!(second.2.contains("\"statusCode\":503"));
}
