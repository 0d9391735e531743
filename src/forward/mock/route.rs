//! What a request is for, by its path and query; and who may ask.
//!
//! Sources: the REST reference of Azure OpenAI (inference, 2024-10-21) for `/openai/deployments/...` with its
//! `api-version`, and the page on the v1 API (2025-08) for `/openai/v1/...`, which needs none.

use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// A chat completion.
    Chat,
    /// A completion of plain text.
    Completions,
    /// Vectors.
    Embeddings,
    /// An answer of the Responses API.
    Responses,
}

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route<'a> {
    /// What it asks for.
    pub(super) operation: Operation,
    /// The deployment that the path names; `None`: the body does.
    pub(super) deployment: Option<&'a str>,
}

impl<'a> Route<'a> {
    /// The route of a path. `None`: there is nothing there.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let rest = after(path, "/openai/")?;
        if let Some(operation) = after(rest, "v1/") {
            let operation = Operation::of(operation)?;
            return Some(Self { operation, deployment: None });
        }
        let (deployment, operation) = after(rest, "deployments/")?.split_once('/')?;
        // The Responses API names its model in the body.
        let operation = Operation::of(operation).filter(|operation| *operation != Operation::Responses)?;
        (!deployment.is_empty()).then_some(Self { operation, deployment: Some(deployment) })
    }
}

impl Operation {
    fn of(name: &str) -> Option<Self> {
        let all = [
            ("chat/completions", Self::Chat),
            ("completions", Self::Completions),
            ("embeddings", Self::Embeddings),
            ("responses", Self::Responses),
        ];
        all.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, operation)| operation)
    }
}

/// What is wrong with the `api-version` of a request that has to have one.
pub(super) fn version_problem(uri: &Uri) -> Option<String> {
    let Some(version) = parameter(uri.query().unwrap_or_default(), "api-version") else {
        return Some("Missing required query parameter: api-version".to_owned());
    };
    (!is_version(version)).then(|| format!("The api-version '{version}' is not a version of this service"))
}

/// A parameter of a query as it is written. Nothing that is looked at here has characters to be decoded but colons
/// and slashes of URLs, which come both ways.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(own, value)| own.eq_ignore_ascii_case(name) && !value.is_empty()).map(|(_, value)| value)
}

/// Whether a request comes with a key or a token that is accepted. Either will do: gateways pass on the key of their
/// own client beside a token.
pub(super) fn may_ask(headers: &HeaderMap, keys: &[String], token: Option<&str>) -> bool {
    let key = headers.get("api-key").and_then(|key| key.to_str().ok());
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    key.is_some_and(|key| keys.iter().any(|own| own == key))
        || bearer.is_some_and(|bearer| token.is_none_or(|token| token == bearer))
}

fn bearer(value: &str) -> Option<&str> {
    let token = after(value, "bearer ")?.trim();
    (!token.is_empty()).then_some(token)
}

/// What follows `begin`, in any case.
fn after<'a>(text: &'a str, begin: &str) -> Option<&'a str> {
    let (own, rest) = text.split_at_checked(begin.len())?;
    own.eq_ignore_ascii_case(begin).then_some(rest)
}

/// A date with or without `-preview`.
fn is_version(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let date = lower.strip_suffix("-preview").unwrap_or(&lower);
    let number = |part: &str, digits: usize| {
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| is_number)
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(_), Some(month), Some(day), None) = (
        year.and_then(|part| number(part, 4)),
        month.and_then(|part| number(part, 2)),
        day.and_then(|part| number(part, 2)),
        parts.next(),
    ) else {
        return false;
    };
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn paths_have_two_forms() {
        use Operation::{Chat, Completions, Embeddings, Responses};
        for (path, expected) in [
            ("/openai/deployments/m/chat/completions", Some((Chat, Some("m")))),
            ("/OpenAI/Deployments/M-1.x/completions", Some((Completions, Some("M-1.x")))),
            ("/openai/deployments/e/embeddings", Some((Embeddings, Some("e")))),
            ("/openai/v1/chat/completions", Some((Chat, None))),
            ("/openai/v1/completions", Some((Completions, None))),
            ("/openai/v1/embeddings", Some((Embeddings, None))),
            ("/openai/v1/responses", Some((Responses, None))),
            ("/openai/deployments/m/responses", None),
            ("/openai/deployments//chat/completions", None),
            ("/openai/deployments/m", None),
            ("/openai/deployments/m/chat/completions/x", None),
            ("/openai/models", None),
            ("/deployments/m/chat/completions", None),
            ("/openai/openai/deployments/m/chat/completions", None),
            ("/v1/chat/completions", None),
            ("/", None),
            ("/open\u{e4}i/v1/embeddings", None),
        ] {
            let found = Route::of(path).map(|route| (route.operation, route.deployment));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn versions_are_dates() {
        for (query, fine) in [
            ("?api-version=2024-02-01", true),
            ("?x=1&API-Version=2024-10-01-preview", true),
            ("?api-version=2099-12-31-Preview", true),
            ("?api-version=2024-13-01", false),
            ("?api-version=2024-02-32", false),
            ("?api-version=2024-2-1", false),
            ("?api-version=2024-02-01-beta", false),
            ("?api-version=preview", false),
            ("?api-version=latest", false),
            ("?api-version=", false),
            ("?api-version=+024-02-01", false),
            ("?version=2024-02-01", false),
            ("", false),
        ] {
            let uri: Uri = format!("/x{query}").parse().unwrap();
            assert_eq!(version_problem(&uri).is_none(), fine, "{query}");
        }
    }

    #[test]
    fn keys_and_tokens_are_looked_at() {
        let keys = ["a".to_owned(), "b".to_owned()];
        for (headers, token, fine) in [
            (&[("api-key", "a")][..], None, true),
            (&[("api-key", "b")], Some("t"), true),
            (&[("api-key", "A")], None, false),
            (&[], None, false),
            (&[("authorization", "Bearer x")], None, true),
            (&[("authorization", "bearer  t")], Some("t"), true),
            (&[("authorization", "Bearer x")], Some("t"), false),
            (&[("authorization", "Bearer ")], None, false),
            (&[("authorization", "Basic x")], None, false),
            (&[("api-key", "of the client"), ("authorization", "Bearer t")], Some("t"), true),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, HeaderValue::from_static(value));
            }
            assert_eq!(may_ask(&map, &keys, token), fine, "{headers:?} {token:?}");
        }
    }
}
