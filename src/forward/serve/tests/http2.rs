//! HTTP/2 on both sides: many streams on one connection, and peers that break off one of them or all.
//!
//! Clients speak it at once or agree on it in the handshake of TLS; backends only agree on it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration as Real;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::certificates::Authority;
use super::lab::{FAILOVER, LOCAL, Lab, answer, backend, backend_with, refusal, settings};
use super::reaching::{TO_THE_NEXT, first_at};
use crate::serve::Settings;
use crate::wire::Limits;

type Client = SendRequest<Full<Bytes>>;

const SOON: Real = Real::from_secs(8);

/// A client of HTTP/2 over this stream.
async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Client {
    let (client, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    client
}

/// One that says at once what it speaks.
async fn knowing(address: SocketAddr) -> Client {
    over(TcpStream::connect(address).await.unwrap()).await
}

/// Status and body of an answer; no body: it broke off.
async fn ask(
    client: &Client,
    address: SocketAddr,
    body: &str,
) -> Result<(u16, Option<String>), hyper::Error> {
    let url = format!("http://{address}/openai/d");
    let request = Request::post(url).body(Full::new(Bytes::from(body.to_owned()))).unwrap();
    let (head, body) = client.clone().send_request(request).await?.into_parts();
    assert_eq!(head.version, Version::HTTP_2);
    assert!(!head.headers.contains_key("connection"), "{:?}", head.headers);
    let body = body.collect().await.ok().map(|body| String::from_utf8(body.to_bytes().to_vec()).unwrap());
    Ok((head.status.as_u16(), body))
}

/// Settings in front of one backend over TLS.
fn to(address: SocketAddr, authority: &Authority, policy: &str) -> Settings {
    let own = first_at(format!("https://{address}/openai"), settings(policy, &[address]));
    Settings { trusted: vec![authority.certificate()], ..own }
}

#[tokio::test]
async fn many_streams_share_a_connection() {
    let (first, _) = backend(|_| refusal("30")).await;
    let (second, seen) = backend(|_| answer(200, "fine")).await;
    let lab = Lab::start(settings(FAILOVER, &[first, second])).await;
    let client = knowing(lab.address).await;
    let asking = (0..150).map(|at| {
        let (client, address) = (client.clone(), lab.address);
        tokio::spawn(async move { ask(&client, address, &format!("body {at}")).await.unwrap() })
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_eq!(asked.await.unwrap(), (200, Some("fine".to_owned())));
    }
    let mut bodies: Vec<_> = seen.lock().unwrap().drain(..).map(|(_, body)| body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 150, "each with its own body");
    for _ in 0..300 {
        assert_eq!(ask(&client, lab.address, "x").await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn clients_agree_on_it_over_tls() {
    let authority = Authority::new();
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let tls = authority.identity(None).acceptor(&[b"h2", b"http/1.1"]);
    let lab = Lab::start_at(settings(FAILOVER, &[only]), Limits::default(), None, Some(tls)).await;
    let stream = TcpStream::connect(lab.address).await.unwrap();
    let connector = authority.connector(&[b"h2", b"http/1.1"]);
    let stream = connector.connect(ServerName::from(lab.address.ip()), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let client = over(stream).await;
    assert_eq!(ask(&client, lab.address, "x").await.unwrap(), (200, Some("fine".to_owned())));
}

#[tokio::test]
async fn backends_agree_on_it_and_take_all_requests_over_one_connection() {
    let authority = Authority::new();
    let tls = authority.identity(None).acceptor(&[b"h2"]);
    let (only, seen) = backend_with(Some(tls), |_| answer(200, "fine")).await;
    let lab = Arc::new(Lab::start(to(only, &authority, FAILOVER)).await);
    assert_eq!(lab.ask("first").await.0, 200);
    let asking = (0..50).map(|_| {
        let lab = Arc::clone(&lab);
        tokio::spawn(async move { lab.ask("x").await })
    });
    for asked in asking.collect::<Vec<_>>() {
        let (status, _, body) = asked.await.unwrap();
        assert_eq!((status, &*body), (200, "fine"));
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 51);
    for (head, _) in seen.iter() {
        assert_eq!(head.version, Version::HTTP_2);
        assert!(!head.headers.contains_key("host"), "the authority says it");
        assert_eq!(head.uri.authority().unwrap().as_str(), only.to_string());
    }
}

#[tokio::test]
async fn a_stream_that_a_client_resets_takes_only_itself_along() {
    let (told, mut left) = tokio::sync::mpsc::channel::<()>(8);
    let calls = Arc::new(AtomicUsize::new(0));
    let waiting = super::lab::raw_backend(move |mut stream| {
        let (told, call) = (told.clone(), calls.fetch_add(1, Ordering::Relaxed));
        async move {
            if call > 0 {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine").await;
                return;
            }
            let mut byte = [0];
            let _ = stream.read(&mut byte).await;
            let _ = told.send(()).await;
        }
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[waiting])).await;
    let client = knowing(lab.address).await;
    let (own, address) = (client.clone(), lab.address);
    let first = tokio::spawn(async move { ask(&own, address, "x").await });
    while lab.server.under_way() == 0 {
        tokio::time::sleep(Real::from_millis(10)).await;
    }
    // The backend has the request before it is given up.
    tokio::time::sleep(Real::from_millis(100)).await;
    first.abort();
    tokio::time::timeout(Real::from_millis(1_500), left.recv()).await.expect("the attempt was given up");
    assert_eq!(ask(&client, lab.address, "x").await.unwrap(), (200, Some("fine".to_owned())));
    assert_eq!(lab.server.under_way(), 0);
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_at_once_cost_their_client_its_connection() {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let lab = Lab::start(settings(FAILOVER, &[only])).await;
    let stream = TcpStream::connect(lab.address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut opened = 0;
    for _ in 0..20_000 {
        let Ok(ready) = client.ready().await else { break };
        client = ready;
        let request = Request::get(format!("http://{}/openai/d", lab.address)).body(()).unwrap();
        let Ok((_, mut stream)) = client.send_request(request, false) else { break };
        stream.send_reset(h2::Reason::CANCEL);
        opened += 1;
        if opened % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let ended = tokio::time::timeout(SOON, connection).await.expect("it is cut off").unwrap();
    let reason = ended.unwrap_err().reason();
    assert_eq!(reason, Some(h2::Reason::ENHANCE_YOUR_CALM), "after {opened}");
    assert_eq!(lab.ask("x").await.0, 200);
    assert_eq!(lab.server.under_way(), 0);
}

#[tokio::test]
async fn a_connection_without_streams_ends_and_one_with_them_does_not() {
    let slow = super::lab::raw_backend(|mut stream| async move {
        tokio::time::sleep(Real::from_millis(1_500)).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine").await;
    })
    .await;
    let limits = Limits { head_time: Real::from_millis(300), ..Limits::default() };
    let lab = Lab::start_with(settings(FAILOVER, &[slow]), limits, None).await;
    let stream = TcpStream::connect(lab.address).await.unwrap();
    let (client, connection) =
        handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    // Five times the time that it may be idle.
    assert_eq!(ask(&client, lab.address, "x").await.unwrap(), (200, Some("fine".to_owned())));
    // It answers pings, which keeps it no longer.
    tokio::time::timeout(SOON, connection).await.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn a_stream_of_which_a_client_takes_nothing_gives_its_place_back() {
    let endless = super::lab::raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let part = [b'x'; 16 * 1024];
        while stream.write_all(&part).await.is_ok() {}
    })
    .await;
    let bound = Real::from_millis(400);
    let limits = Limits { head_time: bound, stall_time: bound, ..Limits::default() };
    let lab = Lab::start_with(settings(FAILOVER, &[endless]), limits, None).await;
    let client = knowing(lab.address).await;
    let url = format!("http://{}/openai/d", lab.address);
    let request = Request::post(url).body(Full::new(Bytes::new())).unwrap();
    let answer = client.clone().send_request(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), lab.server.under_way()), (200, 1));
    // The window is full, the connection is alive, and nobody reads.
    let began = tokio::time::Instant::now();
    while lab.server.under_way() > 0 {
        assert!(began.elapsed() < SOON, "it holds its place");
        tokio::time::sleep(Real::from_millis(20)).await;
    }
    drop(answer);
}

#[tokio::test]
async fn headers_that_dribble_over_many_frames_are_cut_off() {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let limits = Limits { head_time: Real::from_millis(300), ..Limits::default() };
    let lab = Lab::start_with(settings(FAILOVER, &[only]), limits, None).await;
    let mut stream = TcpStream::connect(lab.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // HEADERS of stream 1 without END_HEADERS, then a CONTINUATION now and then.
    stream.write_all(b"\0\0\x01\x01\0\0\0\0\x01\x82").await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let writing = tokio::spawn(async move {
        while writer.write_all(b"\0\0\x01\x09\0\0\0\0\x01\x86").await.is_ok() {
            tokio::time::sleep(Real::from_millis(50)).await;
        }
    });
    let mut all = Vec::new();
    let read = tokio::time::timeout(SOON, reader.read_to_end(&mut all)).await;
    writing.abort();
    assert!(read.is_ok(), "it is still open");
}

#[tokio::test]
async fn an_end_answers_all_streams() {
    let slow = super::lab::raw_backend(|mut stream| async move {
        tokio::time::sleep(Real::from_secs(1)).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine").await;
    })
    .await;
    let lab = Lab::start(settings(FAILOVER, &[slow])).await;
    let client = knowing(lab.address).await;
    let asking = (0..100).map(|_| {
        let (client, address) = (client.clone(), lab.address);
        tokio::spawn(async move { ask(&client, address, "x").await })
    });
    let asking: Vec<_> = asking.collect();
    while lab.server.under_way() < 100 {
        tokio::time::sleep(Real::from_millis(5)).await;
    }
    lab.stop.now();
    for asked in asking {
        assert_eq!(asked.await.unwrap().unwrap(), (200, Some("fine".to_owned())));
    }
    let is_clean = tokio::time::timeout(SOON, lab.running).await.expect("it ends").unwrap();
    assert!(is_clean);
}

/// What a backend of HTTP/2 does with its calls, from the first one on.
#[derive(Clone, Copy, Debug)]
enum Breaks {
    /// Resets the stream.
    Resets,
    /// Says that it has not looked at it.
    Refuses,
    /// Resets the stream after the first part of its answer.
    ResetsLate,
    /// Ends the connection with an error.
    GoesAway,
    /// Answers, and ends the connection.
    GoesAwayAfter,
    /// Closes without a word.
    Closes,
    /// Sends what is no frame.
    Garbage,
}

/// A backend of HTTP/2 that does this with each first call of a connection, and how many it has seen.
async fn breaking(authority: &Authority, breaks: Breaks) -> (SocketAddr, Arc<AtomicUsize>) {
    let tls = authority.identity(None).acceptor(&[b"h2"]);
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let (address, calls) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, counted) = (tls.clone(), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut stream = tls.accept(stream).await.unwrap();
                if matches!(breaks, Breaks::Garbage) {
                    counted.fetch_add(1, Ordering::Relaxed);
                    let _ = stream.write_all(&[0xff; 64]).await;
                    tokio::time::sleep(SOON).await;
                    return;
                }
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    counted.fetch_add(1, Ordering::Relaxed);
                    match breaks {
                        Breaks::Resets => respond.send_reset(h2::Reason::INTERNAL_ERROR),
                        Breaks::Refuses => respond.send_reset(h2::Reason::REFUSED_STREAM),
                        Breaks::ResetsLate => {
                            let mut body = respond.send_response(Response::new(()), false).unwrap();
                            body.send_data(Bytes::from_static(b"part"), false).unwrap();
                            tokio::spawn(async move {
                                tokio::time::sleep(Real::from_millis(200)).await;
                                body.send_reset(h2::Reason::INTERNAL_ERROR);
                            });
                        }
                        Breaks::GoesAway => connection.abrupt_shutdown(h2::Reason::INTERNAL_ERROR),
                        Breaks::GoesAwayAfter => {
                            let mut body = respond.send_response(Response::new(()), false).unwrap();
                            body.send_data(Bytes::from_static(b"fine"), true).unwrap();
                            connection.graceful_shutdown();
                        }
                        Breaks::Closes | Breaks::Garbage => return,
                    }
                }
            });
        }
    });
    (address, calls)
}

#[tokio::test]
async fn backends_that_break_off_are_lost_attempts() {
    let authority = Authority::new();
    let (second, _) = backend(|_| answer(200, "second")).await;
    for breaks in [Breaks::Resets, Breaks::Refuses, Breaks::GoesAway, Breaks::Closes, Breaks::Garbage] {
        let (first, calls) = breaking(&authority, breaks).await;
        let mut own = to(first, &authority, FAILOVER);
        let next = first_at(format!("https://{first}/openai"), settings(TO_THE_NEXT, &[first, second]));
        own.gateway = next.gateway;
        own.backends = next.backends;
        let lab = Lab::start(own).await;
        let asked = tokio::time::timeout(SOON, lab.ask("x")).await.expect("in time");
        assert_eq!((asked.0, &*asked.2), (200, "second"), "{breaks:?}");
        assert_eq!(asked.1["x-poolproof-attempts"], "2", "{breaks:?}");
        assert_eq!(lab.server.counts()[0].failures, 1, "{breaks:?}");
        // What the core decides is done once, not again beneath it.
        assert_eq!(calls.load(Ordering::Relaxed), 1, "{breaks:?}");
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_late_breaks_off_at_the_client() {
    let authority = Authority::new();
    let (only, _) = breaking(&authority, Breaks::ResetsLate).await;
    let lab = Lab::start(to(only, &authority, FAILOVER)).await;
    let (status, _, body) = lab.ask("x").await;
    assert_eq!((status, &*body), (200, "broken off"));
    // So it does where the client speaks HTTP/2 itself, on its stream only.
    let client = knowing(lab.address).await;
    for _ in 0..2 {
        assert_eq!(ask(&client, lab.address, "x").await.unwrap(), (200, None));
    }
}

#[tokio::test]
async fn a_backend_that_goes_away_is_connected_to_again() {
    let authority = Authority::new();
    let (only, calls) = breaking(&authority, Breaks::GoesAwayAfter).await;
    let lab = Lab::start(to(only, &authority, FAILOVER)).await;
    for round in 0..5 {
        let (status, _, body) = lab.ask("x").await;
        assert_eq!((status, &*body), (200, "fine"), "round {round}");
        tokio::time::sleep(Real::from_millis(50)).await;
    }
    assert_eq!(calls.load(Ordering::Relaxed), 5);
}
