//! What stands beside the backends: the token endpoint of managed identities, and the other ends of side calls.
//!
//! Tokens are asked for as from a virtual machine (`/metadata/identity/oauth2/token` with `Metadata: true`; managed
//! identity page of Azure VMs, 2025) or as in App Service (the same path or `/msi/token`, with `X-IDENTITY-HEADER`).
//! They belong to seed and resource. Side calls are answered as the scenario's endpoints say, by the host that the
//! request names; both schemes are the same here.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::HOST;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;

use super::reply::{body_of, error, with_headers};
use super::route::parameter;
use crate::random::{StreamName, Streams};
use crate::sim::RunPlan;
use crate::units::Timestamp;
use crate::wire::{Clock, Outgoing};

/// Where a virtual machine asks for tokens of its identity.
pub const TOKEN_PATH: &str = "/metadata/identity/oauth2/token";

const TOKENS: StreamName = StreamName::new("mock/tokens");

/// Who answers beside the backends.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) plan: Arc<RunPlan>,
    pub(super) clock: Clock,
    pub(super) token: Option<String>,
}

impl Beside {
    pub(super) async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Outgoing> {
        let path = request.uri().path();
        let is_identity = [TOKEN_PATH, "/msi/token"].iter().any(|known| known.eq_ignore_ascii_case(path));
        if is_identity { self.token(&request).await } else { self.side_call(&request).await }
    }

    async fn token(&self, request: &Request<Incoming>) -> Response<Outgoing> {
        let headers = request.headers();
        let is_vm =
            headers.get("metadata").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        if !is_vm && !headers.contains_key("x-identity-header") {
            return refused("Required metadata header not specified");
        }
        let Some(resource) = parameter(request.uri().query().unwrap_or_default(), "resource") else {
            return refused("Required query variable 'resource' is missing");
        };
        let resource = decoded(resource);
        let now = self.clock.now();
        self.clock.until(now.saturating_add(self.plan.token_fetch)).await;
        let begins = self.unix_s(now);
        let lifetime = self.plan.token_lifetime.as_secs_ceil();
        let token = self.token.clone().unwrap_or_else(|| self.made(&resource, now));
        let body = serde_json::json!({
            "access_token": token,
            "client_id": "00000000-0000-4000-8000-000000000000",
            "expires_in": lifetime.to_string(),
            "expires_on": begins.saturating_add(lifetime).to_string(),
            "not_before": begins.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        });
        error(StatusCode::OK, body.to_string())
    }

    /// A token in the form of those that are signed; its signature is random bits. It is the same for a lifetime.
    fn made(&self, resource: &str, now: Timestamp) -> String {
        let lifetime = self.plan.token_lifetime.as_secs_ceil().max(1);
        let rounds = now.since(Timestamp::ZERO).as_nanos() / 1_000_000_000 / lifetime;
        let begins = self.plan.gateway.start_unix_s().saturating_add(rounds.saturating_mul(lifetime));
        let head = serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": "poolproof" });
        let body = serde_json::json!({
            "aud": resource,
            "iss": "https://sts.windows.net/00000000-0000-4000-8000-000000000000/",
            "nbf": begins,
            "exp": begins.saturating_add(lifetime.saturating_mul(2)),
        });
        let key = StreamName::new(resource).get();
        let mut stream = Streams::new(self.plan.seed).keyed(TOKENS, key, rounds);
        let signature: Vec<u8> = (0..32).flat_map(|_| stream.word().to_le_bytes()).collect();
        let parts = [head.to_string().into_bytes(), body.to_string().into_bytes(), signature];
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    async fn side_call(&self, request: &Request<Incoming>) -> Response<Outgoing> {
        let uri = request.uri();
        let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = uri.authority().map(http::uri::Authority::as_str).or(named).unwrap_or_default();
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let method = request.method().as_str();
        let urls = ["https", "http"].map(|scheme| format!("{scheme}://{host}{path}"));
        let mut endpoints = self.plan.endpoints.iter();
        let found = endpoints.find(|endpoint| urls.iter().any(|url| endpoint.answers(method, url)));
        let Some(endpoint) = found else {
            let text = format!("no endpoint of the scenario answers {method} {host}{path}");
            return error(StatusCode::NOT_FOUND, crate::backend::error_body("404", &text));
        };
        let response = endpoint.response();
        let at = self.clock.now().saturating_add(endpoint.latency);
        self.clock.until(at).await;
        let body = body_of(&response.body).unwrap_or_default();
        with_headers(response.status.get(), &response.headers, Outgoing::whole(body))
    }

    fn unix_s(&self, now: Timestamp) -> u64 {
        let since_start = now.since(Timestamp::ZERO).as_nanos() / 1_000_000_000;
        self.plan.gateway.start_unix_s().saturating_add(since_start)
    }
}

fn refused(what: &str) -> Response<Outgoing> {
    let body = serde_json::json!({ "error": "invalid_request", "error_description": what });
    error(StatusCode::BAD_REQUEST, body.to_string())
}

/// The text of a parameter: `%3A` is a colon.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, digits.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        for (text, expected) in [
            ("https%3A%2F%2Fcognitiveservices.azure.com%2f", "https://cognitiveservices.azure.com/"),
            ("https://a.b", "https://a.b"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
        ] {
            assert_eq!(decoded(text), expected);
        }
    }
}
