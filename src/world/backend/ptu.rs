//! Admission of a provisioned deployment: a leaky bucket.
//!
//! The documented steps (provisioned throughput page, 2026-02-10): a call is refused while utilisation is
//! above 100 %; otherwise its estimate is added; when it ends, the estimate is corrected to what it really
//! used; the level drains continuously at a rate set by the units deployed. The test comes before the
//! addition, so one call may push the level above the depth. Not published: the depth of the bucket.
//!
//! The level is kept in 1/60,000,000,000 tokens, so that the drain of any number of nanoseconds is exact.

use crate::random::whole;
use crate::semantics::{BucketDepth, Semantics};
use crate::units::{Demand, Duration, Timestamp, Tokens};

use super::PtuSpec;

/// Utilisation of a provisioned deployment, in tokens weighted as input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeakyBucket {
    /// Weighted tokens per minute, which is also level units per nanosecond.
    rate: u64,
    /// Level units at 100 %.
    depth: u128,
    /// Time in which it drains from 100 % to nothing.
    depth_time: Duration,
    output_weight: u64,
    default_completion_tokens: Tokens,
    level: u128,
    /// When `level` was right.
    last: Timestamp,
    /// When nobody sends requests: from, until.
    out: Option<(Timestamp, Timestamp)>,
    /// How long it was empty meanwhile.
    idle: Duration,
}

const UNITS_PER_TOKEN: u128 = 60_000_000_000;

impl LeakyBucket {
    /// An empty bucket.
    pub fn new(spec: &PtuSpec, semantics: &Semantics) -> Self {
        let rate = u64::from(spec.ptu.get()).saturating_mul(spec.input_tpm_per_ptu);
        let depth = spec.bucket_depth.unwrap_or(match semantics.ptu_bucket_depth {
            BucketDepth::SixtySeconds => Duration::from_secs(60),
            BucketDepth::ThirtySeconds => Duration::from_secs(30),
            BucketDepth::TenSeconds => Duration::from_secs(10),
        });
        Self {
            rate,
            depth: u128::from(rate).saturating_mul(u128::from(depth.as_nanos())),
            depth_time: depth,
            output_weight: spec.output_weight,
            default_completion_tokens: spec.default_completion_tokens,
            level: 0,
            last: Timestamp::ZERO,
            out: None,
            idle: Duration::ZERO,
        }
    }

    /// Its depth as time of its drain rate.
    pub(super) const fn depth(&self) -> Duration {
        self.depth_time
    }

    /// What it drains, in weighted tokens a minute.
    pub(super) const fn rate(&self) -> u64 {
        self.rate
    }

    /// Drains and holds only a share of what `spec` does from `now` on.
    pub fn set_share(&mut self, spec: &PtuSpec, share: f64, now: Timestamp) {
        self.drain(now);
        let rate = u64::from(spec.ptu.get()).saturating_mul(spec.input_tpm_per_ptu);
        self.rate = whole(rate as f64 * share);
        self.depth = u128::from(self.rate).saturating_mul(u128::from(self.depth_time.as_nanos()));
    }

    /// What a request is taken to use when it comes: its prompt and `max_tokens` weighted.
    pub fn estimate(&self, demand: &Demand) -> Tokens {
        self.weigh(demand.prompt_tokens, demand.max_tokens.unwrap_or(self.default_completion_tokens))
    }

    /// What it really used.
    pub fn actual(&self, demand: &Demand) -> Tokens {
        self.weigh(demand.prompt_tokens, demand.generated())
    }

    /// `prompt` (without what is cached) and `completion` in tokens weighted as input.
    pub fn weigh(&self, prompt: Tokens, completion: Tokens) -> Tokens {
        Tokens(completion.get().saturating_mul(self.output_weight)).saturating_add(prompt)
    }

    /// The completion that is assumed when `max_tokens` is unset.
    pub const fn default_completion(&self) -> Tokens {
        self.default_completion_tokens
    }

    /// Adds use that nobody asked about, such as that of calls before a recording begins.
    pub fn carry_in(&mut self, tokens: Tokens, now: Timestamp) {
        self.drain(now);
        self.level = self.level.saturating_add(units(tokens));
    }

    /// Level at `now` in weighted tokens, rounded up.
    pub fn level(&mut self, now: Timestamp) -> Tokens {
        self.drain(now);
        Tokens(u64::try_from(self.level.div_ceil(UNITS_PER_TOKEN)).unwrap_or(u64::MAX))
    }

    /// Weighted tokens at 100 %, rounded down.
    pub fn capacity(&self) -> Tokens {
        let tokens = self.depth.checked_div(UNITS_PER_TOKEN).unwrap_or(0);
        Tokens(u64::try_from(tokens).unwrap_or(u64::MAX))
    }

    /// Admits a request and adds `estimate`, or tells how long it takes until the level is back at the
    /// depth (`None`: for ever, as nothing drains).
    pub fn offer(&mut self, estimate: Tokens, now: Timestamp) -> Result<(), Option<Duration>> {
        self.drain(now);
        let over = self.level.saturating_sub(self.depth);
        if over > 0 {
            let wait = (self.rate > 0).then(|| over.div_ceil(u128::from(self.rate.max(1))));
            return Err(wait.map(|ns| Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))));
        }
        self.level = self.level.saturating_add(units(estimate));
        Ok(())
    }

    /// Replaces an estimate by what was really used; the level does not go below 0.
    pub fn settle(&mut self, estimate: Tokens, actual: Tokens, now: Timestamp) {
        self.drain(now);
        self.level = self.level.saturating_add(units(actual)).saturating_sub(units(estimate));
    }

    /// Level over depth at `now`, per mille, rounded down. A bucket of no depth is at 1000.
    pub fn utilisation_permille(&mut self, now: Timestamp) -> u64 {
        self.drain(now);
        let permille = self.level.saturating_mul(1000).checked_div(self.depth).unwrap_or(1000);
        u64::try_from(permille).unwrap_or(u64::MAX)
    }

    /// Whether a request would be admitted at `now`, however large.
    pub fn would_admit(&mut self, now: Timestamp) -> bool {
        self.drain(now);
        self.level <= self.depth
    }

    /// From `from` to `until` nobody will send requests, as far as is known at `now`.
    pub fn out_of_reach(&mut self, from: Timestamp, until: Timestamp, now: Timestamp) {
        self.drain(now);
        self.out = Some((from.max(now), until));
    }

    /// How long it was empty while nobody sent requests, up to the last time that anything was asked of it.
    pub const fn idle_out_of_reach(&self) -> Duration {
        self.idle
    }

    /// Adds to the idle time what lies between the last time and `now`.
    fn idle_until(&mut self, now: Timestamp, (from, until): (Timestamp, Timestamp)) {
        let empty_in = self.level.checked_add(u128::from(self.rate).saturating_sub(1));
        let empty_in = empty_in.and_then(|level| level.checked_div(u128::from(self.rate)));
        let empty_in = match empty_in {
            _ if self.level == 0 => Duration::ZERO,
            Some(ns) => Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX)),
            None => return,
        };
        let begin = self.last.saturating_add(empty_in).max(from);
        self.idle = self.idle.saturating_add(now.min(until).since(begin));
    }

    fn drain(&mut self, now: Timestamp) {
        if let Some(out) = self.out {
            self.idle_until(now, out);
        }
        let elapsed = now.since(self.last).as_nanos();
        self.last = self.last.max(now);
        let drained = u128::from(self.rate).saturating_mul(u128::from(elapsed));
        self.level = self.level.saturating_sub(drained);
    }
}

const fn units(tokens: Tokens) -> u128 {
    // 64 and 36 bits: fits.
    (tokens.get() as u128).saturating_mul(UNITS_PER_TOKEN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::units::{Chars, PromptSize, Ptu};

    use super::*;

    fn spec(ptu: u32, depth_s: u64) -> PtuSpec {
        PtuSpec {
            ptu: Ptu(ptu),
            input_tpm_per_ptu: 2_500,
            output_weight: 4,
            bucket_depth: Some(Duration::from_secs(depth_s)),
            default_completion_tokens: Tokens(1_000),
        }
    }

    fn bucket(ptu: u32, depth_s: u64) -> LeakyBucket {
        LeakyBucket::new(&spec(ptu, depth_s), &Semantics::default())
    }

    fn demand(prompt: u64, completion: u64, max_tokens: Option<u64>) -> Demand {
        Demand {
            prompt: PromptSize::One(Chars(0)),
            prompt_tokens: Tokens(prompt),
            completion_tokens: Tokens(completion),
            max_tokens: max_tokens.map(Tokens),
            prefix: None,
        }
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn idle_time_counts_while_out_of_reach_only() {
        // 15 units drain 37,500 a minute: 6,250 tokens take 10 s.
        let mut bucket = bucket(15, 60);
        bucket.offer(Tokens(6_250), at(0)).unwrap();
        bucket.out_of_reach(at(2_000), at(30_000), at(2_000));
        assert!(bucket.would_admit(at(5_000)));
        assert_eq!(bucket.idle_out_of_reach(), Duration::ZERO);
        // The trip is extended at 12 s, after 2 s of idleness.
        bucket.out_of_reach(at(2_000), at(40_000), at(12_000));
        assert_eq!(bucket.idle_out_of_reach(), Duration::from_secs(2));
        bucket.level(at(60_000));
        assert_eq!(bucket.idle_out_of_reach(), Duration::from_secs(30));
        // One that lets nothing through after all.
        bucket.out_of_reach(at(70_000), at(70_000), at(70_000));
        bucket.level(at(90_000));
        assert_eq!(bucket.idle_out_of_reach(), Duration::from_secs(30));
    }

    #[test]
    fn fifty_units_admit_42_requests_of_3000_at_once() {
        // 50 units drain 125,000 a minute and hold as much: 41 * 3,000 = 123,000 is not above it, so the
        // 42nd comes in; 126,000 is 1,000 above, which drain in 60 s / 125.
        let mut bucket = bucket(50, 60);
        let request = demand(1_000, 200, Some(500));
        let estimate = bucket.estimate(&request);
        assert_eq!(estimate, Tokens(3_000));
        for n in 1..=42 {
            assert_eq!(bucket.offer(estimate, at(0)), Ok(()), "{n}");
        }
        assert_eq!(bucket.utilisation_permille(at(0)), 1_008);
        assert_eq!(bucket.offer(estimate, at(0)), Err(Some(Duration::from_millis(480))));
        // All end at once with 200 tokens instead of 500: 126,000 - 42 * 1,200 = 75,600 of 125,000.
        for _ in 0..42 {
            bucket.settle(estimate, bucket.actual(&request), at(0));
        }
        assert_eq!(bucket.utilisation_permille(at(0)), 604);
    }

    #[test]
    fn the_wait_is_exact_to_the_nanosecond() {
        let mut bucket = bucket(50, 60);
        bucket.offer(Tokens(126_000), at(0)).unwrap();
        let wait = Duration::from_millis(480);
        let just_before = Timestamp::from_nanos(wait.as_nanos() - 1);
        assert_eq!(bucket.offer(Tokens(1), just_before), Err(Some(Duration::from_nanos(1))));
        assert_eq!(bucket.offer(Tokens(1), at(480)), Ok(()));
    }

    #[test]
    fn what_is_unset_comes_from_defaults() {
        let bucket = bucket(50, 60);
        assert_eq!(bucket.estimate(&demand(10, 5, None)), Tokens(4_010));
        assert_eq!(bucket.actual(&demand(10, 5, None)), Tokens(30));
        assert_eq!(bucket.actual(&demand(10, 500, Some(7))), Tokens(38));
        for (reading, depth_s) in [("60s", 60), ("30s", 30), ("10s", 10)] {
            let mut semantics = Semantics::default();
            assert!(semantics.set("ptu.bucket_depth", reading));
            let unset = PtuSpec { bucket_depth: None, ..spec(50, 1) };
            assert_eq!(LeakyBucket::new(&unset, &semantics), self::bucket(50, depth_s));
        }
    }

    #[test]
    fn answers_longer_than_estimated_count_in_full() {
        let mut bucket = bucket(50, 60);
        let request = demand(0, 50_000, None);
        let estimate = bucket.estimate(&request);
        bucket.offer(estimate, at(0)).unwrap();
        bucket.settle(estimate, bucket.actual(&request), at(0));
        assert_eq!(bucket.utilisation_permille(at(0)), 1_600);
    }

    #[test]
    fn the_level_never_falls_below_empty() {
        let mut bucket = bucket(50, 60);
        bucket.offer(Tokens(3_000), at(0)).unwrap();
        bucket.settle(Tokens(3_000), Tokens(10), at(60_000));
        assert_eq!(bucket.utilisation_permille(at(60_000)), 0);
        bucket.offer(Tokens(125_000), at(60_000)).unwrap();
        assert_eq!(bucket.utilisation_permille(at(60_000)), 1_000);
    }

    #[test]
    fn no_units_take_one_request_and_never_another() {
        let mut none = bucket(0, 60);
        assert_eq!(none.offer(Tokens(1), at(0)), Ok(()));
        assert_eq!(none.offer(Tokens(1), at(1)), Err(None));
        assert_eq!(none.utilisation_permille(at(1)), 1_000);
    }

    #[test]
    fn the_largest_numbers_saturate() {
        let largest = PtuSpec {
            ptu: Ptu(u32::MAX),
            input_tpm_per_ptu: u64::MAX,
            output_weight: u64::MAX,
            bucket_depth: Some(Duration::from_nanos(u64::MAX)),
            default_completion_tokens: Tokens(u64::MAX),
        };
        let mut bucket = LeakyBucket::new(&largest, &Semantics::default());
        let estimate = bucket.estimate(&demand(u64::MAX, u64::MAX, None));
        for _ in 0..3 {
            let _ = bucket.offer(estimate, Timestamp::MAX);
            bucket.settle(Tokens(0), estimate, Timestamp::MAX);
        }
        let _ = bucket.utilisation_permille(Timestamp::ZERO);
    }

    /// The same bucket in fractions of tokens per minute, recomputed from a list of all that happened.
    fn reference_level(events: &[(u64, i64)], now_ns: u64, rate: u64) -> i128 {
        let mut level = 0_i128;
        let mut last = 0;
        for (at, tokens) in events.iter().copied().chain([(now_ns, 0)]) {
            level = (level - i128::from(at - last) * i128::from(rate)).max(0);
            level = (level + i128::from(tokens) * 60_000_000_000).max(0);
            last = at;
        }
        level
    }

    proptest! {
        #[test]
        fn agrees_with_the_list_of_events(
            steps in prop::collection::vec((0_u64..3_000_000_000, 1_u64..40_000, 0_u64..40_000, any::<bool>()), 1..80),
        ) {
            let mut bucket = bucket(50, 60);
            let (rate, depth) = (125_000_u64, 125_000_i128 * 60_000_000_000);
            let mut events = Vec::new();
            let mut now = 0;
            for (gap, estimate, actual, ends) in steps {
                now += gap;
                let level = reference_level(&events, now, rate);
                let answer = bucket.offer(Tokens(estimate), Timestamp::from_nanos(now));
                prop_assert_eq!(answer.is_ok(), level <= depth);
                match answer {
                    Ok(()) => {
                        events.push((now, i64::try_from(estimate).unwrap()));
                        if ends {
                            bucket.settle(Tokens(estimate), Tokens(actual), Timestamp::from_nanos(now));
                            events.push((now, i64::try_from(actual).unwrap() - i64::try_from(estimate).unwrap()));
                        }
                    }
                    Err(wait) => {
                        let wait = wait.unwrap().as_nanos();
                        prop_assert!(reference_level(&events, now + wait, rate) <= depth);
                        prop_assert!(reference_level(&events, now + wait - 1, rate) > depth);
                    }
                }
            }
            // What was served never exceeds what drained plus one depth plus one request above it.
            let served: i64 = events.iter().map(|(_, tokens)| tokens).sum();
            let minute_ns: i128 = 60_000_000_000;
            let bound = i128::from(now) * i128::from(rate) + depth + 40_000 * minute_ns * 2;
            prop_assert!(i128::from(served) * minute_ns <= bound);
        }
    }
}
