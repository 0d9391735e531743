//! Who may come in, and as what: from a request on the wire to one that the policy sees.
//!
//! Rules (API Management; the order is the gateway's)
//! - A path outside of the API is 404. A request whose length is told twice is 400.
//! - Without a subscription key, or with a wrong one, the answer is 401 and no policy runs. The key is looked for in
//!   the API's header, in `Ocp-Apim-Subscription-Key`, then in the query.
//! - Headers that concern one connection only are not seen by policies, and never go on.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use http::{Method, StatusCode};

use super::settings::Settings;
use crate::policy::{Facts, Header, HeaderValue, Text};

/// The header that every API takes a key in.
const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";

/// Longest URL (limits of API Management, 2025: 16,384 bytes).
const URL_BYTES: usize = 16_384;

/// Why a request does not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: &'static str,
}

/// A request that has come in.
#[derive(Debug)]
pub(super) struct Entered {
    /// Path and query below the API.
    pub(super) path: String,
    pub(super) headers: Arc<[Header]>,
    pub(super) facts: Facts,
    /// The key it came with, which does not go on.
    pub(super) key: Option<String>,
}

/// Lets a request in, or not.
pub(super) fn enter(parts: &Parts, from: IpAddr, settings: &Settings) -> Result<Entered, Refusal> {
    let facts = settings.gateway.facts();
    if parts.method == Method::CONNECT || parts.method == Method::TRACE {
        let message = "The method is not supported.";
        return Err(Refusal { status: StatusCode::METHOD_NOT_ALLOWED, message });
    }
    if parts.uri.path_and_query().is_some_and(|own| own.as_str().len() > URL_BYTES) {
        let message = "The URL of the request is too long.";
        return Err(Refusal { status: StatusCode::URI_TOO_LONG, message });
    }
    let lengths = parts.headers.get_all(header::CONTENT_LENGTH).iter().count();
    let is_chunked = parts.headers.contains_key(header::TRANSFER_ENCODING);
    if lengths > 1 || lengths == 1 && is_chunked {
        let message = "The length of the request is told in more than one way.";
        return Err(Refusal { status: StatusCode::BAD_REQUEST, message });
    }
    let Some(path) = below_api(parts.uri.path(), &facts.api.path) else {
        return Err(Refusal { status: StatusCode::NOT_FOUND, message: "Resource not found" });
    };
    let query = parts.uri.query();
    let key = find_key(&parts.headers, query, facts);
    let owner = match &key {
        _ if settings.keys.is_open() => facts,
        None => {
            let message = "Access denied due to missing subscription key. Make sure to include subscription key \
                           when making requests to an API.";
            return Err(Refusal { status: StatusCode::UNAUTHORIZED, message });
        }
        Some(key) => settings.keys.find(key, facts).ok_or(Refusal {
            status: StatusCode::UNAUTHORIZED,
            message: "Access denied due to invalid subscription key. Make sure to provide a valid key for an \
                      active subscription.",
        })?,
    };
    let mut facts = Facts::clone(owner);
    facts.ip_address = Text::from(from.to_string());
    let query = match query {
        Some(query) if !settings.is_faithful => without_key(query, &facts.api.key_query),
        Some(query) => query.to_owned(),
        None => String::new(),
    };
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    Ok(Entered { path, headers: seen(&parts.headers), facts, key })
}

/// The part of a path below the API, beginning with `/`. `None`: it is outside.
fn below_api<'p>(path: &'p str, api: &str) -> Option<&'p str> {
    let api = api.trim_matches('/');
    let rest = path.strip_prefix('/')?;
    if api.is_empty() {
        return Some(path);
    }
    let (own, below) = rest.split_at_checked(api.len())?;
    if !own.eq_ignore_ascii_case(api) {
        return None;
    }
    match below {
        "" => Some("/"),
        below => below.starts_with('/').then_some(below),
    }
}

fn find_key(headers: &HeaderMap, query: Option<&str>, facts: &Facts) -> Option<String> {
    let in_header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
    in_header(&facts.api.key_header).or_else(|| in_header(KEY_HEADER)).or_else(|| {
        let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find(|(name, _)| *name == facts.api.key_query.as_str())
            .map(|(_, key)| key.to_owned())
    })
}

/// A query without the subscription key.
fn without_key(query: &str, name: &str) -> String {
    let is_other = |pair: &&str| pair.split_once('=').is_none_or(|(own, _)| own != name);
    query.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}

/// Whether a header concerns one connection only (RFC 9110, 7.6.1), or is named by `Connection`.
pub(super) fn is_hop_by_hop(name: &HeaderName, headers: &HeaderMap) -> bool {
    const OF_CONNECTION: [&str; 8] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "upgrade",
    ];
    let name = name.as_str();
    OF_CONNECTION.contains(&name)
        || name == "transfer-encoding"
        || headers.get_all(header::CONNECTION).iter().any(|value| {
            let named = value.to_str().unwrap_or_default().split(',');
            named.into_iter().any(|own| own.trim().eq_ignore_ascii_case(name))
        })
}

/// Headers as a policy sees them.
pub(super) fn seen(headers: &HeaderMap) -> Arc<[Header]> {
    let kept = headers.iter().filter(|(name, _)| {
        !is_hop_by_hop(name, headers) && *name != header::CONTENT_LENGTH && *name != header::EXPECT
    });
    kept.map(|(name, value)| Header { name: name_of(name), value: HeaderValue::Text(text_of(value)) })
        .collect()
}

/// A name, without a copy where it is one that nearly all messages have.
fn name_of(name: &HeaderName) -> Text {
    const USUAL: [&str; 12] = [
        "accept",
        "accept-encoding",
        "api-key",
        "authorization",
        "content-type",
        "date",
        "host",
        "retry-after",
        "server",
        "strict-transport-security",
        "user-agent",
        "x-ms-region",
    ];
    match USUAL.binary_search(&name.as_str()) {
        Ok(at) => Text::Static(USUAL.get(at).copied().unwrap_or_default()),
        Err(_) => Text::Shared(Arc::from(name.as_str())),
    }
}

/// The characters of a value. Bytes that are not ASCII are Latin-1, as they are sent again.
fn text_of(value: &http::HeaderValue) -> Text {
    match value.to_str() {
        Ok(text) => Text::Shared(Arc::from(text)),
        Err(_) => Text::from(value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>()),
    }
}

/// A value for the wire. `None`: it has characters that no header can carry.
pub(super) fn wire_value(value: &HeaderValue) -> Option<http::HeaderValue> {
    match value {
        HeaderValue::Number(number) => Some(http::HeaderValue::from(*number)),
        HeaderValue::Text(text) if text.is_ascii() => http::HeaderValue::from_str(text).ok(),
        HeaderValue::Text(text) => {
            let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            http::HeaderValue::from_bytes(&bytes?).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_at_the_api() {
        for (path, api, below) in [
            ("/openai/deployments/a", "openai", Some("/deployments/a")),
            ("/OpenAI/v1/x", "openai", Some("/v1/x")),
            ("/openai", "openai", Some("/")),
            ("/openaix/a", "openai", None),
            ("/a/openai", "openai", None),
            ("/a/b/c", "/a/b/", Some("/c")),
            ("/x", "", Some("/x")),
            ("*", "", None),
        ] {
            assert_eq!(below_api(path, api), below, "{path} {api}");
        }
    }

    #[test]
    fn keys_are_found_where_they_may_be() {
        let facts = Facts::default();
        let with = |name: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, http::HeaderValue::from_static("k"));
            headers
        };
        assert_eq!(find_key(&with("api-key"), None, &facts).as_deref(), Some("k"));
        assert_eq!(find_key(&with("ocp-apim-subscription-key"), None, &facts).as_deref(), Some("k"));
        let query = Some("a=b&subscription-key=q");
        assert_eq!(find_key(&HeaderMap::new(), query, &facts).as_deref(), Some("q"));
        assert_eq!(find_key(&with("authorization"), Some("a"), &facts), None);
        assert_eq!(without_key("a=b&subscription-key=q&c", "subscription-key"), "a=b&c");
    }

    #[test]
    fn headers_of_the_connection_stay_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-mine"),
            ("x-mine", "1"),
            ("keep-alive", "2"),
            ("transfer-encoding", "chunked"),
            ("x-kept", "3"),
        ] {
            headers.insert(HeaderName::from_static(name), http::HeaderValue::from_static(value));
        }
        let names: Vec<String> = seen(&headers).iter().map(|header| header.name.to_string()).collect();
        assert_eq!(names, ["x-kept"]);
    }

    #[test]
    fn values_come_back_as_they_were() {
        for bytes in [&b"plain"[..], b"caf\xe9", b"", b"a\tb"] {
            let value = http::HeaderValue::from_bytes(bytes).unwrap();
            let back = wire_value(&HeaderValue::Text(text_of(&value))).unwrap();
            assert_eq!(back.as_bytes(), bytes);
        }
        assert!(wire_value(&HeaderValue::Text("\u{20ac}".into())).is_none());
        assert!(wire_value(&HeaderValue::Text("a\nb".into())).is_none());
        assert_eq!(wire_value(&HeaderValue::Number(7)).unwrap(), "7");
    }
}
