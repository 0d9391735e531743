//! The single source of nondeterminism of the decision core.

use crate::semantics::Readings;

/// What a choice is for, so that traces and counterexamples can explain it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChoiceReason {
    /// Which member of a pool, under `lb.algorithm` = `weighted_random`.
    PoolMember,
    /// The random part of an exponential retry wait.
    RetryJitter,
    /// A random number or identifier in an expression.
    Expression,
    /// Whether a prompt is like one that was answered before.
    SemanticCacheHit,
}

/// Supplies every choice that configuration and time do not determine. A simulator answers from a
/// seeded stream, a verifier tries all answers, the forward mode asks the operating system.
///
/// Through its supertrait it also decides which reading of an undocumented point applies.
pub trait Choices: Readings {
    /// An index into `weights`, each chosen in proportion to its weight. The caller passes at least one
    /// positive weight; an answer outside the slice is taken as 0.
    fn choose_weighted(&mut self, weights: &[u32], why: ChoiceReason) -> usize;

    /// A number from `low` to `high`, both included. The caller passes `low <= high`.
    fn between(&mut self, low: u64, high: u64, why: ChoiceReason) -> u64;
}

/// Takes the first possibility every time: for tests, and for configurations without choices.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstChoice;

impl Readings for FirstChoice {}

impl Choices for FirstChoice {
    fn choose_weighted(&mut self, weights: &[u32], _why: ChoiceReason) -> usize {
        weights.iter().position(|w| *w > 0).unwrap_or(0)
    }

    fn between(&mut self, low: u64, _high: u64, _why: ChoiceReason) -> u64 {
        low
    }
}
