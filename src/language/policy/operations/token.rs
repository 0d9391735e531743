//! JSON web tokens of validate-jwt and validate-azure-ad-token.
//!
//! Rules (validate-jwt page; reasons of the error handling page; RFC 7519)
//! - Checked in this order, as the library behind the service does: form, signature, lifetime, audience,
//!   issuer, claims. The first problem is the one that is told.
//! - Signatures by HMAC and by RSA (PKCS #1) are verified with the keys of the policy and those that the caller
//!   supplies for the issuer or the configuration. Keys behind `openid-config` cannot be fetched here, and
//!   certificates are not read: without supplied keys everything but the signature is checked then, and the
//!   outcome says so.
//! - Lifetimes are only compared when the run has a wall clock.
//! - A tenant is compared with `tid` when it is an id; names of tenants are not known here.
//!
//! Deliberately not modelled: encrypted tokens.

use serde_json::{Map, Value};

use super::TokenKeyMaterial;
use crate::policy::Text;
use crate::policy::base64;

/// What a caller supplies in place of services that cannot be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supplied {
    /// Keys of issuers.
    pub signing_keys: Vec<SigningKey>,
    /// Authorizations of the credential manager.
    pub authorizations: Vec<Authorization>,
}

/// A key of an issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The issuer, or the URL of its configuration.
    pub issuer: Text,
    /// Its `kid`; `None`: for any token.
    pub id: Option<Text>,
    /// The key.
    pub key: TokenKeyMaterial,
}

/// What `get-authorization-context` finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// `provider-id`
    pub provider: Text,
    /// `authorization-id`
    pub id: Text,
    /// Its access token.
    pub access_token: Text,
}

/// A claim that has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredClaim {
    /// Its name.
    pub name: Text,
    /// One value is enough; else all have to be there.
    pub any: bool,
    /// What separates several values in one.
    pub separator: Option<Text>,
    /// Values; none: the claim has to be there.
    pub values: Vec<Text>,
}

/// What a token is checked for. Empty lists allow everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenTest {
    /// Keys with their `kid`, `None` for any.
    pub keys: Vec<(Option<Text>, TokenKeyMaterial)>,
    /// Some keys cannot be evaluated here: they are in certificates.
    pub has_certificates: bool,
    /// URLs of configurations.
    pub configurations: Vec<Text>,
    /// There has to be a signature.
    pub require_signed: bool,
    /// There has to be an expiration time.
    pub require_expiration: bool,
    /// Seconds that clocks may differ.
    pub clock_skew_s: u64,
    /// Seconds since 1970; `None`: the run has no wall clock.
    pub now_s: Option<u64>,
    /// Allowed audiences.
    pub audiences: Vec<Text>,
    /// Allowed issuers.
    pub issuers: Vec<Text>,
    /// The tenant.
    pub tenant: Option<Text>,
    /// Allowed clients.
    pub clients: Vec<Text>,
    /// Required claims.
    pub claims: Vec<RequiredClaim>,
}

/// A token that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOutcome {
    /// With its signature.
    Verified,
    /// The signature could not be checked here.
    SignatureUnknown,
}

/// Why a token did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFault {
    /// `LastError.Reason`
    pub reason: &'static str,
    /// `LastError.Message`
    pub message: String,
}

fn fault<T>(reason: &'static str, message: impl Into<String>) -> Result<T, TokenFault> {
    Err(TokenFault { reason, message: message.into() })
}

/// Checks a token, without scheme.
pub fn check_token(token: &str, test: &TokenTest, supplied: &Supplied) -> Result<TokenOutcome, TokenFault> {
    let parts: Vec<&str> = token.trim().split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return fault("JwtInvalid", "the token does not have the form header.payload.signature");
    };
    let (Some(head), Some(claims)) = (object(header), object(payload)) else {
        return fault("JwtInvalid", "the token is not made of JSON objects in base64");
    };
    let signed = format!("{header}.{payload}");
    let outcome = verify(&head, &claims, signed.as_bytes(), signature, test, supplied)?;
    check_lifetime(&claims, test)?;
    check_parties(&claims, test)?;
    check_claims(&claims, test)?;
    Ok(outcome)
}

fn object(part: &str) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&base64::decode_any(part)?) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

fn verify(
    head: &Map<String, Value>,
    claims: &Map<String, Value>,
    signed: &[u8],
    signature: &str,
    test: &TokenTest,
    supplied: &Supplied,
) -> Result<TokenOutcome, TokenFault> {
    let algorithm = head.get("alg").and_then(Value::as_str).unwrap_or("none");
    if algorithm.eq_ignore_ascii_case("none") || signature.is_empty() {
        return if test.require_signed {
            fault("TokenSignatureInvalid", "the token is not signed")
        } else {
            Ok(TokenOutcome::Verified)
        };
    }
    let kid = head.get("kid").and_then(Value::as_str);
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or("");
    let of_issuer =
        |key: &&SigningKey| key.issuer.as_str() == issuer || test.configurations.contains(&key.issuer);
    let supplied: Vec<_> =
        supplied.signing_keys.iter().filter(of_issuer).map(|key| (&key.id, &key.key)).collect();
    let may_be_elsewhere = test.has_certificates
        || supplied.is_empty()
            && (!test.configurations.is_empty() || test.tenant.is_some() || test.keys.is_empty());
    let written = test.keys.iter().map(|(id, key)| (id, key));
    let mut keys = written.chain(supplied).filter(|(id, key)| {
        let is_named = match (id, kid) {
            (Some(id), Some(kid)) => id.as_str() == kid,
            _ => true,
        };
        is_named && key.is_for(algorithm)
    });
    let Some(first) = keys.next() else {
        return if may_be_elsewhere {
            Ok(TokenOutcome::SignatureUnknown)
        } else {
            fault("TokenSignatureKeyNotFound", "Matching key not found.")
        };
    };
    let Some(signature) = base64::decode_any(signature) else {
        return fault("TokenSignatureInvalid", "the signature is not base64");
    };
    if std::iter::once(first).chain(keys).any(|(_, key)| key.verifies(algorithm, signed, &signature)) {
        return Ok(TokenOutcome::Verified);
    }
    fault("TokenSignatureInvalid", "the signature does not fit any of the keys")
}

fn check_lifetime(claims: &Map<String, Value>, test: &TokenTest) -> Result<(), TokenFault> {
    let seconds = |name: &str| {
        let value = claims.get(name)?;
        value.as_i64().or_else(|| value.as_f64().map(whole))
    };
    let expires = seconds("exp");
    if expires.is_none() && test.require_expiration {
        return fault("JwtInvalid", "the token has no expiration time");
    }
    let Some(now) = test.now_s.and_then(|now| i64::try_from(now).ok()) else { return Ok(()) };
    let skew = i64::try_from(test.clock_skew_s).unwrap_or(i64::MAX);
    if seconds("nbf").is_some_and(|from| from > now.saturating_add(skew)) {
        return fault("JwtInvalid", "the token is not valid yet");
    }
    if expires.is_some_and(|until| until <= now.saturating_sub(skew)) {
        return fault("TokenExpired", "the token has expired");
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
const fn whole(seconds: f64) -> i64 {
    seconds as i64
}

fn check_parties(claims: &Map<String, Value>, test: &TokenTest) -> Result<(), TokenFault> {
    let has_any = |name: &str, allowed: &[Text]| {
        let found = values(claims.get(name), None);
        found.iter().any(|value| allowed.iter().any(|one| one.as_str() == value))
    };
    if !test.audiences.is_empty() && !has_any("aud", &test.audiences) {
        return fault("TokenAudienceNotAllowed", "the audience of the token is not allowed");
    }
    if !test.issuers.is_empty() && !has_any("iss", &test.issuers) {
        return fault("TokenIssuerNotAllowed", "the issuer of the token is not allowed");
    }
    if let Some(tenant) = test.tenant.as_ref().filter(|tenant| is_id(tenant)) {
        let found = claims.get("tid").and_then(Value::as_str).unwrap_or("");
        let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or("");
        let is_named = issuer.split('/').any(|part| part.eq_ignore_ascii_case(tenant));
        if !(found.eq_ignore_ascii_case(tenant) || (found.is_empty() && is_named)) {
            return fault("TokenIssuerNotAllowed", "the token is not of the tenant");
        }
    }
    // `azp` in tokens of version 2.0, `appid` in those of 1.0.
    if !test.clients.is_empty() && !has_any("azp", &test.clients) && !has_any("appid", &test.clients) {
        return fault("TokenClaimValueNotAllowed", "the client application of the token is not allowed");
    }
    Ok(())
}

/// Whether a text has the form of a GUID.
fn is_id(text: &str) -> bool {
    let lengths: Vec<usize> = text.trim().split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.trim().bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn check_claims(claims: &Map<String, Value>, test: &TokenTest) -> Result<(), TokenFault> {
    let missing: Vec<&str> = test
        .claims
        .iter()
        .filter(|rule| values(claims.get(rule.name.as_str()), None).is_empty())
        .map(|rule| rule.name.as_str())
        .collect();
    if !missing.is_empty() {
        let message = format!("JWT token is missing the following claims: {}", missing.join(", "));
        return fault("TokenClaimNotFound", message);
    }
    for rule in &test.claims {
        let found = values(claims.get(rule.name.as_str()), rule.separator.as_deref());
        let has = |value: &Text| found.iter().any(|one| one == value.as_str());
        let passes = rule.values.is_empty()
            || if rule.any { rule.values.iter().any(has) } else { rule.values.iter().all(has) };
        if !passes {
            let message = format!("Claim {} value of {} is not allowed.", rule.name, found.join(", "));
            return fault("TokenClaimValueNotAllowed", message);
        }
    }
    Ok(())
}

/// The values of a claim as texts.
fn values(claim: Option<&Value>, separator: Option<&str>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let all: Vec<String> = match claim {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
    };
    match separator.filter(|separator| !separator.is_empty()) {
        None => all,
        Some(separator) => all.iter().flat_map(|v| v.split(separator)).map(|v| v.trim().to_owned()).collect(),
    }
}
