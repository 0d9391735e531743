//! Admission of a Standard deployment: tokens in one sliding window and requests in another.

use crate::semantics::{OversizedRetryAfter, RequestLimitRounding, Semantics};
use crate::units::{Duration, Timestamp, Tokens};

use super::{LimitKind, SlidingWindow, StandardSpec};

/// The two windows of a Standard deployment, driven by time and cost only.
#[derive(Clone, Debug)]
pub struct RateLimit {
    tokens: SlidingWindow,
    requests: SlidingWindow,
    oversized_retry_after: Option<Duration>,
    last: Timestamp,
}

/// Why a request was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The limit that takes longest to admit it.
    pub limit: LimitKind,
    /// The exact time until it would be admitted if nothing else came.
    pub retry_after: Option<Duration>,
}

impl RateLimit {
    /// Empty windows.
    pub fn new(spec: &StandardSpec, semantics: &Semantics) -> Self {
        let oversized_retry_after = match semantics.quota_oversized_retry_after {
            OversizedRetryAfter::OneDay => Some(Duration::from_secs(86_400)),
            OversizedRetryAfter::OneMinute => Some(Duration::from_secs(60)),
            OversizedRetryAfter::Absent => None,
        };
        let request_limit = request_limit(spec, semantics.quota_request_limit_rounding);
        Self {
            tokens: SlidingWindow::new(spec.token_window, spec.tpm.get()),
            requests: SlidingWindow::new(spec.request_window, request_limit),
            oversized_retry_after,
            last: Timestamp::ZERO,
        }
    }

    /// Admits and counts a request of `cost` at `now`, or refuses it and counts nothing.
    #[inline]
    pub fn offer(&mut self, cost: Tokens, now: Timestamp) -> Result<(), Refusal> {
        let now = self.advance(now);
        if self.tokens.admits(cost.get(), now) && self.requests.admits(1, now) {
            self.tokens.insert(cost.get(), now);
            self.requests.insert(1, now);
            Ok(())
        } else {
            Err(self.refusal(cost, now))
        }
    }

    /// Estimated tokens that still fit at `now`.
    #[inline]
    pub fn remaining_tokens(&mut self, now: Timestamp) -> Tokens {
        let now = self.advance(now);
        Tokens(self.tokens.remaining(now))
    }

    /// Requests that still fit at `now`.
    #[inline]
    pub fn remaining_requests(&mut self, now: Timestamp) -> u64 {
        let now = self.advance(now);
        self.requests.remaining(now)
    }

    /// Most requests in one request window.
    pub const fn request_limit(&self) -> u64 {
        self.requests.limit()
    }

    /// Share of the token limit in use at `now`, per mille, rounded down; 1000 when the limit is 0.
    pub fn fill_permille(&mut self, now: Timestamp) -> u64 {
        let now = self.advance(now);
        let used = u128::from(self.tokens.used(now)).saturating_mul(1000);
        let permille = used.checked_div(u128::from(self.tokens.limit())).unwrap_or(1000);
        u64::try_from(permille).unwrap_or(u64::MAX)
    }

    fn refusal(&mut self, cost: Tokens, now: Timestamp) -> Refusal {
        let Some(tokens_at) = self.tokens.admits_at(cost.get(), now) else {
            return Refusal { limit: LimitKind::Oversized, retry_after: self.oversized_retry_after };
        };
        // The request limit is at least 1, so there is always such a time.
        let requests_at = self.requests.admits_at(1, now).unwrap_or(now);
        let limit = if requests_at > tokens_at { LimitKind::Requests } else { LimitKind::Tokens };
        Refusal { limit, retry_after: Some(requests_at.max(tokens_at).since(now)) }
    }

    #[inline]
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.last = self.last.max(now);
        self.last
    }
}

/// The share of the requests per minute that falls to one request window, at least 1.
fn request_limit(spec: &StandardSpec, rounding: RequestLimitRounding) -> u64 {
    let scaled = u128::from(spec.rpm.get()).saturating_mul(u128::from(spec.request_window.as_nanos()));
    let minute = u128::from(NANOS_PER_MINUTE);
    let limit = match rounding {
        RequestLimitRounding::Floor => scaled.checked_div(minute).unwrap_or(0),
        RequestLimitRounding::Ceil => scaled.div_ceil(minute),
    };
    u64::try_from(limit).unwrap_or(u64::MAX).max(1)
}

const NANOS_PER_MINUTE: u64 = 60_000_000_000;
