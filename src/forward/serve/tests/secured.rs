//! TLS on both sides: whom it trusts, what it refuses, and handshakes that go no further.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration as Real;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::certificates::{Authority, Folder, pem};
use super::lab::{FAILOVER, Kept, LOCAL, Lab, answer, backend_with, settings};
use super::reaching::{TO_THE_NEXT, first_at};
use crate::serve::{Journal, JournalHeader, News, Observing, RunError, Running, Settings, serve, trusted_in};
use crate::wire::Limits;

const ASKS: &[u8] = b"GET /openai/d HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
const BOTH: [&[u8]; 2] = [b"h2", b"http/1.1"];
const SOON: Real = Real::from_secs(8);

/// A backend of this authority's that only speaks TLS, for this name or for this machine.
async fn secured(authority: &Authority, name: Option<&str>, protocols: &[&[u8]]) -> SocketAddr {
    let tls = authority.identity(name).acceptor(protocols);
    backend_with(Some(tls), |_| answer(200, "fine")).await.0
}

/// Settings in front of one backend at `https://`, in which an authority may be trusted.
fn to(address: SocketAddr, trusted: Option<&Authority>) -> Settings {
    let own = first_at(format!("https://{address}/openai"), settings(FAILOVER, &[address]));
    Settings { trusted: trusted.map(Authority::certificate).into_iter().collect(), ..own }
}

async fn shake_hands(authority: &Authority, address: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::from(address.ip());
    authority.connector(&[b"http/1.1"]).connect(name, stream).await
}

/// Asks over TLS and gives what comes until the end.
async fn ask(authority: &Authority, address: SocketAddr) -> std::io::Result<String> {
    let mut stream = shake_hands(authority, address).await?;
    stream.write_all(ASKS).await?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await?;
    Ok(String::from_utf8_lossy(&all).into_owned())
}

#[tokio::test]
async fn backends_are_reached_over_tls_that_is_trusted() {
    let authority = Authority::new();
    for protocols in [&BOTH[..], &[b"http/1.1"], &[]] {
        let lab = Lab::start(to(secured(&authority, None, protocols).await, Some(&authority))).await;
        let (status, _, body) = lab.ask("x").await;
        assert_eq!((status, &*body), (200, "fine"), "{protocols:?}");
    }
}

#[tokio::test]
async fn backends_that_are_not_trusted_get_nothing() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let signed = "invalid peer certificate: UnknownIssuer";
    let forged = "invalid peer certificate: BadSignature";
    let named = "invalid peer certificate: certificate not valid for name";
    for (what, address, trusted, why) in [
        ("nobody knows who signed it", secured(&unknown, None, &BOTH).await, None, signed),
        ("another of the same name signed it", secured(&unknown, None, &BOTH).await, Some(&known), forged),
        ("it is for another name", secured(&known, Some("other.example"), &BOTH).await, Some(&known), named),
        (
            "it speaks no TLS",
            backend_with(None, |_| answer(200, "fine")).await.0,
            Some(&known),
            "received corrupt message",
        ),
    ] {
        let kept = Kept::default();
        let header = JournalHeader { hash: "h".into(), seed: 1, start_unix_s: 0 };
        let mut own = to(address, trusted);
        own.keys.add("s3cret", None);
        let lab = Lab::start_with(own, Limits::default(), Some(Journal::new(kept.clone(), &header))).await;
        let url = format!("http://{}/openai/d", lab.address);
        let request = http::Request::post(url).header("api-key", "s3cret");
        let request = request.body(crate::wire::Outgoing::whole("x")).unwrap();
        let (status, _, body) = lab.send(request).await;
        // What the core makes of a lost connection; the policy may answer otherwise in `on-error`.
        assert_eq!(status, 500, "{what}: {body}");
        assert_eq!(lab.server.counts()[0].failures, 1, "{what}");
        lab.stop.now();
        assert!(lab.running.await.unwrap());
        let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("\"lost\":true") && log.contains(why), "{what}: {log}");
        assert!(!log.contains("s3cret"), "{what}: {log}");
    }
}

#[tokio::test]
async fn the_next_backend_answers_for_one_that_is_not_trusted() {
    let (known, unknown) = (Authority::new(), Authority::new());
    let second = secured(&known, None, &BOTH).await;
    let first = secured(&unknown, None, &BOTH).await;
    let mut own = first_at(format!("https://{first}/openai"), settings(TO_THE_NEXT, &[first, second]));
    own.backends.get_mut("backend-1").unwrap().url = Some(format!("https://{second}/openai"));
    own.trusted = vec![known.certificate()];
    let (status, headers, body) = Lab::start(own).await.ask("x").await;
    assert_eq!((status, &*body, &headers["x-poolproof-attempts"]), (200, "fine", &"2".parse().unwrap()));
}

#[tokio::test]
async fn clients_are_answered_over_tls() {
    let authority = Authority::new();
    let (only, _) = backend_with(None, |_| answer(200, "fine")).await;
    let tls = authority.identity(None).acceptor(&BOTH);
    let lab = Lab::start_at(settings(FAILOVER, &[only]), Limits::default(), None, Some(tls)).await;
    let told = ask(&authority, lab.address).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200") && told.ends_with("fine"), "{told}");
    // A client that does not trust it says so and is gone; one that speaks no TLS gets nothing.
    assert!(ask(&Authority::new(), lab.address).await.is_err());
    let told = lab.say(ASKS).await;
    assert!(!told.contains("HTTP/1.1"), "{told}");
    assert!(ask(&authority, lab.address).await.is_ok(), "others are served as before");
}

#[tokio::test]
async fn what_is_no_http_is_told_over_tls_too() {
    let authority = Authority::new();
    let (only, _) = backend_with(None, |_| answer(200, "fine")).await;
    let tls = authority.identity(None).acceptor(&BOTH);
    let lab = Lab::start_at(settings(FAILOVER, &[only]), Limits::default(), None, Some(tls)).await;
    let mut stream = shake_hands(&authority, lab.address).await.unwrap();
    stream.write_all(b"hello\r\n\r\n").await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 400") && told.contains("\"statusCode\":400"), "{told}");
}

#[tokio::test]
async fn handshakes_that_stall_are_cut_off_and_keep_no_end_waiting() {
    let authority = Authority::new();
    let (only, _) = backend_with(None, |_| answer(200, "fine")).await;
    let tls = authority.identity(None).acceptor(&BOTH);
    let limits = Limits { head_time: Real::from_millis(500), connections: 2, ..Limits::default() };
    let lab = Lab::start_at(settings(FAILOVER, &[only]), limits, None, Some(tls.clone())).await;
    // A handshake that has begun, and one that has not: both hold their places for a while only.
    let mut stalled = Vec::new();
    for text in [&b"\x16\x03\x01"[..], b""] {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(text).await.unwrap();
        stalled.push(stream);
    }
    for stream in &mut stalled {
        let mut all = Vec::new();
        let read = tokio::time::timeout(SOON, stream.read_to_end(&mut all)).await;
        assert!(read.is_ok(), "it is still open");
    }
    assert!(ask(&authority, lab.address).await.unwrap().starts_with("HTTP/1.1 200"));
    // After the handshake nothing is said either.
    let mut silent = shake_hands(&authority, lab.address).await.unwrap();
    let mut all = Vec::new();
    let read = tokio::time::timeout(SOON, silent.read_to_end(&mut all)).await;
    assert!(read.is_ok(), "it is still open");
    // With all the time in the world, an end does not wait for them.
    let limits = Limits { head_time: Real::from_mins(5), ..Limits::default() };
    let lab = Lab::start_at(settings(FAILOVER, &[only]), limits, None, Some(tls)).await;
    let stalled = TcpStream::connect(lab.address).await.unwrap();
    let silent = shake_hands(&authority, lab.address).await.unwrap();
    lab.stop.now();
    let is_clean = tokio::time::timeout(SOON, lab.running).await.expect("it ends").unwrap();
    assert!(is_clean, "nothing was under way");
    drop((stalled, silent));
}

#[tokio::test]
async fn a_connection_beyond_the_bound_is_told_so_over_tls() {
    let authority = Authority::new();
    let (only, _) = backend_with(None, |_| answer(200, "fine")).await;
    let tls = authority.identity(None).acceptor(&BOTH);
    let limits = Limits { connections: 1, ..Limits::default() };
    let lab = Lab::start_at(settings(FAILOVER, &[only]), limits, None, Some(tls)).await;
    let first = shake_hands(&authority, lab.address).await.unwrap();
    let told = ask(&authority, lab.address).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("\"statusCode\":503"), "{told}");
    drop(first);
}

#[tokio::test]
async fn a_client_that_leaves_over_tls_takes_its_attempt_along() {
    let authority = Authority::new();
    let (told, mut left) = tokio::sync::mpsc::channel::<()>(1);
    let told = Arc::new(told);
    let waiting = super::lab::raw_backend(move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            let mut byte = [0];
            let _ = stream.read(&mut byte).await;
            let _ = told.send(()).await;
        }
    })
    .await;
    let tls = authority.identity(None).acceptor(&BOTH);
    let lab = Lab::start_at(settings(FAILOVER, &[waiting]), Limits::default(), None, Some(tls)).await;
    let mut stream = shake_hands(&authority, lab.address).await.unwrap();
    stream.write_all(ASKS).await.unwrap();
    while lab.server.under_way() == 0 {
        tokio::time::sleep(Real::from_millis(10)).await;
    }
    // The policy would wait for two seconds.
    drop(stream);
    tokio::time::timeout(Real::from_millis(1_500), left.recv()).await.expect("the attempt was given up");
}

/// What `serve` says of these files, which must be before it listens.
fn refused(chain: &std::path::Path, key: &std::path::Path) -> String {
    let running = Running {
        observing: Observing::default(),
        listen: LOCAL,
        admin: None,
        limits: Limits::default(),
        tls: Some((chain.to_owned(), key.to_owned())),
        threads: 1,
        seed: 1,
    };
    let tell = |news: News| assert!(!matches!(news, News::Started(_)), "it listens");
    let error = serve(&running, settings(FAILOVER, &[LOCAL]), None, |_| None, tell).unwrap_err();
    assert!(matches!(error, RunError::Tls { .. }), "{error}");
    error.to_string()
}

#[test]
fn files_that_are_no_certificates_are_told_before_anything_listens() {
    let folder = Folder::new("tls");
    let authority = Authority::new();
    let (chain, key) = authority.identity(None).files(folder.path());
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let missing = folder.path().join("missing.pem");
    let empty = file("empty.pem", "");
    let garbage = file("garbage.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    let broken = file("broken.pem", &pem("CERTIFICATE", b"s3cret"));
    let broken_key = file("broken-key.pem", &pem("PRIVATE KEY", b"s3cret"));
    let other = Folder::new("tls-other");
    let (_, other_key) = authority.identity(None).files(other.path());
    for (chain, key, blamed) in [
        (&missing, &key, "missing.pem"),
        (&empty, &key, "empty.pem"),
        (&garbage, &key, "garbage.pem"),
        (&chain, &missing, "missing.pem"),
        (&chain, &empty, "empty.pem"),
        (&chain, &broken_key, "broken-key.pem"),
        (&chain, &other_key, "key.pem"),
        (&broken, &key, "pem"),
    ] {
        let told = refused(chain, key);
        assert!(told.contains(blamed) && told.contains("cannot be used for TLS: "), "{blamed}: {told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
    for path in [&missing, &empty, &garbage, &broken] {
        let told = trusted_in(path).unwrap_err().to_string();
        assert!(told.contains("cannot be used for TLS: "), "{told}");
    }
    assert_eq!(trusted_in(&chain).unwrap().len(), 1);
}
