//! Where something is sent, and how little is said of it.

use http::Uri;
use http::uri::{PathAndQuery, Scheme};
use thiserror::Error;

/// Why nothing can be sent there. The URL is not repeated: it may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadDestination {
    /// It cannot be read.
    #[error("it is not a URL")]
    NoUrl,
    /// It has no scheme, or another than these.
    #[error("it does not begin with http:// or https://")]
    Scheme,
    /// It has no host.
    #[error("it has no host")]
    Host,
    /// It has a name or password before its host.
    #[error("it has a user or a password in it, which is not sent; leave it out")]
    User,
}

/// A URL that is sent to. Only its scheme and host are shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    uri: Uri,
}

impl Destination {
    /// Reads a URL, whole as it is.
    ///
    /// # Errors
    /// See [`BadDestination`].
    pub fn new(url: &str) -> Result<Self, BadDestination> {
        let uri: Uri = url.trim().parse().map_err(|_| BadDestination::NoUrl)?;
        if uri.scheme() != Some(&Scheme::HTTP) && uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(BadDestination::Scheme);
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err(BadDestination::Host);
        }
        if uri.authority().is_some_and(|own| own.as_str().contains('@')) {
            return Err(BadDestination::User);
        }
        Ok(Self { uri })
    }

    /// The place for traces at a collector, whose base URL this is: `/v1/traces` below it, unless that is said already.
    ///
    /// # Errors
    /// See [`BadDestination`].
    pub fn for_traces(url: &str) -> Result<Self, BadDestination> {
        const TRACES: &str = "/v1/traces";
        let Self { uri } = Self::new(url)?;
        let path = uri.path().trim_end_matches('/');
        let path = if path.ends_with(TRACES) { path.to_owned() } else { format!("{path}{TRACES}") };
        let whole = uri.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        let mut parts = uri.into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(whole).map_err(|_| BadDestination::NoUrl)?);
        Ok(Self { uri: Uri::from_parts(parts).map_err(|_| BadDestination::NoUrl)? })
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}", self.uri.authority().map_or("", |own| own.as_str()))
    }
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Destination({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_bad_ones_told() {
        for (url, problem) in [
            ("http://h/x?code=s3cret", None),
            ("https://h:1", None),
            ("ftp://h/", Some(BadDestination::Scheme)),
            ("/x", Some(BadDestination::Scheme)),
            ("h", Some(BadDestination::Scheme)),
            ("", Some(BadDestination::NoUrl)),
            ("a b", Some(BadDestination::NoUrl)),
            ("http://", Some(BadDestination::NoUrl)),
            ("http://u:s3cret@h/", Some(BadDestination::User)),
        ] {
            assert_eq!(Destination::new(url).err(), problem, "{url}");
        }
    }

    #[test]
    fn collectors_are_named_by_their_base() {
        for (url, whole) in [
            ("http://h:4318", "http://h:4318/v1/traces"),
            ("http://h/", "http://h/v1/traces"),
            ("https://h/base/?k=1", "https://h/base/v1/traces?k=1"),
            ("http://h/v1/traces", "http://h/v1/traces"),
        ] {
            assert_eq!(Destination::for_traces(url).unwrap().uri().to_string(), whole);
        }
    }

    #[test]
    fn paths_and_queries_are_not_shown() {
        let own = Destination::new("https://h:8/s3cret?code=s3cret").unwrap();
        assert_eq!(
            (own.to_string(), format!("{own:?}")),
            ("https://h:8".into(), "Destination(https://h:8)".into())
        );
    }
}
