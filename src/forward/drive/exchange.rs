//! One request over HTTP: when it was sent, when what came, and what the answer tells.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::units::{StatusCode, Timestamp};
use crate::wire::{Clock, Usage, usage_in};

/// Connections to a server, kept for further requests.
pub(super) type Connections = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Connections with TLS where the URL wants it, with roots of our own.
pub(super) fn connections() -> Result<Connections, rustls::Error> {
    let provider = rustls::crypto::ring::default_provider();
    let tls = HttpsConnectorBuilder::new().with_provider_and_webpki_roots(provider)?;
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    let connector = tls.https_or_http().enable_http1().wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// `None`: there was no head.
    pub(super) status: Option<StatusCode>,
    pub(super) headers: HeaderMap,
    /// When the first byte of the body came, or the head of an answer without one.
    pub(super) first_byte: Option<Timestamp>,
    /// Whether the body came to its end.
    pub(super) is_whole: bool,
    /// What the answer says that it took.
    pub(super) usage: Option<Usage>,
}

/// Sends a request and reads its answer. What is known is in `answer` at every moment, so that it is there when the
/// reader is stopped.
pub(super) async fn exchange(
    connections: &Connections,
    clock: &Clock,
    (method, uri, headers): (&Method, &Uri, HeaderMap),
    body: Bytes,
    answer: &mut Answer,
) {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    let Ok(response) = connections.request(request).await else { return };
    read(response, clock, answer).await;
}

async fn read(response: Response<Incoming>, clock: &Clock, answer: &mut Answer) {
    let (head, mut body) = response.into_parts();
    answer.status = Some(StatusCode::new(head.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    answer.headers = head.headers;
    let head_at = clock.now();
    let mut end = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return };
        let Some(data) = frame.data_ref() else { continue };
        if answer.first_byte.is_none() && !data.is_empty() {
            answer.first_byte = Some(clock.now());
        }
        end.extend_from_slice(data);
        if end.len() > 2 * KEPT_BYTES {
            let cut = end.len() - KEPT_BYTES;
            drop(end.split_to(cut));
        }
    }
    answer.first_byte = answer.first_byte.or(Some(head_at));
    answer.is_whole = true;
    answer.usage = usage_in(&end);
}

/// How much of the end of a body is looked at.
const KEPT_BYTES: usize = 8_192;
