//! What limits hold, as plain numbers, for those who look on.
//!
//! Rules
//! - Nothing here counts, refuses or forgets: what is told is what is kept, not what is still in a window.
//! - Names of counters are for comparing one moment with another; nobody else reads them.

use super::meter::Meter;
use super::tokens::{TokenDue, quota_key};
use super::{CounterKey, Due, Limits, Used};
use crate::gateway::{Exchange, GatewayState, Usage};
use crate::policy::Pc;
use crate::units::Timestamp;

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counts {
    /// Calls of rate limits.
    Calls,
    /// Calls of quotas.
    CallQuota,
    /// Tokens of a minute.
    Tokens,
    /// Tokens of a longer time.
    TokenQuota,
}

/// What a counter holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// A sliding window: what was counted when, the oldest first.
    Entries(Vec<(Timestamp, u64)>),
    /// A bucket: units times nanoseconds of the period that were missing at a time.
    Bucket(u128, Timestamp),
    /// A fixed window: its number, and what was counted in it.
    Window(i64, u64),
}

/// A token limit that a request has passed and that still waits for the end of its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassedTokens {
    /// The policy.
    pub(crate) place: Pc,
    /// Key of its counter.
    pub(crate) key: String,
    /// Tokens per minute, if it limits them.
    pub(crate) per_minute: Option<u64>,
    /// Key of its quota's counter, if it has one.
    pub(crate) quota: Option<String>,
    /// What was counted on entry, and when.
    pub(crate) counted: u64,
    pub(crate) entered: Timestamp,
}

impl GatewayState {
    /// Every counter of a limit, by what it counts and its key.
    pub(crate) fn counters(&self) -> Vec<((Counts, String), Held)> {
        let limits: &Limits = &self.limits;
        let name = |key: &CounterKey| match key {
            CounterKey::Element(pc, number, id) => format!("{} {number} {id}", pc.0),
            CounterKey::Key(key) => format!("key {key}"),
        };
        let window = |used: &Used| Held::Window(used.window, used.units);
        let rates = limits.rates.iter().map(|(key, meter)| ((Counts::Calls, name(key)), meter.held()));
        let quotas = limits.quotas.iter().map(|(key, used)| ((Counts::CallQuota, name(key)), window(used)));
        let minutes = limits.minutes.iter();
        let minutes = minutes.map(|(key, meter)| ((Counts::Tokens, key.to_string()), meter.held()));
        let token_quotas = limits.token_quotas.iter();
        let token_quotas =
            token_quotas.map(|(key, used)| ((Counts::TokenQuota, key.to_string()), window(used)));
        rates.chain(quotas).chain(minutes).chain(token_quotas).collect()
    }
}

impl Exchange {
    /// The token limits that it has passed and that still wait for its end, the first first.
    pub(crate) fn passed_tokens(&self) -> Vec<PassedTokens> {
        let tokens = self.due.iter().filter_map(|due| match due {
            Due::Tokens(due) => Some(due.passed()),
            Due::Rate(..) | Due::Quota(..) => None,
        });
        tokens.collect()
    }

    /// Tokens that its response used, if it said so.
    pub(crate) fn used_tokens(&self) -> Option<u64> {
        self.usage.map(Usage::total)
    }

    /// Whether its caller has a subscription.
    pub(crate) fn has_subscription(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.subscription.is_some())
    }
}

impl TokenDue {
    fn passed(&self) -> PassedTokens {
        PassedTokens {
            place: self.at,
            key: self.key.to_string(),
            per_minute: self.rate.map(|rate| rate.limit),
            quota: self.quota.map(|period| quota_key(&self.key, period).to_string()),
            counted: self.counted,
            entered: self.entered,
        }
    }
}

impl Meter {
    fn held(&self) -> Held {
        match self {
            Self::Sliding(log) => Held::Entries(log.entries().collect()),
            Self::Bucket(bucket) => {
                let (missing, at) = bucket.missing();
                Held::Bucket(missing, at)
            }
        }
    }
}
