//! A connection from its first byte to its end.
//!
//! Rules
//! - One on which nothing is under way for the time of a head is closed, whatever it has begun to say. (The HTTP
//!   library bounds the rest of a head, but not its first bytes, nor what stands between streams of HTTP/2.)
//! - At an end a request that is there is answered, even if nobody has read it yet; answers say that they are the last.

use std::io;
use std::sync::Arc;
use std::time::Duration as Real;

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

use super::edge::{Edge, Side, Tell};
use super::listener::{NoAnswer, Peer};
use super::traffic::{Counted, Traffic};
use super::{Limits, Outgoing};

/// How long an end waits for requests that are on their way through this machine.
pub(super) const LAST_CALL: Real = Real::from_millis(250);

/// What connections of a listener have in common.
#[derive(Clone)]
pub(super) struct Ways {
    pub(super) builder: Arc<auto::Builder<TokioExecutor>>,
    pub(super) tell: Option<Tell>,
    pub(super) limits: Limits,
    pub(super) stop: watch::Receiver<bool>,
}

/// Answers what comes over `stream` until it ends. `is_last`: with the first answer.
pub(super) async fn converse<S, A, F>(ways: Ways, stream: S, peer: Peer, is_last: bool, answer: A)
where
    S: AsyncRead + AsyncWrite + Side + Unpin + Send + 'static,
    A: Fn(Request<Incoming>, Peer) -> F + Send + 'static,
    F: Future<Output = Response<Outgoing>> + Send + 'static,
{
    let Ways { builder, tell, limits, mut stop } = ways;
    let traffic = Arc::new(Traffic::new());
    if is_last {
        traffic.end();
    }
    let own = Arc::clone(&traffic);
    let service = service_fn(move |request: Request<Incoming>| {
        let under_way = own.begins(request.version());
        let response = answer(request, peer);
        async move {
            let mut response = response.await;
            if response.extensions().get::<NoAnswer>().is_some() {
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
            if under_way.is_last() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Counted::new(body, under_way)))
        }
    });
    let edge = Edge::new(stream, Arc::clone(&traffic), tell, limits.stall_time);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(edge), service));
    let mut watch = std::pin::pin!(tokio::time::sleep(limits.head_time));
    let (mut is_ending, mut is_told) = (false, false);
    loop {
        tokio::select! {
            biased;
            // An error here is a client that broke off or broke the protocol: it has been answered or is gone.
            _ = connection.as_mut() => return,
            _ = stop.wait_for(|stopped| *stopped), if !is_ending => {
                is_ending = true;
                traffic.end();
                watch.as_mut().reset(Instant::now() + LAST_CALL);
            }
            () = watch.as_mut() => {
                traffic.cut(limits.stall_time);
                let patience = if is_ending { LAST_CALL } else { limits.head_time };
                let next = match traffic.idle() {
                    Some(idle) if idle < patience => patience.saturating_sub(idle),
                    Some(_) if is_told => return,
                    None if !is_ending => patience,
                    Some(_) | None => {
                        if !is_told {
                            connection.as_mut().graceful_shutdown();
                            is_told = true;
                        }
                        patience
                    }
                };
                watch.as_mut().reset(Instant::now() + next);
            }
        }
    }
}
