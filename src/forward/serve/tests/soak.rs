//! Minutes of everything at once, after which memory and open files are what they were.
//!
//! `POOLPROOF_SOAK_S` says for how many seconds (120). The first tenth warms up; of the rest the means of the first and
//! of the last quarter are held against each other. Clients, server and backends are one process: what any of them
//! kept would show.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration as Real;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::lab::{FAILOVER, LOCAL, Lab, answer, raw_backend, refusal, settings};
use crate::serve::{IdentitySource, Journal, JournalHeader, Settings};
use crate::wire::{Limits, Listening, Outgoing, stop_switch};

/// How much more memory the last quarter may have than the first: a twentieth, and what an allocator may keep.
const MARGIN_KIB: u64 = 4 * 1024;
/// How many more open files: about as many as requests are under way at a time.
const MARGIN_FILES: u64 = 32;

/// Memory of this process.
pub(super) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

fn files() -> u64 {
    std::fs::read_dir("/proc/self/fd").map_or(0, |all| all.count() as u64)
}

/// A backend that answers by the number of the call, and keeps nothing.
async fn backend(act: fn(usize) -> http::Response<Outgoing>) -> SocketAddr {
    let listening = Listening::bind(LOCAL, Limits::default(), None).await.unwrap();
    let (address, stop, calls) = (listening.address().unwrap(), stop_switch(), Arc::new(AtomicUsize::new(0)));
    let stopped = stop.listen();
    tokio::spawn(async move {
        let _stop = stop;
        let answering = move |request: http::Request<hyper::body::Incoming>, _| {
            let calls = Arc::clone(&calls);
            async move {
                drop(request.into_body().collect().await);
                act(calls.fetch_add(1, Ordering::Relaxed))
            }
        };
        listening.run(answering, stopped).await
    });
    address
}

/// Backends that throttle, fail, break off and are not there; tokens that live for two seconds.
async fn everything() -> Settings {
    let throttling = backend(|call| if call % 9 == 0 { refusal("1") } else { answer(200, "fine") }).await;
    let failing = backend(|call| if call % 5 == 0 { answer(500, "no") } else { answer(200, "fine") }).await;
    let breaking = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    })
    .await;
    let gone = std::net::TcpListener::bind(LOCAL).unwrap().local_addr().unwrap();
    let imds = backend(|_| answer(200, r#"{"access_token":"t0ken","expires_in":"2"}"#)).await;
    let policy = FAILOVER.replace(
        "</inbound>",
        r#"<authentication-managed-identity resource="https://cognitiveservices.azure.com" /></inbound>"#,
    );
    let identity = IdentitySource::Imds { url: format!("http://{imds}/token") };
    Settings { identity, ..settings(&policy, &[throttling, failing, breaking, gone]) }
}

/// A client of this kind, once.
async fn once(lab: &Lab, kind: usize) {
    const HEAD: &[u8] = b"POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n";
    match kind % 4 {
        0 => drop(lab.ask(&"x".repeat(2_000)).await),
        // Leaves before its answer, in the middle of what it says, or says no HTTP.
        1 => {
            let text =
                [&b"GET /openai/d HTTP/1.1\r\nhost: a\r\n\r\n"[..], HEAD, &HEAD[..30], b"hello\r\n\r\n"];
            for text in text {
                if let Ok(mut stream) = TcpStream::connect(lab.address).await {
                    let _ = stream.write_all(text).await;
                    tokio::time::sleep(Real::from_millis(1)).await;
                }
            }
        }
        2 => {
            let Ok(mut stream) = TcpStream::connect(lab.address).await else { return };
            let _ = stream.write_all(b"GET /openai/d HTTP/1.1\r\nhost: a\r\n\r\n").await;
            let _ = stream.shutdown().await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
        _ => {
            let Ok(stream) = TcpStream::connect(lab.address).await else { return };
            let shaken =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
            let Ok((mut client, connection)) = shaken else { return };
            let connection = tokio::spawn(connection);
            for _ in 0..20 {
                let request = http::Request::post(format!("http://{}/openai/d", lab.address));
                let request = request.body(Full::new(Bytes::from_static(b"x"))).unwrap();
                if let Ok(answer) = client.send_request(request).await {
                    drop(answer.into_body().collect().await);
                }
            }
            drop(client);
            let _ = connection.await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn nothing_grows_while_everything_happens() {
    let seconds = std::env::var("POOLPROOF_SOAK_S").ok().and_then(|own| own.parse().ok()).unwrap_or(120);
    let time = Real::from_secs(seconds);
    let own = everything().await;
    let header = JournalHeader { hash: "h".into(), seed: 1, start_unix_s: 0 };
    let journal = Journal::new(std::io::sink(), &header);
    let lab = Arc::new(Lab::start_with(own.clone(), Limits::default(), Some(journal)).await);
    let (is_over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..16)
        .map(|kind| {
            let (lab, is_over, done) = (Arc::clone(&lab), Arc::clone(&is_over), Arc::clone(&done));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    once(&lab, kind).await;
                    done.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Real::from_millis(5)).await;
                }
            })
        })
        .collect();
    let (began, mut samples) = (Instant::now(), Vec::new());
    while began.elapsed() < time {
        tokio::time::sleep(time / 240).await;
        if samples.len() % 10 == 9 {
            lab.server.reload(own.clone()).unwrap();
        }
        samples.push((resident_kib(), files()));
    }
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let warm = &samples[samples.len() / 10..];
    let mean = |part: &[(u64, u64)]| {
        let count = part.len() as u64;
        (part.iter().map(|own| own.0).sum::<u64>() / count, part.iter().map(|own| own.1).sum::<u64>() / count)
    };
    let quarter = warm.len() / 4;
    let (first, last) = (mean(&warm[..quarter]), mean(&warm[warm.len() - quarter..]));
    let done = done.load(Ordering::Relaxed);
    println!(
        "{done} clients in {seconds} s; KiB and files: {first:?} in the first quarter, {last:?} in the last"
    );
    assert!(done > 100 && first.0 > 0 && first.1 > 0, "{done} {first:?}");
    assert!(last.0 <= first.0 + first.0 / 20 + MARGIN_KIB, "memory grows: {first:?} {last:?}");
    assert!(last.1 <= first.1 + MARGIN_FILES, "open files grow: {first:?} {last:?}");
    assert_eq!(lab.server.lost_lines(), 0);
}
