//! Clients that try again when a call fails.
//!
//! A *call* is what a client wants; each of its tries is a request at the gateway. The defaults are those of
//! the OpenAI libraries for Python and JavaScript (their source, 2024 to 2026; the quota page of 2026-05-06
//! names two retries, Retry-After and exponential waits with jitter): two further tries after 408, 409, 429,
//! 5xx, a broken connection and the client's own timeout; the wait that the response asks for when it is above
//! zero and at most a minute; else half a second, doubled with each try up to eight, shortened by up to a
//! quarter at random.
//!
//! Deliberately not modelled: `x-should-retry`, hedged requests.

use crate::random::Stream;
use crate::units::{Duration, StatusCode, Tokens};

use super::TokenSpec;

/// When and how soon clients try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRetry {
    /// Most further tries of one call.
    pub retries: u32,
    /// First and last status of each range after which they do.
    pub statuses: Vec<(u16, u16)>,
    /// Whether they do after their own timeout and after an answer that broke off.
    pub on_timeout: bool,
    /// The wait before the first further try; doubled for each one after it.
    pub first_wait: Duration,
    /// The longest of these waits.
    pub longest_wait: Duration,
    /// By how much a wait is shortened at most, in thousandths of it.
    pub jitter_permille: u64,
    /// The longest wait of a response that is respected. Zero: they look at none.
    pub longest_retry_after: Duration,
    /// Further tries that all clients together may spend for each call they start, in thousandths; at most
    /// [`BUDGET_DEPTH`] are saved up. `None`: no limit.
    pub budget_permille: Option<u64>,
}

/// Further tries that a budget saves up, and begins with.
pub const BUDGET_DEPTH: u64 = 10;

impl Default for ClientRetry {
    fn default() -> Self {
        Self {
            retries: 2,
            statuses: vec![(408, 409), (429, 429), (500, 599)],
            on_timeout: true,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
            jitter_permille: 250,
            longest_retry_after: Duration::from_secs(60),
            budget_permille: None,
        }
    }
}

impl ClientRetry {
    /// Whether a call that ended so is tried again, if tries are left. `None`: there was no whole response.
    pub fn wants(&self, status: Option<StatusCode>) -> bool {
        match status {
            Some(status) => self.statuses.iter().any(|(from, to)| (*from..=*to).contains(&status.get())),
            None => self.on_timeout,
        }
    }

    /// How long a client waits before try `number` (the first further one is 1). `told` is what the response
    /// asked for. Takes one word of `stream`, rarely more.
    pub fn wait(&self, number: u32, told: Option<Duration>, stream: &mut Stream) -> Duration {
        if let Some(told) = told
            && told > Duration::ZERO
            && told <= self.longest_retry_after
        {
            return told;
        }
        let doublings = number.saturating_sub(1).min(63);
        let full = self.first_wait.saturating_mul(1_u64 << doublings).min(self.longest_wait).as_nanos();
        let share = u128::from(full) * u128::from(self.jitter_permille) / 1000;
        let most = u64::try_from(share).unwrap_or(u64::MAX);
        Duration::from_nanos(full.saturating_sub(stream.below(most.saturating_add(1))))
    }
}

/// Clients that have seen enough of a stream and close the connection: people who stop a chat, and their browsers.
#[derive(Clone, Debug, PartialEq)]
pub struct Disconnects {
    /// Share of the streamed answers, 0 to 1.
    pub share: f64,
    /// After how many tokens of the answer.
    pub after: TokenSpec,
}

impl Disconnects {
    /// After how many of the `generated` tokens a client leaves; `None`: it waits for the last one. Takes three
    /// words of `stream`.
    pub fn of(&self, generated: Tokens, stream: &mut Stream) -> Option<Tokens> {
        let leaves = stream.chance(self.share);
        let after = self.after.sample(stream);
        (leaves && after < generated).then_some(after)
    }
}

/// What is left of the further tries that all clients together may spend.
#[derive(Clone, Copy, Debug)]
pub struct RetryBudget {
    /// In thousandths of a try.
    left: u64,
    per_call: Option<u64>,
}

impl RetryBudget {
    /// A full one.
    pub const fn new(per_call_permille: Option<u64>) -> Self {
        Self { left: BUDGET_DEPTH * 1000, per_call: per_call_permille }
    }

    /// A call begins.
    pub fn earn(&mut self) {
        let earned = self.left.saturating_add(self.per_call.unwrap_or(0));
        self.left = earned.min(BUDGET_DEPTH * 1000);
    }

    /// Takes one try, if there is one.
    pub const fn spend(&mut self) -> bool {
        if self.per_call.is_none() {
            return true;
        }
        match self.left.checked_sub(1000) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::{StreamName, Streams};

    fn stream(call: u64) -> Stream {
        Streams::new(1).keyed(StreamName::new("client-retry"), call, 1)
    }

    #[test]
    fn the_defaults_are_those_of_the_libraries() {
        let retry = ClientRetry::default();
        for (status, wanted) in
            [(200, false), (400, false), (401, false), (404, false), (408, true), (409, true), (429, true)]
        {
            assert_eq!(retry.wants(StatusCode::new(status)), wanted, "{status}");
        }
        assert!(retry.wants(StatusCode::new(503)));
        assert!(retry.wants(None));
        // 0.5, 1, 2, 4, 8, 8, ... seconds, each shortened by at most a quarter.
        for (number, full_ms) in [(1, 500), (2, 1000), (3, 2000), (4, 4000), (5, 8000), (6, 8000), (99, 8000)]
        {
            for call in 0..50 {
                let ms = retry.wait(number, None, &mut stream(call)).as_millis_ceil();
                assert!((full_ms * 3 / 4..=full_ms).contains(&ms), "{number}: {ms}");
            }
        }
    }

    #[test]
    fn a_wait_that_the_response_asks_for_is_kept_up_to_a_minute() {
        let retry = ClientRetry::default();
        let wait = |told| retry.wait(1, Some(told), &mut stream(0));
        assert_eq!(wait(Duration::from_secs(7)), Duration::from_secs(7));
        assert_eq!(wait(Duration::from_secs(60)), Duration::from_secs(60));
        for refused in [Duration::ZERO, Duration::from_secs(61), Duration::from_secs(86_400)] {
            assert!(wait(refused) <= Duration::from_millis(500), "{refused:?}");
        }
        let deaf = ClientRetry { longest_retry_after: Duration::ZERO, ..retry };
        assert!(deaf.wait(1, Some(Duration::from_secs(7)), &mut stream(0)) <= Duration::from_millis(500));
    }

    #[test]
    fn a_budget_lets_a_share_of_the_calls_through() {
        let mut budget = RetryBudget::new(Some(100));
        let first = (0..100).filter(|_| budget.spend()).count();
        assert_eq!(first as u64, BUDGET_DEPTH);
        // From then on one in ten.
        let later = (0..1000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert_eq!(later.count(), 100);
        let mut open = RetryBudget::new(None);
        assert!((0..1000).all(|_| open.spend()));
    }

    proptest! {
        #[test]
        fn waits_stay_in_their_bounds(
            number in any::<u32>(),
            first_ns in any::<u64>(),
            longest_ns in any::<u64>(),
            jitter_permille in 0_u64..=1000,
            call in any::<u64>(),
        ) {
            let retry = ClientRetry {
                first_wait: Duration::from_nanos(first_ns),
                longest_wait: Duration::from_nanos(longest_ns),
                jitter_permille,
                ..ClientRetry::default()
            };
            let wait = retry.wait(number, None, &mut stream(call));
            prop_assert!(wait <= retry.longest_wait);
            if jitter_permille == 0 && number <= 1 {
                prop_assert_eq!(wait, retry.first_wait.min(retry.longest_wait));
            }
        }
    }
}
