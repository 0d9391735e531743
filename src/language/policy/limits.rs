//! Policies that limit: limit-concurrency, rate-limit, quota and token limits, with their by-key forms.
//!
//! Sources: the page of each policy in the policy reference; llm-token-limit as of 2026-04-01.

use super::program::{Operand, VariableSlot};
use super::text::Text;
use crate::units::Duration;

/// A policy that limits.
#[derive(Clone, Debug)]
pub enum Limit {
    /// Start of `limit-concurrency`. Its children follow, then one [`Limit::ConcurrencyEnd`].
    Concurrency {
        /// Whose calls are counted together.
        key: Operand<Text>,
        /// How many may be inside at a time, at least 1.
        most: u32,
    },
    /// End of the children of `limit-concurrency`.
    ConcurrencyEnd,
    /// `rate-limit` and `rate-limit-by-key`.
    Rate(RateLimit),
    /// `quota` and `quota-by-key`.
    Quota(Quota),
    /// `llm-token-limit` and `azure-openai-token-limit`: two names of one policy.
    Tokens(TokenLimit),
}

/// What a counter belongs to.
#[derive(Clone, Debug)]
pub enum LimitScope {
    /// The caller's subscription, in this one policy element; calls without a key are not limited.
    Subscription,
    /// A key, shared by all policies of the kind.
    Key(Operand<Text>),
}

/// How much a call counts.
#[derive(Clone, Debug)]
pub struct Increment {
    /// Counts only if this is true, which shows after the response; `None`: counts at once.
    pub condition: Option<Operand<bool>>,
    /// How much; default 1.
    pub count: Operand<u32>,
}

/// Where a policy writes a number: a response header and a variable.
#[derive(Clone, Debug, Default)]
pub struct Tell {
    /// Name of the header.
    pub header: Option<Text>,
    /// The variable.
    pub variable: Option<VariableSlot>,
}

/// `rate-limit` and `rate-limit-by-key`.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// Whose calls count together.
    pub scope: LimitScope,
    /// Calls of one period.
    pub calls: Operand<u32>,
    /// Length of the period, 1 to 300 s.
    pub period: Operand<Duration>,
    /// How much a call counts.
    pub increment: Increment,
    /// Seconds to wait, told on refusal; the header is `Retry-After` unless named otherwise.
    pub retry_after: Tell,
    /// Calls left in the period.
    pub remaining: Tell,
    /// Header that tells `calls`.
    pub total_header: Option<Text>,
    /// Limits of single APIs and operations (`rate-limit` only).
    pub narrower: Vec<NarrowLimit>,
}

/// `quota` and `quota-by-key`.
#[derive(Clone, Debug)]
pub struct Quota {
    /// Whose calls count together.
    pub scope: LimitScope,
    /// Calls of one period.
    pub calls: Option<Operand<u32>>,
    /// Kilobytes of one period.
    pub kilobytes: Option<Operand<u32>>,
    /// Length of a period, at least 300 s; zero: the quota never renews.
    pub period: Operand<Duration>,
    /// When the first period began, in seconds since 0001-01-01T00:00:00Z. `None`: with the subscription.
    pub first_period_s: Option<u64>,
    /// How much a call counts.
    pub increment: Increment,
    /// Limits of single APIs and operations (`quota` only).
    pub narrower: Vec<NarrowLimit>,
}

/// A limit of one API or operation, inside of `rate-limit` or `quota`.
#[derive(Clone, Debug)]
pub struct NarrowLimit {
    /// The API.
    pub api: Named,
    /// The operation; `None`: the whole API.
    pub operation: Option<Named>,
    /// Calls of one period.
    pub calls: Option<u32>,
    /// Kilobytes of one period (`quota` only).
    pub kilobytes: Option<u32>,
    /// Length of the period.
    pub period: Duration,
}

/// What an API or operation is named by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// `name`
    Name(Text),
    /// `id`
    Id(Text),
}

impl Named {
    /// Whether this names what has this id and name. Ids compare without case, as resource names do.
    pub fn matches(&self, id: &str, name: &str) -> bool {
        match self {
            Self::Name(text) => text.as_str() == name,
            Self::Id(text) => text.eq_ignore_ascii_case(id),
        }
    }
}

/// `llm-token-limit`
#[derive(Clone, Debug)]
pub struct TokenLimit {
    /// Whose tokens count together.
    pub key: Operand<Text>,
    /// `tokens-per-minute`
    pub per_minute: Option<Operand<u32>>,
    /// `token-quota` and `token-quota-period`, the latter one of [`TokenPeriod`] by name.
    pub quota: Option<(Operand<u32>, Operand<Text>)>,
    /// Whether the prompt is estimated and counted on entry.
    pub estimate_prompt: bool,
    /// Seconds to wait, told on refusal; the header is `Retry-After` unless named otherwise.
    pub retry_after: Tell,
    /// Tokens left in the minute.
    pub remaining: Tell,
    /// Tokens left of the quota.
    pub remaining_quota: Tell,
    /// Tokens that the request used.
    pub consumed: Tell,
}

/// `token-quota-period`: fixed windows that begin with the unit, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenPeriod {
    /// `Hourly`
    Hourly,
    /// `Daily`
    Daily,
    /// `Weekly`, from Monday
    Weekly,
    /// `Monthly`
    Monthly,
    /// `Yearly`
    Yearly,
}

impl TokenPeriod {
    /// All of them, shortest first.
    pub const ALL: [Self; 5] = [Self::Hourly, Self::Daily, Self::Weekly, Self::Monthly, Self::Yearly];

    /// The word in a policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hourly => "Hourly",
            Self::Daily => "Daily",
            Self::Weekly => "Weekly",
            Self::Monthly => "Monthly",
            Self::Yearly => "Yearly",
        }
    }

    /// The period called `name`, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name().eq_ignore_ascii_case(name.trim()))
    }
}
