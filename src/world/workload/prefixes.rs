//! Which prompts begin alike: as those of one application do, which send the same instructions and examples first.
//!
//! Rules: which prefix a request has depends on the seed and its number only, from the stream `prefixes`, so that
//! traffic with and without prefixes is the same otherwise.

use std::sync::Arc;

use crate::random::{StreamName, Streams};
use crate::units::{Prefix, RequestId, Tokens};

/// How prompts share their beginnings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrefixSpec {
    /// Different beginnings, at least 1.
    pub count: u32,
    /// Length of each.
    pub tokens: Tokens,
    /// Share of the requests that have one.
    pub share: f64,
    /// 0: all are equally frequent; above it the n-th is so many times less frequent as n to this power.
    pub skew: f64,
}

/// The prefixes of a run's requests.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    spec: PrefixSpec,
    /// Sums of weights up to each prefix; empty when all weigh the same.
    sums: Arc<[f64]>,
}

const PREFIXES: StreamName = StreamName::new("prefixes");

impl Prefixes {
    pub(super) fn new(spec: PrefixSpec) -> Self {
        let mut sum = 0.0;
        let sums = (1..=spec.count).filter(|_| spec.skew > 0.0).map(|rank| {
            sum += libm::pow(f64::from(rank), -spec.skew);
            sum
        });
        Self { spec, sums: sums.collect() }
    }

    /// The prefix of one request.
    pub(super) fn of(&self, request: RequestId, streams: Streams) -> Option<Prefix> {
        let mut stream = streams.keyed(PREFIXES, request.0, 0);
        let is_shared = stream.chance(self.spec.share);
        let last = u64::from(self.spec.count.max(1)).saturating_sub(1);
        let key = match self.sums.last() {
            None => stream.below(u64::from(self.spec.count.max(1))),
            Some(all) => {
                let at = stream.between(0.0, *all);
                self.sums.partition_point(|sum| *sum <= at) as u64
            }
        };
        is_shared.then_some(Prefix { key: key.min(last), tokens: self.spec.tokens })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(spec: PrefixSpec) -> Vec<Option<u64>> {
        let (prefixes, streams) = (Prefixes::new(spec), Streams::new(3));
        (0..40_000).map(|n| prefixes.of(RequestId(n), streams).map(|prefix| prefix.key)).collect()
    }

    const SPEC: PrefixSpec = PrefixSpec { count: 4, tokens: Tokens(2_000), share: 1.0, skew: 0.0 };

    /// Share of each of the four.
    fn shares(keys: &[Option<u64>]) -> [f64; 4] {
        [0, 1, 2, 3].map(|key| keys.iter().filter(|k| **k == Some(key)).count() as f64 / 40_000.0)
    }

    #[test]
    fn prefixes_are_as_frequent_as_they_should_be() {
        // Standard errors are at most 0.0025.
        let near = |found: [f64; 4], expected: [f64; 4]| {
            found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 0.01)
        };
        assert!(near(shares(&keys(SPEC)), [0.25; 4]));
        // 1, 1/2, 1/3 and 1/4 of 25/12.
        let zipf = shares(&keys(PrefixSpec { skew: 1.0, ..SPEC }));
        assert!(near(zipf, [0.48, 0.24, 0.16, 0.12]), "{zipf:?}");
        let half = shares(&keys(PrefixSpec { share: 0.5, ..SPEC }));
        assert!(near(half, [0.125; 4]), "{half:?}");
    }

    #[test]
    fn a_share_leaves_the_others_as_they_are() {
        let (all, half) = (keys(SPEC), keys(PrefixSpec { share: 0.5, ..SPEC }));
        assert!(all.iter().zip(&half).all(|(all, half)| half.is_none() || half == all));
    }

    #[test]
    fn one_prefix_is_the_first() {
        for skew in [0.0, 2.0] {
            assert!(keys(PrefixSpec { count: 1, skew, ..SPEC }).iter().all(|key| *key == Some(0)));
        }
    }
}
