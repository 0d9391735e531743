//! What the documentation leaves open, as named switches.
//!
//! Every point of gateway or deployment behaviour that Microsoft does not document and that changes
//! results is one field of [`Semantics`], with a default, its alternatives and where the default comes
//! from. Nothing in this crate guesses such a point silently.
//!
//! Rules
//! - The decision core reads a switch only through [`Readings::read`], so that a driver can observe or
//!   choose a reading at the moment it matters.
//! - A switch that nothing reads does not exist here.
//! - Sources are the public documents as gathered in 2026-11; "observed" means somebody who ran it.

mod switches;

pub use switches::{
    AffinityRetry, AffinityTripped, AffinityUnknown, AffinityVsPriority, BreakerWindow, BucketDepth,
    CacheMissValue, CarbonUnknown, CarbonVsPriority, CountTimeouts, DoubleFormat, ErrorReasons, ExhaustedAs,
    ExhaustedReason, ExhaustedRetryAfter, FirstFastIndex, HalfOpen, InflightWhileTripped, InstanceAssignment,
    JsonDates, LoadBalancing, NullPriority, NullWeight, OversizedRetryAfter, PctMinSamples, PreResponse,
    RateAlgorithm, RequestLimitRounding, ResponseAfterTransportError, ResponseInOnError, RetryAfterPolicy,
    RetryAfterSource, RetryAttributes, RetryConditionAtEnd, SelectAt, Semantics, StringHash, Switch,
    SwitchInfo, TripEnd, UnbufferedRetryBody, WeightsAfterTrip, ZeroWeight,
};

/// One of the readings of an undocumented point.
pub trait Reading: Copy + Eq + 'static {
    /// The switch this reading belongs to.
    const SWITCH: Switch;
    /// All readings, default first.
    const ALL: &'static [Self];
    /// The name used in scenario files.
    fn name(self) -> &'static str;
}

/// Who decides which reading applies. The plain implementation returns what is configured; a verifier
/// may return another one and remember it.
pub trait Readings {
    /// The reading in force for the switch of `R`, given the configured one.
    fn read<R: Reading>(&mut self, configured: R) -> R {
        configured
    }
}
