//! What is to hold, by name.
//!
//! Core properties are about poolproof: they hold for every configuration, and a breach is a defect of ours.
//! Configuration properties are about somebody's files.

use crate::policy::Pc;

/// A property of every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// A request gets one response, and ends once.
    OneResponse,
    /// A request makes no more attempts than its retries allow.
    AttemptsBound,
    /// A call never goes to a tripped backend.
    NeverTripped,
    /// A worse group is used only while every better member is tripped.
    BetterGroupFirst,
    /// A breaker trips when its condition is met, and only then.
    TripsAtCondition,
    /// A trip ends when its time is over, and not before.
    ResetsOnTime,
    /// The end of a trip never moves to an earlier time.
    TripEndStays,
    /// Nothing is sent to a backend once the client has the head of a response.
    NothingAfterFirstByte,
    /// A trip lasts as long as its rule, or an accepted Retry-After, says.
    TripLength,
    /// Where one call decides about a trip that is over, it is one, and its outcome counts.
    OneProbe,
    /// Over a cycle of a rotation each member gets exactly its weight.
    Weights,
    /// Waits before retries and for headers are as the policy says.
    Waits,
    /// An error goes to a retry or to on-error.
    OnErrorRuns,
    /// The client gets what the last backend answered, what the policy makes of it, or an error of the gateway.
    HonestAnswer,
    /// An exhausted pool answers with its own status, and when to come back.
    ExhaustedStatus,
    /// Requests that are over hold no slot of `limit-concurrency`.
    SlotsReturned,
    /// What passes a limit fits in it, and is counted.
    LimitsKept,
    /// No client sees an error while a backend that could serve it and a retry are left.
    Failover,
    /// A retry does not go back to the backend that has just refused while another one is ready.
    RetryElsewhere,
    /// Capacity that is paid for anyway is used before what is paid by use.
    PaidForFirst,
    /// Every attempt carries the whole body.
    WholeBody,
    /// No policy expression throws.
    NeverThrows,
    /// No request waits long in the gateway while a backend is ready.
    WaitBudget,
    /// An exhausted pool is answered as configured.
    ExhaustedAnswer,
    /// No answer of the gateway names a backend, a pool or a host.
    NoLeak,
    /// A key of one backend never reaches another one.
    Credentials,
    /// Once faults stop, the best backends serve at the first attempt again when the last trip is over.
    Recovery,
    /// One request never becomes many calls.
    Amplification,
    /// A retry policy retries something.
    RetryReached,
    /// One that somebody wrote, by its place in the setup.
    Custom(u8),
}

/// Whose property it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Poolproof's.
    Core,
    /// The configuration's.
    Configuration,
}

/// What is told about a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PropertyInfo {
    /// Its name on the command line.
    pub name: &'static str,
    /// Whose it is.
    pub class: Class,
    /// What holds, as a sentence without its end.
    pub holds: &'static str,
    /// What went wrong, as a sentence without its end.
    pub broken: &'static str,
}

impl Property {
    /// All of them, but for those that somebody wrote.
    pub const ALL: [Self; 29] = [
        Self::OneResponse,
        Self::AttemptsBound,
        Self::NeverTripped,
        Self::BetterGroupFirst,
        Self::TripsAtCondition,
        Self::ResetsOnTime,
        Self::TripEndStays,
        Self::NothingAfterFirstByte,
        Self::TripLength,
        Self::OneProbe,
        Self::Weights,
        Self::Waits,
        Self::OnErrorRuns,
        Self::HonestAnswer,
        Self::ExhaustedStatus,
        Self::SlotsReturned,
        Self::LimitsKept,
        Self::Failover,
        Self::RetryElsewhere,
        Self::PaidForFirst,
        Self::WholeBody,
        Self::NeverThrows,
        Self::WaitBudget,
        Self::ExhaustedAnswer,
        Self::NoLeak,
        Self::Credentials,
        Self::Recovery,
        Self::Amplification,
        Self::RetryReached,
    ];

    /// Name, class and sentences.
    pub const fn info(self) -> PropertyInfo {
        let (name, holds, broken) = match self {
            Self::OneResponse => {
                ("one-response", "a request gets one response", "a request got another response than one")
            }
            Self::AttemptsBound => (
                "attempts-bound",
                "attempts stay within count + 1",
                "a request made more attempts than its retries allow, or lost count of them",
            ),
            Self::NeverTripped => {
                ("never-tripped", "no call goes to a tripped backend", "a call went to a tripped backend")
            }
            Self::BetterGroupFirst => (
                "better-group-first",
                "a worse group is used only while every better member is tripped",
                "a worse group was used although a better member was ready",
            ),
            Self::TripsAtCondition => (
                "trips-at-condition",
                "a breaker trips at its condition and only then",
                "a breaker tripped without its condition, or did not with it",
            ),
            Self::ResetsOnTime => (
                "resets-on-time",
                "a trip ends when its time is over",
                "a trip ended before its time was over, or not then",
            ),
            Self::TripEndStays => (
                "trip-end-stays",
                "the end of a trip never moves to an earlier time",
                "the end of a trip moved to an earlier time",
            ),
            Self::NothingAfterFirstByte => (
                "nothing-after-first-byte",
                "nothing is retried once the client has the head of a response",
                "an attempt was made after the client had the head of a response",
            ),
            Self::TripLength => (
                "trip-length",
                "a trip lasts as long as its rule, or an accepted Retry-After, says",
                "a trip lasts longer or shorter than it should",
            ),
            Self::OneProbe => (
                "one-probe",
                "where one call decides about a trip that is over, it is one",
                "more or less than one call decides about a trip that is over",
            ),
            Self::Weights => (
                "weights",
                "over a cycle of a rotation each member gets exactly its weight",
                "a member of a rotation got more or less than its weight",
            ),
            Self::Waits => (
                "waits",
                "waits before retries and for headers are as the policy says",
                "a wait was longer or shorter than the policy says",
            ),
            Self::OnErrorRuns => (
                "on-error-runs",
                "an error goes to a retry or to on-error",
                "an error went neither to a retry nor to on-error",
            ),
            Self::HonestAnswer => (
                "honest-answer",
                "the client gets what the last backend answered, or an error of the gateway",
                "the client got an answer that nobody gave",
            ),
            Self::ExhaustedStatus => (
                "exhausted-status",
                "an exhausted pool answers with its own status, and when to come back",
                "an exhausted pool answered with another status, or another time to come back",
            ),
            Self::SlotsReturned => (
                "slots-returned",
                "requests that are over hold no slot of `limit-concurrency`",
                "a request that is over holds a slot of `limit-concurrency`",
            ),
            Self::LimitsKept => (
                "limits-kept",
                "what passes a limit fits in it and is counted, tokens of a response when it has ended",
                "something passed a limit that it does not fit in, or was not counted",
            ),
            Self::Failover => (
                "failover",
                "no client sees an error while a backend and a retry are left",
                "the client sees an error although another backend is ready",
            ),
            Self::RetryElsewhere => (
                "retry-elsewhere",
                "a retry goes to another backend than the one that has just refused",
                "the retry goes back to the backend that has just refused, although another one is ready",
            ),
            Self::PaidForFirst => (
                "paid-for-first",
                "what is paid for anyway is used before what is paid by use",
                "a call is paid by use although provisioned capacity is ready",
            ),
            Self::WholeBody => (
                "whole-body",
                "every attempt carries the whole body",
                "an attempt is sent without the body of the request",
            ),
            Self::NeverThrows => {
                ("never-throws", "no policy expression throws", "a policy expression throws")
            }
            Self::WaitBudget => (
                "wait-budget",
                "no request waits long in the gateway while a backend is ready",
                "a request waits in the gateway although a backend is ready",
            ),
            Self::ExhaustedAnswer => (
                "exhausted-answer",
                "an exhausted pool is answered with 429, 503 or its `failureResponse`",
                "an exhausted pool is not answered as an outage that passes",
            ),
            Self::NoLeak => (
                "no-leak",
                "no answer of the gateway names a backend, a pool or a host",
                "an answer of the gateway names what should stay hidden",
            ),
            Self::Credentials => (
                "credentials",
                "a key that is sent to one backend is not sent to another one",
                "a key goes to a backend that it does not belong to",
            ),
            Self::Recovery => (
                "recovery",
                "once faults stop and the last trip is over, the best backends serve at the first attempt",
                "after all faults have stopped and the last trip is over, a request is not served by the best backends",
            ),
            Self::Amplification => (
                "amplification",
                "one request never becomes more backend calls than the limit",
                "one request becomes more backend calls than the limit",
            ),
            Self::Custom(_) => ("custom", "a property of a file holds", "a property of a file does not hold"),
            Self::RetryReached => (
                "retry-reached",
                "the retry policy retries something",
                "nothing that backends answer, nor an exhausted pool, makes the retry policy retry",
            ),
        };
        let class = match self {
            Self::OneResponse
            | Self::AttemptsBound
            | Self::NeverTripped
            | Self::BetterGroupFirst
            | Self::TripsAtCondition
            | Self::ResetsOnTime
            | Self::TripEndStays
            | Self::NothingAfterFirstByte
            | Self::TripLength
            | Self::OneProbe
            | Self::Weights
            | Self::Waits
            | Self::OnErrorRuns
            | Self::HonestAnswer
            | Self::ExhaustedStatus
            | Self::SlotsReturned
            | Self::LimitsKept => Class::Core,
            Self::Failover
            | Self::RetryElsewhere
            | Self::PaidForFirst
            | Self::WholeBody
            | Self::NeverThrows
            | Self::WaitBudget
            | Self::ExhaustedAnswer
            | Self::NoLeak
            | Self::Credentials
            | Self::Recovery
            | Self::Amplification
            | Self::RetryReached
            | Self::Custom(_) => Class::Configuration,
        };
        PropertyInfo { name, class, holds, broken }
    }

    /// The property called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|property| property.info().name == name)
    }
}

/// Why a breach is outside of what the configuration claims to handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A backend gave no response: no connection, or no headers in time.
    NoResponse,
    /// A status that neither a retry condition nor a breaker names.
    OtherStatus,
    /// A status that a retry condition names and no breaker does.
    NoBreakerCounts,
    /// A body broke off after its head was sent on.
    BreaksOff,
    /// A backend said `Retry-After: 0`: it is not kept away from.
    ComeBackAtOnce,
    /// The identity gave no token, or a request of the policy's own failed.
    SideCall,
    /// There is no `Retry-After` to tell the client when to come back.
    NoRetryAfter,
    /// The key of the client's subscription goes to a backend.
    SubscriptionKey,
    /// Nobody was ready.
    NobodyReady,
}

impl Cause {
    /// Why no configuration can do anything about it, where that is so.
    pub const fn inherent(self) -> Option<&'static str> {
        match self {
            Self::ComeBackAtOnce => Some(
                "no configuration that honours `Retry-After` can, under `breaker.retry_after_policy` = override: the trip \
                 has no length",
            ),
            _ => None,
        }
    }

    /// What happens, as a noun.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoResponse => "a backend that gives no response",
            Self::OtherStatus => "a status that neither the retry condition nor a breaker names",
            Self::NoBreakerCounts => "a status that is retried and that no breaker counts",
            Self::BreaksOff => "a body that breaks off",
            Self::ComeBackAtOnce => "`Retry-After: 0`, which keeps nobody away",
            Self::SideCall => {
                "a side call that fails (a token of the identity, or a request of the policy's own)"
            }
            Self::NoRetryAfter => "an exhausted pool that is answered without `Retry-After`",
            Self::SubscriptionKey => "the client's subscription key, which is sent on to the backends",
            Self::NobodyReady => "waits while no backend is ready",
        }
    }
}

/// A property that does not hold in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Breach {
    /// Which.
    pub property: Property,
    /// Why the configuration does not claim to handle this; `None`: it does.
    pub cause: Option<Cause>,
}

/// Something that has to happen somewhere, or what holds says little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// A backend is called.
    Called(u16),
    /// A breaker trips.
    Tripped(u16),
    /// A trip ends.
    Reset(u16),
    /// A request is served by another backend than the first that it met.
    FailedOver,
    /// No backend is ready.
    Exhausted,
    /// A retry happens.
    Retried,
    /// The retry at this place makes this attempt, the first retry being the second attempt.
    Attempt(Pc, u32),
    /// A property that is to hold for some response does.
    Custom(u8),
}
