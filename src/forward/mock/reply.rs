//! Responses as HTTP has them: headers and bodies of the model, and errors of form.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

use super::ask::Malformed;
use crate::policy::{Body, HeaderValue as Value, Headers};
use crate::wire::{NoAnswer, Outgoing};

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");

/// A response with the status and the headers of the model's.
pub(super) fn with_headers(status: u16, headers: &Headers, body: Outgoing) -> Response<Outgoing> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for header in headers.iter() {
        append(response.headers_mut(), &header.name, &header.value);
    }
    response
}

/// The body of the model's response, if it has one.
pub(super) fn body_of(body: &Body) -> Option<Bytes> {
    match body {
        Body::Text(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
        Body::Absent | Body::Opaque | Body::Consumed => None,
    }
}

/// Adds a header that HTTP allows; another one is left out.
pub(super) fn append(map: &mut HeaderMap, name: &str, value: &Value) {
    let value = match value {
        Value::Number(number) => Ok(HeaderValue::from(*number)),
        Value::Text(text) => HeaderValue::from_str(text),
    };
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
        map.append(name, value);
    }
}

/// An error that no model has a part in.
pub(super) fn error(status: StatusCode, body: String) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// The body of the 400 that says what is wrong.
pub(super) fn bad_request(problem: &Malformed) -> String {
    serde_json::json!({ "error": {
        "message": problem.message,
        "type": "invalid_request_error",
        "param": problem.member,
        "code": null,
    } })
    .to_string()
}

/// None: the connection breaks.
pub(super) fn none() -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::Empty);
    response.extensions_mut().insert(NoAnswer);
    response
}
