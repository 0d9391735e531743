//! Choices of a gateway instance, answered from its own seeded stream.

use crate::gateway::{ChoiceReason, Choices};
use crate::random::{Stream, StreamName, Streams};
use crate::semantics::Readings;

const GATEWAY: StreamName = StreamName::new("gateway");

/// The stream `gateway`, one for each instance, so that instances do not shift each other's draws.
#[derive(Clone, Debug)]
pub struct SeededChoices {
    stream: Stream,
}

impl SeededChoices {
    /// The choices of this instance.
    pub fn new(streams: Streams, instance: u32) -> Self {
        Self { stream: streams.keyed(GATEWAY, u64::from(instance), 0) }
    }
}

impl Readings for SeededChoices {}

impl Choices for SeededChoices {
    fn choose_weighted(&mut self, weights: &[u32], _why: ChoiceReason) -> usize {
        let total: u64 = weights.iter().map(|w| u64::from(*w)).sum();
        let mut left = self.stream.below(total);
        for (at, weight) in weights.iter().enumerate() {
            let weight = u64::from(*weight);
            if left < weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    fn between(&mut self, low: u64, high: u64, _why: ChoiceReason) -> u64 {
        low.saturating_add(self.stream.below(high.saturating_sub(low).saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_met_and_zero_is_never_chosen() {
        let mut choices = SeededChoices::new(Streams::new(1), 0);
        let mut counts = [0u32; 3];
        for _ in 0..30_000 {
            counts[choices.choose_weighted(&[1, 0, 2], ChoiceReason::PoolMember)] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn between_stays_inside() {
        let mut choices = SeededChoices::new(Streams::new(1), 0);
        for _ in 0..1_000 {
            assert!((8..=12).contains(&choices.between(8, 12, ChoiceReason::RetryJitter)));
        }
        assert_eq!(choices.between(5, 5, ChoiceReason::RetryJitter), 5);
    }
}
