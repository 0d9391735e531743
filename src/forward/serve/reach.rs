//! Connecting to backends: whom to trust, and for how long to try.
//!
//! Rules
//! - Trusted are the roots of Mozilla and those that an operator names besides.
//! - What fails is named by its causes, without anything that was sent.
//! - The time to connect has the name, the connection and the handshake of TLS in it: no step can take longer.

use std::error::Error;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration as Real;

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use super::running::RunError;
use super::settings::Timeouts;
use crate::wire::BodyError;

/// Connects within a bounded time.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector>,
    time: Real,
}

/// What connects to backends.
pub(super) fn connector(timeouts: &Timeouts, trusted: &[CertificateDer<'static>]) -> Connector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(timeouts.connect));
    let builder = HttpsConnectorBuilder::new();
    let builder = match tls(trusted) {
        Some(config) => builder.with_tls_config(config),
        None => builder.with_webpki_roots(),
    };
    let inner = builder.https_or_http().enable_all_versions().wrap_connector(tcp);
    Connector { inner, time: timeouts.connect }
}

/// TLS with the roots of Mozilla and these. `None`: there are none, or the provider has no TLS at all.
fn tls(trusted: &[CertificateDer<'static>]) -> Option<ClientConfig> {
    if trusted.is_empty() {
        return None;
    }
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(trusted.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(config.with_root_certificates(roots).with_no_client_auth())
}

/// The certificates in a PEM file, to be trusted as roots.
///
/// # Errors
/// The file cannot be read, holds none, or one that cannot be a root.
pub fn trusted_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, RunError> {
    let found = certificates_in(path)?;
    let mut roots = RootCertStore::empty();
    for certificate in &found {
        roots.add(certificate.clone()).map_err(|error| unusable(path, &error))?;
    }
    Ok(found)
}

/// The certificates in a PEM file, of which there is at least one.
pub(super) fn certificates_in(path: &Path) -> Result<Vec<CertificateDer<'static>>, RunError> {
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(path, &error))?;
    if found.is_empty() { Err(unusable(path, &"it holds no certificate")) } else { Ok(found) }
}

/// What a file of TLS is no good for.
pub(super) fn unusable(path: &Path, problem: &dyn std::fmt::Display) -> RunError {
    RunError::Tls { path: path.display().to_string(), problem: problem.to_string() }
}

/// What went wrong, from the outside to the cause. Errors of connections and of HTTP hold no headers and no bodies.
pub(super) fn told(error: &(dyn Error + 'static)) -> String {
    const LONGEST: usize = 400;
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let own = error.to_string();
        // Some repeat their cause.
        if !text.ends_with(&own) {
            text.push_str(": ");
            text.push_str(&own);
        }
        cause = error.source();
    }
    text.chars().take(LONGEST).collect()
}

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;
    type Error = BodyError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BodyError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, time) = (self.inner.call(uri), self.time);
        Box::pin(async move {
            let connected = tokio::time::timeout(time, connecting).await;
            connected.unwrap_or_else(|_| Err("connecting took too long".into()))
        })
    }
}
