//! The way to backends: one pool of connections, and what is sent over them.
//!
//! Rules
//! - Names and values that a header cannot carry are left out, whoever wrote them.
//! - `Host` is the backend's unless the policy has set another.
//! - The client's subscription key stays behind, unless a backend has a key of its own or the server is faithful.

use std::time::Duration as Real;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName};
use http::uri::Uri;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;

use super::entrance::{seen, wire_value};
use super::reach::{Connector, connector};
use super::settings::{Route, Timeouts};
use crate::policy::{self, Body, Headers, Text};
use crate::units::StatusCode;
use crate::wire::Outgoing;

/// What sends requests.
pub(super) type Sender = Client<Connector, Outgoing>;

/// The pool of connections of a server, which trusts these roots besides those of Mozilla.
pub(super) fn sender(timeouts: &Timeouts, trusted: &[CertificateDer<'static>]) -> Sender {
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(timeouts.keep_alive)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .pool_max_idle_per_host(1_024)
        .build(connector(timeouts, trusted))
}

/// What of a request does not go on as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Changes<'a> {
    /// The subscription key that stays behind.
    pub(super) key: Option<&'a str>,
    /// The name of the host that the client called.
    pub(super) host: Option<&'a str>,
    /// Answers are to be read, so that they must not be compressed.
    pub(super) plain_answers: bool,
}

/// The request of an attempt. `None`: it cannot be written as HTTP.
pub(super) fn request(
    request: &policy::Request,
    route: &Route,
    changes: Changes<'_>,
    body: Outgoing,
) -> Option<Request<Outgoing>> {
    let uri = route.uri(&request.path)?;
    let method = Method::from_bytes(request.method.as_bytes()).ok()?;
    let mut headers = wire_headers(&request.headers, |name, value| {
        let is_own_host = name == header::HOST && changes.host == Some(value);
        let is_key = changes.key == Some(value) && (name != header::AUTHORIZATION);
        let is_encoding = changes.plain_answers && name == header::ACCEPT_ENCODING;
        !is_own_host && !is_key && !is_encoding
    });
    if let Some(key) = &route.key {
        headers.insert(HeaderName::from_static("api-key"), key.clone());
    }
    finish(uri, method, headers, body)
}

/// A request of the policy's own.
pub(super) fn own_request(
    method: &Text,
    url: &Text,
    headers: &Headers,
    body: &Body,
) -> Option<Request<Outgoing>> {
    let uri: Uri = url.parse().ok()?;
    uri.host()?;
    let body = match body {
        Body::Text(text) => Outgoing::whole(text.to_string()),
        Body::Absent | Body::Opaque | Body::Consumed => Outgoing::Empty,
    };
    finish(uri, Method::from_bytes(method.as_bytes()).ok()?, wire_headers(headers, |_, _| true), body)
}

fn finish(uri: Uri, method: Method, headers: HeaderMap, body: Outgoing) -> Option<Request<Outgoing>> {
    let mut request = Request::builder().method(method).uri(uri).body(body).ok()?;
    *request.headers_mut() = headers;
    Some(request)
}

/// Headers for the wire: those that can be written and that `keeps` keeps.
pub(super) fn wire_headers(headers: &Headers, keeps: impl Fn(&HeaderName, &str) -> bool) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(16);
    for own in headers.iter() {
        let (Ok(name), Some(value)) = (HeaderName::from_bytes(own.name.as_bytes()), wire_value(&own.value))
        else {
            continue;
        };
        let is_of_transport = name == header::CONTENT_LENGTH
            || name == header::TRANSFER_ENCODING
            || name == header::CONNECTION
            || name == header::UPGRADE;
        let text = value.to_str().unwrap_or_default();
        if !is_of_transport && keeps(&name, text) {
            map.append(name, value);
        }
    }
    map
}

/// A response as the policy sees it; `body` is what is known of its body.
pub(super) fn response(head: &http::response::Parts, body: Body) -> policy::Response {
    let status = StatusCode::new(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = head.extensions.get::<hyper::ext::ReasonPhrase>();
    let reason = reason.and_then(|own| std::str::from_utf8(own.as_bytes()).ok());
    policy::Response {
        reason: reason.map_or(Text::Static(status.reason()), |own| Text::from(own.to_owned())),
        status,
        headers: Headers::shared(seen(&head.headers)),
        body,
    }
}

/// Collects a body. `None`: it broke off, or is longer than `limit` bytes, or took longer than `time`.
pub(super) async fn collect(body: Incoming, limit: usize, time: Real) -> Option<Bytes> {
    let collected = tokio::time::timeout(time, http_body_util::Limited::new(body, limit).collect()).await;
    Some(collected.ok()?.ok()?.to_bytes())
}

/// Reads what is left of an answer that nobody wants, so that its connection can be used again; a long one is cut.
pub(super) fn drain(answer: Response<Incoming>) {
    use http_body::Body as _;
    const SHORT: u64 = 64 * 1024;
    const TIME: Real = Real::from_secs(1);
    let body = answer.into_body();
    if !body.is_end_stream() && body.size_hint().upper().is_some_and(|most| most <= SHORT) {
        tokio::spawn(collect(body, usize::try_from(SHORT).unwrap_or(usize::MAX), TIME));
    }
}
