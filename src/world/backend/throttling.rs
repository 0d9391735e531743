//! How a deployment words its refusals: which headers a 429 carries, and in what form.
//!
//! Rules
//! - Both `Retry-After` (whole seconds, rounded up, at least 1) and `retry-after-ms` is what the quota page
//!   documents (2026-05-06) and what was mostly seen.
//! - Everything else was seen, too: no Retry-After at all (openai-python 937, 2023-12; openai-dotnet 838,
//!   2025-11), a wait of a day; gateways have to survive also what nobody has seen yet.
//! - Remaining counts came with successes and not with 429s (aoai-testing, 2024-08), although documented for
//!   every call. The utilisation of a provisioned deployment comes with every call.
//!
//! Ids of requests (`apim-request-id`, `x-request-id`) are given where an expression of the policy names one.
//! Deliberately not modelled: `azureml-model-session`, which no policy decides by.

use std::sync::Arc;

/// The headers of a deployment's answers, as far as they tell about its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// How a 429 tells the wait.
    pub retry_after: RetryAfterForm,
    /// Which answers have `x-ratelimit-remaining-tokens` and `-requests`, or the utilisation.
    pub remaining: HeaderUse,
    /// Which answers have `x-ratelimit-limit-tokens` and `-requests`: tokens per minute, and requests in one
    /// request window (a deployment of 120 RPM was seen to tell 20).
    pub limits: HeaderUse,
    /// Whether a 429 has `x-ratelimit-reset-tokens` or `-requests`: the wait in seconds, by the limit that refused.
    pub reset: bool,
}

/// How a 429 tells the wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RetryAfterForm {
    /// `Retry-After` in seconds and `retry-after-ms`.
    #[default]
    Both,
    /// `Retry-After` in seconds only.
    Seconds,
    /// `retry-after-ms` only.
    Milliseconds,
    /// `Retry-After` as an HTTP date, the first whole second at which the wait is over.
    HttpDate,
    /// Not at all.
    Absent,
    /// `Retry-After` with this text, whatever the wait is.
    Fixed(Arc<str>),
}

/// Which answers carry a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderUse {
    /// None.
    Never,
    /// Successes.
    OnSuccess,
    /// Refusals (429).
    OnRefusal,
    /// All of these.
    Always,
}

impl Throttling {
    /// As seen at Standard deployments.
    pub const STANDARD: Self = Self {
        retry_after: RetryAfterForm::Both,
        remaining: HeaderUse::OnSuccess,
        limits: HeaderUse::Never,
        reset: false,
    };

    /// As documented for provisioned deployments.
    pub const PROVISIONED: Self = Self { remaining: HeaderUse::Always, ..Self::STANDARD };
}

impl HeaderUse {
    /// Whether successes carry it.
    #[inline]
    pub const fn on_success(self) -> bool {
        matches!(self, Self::OnSuccess | Self::Always)
    }

    /// Whether refusals carry it.
    #[inline]
    pub const fn on_refusal(self) -> bool {
        matches!(self, Self::OnRefusal | Self::Always)
    }
}
