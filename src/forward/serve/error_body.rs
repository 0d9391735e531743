//! Answers of the gateway itself, before and beside any policy, in the form that API Management gives them.
//!
//! Source: error responses of API Management, as clients see them (`statusCode`, `message`, `activityId` for what
//! failed inside).

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};

use crate::wire::Outgoing;

/// An answer with `status` and this message.
pub(super) fn refusal(status: StatusCode, message: &str, activity: Option<u128>) -> Response<Outgoing> {
    let mut json = json(status, message);
    if let (Some(activity), Some(object)) = (activity, json.as_object_mut()) {
        object.insert("activityId".to_owned(), uuid(activity).into());
    }
    let mut response = Response::new(Outgoing::whole(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The body of what the listener answers by itself.
pub(super) fn of_listener(status: StatusCode) -> String {
    let message = match status {
        StatusCode::SERVICE_UNAVAILABLE => "The gateway has as many connections as it is allowed to.",
        StatusCode::URI_TOO_LONG => "The URL of the request is too long.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "The headers of the request are too many or too long.",
        _ => "The request is no HTTP.",
    };
    json(status, message).to_string()
}

fn json(status: StatusCode, message: &str) -> serde_json::Value {
    serde_json::json!({ "statusCode": status.as_u16(), "message": message })
}

/// An id as it is written.
pub(super) fn uuid(id: u128) -> String {
    let low = id & 0xffff_ffff_ffff;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{low:012x}",
        id >> 96,
        id >> 80 & 0xffff,
        id >> 64 & 0xffff,
        id >> 48 & 0xffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_in_groups() {
        assert_eq!(uuid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), "01234567-89ab-cdef-0123-456789abcdef");
    }
}
