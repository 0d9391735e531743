//! Spans as OTLP over HTTP carries them, in its JSON encoding.
//!
//! Rules
//! - A span of kind server for a request, and one of kind client below it for each attempt.
//! - Attributes have the names of OpenTelemetry's semantic conventions for HTTP; `poolproof.*` are our own. Queries are
//!   left out of URLs, and no header is an attribute.
//! - A failure is one as the conventions have it: 5xx of a server, 4xx too of a client's, and what has no answer.
//!
//! Source: OTLP 1.x (JSON Protobuf encoding: ids in hexadecimal, 64-bit numbers as strings); HTTP spans, stable since
//! 2023. Written by hand: the library for it brings protocol buffers and a thread of its own for four structures.

use std::time::Duration as Real;

use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::Calendar;
use super::destination::Destination;
use super::outbox::Post;
use super::request::{Attempt, Outcome, Watched};
use crate::serve::error_body::uuid;

/// How long spans are gathered before they are sent.
const LINGER: Real = Real::from_secs(1);

const SERVER: u8 = 2;
const CLIENT: u8 = 3;
const ERROR: u8 = 2;

/// The form of posts.
pub(super) fn post(to: &Destination, instance: &str) -> Post {
    let instance = instance.to_owned();
    Post {
        to: to.clone(),
        what: "spans of traces",
        header: None,
        linger: LINGER,
        write: Box::new(move |spans| {
            json!({ "resourceSpans": [{
                "resource": { "attributes": [
                    text("service.name", "poolproof"),
                    text("service.version", env!("CARGO_PKG_VERSION")),
                    text("service.instance.id", &instance),
                ] },
                "scopeSpans": [{
                    "scope": { "name": "poolproof", "version": env!("CARGO_PKG_VERSION") },
                    "spans": spans,
                }],
            }] })
        }),
        may_pass: |status| matches!(status, 429 | 502 | 503 | 504),
        refused,
    }
}

/// How many spans a collector has not taken although it has taken the post.
fn refused(answer: &[u8]) -> u64 {
    let json: Json = serde_json::from_slice(answer).unwrap_or_default();
    let count = json.pointer("/partialSuccess/rejectedSpans");
    count.and_then(|count| count.as_u64().or_else(|| count.as_str()?.parse().ok())).unwrap_or(0)
}

/// The spans of a request that ends now, its own first.
pub(super) fn spans(own: &Watched, now: Instant, calendar: &Calendar, is_tls: bool) -> Vec<Json> {
    let server = own.span(0);
    let mut spans = vec![of_request(own, server, now, calendar, is_tls)];
    spans.extend(own.attempts.iter().map(|attempt| of_attempt(own, attempt, server, now, calendar)));
    spans
}

fn of_request(own: &Watched, span: u64, now: Instant, calendar: &Calendar, is_tls: bool) -> Json {
    let (method, original) = method(&own.method);
    let mut attributes = vec![
        text("http.request.method", method),
        text("url.path", &own.path),
        text("url.scheme", if is_tls { "https" } else { "http" }),
        text("client.address", &own.client.to_string()),
        text("network.protocol.version", own.version),
        text("poolproof.activity_id", &uuid(own.activity)),
        number("poolproof.attempts", own.attempts.len() as u64),
        text("poolproof.ending", own.ending),
    ];
    attributes.extend(original);
    let host = own.host.as_deref().and_then(|host| host.parse::<http::uri::Authority>().ok());
    if let Some(host) = host {
        attributes.extend(address(host.host(), host.port_u16()));
    }
    attributes.extend(own.status.map(|status| number("http.response.status_code", u64::from(status))));
    let error = match own.status {
        _ if !matches!(own.ending, "answered" | "refused") => Some(own.ending.replace(' ', "_")),
        Some(status) if status >= 500 => Some(status.to_string()),
        _ => None,
    };
    whole(own, span, own.context.parent, (method, SERVER), (own.began, now), attributes, error, calendar)
}

fn of_attempt(own: &Watched, attempt: &Attempt, server: u64, now: Instant, calendar: &Calendar) -> Json {
    let (method, original) = method(&own.method);
    let mut attributes = vec![text("http.request.method", method)];
    attributes.extend(original);
    if let Some(uri) = &attempt.uri {
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map_or("", |own| own.as_str());
        attributes.push(text("url.full", &format!("{scheme}://{authority}{}", uri.path())));
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        attributes.extend(address(uri.host().unwrap_or_default(), Some(port)));
    }
    if attempt.number > 1 {
        attributes.push(number("http.request.resend_count", u64::from(attempt.number).saturating_sub(1)));
    }
    attributes.extend(attempt.backend.as_deref().map(|name| text("poolproof.backend", name)));
    let error = match attempt.outcome {
        Some(Outcome::Status(status)) => {
            attributes.push(number("http.response.status_code", u64::from(status)));
            (status >= 400).then(|| status.to_string())
        }
        Some(Outcome::Failed(why)) => Some(why.to_owned()),
        None => Some("given_up".to_owned()),
    };
    let ended = attempt.ended.filter(|_| own.answerer != Some(attempt.number)).unwrap_or(now);
    let times = (attempt.began, ended);
    whole(own, attempt.span, Some(server), (method, CLIENT), times, attributes, error, calendar)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one structure, put together in one place")]
fn whole(
    own: &Watched,
    span: u64,
    parent: Option<u64>,
    (name, kind): (&str, u8),
    (began, ended): (Instant, Instant),
    mut attributes: Vec<Json>,
    error: Option<String>,
    calendar: &Calendar,
) -> Json {
    let status = if error.is_some() { json!({ "code": ERROR }) } else { json!({}) };
    attributes.extend(error.map(|error| text("error.type", &error)));
    let mut json = json!({
        "traceId": format!("{:032x}", own.context.trace),
        "spanId": format!("{span:016x}"),
        "name": if name == "_OTHER" { "HTTP" } else { name },
        "kind": kind,
        "startTimeUnixNano": calendar.nanos(began).to_string(),
        "endTimeUnixNano": calendar.nanos(ended).to_string(),
        "attributes": attributes,
        "status": status,
    });
    if let (Some(parent), Some(object)) = (parent, json.as_object_mut()) {
        object.insert("parentSpanId".to_owned(), format!("{parent:016x}").into());
    }
    json
}

/// A method by the conventions: one of a closed list, and beside it what was said where it is none of them.
fn method(own: &str) -> (&str, Option<Json>) {
    const KNOWN: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    if KNOWN.contains(&own) {
        (own, None)
    } else {
        ("_OTHER", Some(text("http.request.method_original", own)))
    }
}

fn address(host: &str, port: Option<u16>) -> impl Iterator<Item = Json> {
    let port = port.map(|port| number("server.port", u64::from(port)));
    std::iter::once(text("server.address", host)).chain(port)
}

fn text(key: &str, value: &str) -> Json {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: u64) -> Json {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_collector_refuses_is_read() {
        for (answer, count) in [
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}"#, 3),
            (r#"{"partialSuccess":{"rejectedSpans":2}}"#, 2),
            (r#"{"partialSuccess":{}}"#, 0),
            ("{}", 0),
            ("", 0),
            ("[]", 0),
        ] {
            assert_eq!(refused(answer.as_bytes()), count, "{answer}");
        }
    }

    #[test]
    fn methods_are_of_a_closed_list() {
        assert_eq!(method("POST"), ("POST", None));
        assert_eq!(method("BREW"), ("_OTHER", Some(text("http.request.method_original", "BREW"))));
        assert_eq!(method("get").0, "_OTHER", "methods tell upper from lower case");
    }
}
