//! Faults that tests switch on in the core, one at a time, to see that a property notices.
//!
//! Rules
//! - Outside of tests [`seeded`] is `false` at compile time: nothing of a fault is left in what is shipped.
//! - A hook is one condition where the right thing is decided. It never changes what happens without its fault.
//! - Each fault is killed by a named property in the tests of the verifier, on a configuration that holds without it.
//!
//! Deliberately absent: faults that no reading and no state can show.

macro_rules! faults {
    ($( $(#[doc = $doc:literal])+ $name:ident, )*) => {
        /// Something that the core does wrong while it is switched on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Fault {
            $( $(#[doc = $doc])+ $name, )*
        }

        #[cfg(test)]
        impl Fault {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

faults! {
    // When a breaker trips.
    /// One failure fewer than the count trips.
    CountOneEarly,
    /// One failure more than the count is needed.
    CountOneLate,
    /// The share has to be above the percentage, not at it.
    PercentageStrict,
    /// A success may complete the percentage.
    PercentageBySuccess,
    /// A percentage counts failures among failures.
    SuccessesNotCounted,
    /// The fewest calls of a percentage are not waited for.
    MinSamplesIgnored,
    /// A failure exactly one interval old still counts.
    WindowEdgeKept,
    /// A failure leaves the window a moment early.
    WindowEdgeLost,
    /// Failures count for ever.
    WindowNeverEnds,
    /// A failure wipes out those before it.
    FailuresForgotten,
    /// Counters are not cleared by a trip.
    CountersKept,
    /// Every answer is a failure.
    SuccessCounted,
    /// The last status of a range is no failure.
    RangeEndLost,
    /// The first status of a range is no failure.
    RangeStartLost,
    /// Overdue headers are a failure, whatever the reading.
    TimeoutCounted,
    /// A connection that fails is a failure, whatever the reading.
    ConnectionCounted,
    /// A failure is put down to the first backend.
    WrongBackendTold,
    // How long a trip lasts.
    /// Retry-After is not looked at.
    RetryAfterIgnored,
    /// Retry-After is taken for milliseconds.
    RetryAfterInMillis,
    /// Retry-After counts although the rule does not accept it.
    RetryAfterAlways,
    /// Retry-After: 0 is taken for none.
    RetryAfterZeroIgnored,
    /// The longest Retry-After of the window counts, not that of the last failure.
    RetryAfterOfOther,
    /// A trip is a second short.
    TripTooShort,
    /// A failure while tripped makes the trip shorter.
    TripShortened,
    /// A failure while tripped makes the trip longer, whatever the reading.
    TripExtended,
    /// A failure while tripped is ignored, whatever the reading.
    ExtensionForgotten,
    // How it ends.
    /// A second early.
    ResetEarly,
    /// A second late.
    ResetLate,
    /// At its end it is over under the reading by which it is not, and the other way round.
    ResetEdge,
    /// Never.
    ResetForgotten,
    /// Without the probe that the reading wants.
    ProbeSkipped,
    /// Any number of calls are probes.
    ProbeUnlimited,
    /// A cancelled probe is waited for.
    ProbeLeftByCancel,
    /// A probe that fails in a way that does not count is waited for.
    ProbeLeftByFailure,
    /// The answer to an earlier call decides for the probe.
    ProbeByAnybody,
    /// A probe that fails ends the trip.
    ProbeFailureCloses,
    /// A probe that goes well ends nothing.
    ProbeSuccessForgotten,
    // Who gets a call.
    /// The worst group comes first.
    WrongGroup,
    /// There is one group.
    PriorityIgnored,
    /// A tripped member is as good as any.
    TrippedChosen,
    /// A tripped single backend is called.
    SingleTrippedCalled,
    /// The call goes to the backend after the chosen one.
    SentElsewhere,
    /// Every weight is 1.
    WeightLost,
    /// Weight 0 is 1 beside others.
    ZeroWeightServed,
    /// The first of the group gets everything.
    RotationStuck,
    /// The rotation begins again with every call.
    RotationForgotten,
    /// The last slot of a rotation by slots is left out.
    SlotLost,
    /// The last member of a pool is left out.
    LastMemberLost,
    // What an attempt is.
    /// A retry sends no body.
    BodyDropped,
    /// A buffered body is used up.
    BufferedBodyUsed,
    /// Attempts are not numbered.
    AttemptStuck,
    /// Headers are waited for twice as long.
    TimeoutDoubled,
    /// A key of an earlier attempt is sent along.
    KeyKept,
    // Retries.
    /// One retry more than the count.
    RetryPastCount,
    /// One retry fewer than the count.
    RetryTooFew,
    /// Retries are not counted.
    RetryNotCounted,
    /// The condition is negated.
    ConditionNegated,
    /// The condition is always met.
    ConditionIgnored,
    /// The wait is left out.
    WaitForgotten,
    /// The wait is twice as long.
    WaitDoubled,
    /// The wait of the linear form is one step ahead.
    LinearAhead,
    /// The exponential form is as the page prints it, against its own example.
    ExponentAhead,
    /// No wait is cut off.
    MaxIntervalIgnored,
    /// The first retry is not fast.
    FirstFastIgnored,
    // Errors.
    /// No response is no error.
    ErrorSwallowed,
    /// An error that a retry gives up on is forgotten.
    PendingErrorLost,
    /// on-error does not run.
    OnErrorSkipped,
    /// An exhausted pool is no error, whatever the reading.
    ExhaustedSwallowed,
    /// The response before a failed attempt is kept, whatever the reading.
    StaleResponseKept,
    // Answers.
    /// A response is sent twice.
    ResponseTwice,
    /// None is sent.
    NoResponse,
    /// The end is not told.
    FinishForgotten,
    /// A body that breaks off starts the policy again.
    RetryAfterFirstByte,
    /// An exhausted pool has status 503, whatever is configured.
    ExhaustedStatusIgnored,
    /// Its Retry-After is that of the last member to come back.
    ExhaustedRetryAfterMax,
    /// It has no Retry-After.
    ExhaustedRetryAfterLost,
    /// Its reason names the pool, whatever the reading.
    NameLeaked,
    /// A slot of limit-concurrency is never given back.
    SlotKept,
    // Limits.
    /// Calls pass a rate limit that they do not fit in.
    CallLimitIgnored,
    /// A rate limit counts no call.
    CallNotCounted,
    /// One call more than a quota passes.
    QuotaOneLate,
    /// Requests pass a token limit that they do not fit in.
    TokenLimitIgnored,
    /// The same of a quota of tokens.
    TokenQuotaIgnored,
    /// What is estimated on entry is not counted.
    EstimateNotCounted,
    /// What a response used is not counted.
    UsageNotCounted,
    /// The same of a quota.
    QuotaUsageNotCounted,
}

#[cfg(test)]
thread_local! {
    static ACTIVE: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// Whether the core is to do this wrong.
#[cfg(test)]
pub(crate) fn seeded(fault: Fault) -> bool {
    ACTIVE.get() == Some(fault)
}

/// Whether the core is to do this wrong: never outside of tests.
#[cfg(not(test))]
#[inline]
pub(crate) const fn seeded(_: Fault) -> bool {
    false
}

/// Runs with a fault in the core, on this thread.
#[cfg(test)]
pub(crate) fn with_fault<T>(fault: Fault, run: impl FnOnce() -> T) -> T {
    ACTIVE.set(Some(fault));
    let result = run();
    ACTIVE.set(None);
    result
}
