//! The switches themselves: one macro table, from which the types, the defaults, the names in scenario
//! files and the list for `--all-readings` all come.

use super::{Reading, Readings};

/// What is printed about a switch.
#[derive(Clone, Copy, Debug)]
pub struct SwitchInfo {
    /// Name in scenario files, for example `breaker.window`.
    pub path: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// Where the default comes from.
    pub source: &'static str,
    /// Names of the readings, default first.
    pub readings: &'static [&'static str],
}

macro_rules! switches {
    ($( #[doc = $doc:literal] $field:ident: $type:ident = $path:literal, $source:literal,
        [ $first:ident = $first_name:literal $(, $variant:ident = $name:literal)* ];)*) => {
        $(
            #[doc = $doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
            pub enum $type {
                #[doc = concat!("`", $first_name, "` (default)")]
                #[default]
                $first,
                $(#[doc = concat!("`", $name, "`")] $variant,)*
            }

            impl Reading for $type {
                const SWITCH: Switch = Switch::$type;
                const ALL: &'static [Self] = &[Self::$first $(, Self::$variant)*];
                fn name(self) -> &'static str {
                    match self {
                        Self::$first => $first_name,
                        $(Self::$variant => $name,)*
                    }
                }
            }
        )*

        /// The switches by name, in the order of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Switch {
            $( #[doc = $doc] $type, )*
        }

        impl Switch {
            /// All switches.
            pub const ALL: &'static [Self] = &[$(Self::$type),*];

            /// Name, meaning, source and readings.
            pub const fn info(self) -> SwitchInfo {
                match self {
                    $(Self::$type => SwitchInfo {
                        path: $path,
                        meaning: $doc.trim_ascii(),
                        source: $source,
                        readings: &[$first_name $(, $name)*],
                    },)*
                }
            }
        }

        /// The reading of every undocumented point, as configured. The default value is the default
        /// reading everywhere.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
        pub struct Semantics {
            $( #[doc = $doc] pub $field: $type, )*
        }

        impl Semantics {
            /// Sets the switch called `path` to the reading called `reading`. `false` when the switch
            /// has no such reading or there is no such switch.
            pub fn set(&mut self, path: &str, reading: &str) -> bool {
                match path {
                    $($path => match <$type as Reading>::ALL.iter().find(|r| r.name() == reading) {
                        Some(found) => { self.$field = *found; true }
                        None => false,
                    },)*
                    _ => false,
                }
            }

            /// The configured reading of `switch`, by name.
            pub fn get(&self, switch: Switch) -> &'static str {
                match switch {
                    $(Switch::$type => self.$field.name(),)*
                }
            }

            $(
                #[doc = $doc]
                /// Asks `readings` which reading is in force.
                #[inline]
                pub fn $field<R: Readings + ?Sized>(&self, readings: &mut R) -> $type {
                    readings.read(self.$field)
                }
            )*
        }
    };
}

switches! {
    /// How the failure interval of a breaker rule moves.
    breaker_window: BreakerWindow = "breaker.window", "unspecified; the backends article (2025-05-20) says only \"a defined time interval\"",
        [Sliding = "sliding", TumblingFirstFailure = "tumbling_first_failure", TumblingEpoch = "tumbling_epoch"];
    /// Completed calls needed before a percentage condition can trip.
    breaker_pct_min_samples: PctMinSamples = "breaker.pct_min_samples", "unspecified; backends article (2025-05-20)",
        [One = "1", Five = "5", Ten = "10"];
    /// Whether `errorReasons` of a breaker rule match transport failures.
    breaker_error_reasons: ErrorReasons = "breaker.error_reasons_effective", "observed not to trip (a third-party report and one Microsoft sample, 2026)",
        [Ineffective = "false", Effective = "true"];
    /// Whether a header timeout counts for the breaker, as status 504.
    breaker_count_timeouts: CountTimeouts = "breaker.count_timeouts", "observed not to count (Apim-Samples, 2026-08)",
        [Ignored = "false", As504 = "true"];
    /// How an accepted Retry-After combines with the trip duration.
    breaker_retry_after_policy: RetryAfterPolicy = "breaker.retry_after_policy", "wording of the backends article (2025-05-20): waits for the specified time",
        [Override = "override", MaxWithTrip = "max_with_trip", IgnoreIfZero = "ignore_if_zero"];
    /// Which response's Retry-After applies when several failures make a trip.
    breaker_retry_after_source: RetryAfterSource = "breaker.retry_after_source", "unspecified",
        [Completing = "completing", MaxCounted = "max_counted"];
    /// Whether one probe request decides about reset after the trip duration.
    breaker_half_open: HalfOpen = "breaker.half_open", "backends article (2025-05-20) describes a plain reset",
        [None = "none", OneProbe = "one_probe"];
    /// What failures do that arrive while the breaker is tripped already.
    breaker_inflight: InflightWhileTripped = "breaker.inflight_failures_while_tripped", "unspecified",
        [Ignore = "ignore", Extend = "extend"];
    /// Whether a backend is available exactly at the end of its trip or only after it.
    breaker_trip_end: TripEnd = "breaker.trip_end", "unspecified",
        [At = "at", After = "after"];
    /// How a pool spreads requests inside one priority group.
    lb_algorithm: LoadBalancing = "lb.algorithm", "observed alternation for 1:1 (Apim-Samples test matrix, 2026-08); the algorithm is not published",
        [SmoothWrr = "smooth_wrr", WeightedRandom = "weighted_random", SlotRr = "slot_rr"];
    /// The priority of a member that names none.
    lb_null_priority: NullPriority = "lb.null_priority", "Terraform provider documentation; the service does not say",
        [Zero = "0", One = "1", Last = "last"];
    /// The weight of a member that names none.
    lb_null_weight: NullWeight = "lb.null_weight", "unspecified; the Terraform provider says 0",
        [One = "1", Zero = "0"];
    /// What weight 0 means beside positive weights.
    lb_zero_weight: ZeroWeight = "lb.zero_weight", "unspecified",
        [Excluded = "excluded", Equal = "equal"];
    /// Whether the rotation starts again when a member trips or returns.
    lb_weights_after_trip: WeightsAfterTrip = "lb.weights_after_trip", "unspecified",
        [Keep = "keep", Rebuild = "rebuild"];
    /// Where a session goes whose member is tripped: to another for good, for the time being, or nowhere.
    lb_affinity_tripped: AffinityTripped = "lb.affinity_tripped", "unspecified; the backends article (2025-05-20) says only that requests of a session go to one backend",
        [Repin = "repin", Keep = "keep", Refuse = "refuse"];
    /// Whether a session stays with its member while members of a better priority group are available.
    lb_affinity_vs_priority: AffinityVsPriority = "lb.affinity_vs_priority", "unspecified; backends article (2025-05-20)",
        [Pinned = "pinned", PriorityWins = "priority_wins"];
    /// What a session cookie does that names no member: as if it were absent, or no new one is set either.
    lb_affinity_unknown: AffinityUnknown = "lb.affinity_unknown_cookie", "unspecified; backends article (2025-05-20)",
        [Reissue = "reissue", Ignore = "ignore"];
    /// Whether a further attempt of one request obeys the session cookie too.
    lb_affinity_retry: AffinityRetry = "lb.affinity_retry", "unspecified; the member is selected on each forward-request (Apim-Samples, 2026-08)",
        [Pinned = "pinned", Reselect = "reselect"];
    /// Whether a member of a carbon-aware pool is left out while nothing is known of its region.
    lb_carbon_unknown: CarbonUnknown = "lb.carbon_unknown", "unspecified; article on sustainability (2025)",
        [Served = "served", LeftOut = "left_out"];
    /// Whether members of a worse priority group come before members that emit too much.
    lb_carbon_vs_priority: CarbonVsPriority = "lb.carbon_vs_priority", "wording of the resource schema (2025-03-01-preview): used when all other backends are not available",
        [CarbonFirst = "carbon_first", PriorityFirst = "priority_first"];
    /// Status reason of the gateway's own 503 when no member is available.
    pool_exhausted_reason: ExhaustedReason = "pool.exhausted_reason", "the wording changed in 2026-01 (AI-Gateway issue 262); neither text is published in full",
        [Current = "current", Legacy = "legacy"];
    /// Retry-After of the gateway's own 503.
    pool_exhausted_retry_after: ExhaustedRetryAfter = "pool.exhausted_retry_after", "observed present (Apim-Samples, 2026-08); the value is not published",
        [MinRemaining = "min_remaining", Max = "max", Absent = "absent"];
    /// Whether an exhausted pool raises an error (on-error runs) or is a response (outbound runs).
    pool_exhausted_as: ExhaustedAs = "pool.exhausted_as", "observed both ways (AI-Gateway and Apim-Samples, 2026)",
        [Error = "error", PlainResponse = "plain_response"];
    /// Where the pool member is selected.
    select_at: SelectAt = "select_at", "observed failover without set-backend-service in the retry (Apim-Samples, 2026-08)",
        [ForwardRequest = "forward_request", SetBackendService = "set_backend_service"];
    /// What `context.Response` is before the first forward-request.
    policy_pre_response: PreResponse = "policy.pre_response", "unspecified; published policies assume either",
        [Null = "null", DefaultObject = "default_object"];
    /// What `context.Response` is after a forward-request that got no response.
    policy_response_after_transport_error: ResponseAfterTransportError = "policy.response_after_transport_error", "observed null in practice (Apim-Samples, openai-apim-lb)",
        [Null = "null", Previous = "previous"];
    /// What `context.Response` is in on-error after an error without any response.
    policy_response_in_on_error: ResponseInOnError = "policy.response_in_on_error", "the error handling page says StatusCode is available; practitioners guard against null",
        [Null = "null", DefaultStatus = "default_status"];
    /// What a second attempt sends when the request body was not buffered.
    policy_unbuffered_retry_body: UnbufferedRetryBody = "policy.unbuffered_retry_body", "observed empty (service-fabric-issues 346); docs say buffering is what allows reuse",
        [Empty400 = "empty", Error500 = "error_500", Resent = "resent"];
    /// Whether the waits after a fast first retry keep their index.
    retry_first_fast_index: FirstFastIndex = "retry.first_fast_index", "unspecified; retry policy page",
        [Keeps = "keeps_index", Shifts = "shifts_index"];
    /// When expressions in count, interval, delta and max-interval are evaluated.
    retry_attributes: RetryAttributes = "retry.attributes", "unspecified; retry policy page",
        [AtEntry = "at_entry", EachIteration = "each_iteration"];
    /// Whether the condition is evaluated when no retry is left (visible only if it throws).
    retry_condition_at_end: RetryConditionAtEnd = "retry.condition_after_last_attempt", "observed not evaluated (Azure policy toolkit emulator, 2026-05)",
        [NotEvaluated = "false", Evaluated = "true"];
    /// How rate limits and tokens per minute are counted.
    rate_algorithm: RateAlgorithm = "rate.algorithm", "rate limit pages (2025-11-14): classic tiers slide a window, v2 tiers fill a bucket",
        [Sliding = "sliding", TokenBucket = "token_bucket"];
    /// What cache-lookup-value does to its variable on a miss without a default value.
    cache_miss_value: CacheMissValue = "cache.miss_value", "the policy page says both; published policies test with ContainsKey",
        [Unset = "unset", Null = "null"];
    /// How requests reach the gateway instances (units).
    gateway_assignment: InstanceAssignment = "gateway.assignment", "unspecified; instances do not synchronise (backends article, 2025-05-20)",
        [RoundRobin = "round_robin", Random = "random", Client = "client"];
    /// How the 10-second request limit is rounded from RPM / 6.
    quota_request_limit_rounding: RequestLimitRounding = "quota.request_limit_rounding", "only exact multiples were measured (aoai-testing, 2024-08)",
        [Floor = "floor", Ceil = "ceil"];
    /// Retry-After of a request that no empty window could admit.
    quota_oversized_retry_after: OversizedRetryAfter = "quota.oversized_retry_after", "`Please retry after 86400 seconds` was seen in such cases (two public issues)",
        [OneDay = "86400", OneMinute = "60", Absent = "absent"];
    /// Depth of the PTU leaky bucket, in seconds of its drain rate, where a backend does not set one.
    ptu_bucket_depth: BucketDepth = "ptu.bucket_depth", "not published (provisioned throughput page, 2026-02-10)",
        [SixtySeconds = "60s", ThirtySeconds = "30s", TenSeconds = "10s"];
    /// Whether strings in JSON that look like ISO dates become dates when policies parse them.
    expr_json_dates: JsonDates = "expr.json_dates", "Newtonsoft.Json's documented default (DateParseHandling.DateTime); the service's settings are not published",
        [Parsed = "parsed", Text = "text"];
    /// How many digits an expression writes of a double without a format.
    expr_double_format: DoubleFormat = "expr.double_format", "unspecified; .NET Core 3.0 and later write the shortest text that reads back, .NET Framework 15 digits",
        [Shortest = "shortest", Framework = "framework"];
    /// What `GetHashCode` of a string gives.
    expr_string_hash: StringHash = "expr.string_hash", ".NET documents it as different between runs and runtimes; .NET Framework gives the same always",
        [Stable = "stable", Framework = "framework"];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reading_can_be_set_and_is_reported_back() {
        for switch in Switch::ALL {
            let info = switch.info();
            assert!(info.readings.len() > 1, "{}", info.path);
            for reading in info.readings {
                let mut semantics = Semantics::default();
                assert!(semantics.set(info.path, reading), "{} {reading}", info.path);
                assert_eq!(semantics.get(*switch), *reading);
            }
            assert_eq!(Semantics::default().get(*switch), info.readings[0], "{}", info.path);
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        let mut semantics = Semantics::default();
        assert!(!semantics.set("breaker.windows", "sliding"));
        assert!(!semantics.set("breaker.window", "hopping"));
        assert_eq!(semantics, Semantics::default());
    }

    #[test]
    fn paths_are_unique() {
        let paths: BTreeSet<_> = Switch::ALL.iter().map(|s| s.info().path).collect();
        assert_eq!(paths.len(), Switch::ALL.len());
    }
}
