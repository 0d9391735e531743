//! Admission of a Standard deployment: tokens in one sliding window and requests in another.
//!
//! Rules, as measured on gpt-4, gpt-4o and gpt-3.5-turbo (aoai-testing, 2024-07 and 2024-08)
//! - A request comes in if its estimate fits the tokens of the last 60 s and it fits the requests of the
//!   last 10 s; exactly full fits.
//! - What is counted stays counted until it is out of the window: nothing is refunded at the end.
//! - A refused request counts nothing. The documentation (2026-05) says that unsuccessful requests count;
//!   the measurements contradict it.
//! - Assumed: the wait that a refusal names is the exact time until both windows would admit the request.
//!
//! What the documentation says instead is an option each ([`StandardSpec`]): windows that start anew every
//! minute, refusals that count, a refund when a call has ended.
//!
//! This type knows only times and costs, so that recorded calls can be replayed through it.

use crate::random::whole;
use crate::semantics::{OversizedRetryAfter, RequestLimitRounding, Semantics};
use crate::units::{Duration, RequestsPerMinute, Timestamp, Tokens};

use super::fixed_window::FixedWindow;
use super::window::Entry;
use super::{LimitKind, QuotaStep, SlidingWindow, StandardSpec, WindowKind};

/// The two windows of a Standard deployment, driven by time and cost only.
#[derive(Clone, Debug)]
pub struct RateLimit {
    tokens: Window,
    requests: Window,
    counts_refusals: bool,
    refunds: bool,
    oversized_retry_after: Option<Duration>,
    last: Timestamp,
}

/// What was counted for an admitted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The estimate.
    pub tokens: Tokens,
    pub(super) entry: Entry,
    /// Tokens of the prompt that were cached: of a provisioned deployment not part of the estimate.
    pub cached: Tokens,
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
        let request_limit = spec.request_limit.unwrap_or_else(|| {
            share_of_rpm(spec.rpm, spec.request_window, semantics.quota_request_limit_rounding)
        });
        Self {
            tokens: Window::new(spec.window_kind, spec.token_window, spec.tpm.get()),
            requests: Window::new(spec.window_kind, spec.request_window, request_limit.max(1)),
            counts_refusals: spec.count_rejected,
            refunds: spec.refund_on_completion,
            oversized_retry_after,
            last: Timestamp::ZERO,
        }
    }

    /// Admits and counts a request of `cost` at `now`, or refuses it and counts nothing (unless refusals
    /// count).
    #[inline]
    pub fn offer(&mut self, cost: Tokens, now: Timestamp) -> Result<Reservation, Refusal> {
        let now = self.advance(now);
        if self.would_admit(cost, now) {
            let entry = self.tokens.insert(cost.get(), now);
            self.requests.insert(1, now);
            Ok(Reservation { tokens: cost, entry, cached: Tokens(0) })
        } else {
            if self.counts_refusals {
                self.carry_in(cost, 1, now);
            }
            Err(self.refusal(cost, now))
        }
    }

    /// Whether a request of `cost` would be admitted at `now`.
    pub fn would_admit(&mut self, cost: Tokens, now: Timestamp) -> bool {
        let now = self.advance(now);
        self.tokens.admits(cost.get(), now) && self.requests.admits(1, now)
    }

    /// Other limits from now on: those of `spec` as `quota` changes them.
    pub fn set_quota(&mut self, spec: &StandardSpec, quota: &QuotaStep, semantics: &Semantics) {
        let scaled = |number: u64| whole(number as f64 * quota.factor);
        let rpm = RequestsPerMinute(scaled(quota.rpm.unwrap_or(spec.rpm).get()));
        let given = if quota.rpm.is_some() { None } else { spec.request_limit.map(scaled) };
        let share = || share_of_rpm(rpm, spec.request_window, semantics.quota_request_limit_rounding);
        self.tokens.set_limit(scaled(quota.tpm.unwrap_or(spec.tpm).get()));
        self.requests.set_limit(given.unwrap_or_else(share).max(1));
    }

    /// Counts use that nobody asked about, such as that of calls before a recording begins.
    pub fn carry_in(&mut self, tokens: Tokens, requests: u64, now: Timestamp) -> Reservation {
        let now = self.advance(now);
        let entry = self.tokens.insert(tokens.get(), now);
        self.requests.insert(requests, now);
        Reservation { tokens, entry, cached: Tokens(0) }
    }

    /// An admitted request has ended and really used `actual`: where completion refunds, what was counted
    /// above that is free again, as far as it still counts. Otherwise nothing happens.
    pub fn settle(&mut self, reservation: Reservation, actual: Tokens, now: Timestamp) {
        let now = self.advance(now);
        if self.refunds {
            self.tokens.used(now);
            self.tokens.reduce(reservation.entry, reservation.tokens.saturating_sub(actual).get());
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

    /// Most estimated tokens in the token window.
    pub const fn token_limit(&self) -> Tokens {
        Tokens(self.tokens.limit())
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

/// Either kind of window.
#[derive(Clone, Debug)]
enum Window {
    Sliding(SlidingWindow),
    Fixed(FixedWindow),
}

impl Window {
    const fn new(kind: WindowKind, span: Duration, limit: u64) -> Self {
        match kind {
            WindowKind::Sliding => Self::Sliding(SlidingWindow::new(span, limit)),
            WindowKind::FixedMinute => Self::Fixed(FixedWindow::new(span, limit)),
        }
    }

    const fn set_limit(&mut self, limit: u64) {
        match self {
            Self::Sliding(window) => window.set_limit(limit),
            Self::Fixed(window) => window.set_limit(limit),
        }
    }

    const fn limit(&self) -> u64 {
        match self {
            Self::Sliding(window) => window.limit(),
            Self::Fixed(window) => window.limit(),
        }
    }

    #[inline]
    fn used(&mut self, now: Timestamp) -> u64 {
        match self {
            Self::Sliding(window) => window.used(now),
            Self::Fixed(window) => window.used(now),
        }
    }

    #[inline]
    fn admits(&mut self, amount: u64, now: Timestamp) -> bool {
        let limit = self.limit();
        self.used(now).checked_add(amount).is_some_and(|sum| sum <= limit)
    }

    #[inline]
    fn insert(&mut self, amount: u64, now: Timestamp) -> Entry {
        match self {
            Self::Sliding(window) => window.insert(amount, now),
            Self::Fixed(window) => window.insert(amount, now),
        }
    }

    fn reduce(&mut self, entry: Entry, amount: u64) {
        match self {
            Self::Sliding(window) => window.reduce(entry, amount),
            Self::Fixed(window) => window.reduce(entry, amount),
        }
    }

    fn admits_at(&mut self, amount: u64, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Sliding(window) => window.admits_at(amount, now),
            Self::Fixed(window) => window.admits_at(amount, now),
        }
    }

    #[inline]
    fn remaining(&mut self, now: Timestamp) -> u64 {
        self.limit().saturating_sub(self.used(now))
    }
}

/// The share of the requests per minute that falls to one request window.
fn share_of_rpm(rpm: RequestsPerMinute, window: Duration, rounding: RequestLimitRounding) -> u64 {
    let scaled = u128::from(rpm.get()).saturating_mul(u128::from(window.as_nanos()));
    let minute = u128::from(NANOS_PER_MINUTE);
    let limit = match rounding {
        RequestLimitRounding::Floor => scaled.checked_div(minute).unwrap_or(0),
        RequestLimitRounding::Ceil => scaled.div_ceil(minute),
    };
    u64::try_from(limit).unwrap_or(u64::MAX)
}

const NANOS_PER_MINUTE: u64 = 60_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::backend::TokenCost;
    use crate::units::TokensPerMinute;

    use super::*;

    fn spec(tpm: u64, rpm: u64) -> StandardSpec {
        StandardSpec::measured(TokensPerMinute(tpm), RequestsPerMinute(rpm), TokenCost::GPT_4)
    }

    fn limit(tpm: u64, rpm: u64) -> RateLimit {
        RateLimit::new(&spec(tpm, rpm), &Semantics::default())
    }

    fn secs(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    fn refused(limit: LimitKind, seconds: u64) -> Result<Reservation, Refusal> {
        Err(Refusal { limit, retry_after: Some(Duration::from_secs(seconds)) })
    }

    #[test]
    fn the_request_limit_is_a_sixth_and_at_least_one() {
        for (rpm, reading, expected) in [
            (60, "floor", 10),
            (65, "floor", 10),
            (65, "ceil", 11),
            (60, "ceil", 10),
            (5, "floor", 1),
            (0, "floor", 1),
            (0, "ceil", 1),
            (u64::MAX, "ceil", u64::MAX.div_ceil(6)),
        ] {
            let mut semantics = Semantics::default();
            assert!(semantics.set("quota.request_limit_rounding", reading));
            assert_eq!(
                RateLimit::new(&spec(1, rpm), &semantics).request_limit(),
                expected,
                "{rpm} {reading}"
            );
        }
    }

    #[test]
    fn oversized_requests_are_told_to_wait_as_the_switch_says() {
        for (reading, expected) in [("86400", Some(86_400)), ("60", Some(60)), ("absent", None)] {
            let mut semantics = Semantics::default();
            assert!(semantics.set("quota.oversized_retry_after", reading));
            let mut limit = RateLimit::new(&spec(1_000, 60), &semantics);
            let refusal = limit.offer(Tokens(1_001), secs(0)).unwrap_err();
            assert_eq!(refusal.limit, LimitKind::Oversized);
            assert_eq!(refusal.retry_after, expected.map(Duration::from_secs));
            assert!(limit.offer(Tokens(1_000), secs(0)).is_ok());
        }
    }

    #[test]
    fn steady_calls_settle_at_the_measured_room() {
        // 1,000 TPM, 11 tokens every 10 s: six calls count at any time, 1000 - 66 = 934 are left.
        let mut embeddings = limit(1_000, 60);
        for n in 0..20 {
            assert!(embeddings.offer(Tokens(11), secs(10 * n)).is_ok());
            let expected = 1_000 - 11 * (n + 1).min(6);
            assert_eq!(embeddings.remaining_tokens(secs(10 * n)), Tokens(expected));
        }
        // 10 requests in 10 s: one every 1.3 s leaves 2 of them, one every 2 s leaves 5 (five count).
        for (gap_ms, expected) in [(1_300, 2), (2_000, 5)] {
            let mut requests = limit(u64::MAX, 60);
            let mut now = Timestamp::ZERO;
            for _ in 0..30 {
                now = now.saturating_add(Duration::from_millis(gap_ms));
                assert!(requests.offer(Tokens(1), now).is_ok());
            }
            assert_eq!(requests.remaining_requests(now), expected, "{gap_ms}");
        }
    }

    #[test]
    fn refusals_cost_nothing() {
        // Measured: 10,000 TPM, 2,000 each, one call a second: five come in, then none until the first is
        // 60 s old, when they come in again one by one.
        let mut limit = limit(10_000, 60);
        let admitted: Vec<u64> = (0..125).filter(|s| limit.offer(Tokens(2_000), secs(*s)).is_ok()).collect();
        assert_eq!(admitted, [0, 1, 2, 3, 4, 60, 61, 62, 63, 64, 120, 121, 122, 123, 124]);
    }

    #[test]
    fn the_longer_wait_names_the_limit() {
        let mut limit = limit(1_000, 12); // two requests in 10 s
        assert!(limit.offer(Tokens(600), secs(0)).is_ok());
        assert_eq!(limit.offer(Tokens(500), secs(1)), refused(LimitKind::Tokens, 59));
        assert!(limit.offer(Tokens(100), secs(2)).is_ok());
        assert_eq!(limit.offer(Tokens(100), secs(3)), refused(LimitKind::Requests, 7));
        // Both are full: tokens are free at 60 s, requests at 10 s.
        assert_eq!(limit.offer(Tokens(400), secs(3)), refused(LimitKind::Tokens, 57));
        assert_eq!(limit.fill_permille(secs(3)), 700);
    }

    #[test]
    fn a_clock_that_steps_back_is_taken_to_stand_still() {
        let mut limit = limit(1_000, 60);
        assert!(limit.offer(Tokens(1_000), secs(10)).is_ok());
        assert_eq!(limit.offer(Tokens(1), secs(0)), refused(LimitKind::Tokens, 60));
        assert_eq!(limit.remaining_requests(secs(20)), 10);
    }

    #[test]
    fn fixed_windows_start_anew_together() {
        let spec = StandardSpec { window_kind: WindowKind::FixedMinute, ..spec(10_000, 60) };
        let mut limit = RateLimit::new(&spec, &Semantics::default());
        assert!(limit.offer(Tokens(10_000), secs(59)).is_ok());
        assert_eq!(limit.offer(Tokens(1), secs(59)), refused(LimitKind::Tokens, 1));
        assert!(limit.offer(Tokens(10_000), secs(60)).is_ok());
        for _ in 1..10 {
            assert!(limit.offer(Tokens(0), secs(69)).is_ok());
        }
        // The ten seconds from 60 hold ten requests; those from 70 begin with none.
        assert_eq!(limit.offer(Tokens(0), secs(69)), refused(LimitKind::Requests, 1));
        assert_eq!(limit.remaining_requests(secs(70)), 10);
        assert_eq!(limit.remaining_tokens(secs(70)), Tokens(0));
    }

    #[test]
    fn refusals_that_count_never_let_a_hammering_client_in_again() {
        let spec = StandardSpec { count_rejected: true, ..spec(10_000, 60) };
        let mut limit = RateLimit::new(&spec, &Semantics::default());
        let admitted: Vec<u64> = (0..300).filter(|s| limit.offer(Tokens(2_000), secs(*s)).is_ok()).collect();
        assert_eq!(admitted, [0, 1, 2, 3, 4]);
        // 60 calls of the last minute count 120,000; when four of them still do, there is room for a fifth.
        let wait = limit.offer(Tokens(2_000), secs(300)).unwrap_err().retry_after;
        assert_eq!(wait, Some(Duration::from_secs(56)));
    }

    #[test]
    fn a_refund_frees_what_was_not_used() {
        let spec = StandardSpec { refund_on_completion: true, ..spec(1_000, 60) };
        let mut limit = RateLimit::new(&spec, &Semantics::default());
        let first = limit.offer(Tokens(600), secs(0)).unwrap();
        let second = limit.offer(Tokens(300), secs(1)).unwrap();
        limit.settle(first, Tokens(250), secs(5));
        assert_eq!(limit.remaining_tokens(secs(5)), Tokens(450));
        limit.settle(second, Tokens(5_000), secs(6));
        assert_eq!(limit.remaining_tokens(secs(6)), Tokens(450), "more than estimated adds nothing");
        // What has left the window is not freed again.
        let third = limit.offer(Tokens(1_000), secs(70)).unwrap();
        assert_eq!(limit.remaining_tokens(secs(130)), Tokens(1_000));
        limit.settle(third, Tokens(0), secs(131));
        assert_eq!(limit.remaining_tokens(secs(131)), Tokens(1_000));
    }

    #[test]
    fn a_request_limit_can_be_given_outright() {
        let spec = StandardSpec { request_limit: Some(3), ..spec(1_000, 60) };
        let mut limit = RateLimit::new(&spec, &Semantics::default());
        assert_eq!(limit.request_limit(), 3);
        limit.carry_in(Tokens(10), 2, secs(0));
        assert!(limit.offer(Tokens(1), secs(1)).is_ok());
        assert_eq!(limit.offer(Tokens(1), secs(2)), refused(LimitKind::Requests, 8));
        assert_eq!(limit.remaining_tokens(secs(2)), Tokens(989));
    }

    #[test]
    fn no_quota_refuses_all_but_the_empty_request() {
        let mut limit = limit(0, 0);
        assert!(limit.offer(Tokens(0), secs(0)).is_ok());
        assert_eq!(limit.offer(Tokens(1), secs(0)).unwrap_err().limit, LimitKind::Oversized);
        assert_eq!(limit.fill_permille(secs(0)), 1_000);
    }

    /// The rules again, in the plainest way: a list of all admitted requests, searched anew each time.
    struct Reference {
        tpm: u64,
        request_limit: u64,
        admitted: Vec<(u64, u64)>,
    }

    const TOKEN_NS: u64 = 60_000_000_000;
    const REQUEST_NS: u64 = 10_000_000_000;

    impl Reference {
        fn used(&self, now: u64) -> (u64, u64) {
            let live = |span: u64| self.admitted.iter().filter(move |(at, _)| now - at < span);
            (live(TOKEN_NS).map(|(_, cost)| cost).sum(), live(REQUEST_NS).count() as u64)
        }

        fn fits(&self, cost: u64, now: u64) -> bool {
            let (tokens, requests) = self.used(now);
            tokens + cost <= self.tpm && requests < self.request_limit
        }

        /// Room appears only when something expires, so those times are all there is to try.
        fn wait(&self, cost: u64, now: u64) -> Option<u64> {
            let expiries = self.admitted.iter().flat_map(|(at, _)| [at + TOKEN_NS, at + REQUEST_NS]);
            let mut later: Vec<u64> = expiries.filter(|at| *at > now).collect();
            later.sort_unstable();
            later.into_iter().find(|at| self.fits(cost, *at)).map(|at| at - now)
        }
    }

    fn load() -> impl Strategy<Value = Vec<(u64, u64)>> {
        // Gaps in steps of half a second make exact expiries common; the odd nanosecond misses them.
        let gap = (0_u64..30, 0_u64..3).prop_map(|(halves, ns)| halves * 500_000_000 + ns);
        prop::collection::vec((gap, 0_u64..1_300), 1..120)
    }

    proptest! {
        #[test]
        fn agrees_with_the_reference(load in load(), rpm in 6_u64..60) {
            let mut limit = limit(1_200, rpm);
            let mut reference = Reference { tpm: 1_200, request_limit: rpm / 6, admitted: Vec::new() };
            let mut now = 0;
            for (gap, cost) in load {
                now += gap;
                let time = Timestamp::from_nanos(now);
                let (tokens, requests) = reference.used(now);
                prop_assert_eq!(limit.remaining_tokens(time), Tokens(1_200 - tokens));
                prop_assert_eq!(limit.remaining_requests(time), reference.request_limit - requests);
                match limit.offer(Tokens(cost), time) {
                    Ok(_) => {
                        prop_assert!(reference.fits(cost, now));
                        reference.admitted.push((now, cost));
                    }
                    Err(Refusal { limit: LimitKind::Oversized, .. }) => prop_assert!(cost > 1_200),
                    Err(refusal) => {
                        prop_assert!(!reference.fits(cost, now));
                        prop_assert_eq!(refusal.retry_after.map(Duration::as_nanos), reference.wait(cost, now));
                    }
                }
            }
        }

        #[test]
        fn no_window_ever_holds_more_than_its_limit(load in load(), rpm in 6_u64..60) {
            let mut limit = limit(1_200, rpm);
            let mut admitted: Vec<(u64, u64)> = Vec::new();
            let mut now = 0;
            for (gap, cost) in load {
                now += gap;
                if limit.offer(Tokens(cost), Timestamp::from_nanos(now)).is_ok() {
                    admitted.push((now, cost));
                }
            }
            for (start, _) in &admitted {
                let within = |span: u64| admitted.iter().filter(move |(at, _)| at >= start && at - start < span);
                prop_assert!(within(TOKEN_NS).map(|(_, cost)| cost).sum::<u64>() <= 1_200);
                prop_assert!(within(REQUEST_NS).count() as u64 <= limit.request_limit());
            }
        }

        #[test]
        fn a_wait_is_enough_and_not_too_long(load in load(), rpm in 6_u64..60) {
            let mut limit = limit(1_200, rpm);
            let mut now = 0;
            for (gap, cost) in load {
                now += gap;
                if let Err(refusal) = limit.offer(Tokens(cost), Timestamp::from_nanos(now))
                    && refusal.limit != LimitKind::Oversized
                {
                    let wait = refusal.retry_after.unwrap().as_nanos();
                    let mut early = limit.clone();
                    prop_assert!(early.offer(Tokens(cost), Timestamp::from_nanos(now + wait - 1)).is_err());
                    now += wait;
                    prop_assert!(limit.offer(Tokens(cost), Timestamp::from_nanos(now)).is_ok());
                }
            }
        }
    }
}
