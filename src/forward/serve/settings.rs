//! What is served: the gateway, where its backends are, who may come in, and bounds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration as Real;

use http::HeaderValue;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use rustls::pki_types::CertificateDer;
use thiserror::Error;

use super::identity::IdentitySource;
use crate::gateway::GatewaySpec;
use crate::policy::{Facts, Op, Text};
use crate::units::BackendId;

/// Why something cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServeError {
    /// A backend's URL is none that requests can be sent to.
    #[error("backend `{backend}` has the URL `{url}`: {problem}")]
    Url {
        /// Its name.
        backend: String,
        /// What it says.
        url: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// An override names no backend.
    #[error("there is no backend `{0}`")]
    UnknownBackend(String),
    /// A key that cannot be the value of a header.
    #[error("the key of backend `{0}` has characters that no header can carry")]
    Key(String),
}

/// How to reach one backend, where its entity does not say it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BackendSetting {
    /// Another URL than that of the entity.
    pub url: Option<String>,
    /// Its API key, sent as `api-key` in the place of what the client sent.
    pub key: Option<String>,
}

impl std::fmt::Debug for BackendSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.key.as_ref().map(|_| "[redacted]");
        f.debug_struct("BackendSetting").field("url", &self.url).field("key", &key).finish()
    }
}

/// The keys of subscriptions, each with what `context` tells of who has it.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Vec<(String, Option<Arc<Facts>>)>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.len())
    }
}

impl KeyRing {
    /// Adds a key; `facts`: what is told of who comes with it, in the place of what the gateway says.
    pub fn add(&mut self, key: &str, facts: Option<Arc<Facts>>) {
        if !key.is_empty() && !self.keys.iter().any(|(known, _)| known == key) {
            self.keys.push((key.to_owned(), facts));
        }
    }

    /// Whether anybody may come in without a key.
    pub fn is_open(&self) -> bool {
        self.keys.is_empty()
    }

    /// Who comes with this key. `None`: nobody has it.
    pub(super) fn find<'a>(&'a self, key: &str, usual: &'a Arc<Facts>) -> Option<&'a Arc<Facts>> {
        // Every key is compared to its end, so that the time tells nothing of them.
        let mut found = None;
        for (known, facts) in &self.keys {
            let differs = known
                .bytes()
                .zip(key.bytes())
                .fold(known.len() ^ key.len(), |d, (a, b)| d | usize::from(a ^ b));
            if differs == 0 {
                found = Some(facts.as_ref().unwrap_or(usual));
            }
        }
        found
    }
}

/// Times that nothing may take longer than.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To connect to a backend: its name, the connection, TLS. The time for its headers is the policy's.
    pub connect: Real,
    /// Between parts of an answer, and for all of a body that is kept.
    pub idle: Real,
    /// How long a connection to a backend is kept without use.
    pub keep_alive: Real,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Real::from_secs(10), idle: Real::from_mins(2), keep_alive: Real::from_secs(90) }
    }
}

/// Everything that one generation of a server needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The gateway.
    pub gateway: Arc<GatewaySpec>,
    /// How to reach backends, by name, where their entities do not say it.
    pub backends: BTreeMap<String, BackendSetting>,
    /// Who may come in.
    pub keys: KeyRing,
    /// Whether the subscription key goes on to backends, as it does in API Management.
    pub is_faithful: bool,
    /// Whether answers tell which backend gave them.
    pub tells_backend: bool,
    /// Where tokens of managed identities come from.
    pub identity: IdentitySource,
    /// Most bytes of a body that is kept.
    pub body_limit: usize,
    /// Most requests under way; more get 503.
    pub concurrency: usize,
    /// Times.
    pub timeouts: Timeouts,
    /// Roots that are trusted for backends, besides those of Mozilla.
    pub trusted: Vec<CertificateDer<'static>>,
}

/// Where requests of one backend go.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    /// Path in front of the operation's, without a slash at its end.
    pub(super) base: String,
    pub(super) key: Option<HeaderValue>,
}

/// What the policy wants of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Needs {
    /// A request's body is sent more than once.
    pub(super) keeps_request: bool,
    /// A request's body is looked at.
    pub(super) reads_request: bool,
    /// A response's body is looked at.
    pub(super) reads_response: bool,
    /// What a response says of its tokens is counted.
    pub(super) counts_tokens: bool,
}

impl Needs {
    pub(super) fn of(gateway: &GatewaySpec) -> Self {
        let program = gateway.program();
        let has = |wanted: fn(&Op) -> bool| program.ops.iter().any(wanted);
        let keeps = |op: &Op| matches!(op, Op::ForwardRequest(policy) if policy.buffer_request_body);
        let works_on_bodies = |op: &Op| matches!(op, Op::Transform(_) | Op::Cache(_) | Op::Guard(_));
        let counts = |op: &Op| matches!(op, Op::Limit(_) | Op::Record(_));
        Self {
            keeps_request: has(keeps),
            reads_request: program.reads_bodies
                || has(works_on_bodies)
                || has(counts)
                || has(|op| matches!(op, Op::Call(_))),
            reads_response: program.reads_bodies || has(works_on_bodies),
            counts_tokens: has(counts),
        }
    }
}

/// The way to every backend, by [`BackendId`].
pub(super) fn routes(settings: &Settings) -> Result<Vec<Route>, ServeError> {
    let backends = settings.gateway.backends();
    for name in settings.backends.keys() {
        if !backends.iter().any(|backend| backend.name.eq_ignore_ascii_case(name)) {
            return Err(ServeError::UnknownBackend(name.clone()));
        }
    }
    let own = |name: &str| settings.backends.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    backends
        .iter()
        .map(|backend| {
            let setting = own(&backend.name).map(|(_, setting)| setting);
            let url = setting.and_then(|setting| setting.url.as_deref()).unwrap_or(&backend.url);
            let mut route = route_of(url).map_err(|problem| ServeError::Url {
                backend: backend.name.to_string(),
                url: url.to_owned(),
                problem,
            })?;
            if let Some(key) = setting.and_then(|setting| setting.key.as_deref()) {
                let mut value =
                    HeaderValue::from_str(key).map_err(|_| ServeError::Key(backend.name.to_string()))?;
                value.set_sensitive(true);
                route.key = Some(value);
            }
            Ok(route)
        })
        .collect()
}

/// The way to an absolute URL.
pub(super) fn route_of(url: &str) -> Result<Route, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "it is not a URL")?;
    let parts = uri.into_parts();
    let scheme = parts.scheme.ok_or("it is not absolute")?;
    if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
        return Err("only http and https can be forwarded to");
    }
    let authority = parts.authority.ok_or("it has no host")?;
    let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path);
    Ok(Route { scheme, authority, base: path.trim_end_matches('/').to_owned(), key: None })
}

impl Route {
    /// The URL of an operation: `path` begins with `/` and may have a query.
    pub(super) fn uri(&self, path: &str) -> Option<Uri> {
        let whole = format!("{}{path}", self.base);
        let path = PathAndQuery::try_from(whole).ok()?;
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .ok()
    }
}

/// The backend whose entity has this URL.
pub(super) fn backend_at(gateway: &GatewaySpec, url: &Text) -> Option<BackendId> {
    let wanted = url.trim_end_matches('/');
    let mut all = gateway.backends().iter().zip(0u16..);
    all.find(|(backend, _)| backend.url.trim_end_matches('/').eq_ignore_ascii_case(wanted))
        .map(|(_, id)| BackendId(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_put_together() {
        for (base, path, expected) in [
            ("https://a.example/openai", "/x?y=1", "https://a.example/openai/x?y=1"),
            ("http://127.0.0.1:80/", "/x", "http://127.0.0.1:80/x"),
            ("http://h", "/", "http://h/"),
        ] {
            assert_eq!(route_of(base).unwrap().uri(path).unwrap().to_string(), expected);
        }
        for bad in ["", "/x", "ftp://a", "a b", "https://"] {
            assert!(route_of(bad).is_err(), "{bad}");
        }
        assert!(route_of("http://h").unwrap().uri("/a b").is_none());
    }

    #[test]
    fn keys_are_whole() {
        let mut ring = KeyRing::default();
        assert!(ring.is_open());
        ring.add("secret", None);
        ring.add("", None);
        for (key, has) in [("secret", true), ("secre", false), ("secrets", false), ("", false)] {
            assert_eq!(ring.find(key, &Arc::default()).is_some(), has, "{key}");
        }
        assert!(!ring.is_open() && !format!("{ring:?}").contains("secret"));
    }

    #[test]
    fn keys_are_not_written_out() {
        let setting = BackendSetting { url: None, key: Some("secret".into()) };
        assert!(!format!("{setting:?}").contains("secret"));
    }
}
