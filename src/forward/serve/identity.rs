//! Tokens of managed identities: from the endpoint of a virtual machine or of an App Service, or a fixed one.
//!
//! Rules
//! - A token is fetched once for each audience and identity at a time; who comes meanwhile waits for it.
//! - It is given out until five minutes before it expires, or until half of its time has passed if that is sooner.
//! - A failure is that of all who waited for it, and is not kept: the next request tries again.
//!
//! Source: managed identities for Azure resources, token endpoints (2025).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Real;

use http::Request;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::upstream::{Sender, collect};
use crate::gateway::SideAnswer;
use crate::policy::Text;
use crate::units::Duration;
use crate::wire::{Clock, Outgoing};

/// Where tokens come from.
#[derive(Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// There is no identity: policies that ask for a token fail.
    None,
    /// The endpoint of a virtual machine, or one that answers like it.
    Imds {
        /// Its URL, without a query.
        url: String,
    },
    /// The endpoint of an App Service (`IDENTITY_ENDPOINT`).
    AppService {
        /// Its URL, without a query.
        url: String,
        /// The value of `X-IDENTITY-HEADER`.
        secret: String,
    },
    /// This token for everything.
    Fixed {
        /// The token.
        token: String,
    },
}

impl std::fmt::Debug for IdentitySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Imds { url } | Self::AppService { url, .. } => f.write_str(url),
            Self::Fixed { .. } => f.write_str("Fixed([redacted])"),
        }
    }
}

/// Most bytes of an answer of a token endpoint.
const ANSWER_BYTES: usize = 64 * 1024;
/// How long a token is waited for.
const FETCH_TIME: Real = Real::from_secs(10);
/// How long before its end a token is not given out any more.
const MARGIN: Real = Real::from_mins(5);
/// How long a fixed token is taken to be good.
const FIXED_LIFETIME: Real = Real::from_hours(1);

type Key = (Text, Option<Text>);

/// The token of a key. Whoever has the lock fetches it.
#[derive(Debug, Default)]
struct Slot {
    token: tokio::sync::Mutex<Option<Token>>,
    /// Flights that came to nothing.
    failures: AtomicU64,
}

/// Tokens that are in use.
#[derive(Debug)]
pub(super) struct Identity {
    source: IdentitySource,
    slots: Mutex<BTreeMap<Key, Arc<Slot>>>,
}

#[derive(Clone)]
struct Token {
    token: Text,
    good_until: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token([redacted])")
    }
}

impl Identity {
    pub(super) fn new(source: IdentitySource) -> Self {
        Self { source, slots: Mutex::new(BTreeMap::new()) }
    }

    /// A token for `resource`, of the identity with this client id.
    pub(super) async fn token(
        &self,
        resource: &Text,
        client_id: Option<&Text>,
        sender: &Sender,
        clock: Clock,
    ) -> SideAnswer {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((resource.clone(), client_id.cloned())).or_default())
        };
        let failures = slot.failures.load(Ordering::Relaxed);
        let mut kept = slot.token.lock().await;
        let is_good = |token: &&Token| token.good_until > Instant::now();
        let token = if let Some(token) = kept.as_ref().filter(is_good) {
            token.clone()
        } else if slot.failures.load(Ordering::Relaxed) != failures {
            // Waited for a flight that failed. To try again one after another would take each its whole time.
            return SideAnswer::Failed;
        } else {
            let fetched = tokio::time::timeout(FETCH_TIME, self.fetch(resource, client_id, sender)).await;
            let Ok(Some(token)) = fetched else {
                slot.failures.fetch_add(1, Ordering::Relaxed);
                return SideAnswer::Failed;
            };
            *kept = Some(token.clone());
            token
        };
        let left = token.good_until.saturating_duration_since(Instant::now());
        let left = Duration::from_nanos(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX));
        let left = left.saturating_mul(u64::from(clock.speed()));
        SideAnswer::Token { token: token.token, expires: clock.now().saturating_add(left) }
    }

    async fn fetch(&self, resource: &Text, client_id: Option<&Text>, sender: &Sender) -> Option<Token> {
        let (url, version, name, value) = match &self.source {
            IdentitySource::None => return None,
            IdentitySource::Fixed { token } => {
                let good_until = Instant::now().checked_add(FIXED_LIFETIME)?;
                return Some(Token { token: Text::from(token.clone()), good_until });
            }
            IdentitySource::Imds { url } => (url, "2018-02-01", "metadata", "true"),
            IdentitySource::AppService { url, secret } => {
                (url, "2019-08-01", "x-identity-header", secret.as_str())
            }
        };
        let mut query = format!("{url}?api-version={version}&resource={}", escaped(resource));
        if let Some(client) = client_id {
            query.push_str(&format!("&client_id={}", escaped(client)));
        }
        let request = Request::get(query).header(name, value).body(Outgoing::Empty).ok()?;
        let response = sender.request(request).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = collect(response.into_body(), ANSWER_BYTES, FETCH_TIME).await?;
        let json: Json = serde_json::from_slice(&body).ok()?;
        let token = Text::from(json.get("access_token")?.as_str()?.to_owned());
        let life = lifetime(&json)?;
        let life = life.saturating_sub(MARGIN).max(life / 2);
        Some(Token { token, good_until: Instant::now().checked_add(life)? })
    }
}

/// How long the token of an answer is good: `expires_in` seconds, or until `expires_on`.
fn lifetime(json: &Json) -> Option<Real> {
    let seconds = |name: &str| {
        let value = json.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    seconds("expires_in").map(Real::from_secs).or_else(|| {
        let now = Real::from_secs(crate::wire::unix_now_s());
        Some(Real::from_secs(seconds("expires_on")?).saturating_sub(now))
    })
}

/// Text for the value of a query.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read_in_both_forms() {
        for (json, seconds) in [
            (r#"{"expires_in":"3599"}"#, Some(3_599)),
            (r#"{"expires_in":60}"#, Some(60)),
            (r#"{"expires_on":"0"}"#, Some(0)),
            (r"{}", None),
            (r#"{"expires_in":"soon"}"#, None),
        ] {
            let json = serde_json::from_str(json).unwrap();
            assert_eq!(lifetime(&json).map(|life| life.as_secs()), seconds, "{json}");
        }
    }

    #[test]
    fn audiences_are_escaped_and_secrets_not_shown() {
        assert_eq!(escaped("https://a.b/"), "https%3A%2F%2Fa.b%2F");
        let fixed = IdentitySource::Fixed { token: "s3cret".into() };
        assert!(!format!("{:?}", Identity::new(fixed)).contains("s3cret"));
    }
}
