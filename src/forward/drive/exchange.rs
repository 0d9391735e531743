//! One request over HTTP: when it was sent, when what came, and what the answer tells.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::units::{StatusCode, Timestamp, Tokens};
use crate::wire::Clock;

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

/// Tokens as an answer tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) prompt: Tokens,
    pub(super) completion: Tokens,
    pub(super) cached: Tokens,
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
    answer.usage = usage(&end);
}

/// How much of the end of a body is looked at.
const KEPT_BYTES: usize = 8_192;

/// The last usage that a body tells, whole or in a stream.
fn usage(body: &[u8]) -> Option<Usage> {
    const NAME: &[u8] = b"\"usage\":";
    let places = body.windows(NAME.len()).enumerate().filter(|(_, part)| *part == NAME);
    let objects = places.filter_map(|(at, _)| body.get(at + NAME.len()..));
    let read = |text: &[u8]| {
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<serde_json::Value>();
        let value = values.next()?.ok()?;
        let tokens = |names: [&str; 2]| names.iter().find_map(|name| value.get(name)?.as_u64()).map(Tokens);
        let details = ["prompt_tokens_details", "input_tokens_details"];
        let cached = details.iter().find_map(|name| value.get(name)?.get("cached_tokens")?.as_u64());
        Some(Usage {
            prompt: tokens(["prompt_tokens", "input_tokens"])?,
            completion: tokens(["completion_tokens", "output_tokens"]).unwrap_or_default(),
            cached: Tokens(cached.unwrap_or(0)),
        })
    };
    objects.rev().find_map(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_found_in_whole_answers_and_in_streams() {
        let told = |prompt, completion, cached| {
            Some(Usage { prompt: Tokens(prompt), completion: Tokens(completion), cached: Tokens(cached) })
        };
        for (body, expected) in [
            (
                r#"{"id":"x","usage":{"completion_tokens":2,"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":1}}}"#,
                told(3, 2, 1),
            ),
            (
                "data: {\"usage\":null}\n\ndata: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
                told(3, 4, 0),
            ),
            (r#"{"usage":{"input_tokens":5,"output_tokens":6}}"#, told(5, 6, 0)),
            (r#"{"usage":{"prompt_tokens":5,"total_tokens":5}}"#, told(5, 0, 0)),
            (r#"{"error":{}}"#, None),
            (r#"{"usage":{"prompt_to"#, None),
            ("", None),
        ] {
            assert_eq!(usage(body.as_bytes()), expected, "{body}");
        }
    }
}
