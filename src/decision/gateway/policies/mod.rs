//! Running policies beyond routing: what changes messages, what lets requests pass, what only tells.
//!
//! What they do to texts is in [`crate::policy::operations`]; here is which message they work on, what they
//! answer, and how they fail.

mod cors;
mod guard;
mod record;
mod transform;

use crate::policy::{ExistsAction, HeaderValue, Headers, Text};

/// Headers whose values are never joined by commas (set-header page).
const SEPARATE: &[&str] = &[
    "Cookie",
    "Date",
    "Expires",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "Last-Modified",
    "Proxy-Authenticate",
    "Retry-After",
    "Set-Cookie",
    "User-Agent",
    "WWW-Authenticate",
    "Warning",
];

/// Does what a `set-header` with these values says.
pub(super) fn edit_headers(headers: &mut Headers, name: &Text, action: ExistsAction, values: Vec<Text>) {
    if action == ExistsAction::Skip && headers.contains(name) {
        return;
    }
    if action != ExistsAction::Append {
        headers.remove(name.clone());
    }
    if action == ExistsAction::Delete {
        return;
    }
    if values.len() > 1 && !SEPARATE.iter().any(|one| one.eq_ignore_ascii_case(name)) {
        let joined = join(&values);
        headers.append(name.clone(), HeaderValue::Text(joined));
        return;
    }
    for value in values {
        headers.append(name.clone(), HeaderValue::Text(value));
    }
}

/// Values joined by commas.
fn join(values: &[Text]) -> Text {
    let values: Vec<&str> = values.iter().map(Text::as_str).collect();
    Text::from(values.join(","))
}
