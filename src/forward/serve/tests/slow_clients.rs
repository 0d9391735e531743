//! Clients that take their time, that stop speaking, or that speak no HTTP to the end.
//!
//! Each of them is answered or cut off in bounded time, and holds no place among the requests under way afterwards.

use std::net::SocketAddr;
use std::time::Duration as Real;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::lab::{FAILOVER, Lab, answer, backend, raw_backend, settings};
use crate::serve::Settings;
use crate::wire::Limits;

/// Longer than any bound of these tests, shorter than any that is not theirs.
const SOON: Real = Real::from_secs(8);
const BOUND: Real = Real::from_millis(400);

fn bounds() -> Limits {
    Limits { head_time: BOUND, stall_time: BOUND, ..Limits::default() }
}

/// A server in front of one backend that is fine, for one request at a time.
async fn lab_for_one() -> Lab {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let mut settings = settings(FAILOVER, &[only]);
    settings.concurrency = 1;
    settings.timeouts.idle = BOUND;
    Lab::start_with(settings, bounds(), None).await
}

/// Says `first`, then a byte of `rest` every now and then, and gives what came back until the end.
async fn dribble(address: SocketAddr, first: &str, rest: &str) -> String {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    writer.write_all(first.as_bytes()).await.unwrap();
    let rest = rest.as_bytes().to_vec();
    let saying = tokio::spawn(async move {
        for byte in rest {
            tokio::time::sleep(Real::from_millis(50)).await;
            if writer.write_all(&[byte]).await.is_err() {
                return;
            }
        }
        // The write side stays open: only the other side can end this.
        tokio::time::sleep(SOON).await;
    });
    let mut all = Vec::new();
    let read = tokio::time::timeout(SOON, reader.read_to_end(&mut all)).await;
    saying.abort();
    // A reset is an end as well.
    assert!(read.is_ok(), "still open after {SOON:?}");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn heads_that_dribble_are_cut_off() {
    let lab = lab_for_one().await;
    let long = format!("GET /openai/d HTTP/1.1\r\nhost: a\r\nx: {}", "y".repeat(400));
    for (what, first, rest) in [
        ("nothing at all", "", ""),
        ("the beginning of HTTP/2", "PRI * HTTP", ""),
        ("the beginning of HTTP/2, slowly", "", "PRI * HTTP/2.0\r\n\r\nSM\r\n"),
        ("a head that ends nowhere", "GET /openai/d HTTP/1.1\r\n", ""),
        ("a head in single bytes", "", &*long),
    ] {
        let told = dribble(lab.address, first, rest).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{what}: {told}");
    }
    assert_eq!(lab.ask("x").await.0, 200);
}

#[tokio::test]
async fn a_head_after_an_answer_has_its_time_too() {
    let lab = lab_for_one().await;
    let head = "GET /openai/d HTTP/1.1\r\nhost: a\r\n";
    let told =
        dribble(lab.address, &format!("{head}\r\n{head}"), "x: 1234567890123456789012345678901234567890")
            .await;
    assert!(told.starts_with("HTTP/1.1 200") && told.matches("HTTP/1.1").count() == 1, "{told}");
}

#[tokio::test]
async fn bodies_that_dribble_get_408_and_hold_no_place_meanwhile() {
    let lab = lab_for_one().await;
    let head = "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n";
    let slowly = "y".repeat(400);
    let (first, second, other) =
        tokio::join!(dribble(lab.address, head, &slowly), dribble(lab.address, head, ""), lab.ask("x"));
    assert_eq!(other.0, 200, "only requests that are there take places");
    for told in [first, second] {
        assert!(told.starts_with("HTTP/1.1 408") && told.contains("\"statusCode\":408"), "{told}");
    }
    assert_eq!(lab.ask("x").await.0, 200);
}

#[tokio::test]
async fn bodies_that_dribble_through_end_with_the_policys_time() {
    // Nothing is kept: the body flows on to the backend, which waits for its end.
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let mut settings = settings(&FAILOVER.replace(r#"buffer-request-body="true" "#, ""), &[only]);
    settings.concurrency = 1;
    let lab = Lab::start_with(settings, bounds(), None).await;
    let head = "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n";
    let told = dribble(lab.address, head, &"y".repeat(400)).await;
    assert!(told.starts_with("HTTP/1.1 500"), "{told}");
    assert_eq!(lab.ask("x").await.0, 200, "its place is free");
}

#[tokio::test]
async fn clients_that_do_not_read_lose_their_connection() {
    let endless = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let part = [b'x'; 16 * 1024];
        while stream.write_all(&part).await.is_ok() {}
    })
    .await;
    let lab = Lab::start_with(settings(FAILOVER, &[endless]), bounds(), None).await;
    let mut stream = TcpStream::connect(lab.address).await.unwrap();
    stream.write_all(b"GET /openai/d HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let began = Instant::now();
    while lab.server.under_way() == 0 {
        tokio::time::sleep(Real::from_millis(5)).await;
    }
    while lab.server.under_way() > 0 {
        assert!(began.elapsed() < SOON, "it holds its place");
        tokio::time::sleep(Real::from_millis(20)).await;
    }
    drop(stream);
}

#[tokio::test]
async fn no_more_than_allowed_are_under_way_when_bodies_end_together() {
    let slow = raw_backend(|mut stream| async move {
        tokio::time::sleep(Real::from_millis(500)).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(answer).await;
    })
    .await;
    let mut settings: Settings = settings(FAILOVER, &[slow]);
    settings.concurrency = 1;
    let lab = Lab::start(settings).await;
    let head = b"POST /openai/d HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\n";
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(head).await.unwrap();
        streams.push(stream);
    }
    // All of them are inside by now, and wait for their bodies.
    tokio::time::sleep(Real::from_millis(200)).await;
    let mut told = Vec::new();
    for stream in &mut streams {
        stream.write_all(b"x").await.unwrap();
    }
    for mut stream in streams {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        told.push(text.split(' ').nth(1).unwrap_or_default().to_owned());
    }
    told.sort();
    assert_eq!(told, ["200", "503", "503"]);
}

/// Says this, ends its side, and gives what comes until the other side ends too.
async fn say_and_end(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut all = Vec::new();
    let read = tokio::time::timeout(SOON, stream.read_to_end(&mut all)).await;
    assert!(read.is_ok(), "still open after {SOON:?}");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_answer() {
    let slow = raw_backend(|mut stream| async move {
        tokio::time::sleep(Real::from_millis(500)).await;
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nfi\r\n";
        let _ = stream.write_all(head).await;
        tokio::time::sleep(Real::from_millis(500)).await;
        let _ = stream.write_all(b"2\r\nne\r\n0\r\n\r\n").await;
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[slow])).await;
    for (what, text) in [
        ("no body", "GET /openai/d HTTP/1.1\r\nhost: a\r\n\r\n"),
        ("a body", "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx"),
        ("an old client", "GET /openai/d HTTP/1.0\r\nhost: a\r\n\r\n"),
    ] {
        let told = say_and_end(lab.address, text).await;
        let told = told.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&told);
        assert!(told.split(' ').nth(1) == Some("200"), "{what}: {told}");
        let is_whole = told.ends_with("ne\r\n0\r\n\r\n") || told.ends_with("fine");
        assert!(is_whole, "{what}: {told}");
    }
    // What has not been said to its end is none: nobody can tell how it would go on.
    let cut = "POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx";
    let told = say_and_end(lab.address, cut).await;
    assert!(told.is_empty() || told.contains(" 400 "), "{told}");
    assert_eq!(lab.server.under_way(), 0);
}
