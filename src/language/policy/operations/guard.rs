//! Policies that let a request pass or refuse it, and those that prove who the gateway is.
//!
//! Sources: the page of each policy in the policy reference (2026).

use crate::policy::csharp::Expression;
use crate::policy::{Operand, Text, VariableSlot};
use crate::units::{Duration, StatusCode};

/// A policy that lets a request pass or refuses it.
#[derive(Clone, Debug)]
pub enum Guard {
    /// `check-header`
    CheckHeader(CheckHeader),
    /// `ip-filter`
    IpFilter(IpFilter),
    /// `validate-jwt`, `validate-azure-ad-token`
    Token(Box<TokenRules>),
    /// `authentication-basic`: sets the `Authorization` header.
    Basic {
        /// User name.
        username: Operand<Text>,
        /// Password.
        password: Operand<Text>,
    },
    /// `get-authorization-context`
    AuthorizationContext(AuthorizationContext),
}

/// `check-header`
#[derive(Clone, Debug)]
pub struct CheckHeader {
    /// Name of the header.
    pub name: Operand<Text>,
    /// `failed-check-httpcode`
    pub status: Operand<StatusCode>,
    /// `failed-check-error-message`
    pub message: Operand<Text>,
    /// `ignore-case`; default false.
    pub ignore_case: Operand<bool>,
    /// Values that pass; none: any.
    pub values: Vec<Operand<Text>>,
}

/// `ip-filter`
#[derive(Clone, Debug)]
pub struct IpFilter {
    /// `allow` or `forbid`
    pub action: Operand<Text>,
    /// Single addresses.
    pub addresses: Vec<Operand<Text>>,
    /// First and last address of each range.
    pub ranges: Vec<(Operand<Text>, Operand<Text>)>,
}

/// `get-authorization-context`
#[derive(Clone, Debug)]
pub struct AuthorizationContext {
    /// `provider-id`
    pub provider: Operand<Text>,
    /// `authorization-id`
    pub id: Operand<Text>,
    /// `context-variable-name`
    pub output: VariableSlot,
    /// `ignore-error`; default false: go on with null.
    pub ignore_error: Operand<bool>,
}

/// Where a token is taken from.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// `header-name`
    Header(Operand<Text>),
    /// `query-parameter-name`
    Query(Operand<Text>),
    /// `token-value`
    Value(Operand<Text>),
}

/// A key of `issuer-signing-keys`.
#[derive(Clone, Debug)]
pub enum TokenKey {
    /// Base64 of a symmetric key.
    Shared {
        /// `id`, to be the `kid` of the token; `None`: any.
        id: Option<Text>,
        /// The key.
        base64: Operand<Text>,
    },
    /// An RSA key.
    Rsa {
        /// `id`, to be the `kid` of the token; `None`: any.
        id: Option<Text>,
        /// Base64url of the modulus.
        modulus: Operand<Text>,
        /// Base64url of the exponent.
        exponent: Operand<Text>,
    },
    /// A certificate of the service.
    Certificate,
}

/// A `claim` of `required-claims`.
#[derive(Clone, Debug)]
pub struct ClaimRule {
    /// Its name.
    pub name: Operand<Text>,
    /// `match`: `all` (default) or `any`.
    pub matching: Operand<Text>,
    /// What separates several values in one.
    pub separator: Option<Operand<Text>>,
    /// Values; none: the claim has to be there.
    pub values: Vec<Operand<Text>>,
}

/// `validate-jwt`, `validate-azure-ad-token`
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// Where the token is.
    pub source: TokenSource,
    /// `failed-validation-httpcode`; default 401.
    pub status: Operand<StatusCode>,
    /// `failed-validation-error-message`
    pub message: Option<Operand<Text>>,
    /// `require-expiration-time`; default true.
    pub require_expiration: Operand<bool>,
    /// `require-scheme`, for example `Bearer`.
    pub require_scheme: Option<Operand<Text>>,
    /// `require-signed-tokens`; default true.
    pub require_signed: Operand<bool>,
    /// `clock-skew`; default 0.
    pub clock_skew: Operand<Duration>,
    /// `output-token-variable-name`, and what makes a `Jwt` of the text in it.
    pub output: Option<(VariableSlot, Expression)>,
    /// `issuer-signing-keys`
    pub keys: Vec<TokenKey>,
    /// `openid-config`: keys that cannot be fetched here.
    pub configurations: Vec<Operand<Text>>,
    /// `audiences`, `backend-application-ids`; none: any.
    pub audiences: Vec<Operand<Text>>,
    /// `issuers`; none: any.
    pub issuers: Vec<Operand<Text>>,
    /// `tenant-id` of validate-azure-ad-token.
    pub tenant: Option<Operand<Text>>,
    /// `client-application-ids`; none: any.
    pub clients: Vec<Operand<Text>>,
    /// `required-claims`
    pub claims: Vec<ClaimRule>,
}
