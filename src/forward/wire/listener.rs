//! Listeners: connections within bounds, and an end that lets requests finish.
//!
//! Rules
//! - HTTP/1.1 and HTTP/2 are told apart by what the client says first.
//! - A client has a bounded time to send the head of a request; heads and connections are bounded too. What
//!   breaks a bound of the protocol is answered by the HTTP library: 400, 414 or 431 without a body.
//! - After [`Stop::now`] nothing new is accepted, requests under way are answered, and idle connections close.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration as Real;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::Outgoing;

/// Bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time; more wait to be accepted.
    pub connections: usize,
    /// Time to send the head of a request, and between requests of a connection.
    pub head_time: Real,
    /// Bytes of a head.
    pub head_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// How long an end waits for requests under way.
    pub drain_time: Real,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_time: Real::from_secs(30),
            head_bytes: 64 * 1024,
            headers: 100,
            drain_time: Real::from_secs(30),
        }
    }
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
}

/// Marks a response, as an extension, that is never sent: the connection breaks instead.
#[derive(Clone, Copy, Debug)]
pub struct NoAnswer;

/// Tells listeners to end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Ends every listener that has the other side.
    pub fn now(&self) {
        self.0.send_replace(true);
    }

    /// What listeners wait for.
    pub fn listen(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

/// A switch that nobody has pressed yet.
pub fn stop_switch() -> Stop {
    Stop(watch::Sender::new(false))
}

/// Waits until the process is told to end: Ctrl-C, or SIGTERM where there is one.
///
/// # Errors
/// The system gives no signals.
#[cfg(unix)]
pub async fn told_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut ends = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = ends.recv() => Ok(()),
    }
}

/// Waits until the process is told to end.
///
/// # Errors
/// The system gives no signals.
#[cfg(not(unix))]
pub async fn told_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// A listener that is bound to its address.
pub struct Listening {
    socket: TcpListener,
    limits: Limits,
    tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listening").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Listening {
    /// Binds `address`; port 0 takes one that is free.
    ///
    /// # Errors
    /// The address is in use or not one of this machine.
    pub async fn bind(address: SocketAddr, limits: Limits, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, limits, tls })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers requests with `answer` until `stop`, then waits for those under way. `false`: some had to be cut off.
    pub async fn run<A, F>(self, answer: A, mut stop: watch::Receiver<bool>) -> bool
    where
        A: Fn(Request<Incoming>, Peer) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Response<Outgoing>> + Send + 'static,
    {
        let Self { socket, limits, tls } = self;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_headers(limits.headers)
            .max_buf_size(limits.head_bytes.max(8_192))
            .keep_alive(true);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(Some(limits.head_time))
            .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
        let builder = Arc::new(builder);
        let places = Arc::new(Semaphore::new(limits.connections.max(1)));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => break,
                accepted = accept(&socket, &places) => accepted,
            };
            let Some((stream, address, place)) = accepted else { break };
            let _ = stream.set_nodelay(true);
            let (builder, answer, tls) = (Arc::clone(&builder), answer.clone(), tls.clone());
            let watcher = graceful.watcher();
            let head_time = limits.head_time;
            tokio::spawn(async move {
                let _place = place;
                match tls {
                    None => connection(&builder, stream, answer, Peer { address }, watcher).await,
                    Some(tls) => {
                        if let Ok(Ok(stream)) = tokio::time::timeout(head_time, tls.accept(stream)).await {
                            connection(&builder, stream, answer, Peer { address }, watcher).await;
                        }
                    }
                }
            });
        }
        drop(socket);
        tokio::time::timeout(limits.drain_time, graceful.shutdown()).await.is_ok()
    }
}

/// The next connection, once there is a place for it. `None`: there will be no more.
async fn accept(
    socket: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match socket.accept().await {
            Ok((stream, address)) => return Some((stream, address, place)),
            // Out of descriptors, or the client has left already: the next one may do better.
            Err(_) => tokio::time::sleep(Real::from_millis(5)).await,
        }
    }
}

async fn connection<S, A, F>(
    builder: &auto::Builder<TokioExecutor>,
    stream: S,
    answer: A,
    peer: Peer,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(Request<Incoming>, Peer) -> F + Send + 'static,
    F: Future<Output = Response<Outgoing>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let response = answer(request, peer);
        async move {
            let response = response.await;
            let is_kept = response.extensions().get::<NoAnswer>().is_some();
            if is_kept { Err(io::Error::from(io::ErrorKind::ConnectionReset)) } else { Ok(response) }
        }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    // An error here is a client that broke off or broke the protocol: it has been answered or is gone.
    let _ = watcher.watch(connection).await;
}
