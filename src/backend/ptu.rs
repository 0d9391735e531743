//! Admission of a provisioned deployment: a leaky bucket.
//!
//! The documented steps (provisioned throughput page, 2026-02-10): a call is refused while utilisation is
//! above 100 %; otherwise its estimate is added; when it ends, the estimate is corrected to what it really
//! used; the level drains continuously at a rate set by the units deployed. The test comes before the
//! addition, so one call may push the level above the depth. Not published: the depth of the bucket.
//!
//! The level is kept in 1/60,000,000,000 tokens, so that the drain of any number of nanoseconds is exact.

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
    output_weight: u64,
    default_completion_tokens: Tokens,
    level: u128,
    /// When `level` was right.
    last: Timestamp,
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
            output_weight: spec.output_weight,
            default_completion_tokens: spec.default_completion_tokens,
            level: 0,
            last: Timestamp::ZERO,
        }
    }

    /// What a request is taken to use when it comes: its prompt and `max_tokens` weighted.
    pub fn estimate(&self, demand: &Demand) -> Tokens {
        self.weigh(demand.prompt_tokens, demand.max_tokens.unwrap_or(self.default_completion_tokens))
    }

    /// What it really used.
    pub fn actual(&self, demand: &Demand) -> Tokens {
        self.weigh(demand.prompt_tokens, demand.generated())
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

    fn drain(&mut self, now: Timestamp) {
        let elapsed = now.since(self.last).as_nanos();
        self.last = self.last.max(now);
        let drained = u128::from(self.rate).saturating_mul(u128::from(elapsed));
        self.level = self.level.saturating_sub(drained);
    }

    fn weigh(&self, prompt: Tokens, completion: Tokens) -> Tokens {
        Tokens(completion.get().saturating_mul(self.output_weight)).saturating_add(prompt)
    }
}

const fn units(tokens: Tokens) -> u128 {
    // 64 and 36 bits: fits.
    (tokens.get() as u128).saturating_mul(UNITS_PER_TOKEN)
}
