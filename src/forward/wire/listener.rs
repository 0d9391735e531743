//! Listeners: connections within bounds, and an end that lets requests finish.
//!
//! Rules
//! - HTTP/1.1 and HTTP/2 are told apart by what the client says first.
//! - A client has a bounded time to send the head of a request; heads and connections are bounded too. What
//!   breaks a bound of the protocol is answered by the HTTP library: 400, 414 or 431.
//! - A connection beyond the bound waits to be accepted; where there is something to tell it, some are told.
//! - After [`Stop::now`] nothing new is accepted, requests under way are answered, and idle connections close.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration as Real;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::Outgoing;
use super::connection::{LAST_CALL, Ways, converse};
use super::edge::Tell;

/// Connections beyond the bound that can be told so at the same time, and how long each has to ask.
const EXTRA_PLACES: usize = 64;
const EXTRA_TIME: Real = Real::from_secs(5);

/// Bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Time to send the head of a request, and between requests of a connection.
    pub head_time: Real,
    /// Bytes of a head.
    pub head_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// How long a client may take nothing of what is written to it.
    pub stall_time: Real,
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
            stall_time: Real::from_mins(2),
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
    tell: Option<Tell>,
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
        Ok(Self { socket: TcpListener::bind(address).await?, limits, tls, tell: None })
    }

    /// With `tell` as the body of what it answers by itself: what is no HTTP (400, 414, 431), and connections beyond
    /// the bound, which are told (503) instead of having to wait.
    #[must_use]
    pub fn telling(self, tell: Tell) -> Self {
        Self { tell: Some(tell), ..self }
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
        let Self { socket, limits, tls, tell } = self;
        let builder = Arc::new(builder(&limits, tls.is_none()));
        let ways = Ways { builder, tell, limits, stop: stop.clone() };
        // Beyond the bound, for those who are told so.
        let extra = if tell.is_some() { EXTRA_PLACES } else { 0 };
        let places = Places { own: places(limits.connections.max(1)), extra: places(extra) };
        let alive = watch::Sender::new(());
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => break,
                accepted = accept(&socket, &places) => accepted,
            };
            let Some(accepted) = accepted else { break };
            tokio::spawn(begin(ways.clone(), tls.clone(), accepted, answer.clone(), alive.subscribe()));
        }
        // Clients whose connections wait to be accepted know nothing of an end.
        while let Ok(Some(accepted)) = tokio::time::timeout(Real::ZERO, accept(&socket, &places)).await {
            tokio::spawn(begin(ways.clone(), tls.clone(), accepted, answer.clone(), alive.subscribe()));
        }
        drop(socket);
        tokio::time::timeout(limits.drain_time, alive.closed()).await.is_ok()
    }
}

/// The HTTP of a listener. `is_plain`: a client may end its side and still get its answer.
fn builder(limits: &Limits, is_plain: bool) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_headers(limits.headers)
        .max_buf_size(limits.head_bytes.max(8_192))
        .half_close(is_plain)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(limits.head_time))
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
    builder
}

/// Places for connections, and for those that are told that there are none.
struct Places {
    own: Arc<Semaphore>,
    extra: Arc<Semaphore>,
}

fn places(count: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(count))
}

/// A connection with its place.
struct Accepted {
    stream: TcpStream,
    peer: Peer,
    place: OwnedSemaphorePermit,
    is_beyond: bool,
}

/// The next connection, once there is a place for it. `None`: there will be no more.
async fn accept(socket: &TcpListener, places: &Places) -> Option<Accepted> {
    let (mut place, mut is_beyond) = tokio::select! {
        biased;
        place = Arc::clone(&places.own).acquire_owned() => (place.ok()?, false),
        place = Arc::clone(&places.extra).acquire_owned() => (place.ok()?, true),
    };
    loop {
        match socket.accept().await {
            Ok((stream, address)) => {
                // Since it was waited for, a place of its own may have become free.
                if is_beyond && let Ok(own) = Arc::clone(&places.own).try_acquire_owned() {
                    (place, is_beyond) = (own, false);
                }
                let _ = stream.set_nodelay(true);
                return Some(Accepted { stream, peer: Peer { address }, place, is_beyond });
            }
            // Out of descriptors, or the client has left already: the next one may do better.
            Err(_) => tokio::time::sleep(Real::from_millis(5)).await,
        }
    }
}

/// Lets a connection in, or tells it that there is no place.
async fn begin<A, F>(
    mut ways: Ways,
    tls: Option<TlsAcceptor>,
    accepted: Accepted,
    answer: A,
    _alive: watch::Receiver<()>,
) where
    A: Fn(Request<Incoming>, Peer) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Outgoing>> + Send + 'static,
{
    let Accepted { stream, peer, place: _place, is_beyond } = accepted;
    if is_beyond {
        ways.limits.head_time = ways.limits.head_time.min(EXTRA_TIME);
    }
    let tell = ways.tell.filter(|_| is_beyond);
    let answer = move |request, peer| {
        let answered = tell.is_none().then(|| answer(request, peer));
        async move {
            match (answered, tell) {
                (Some(answered), _) => answered.await,
                (None, tell) => no_place(tell),
            }
        }
    };
    let Some(tls) = tls else { return converse(ways, stream, peer, is_beyond, answer).await };
    let mut stop = ways.stop.clone();
    let ended = async {
        let _ = stop.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(LAST_CALL).await;
    };
    let stream = tokio::select! {
        biased;
        shaken = tokio::time::timeout(ways.limits.head_time, tls.accept(stream)) => shaken,
        // A handshake is no request: the end does not wait for it.
        () = ended => return,
    };
    if let Ok(Ok(stream)) = stream {
        converse(ways, stream, peer, is_beyond, answer).await;
    }
}

/// What a connection beyond the bound is told.
fn no_place(tell: Option<Tell>) -> Response<Outgoing> {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = Response::new(tell.map_or(Outgoing::Empty, |tell| Outgoing::whole(tell(status))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
