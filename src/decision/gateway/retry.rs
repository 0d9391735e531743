//! How long a retry waits.
//!
//! Forms (retry policy page): fixed = interval; linear (delta) = interval + (n-1) x delta; exponential
//! (delta and max-interval) = min(max-interval, interval + (2^(n-1) - 1) x random(0.8..1.2) x delta),
//! where n counts retries from 1. The page prints 2^n, but its own example (10, 20, 40, 80, 100 from
//! 10, 10, 100) fits only the count from 0. max-interval without delta caps the fixed wait.

use super::choices::{ChoiceReason, Choices};
use super::pipeline::MAX_RETRIES;
use super::seeded::{Fault, seeded};
use crate::policy::csharp::{Context, FromValue, LowestChance};
use crate::policy::{Operand, Retry};
use crate::semantics::{FirstFastIndex, Readings, Semantics};
use crate::units::Duration;

/// Bounds of a wait before a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryWait {
    /// The shortest it can be.
    pub least: Duration,
    /// The longest it can be: more than `least` where the form has a random part.
    pub most: Duration,
}

/// The waits of `retry` before its first, second, ... retry, as configured readings have them. `None` when
/// an attribute depends on the request.
pub fn retry_waits(retry: &Retry, semantics: &Semantics) -> Option<Vec<RetryWait>> {
    let times = RetryTimes {
        count: fixed(&retry.count)?.min(MAX_RETRIES),
        interval: fixed(&retry.interval)?,
        max_interval: optional(retry.max_interval.as_ref())?,
        delta: optional(retry.delta.as_ref())?,
        first_fast: fixed(&retry.first_fast_retry)?,
    };
    let wait = |n| RetryWait {
        least: times.wait(n, semantics, &mut Extreme { is_high: false }),
        most: times.wait(n, semantics, &mut Extreme { is_high: true }),
    };
    Some((1..=times.count).map(wait).collect())
}

/// The value of an attribute that is the same for every request.
fn fixed<T: FromValue + Clone>(operand: &Operand<T>) -> Option<T> {
    if let Operand::Expression(expression) = operand {
        expression.as_constant()?;
    }
    operand.eval(&mut Context::default().scope(&mut LowestChance)).ok()
}

#[expect(clippy::option_option, reason = "absent, and not known, are two things")]
fn optional(operand: Option<&Operand<Duration>>) -> Option<Option<Duration>> {
    operand.map_or(Some(None), |operand| fixed(operand).map(Some))
}

/// Takes one end of every range.
struct Extreme {
    is_high: bool,
}

impl Readings for Extreme {}

impl Choices for Extreme {
    fn choose_weighted(&mut self, _: &[u32], _: ChoiceReason) -> usize {
        0
    }

    fn between(&mut self, low: u64, high: u64, _: ChoiceReason) -> u64 {
        if self.is_high { high } else { low }
    }
}

/// The attributes of a retry policy as evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RetryTimes {
    pub(super) count: u32,
    pub(super) interval: Duration,
    pub(super) max_interval: Option<Duration>,
    pub(super) delta: Option<Duration>,
    pub(super) first_fast: bool,
}

impl RetryTimes {
    /// The wait before retry `n`, from 1.
    pub(super) fn wait<C: Choices>(&self, n: u32, semantics: &Semantics, choices: &mut C) -> Duration {
        if self.first_fast && n <= 1 && !seeded(Fault::FirstFastIgnored) {
            return Duration::ZERO;
        }
        let shifts = self.first_fast && semantics.retry_first_fast_index(choices) == FirstFastIndex::Shifts;
        let steps = n.saturating_sub(1).saturating_sub(u32::from(shifts));
        let max_interval = self.max_interval.filter(|_| !seeded(Fault::MaxIntervalIgnored));
        match (self.delta, max_interval) {
            (None, None) => self.interval,
            (None, Some(max)) => self.interval.min(max),
            (Some(delta), None) if seeded(Fault::LinearAhead) => {
                self.interval.saturating_add(delta.saturating_mul(u64::from(n)))
            }
            (Some(delta), None) => self.interval.saturating_add(delta.saturating_mul(u64::from(steps))),
            (Some(delta), Some(max)) => {
                let steps = steps.saturating_add(u32::from(seeded(Fault::ExponentAhead)));
                let factor = 1u64.checked_shl(steps).map_or(u64::MAX, |power| power.saturating_sub(1));
                let random = if factor == 0 { delta } else { jittered(delta, choices) };
                self.interval.saturating_add(random.saturating_mul(factor)).min(max)
            }
        }
    }
}

fn jittered<C: Choices>(delta: Duration, choices: &mut C) -> Duration {
    let tenth = delta.as_nanos().checked_div(10).unwrap_or(0);
    let low = tenth.saturating_mul(8);
    let high = tenth.saturating_mul(12).max(low);
    Duration::from_nanos(choices.between(low, high, ChoiceReason::RetryJitter).clamp(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random part always exactly delta, as in the page's worked example.
    struct Middle;

    impl Readings for Middle {}

    impl Choices for Middle {
        fn choose_weighted(&mut self, _: &[u32], _: ChoiceReason) -> usize {
            0
        }

        fn between(&mut self, low: u64, high: u64, _: ChoiceReason) -> u64 {
            low.midpoint(high)
        }
    }

    fn waits(times: RetryTimes, semantics: &Semantics) -> Vec<u64> {
        (1..=5).map(|n| times.wait(n, semantics, &mut Middle).as_nanos() / 1_000_000_000).collect()
    }

    fn seconds(interval: u64, delta: Option<u64>, max: Option<u64>, first_fast: bool) -> RetryTimes {
        RetryTimes {
            count: 5,
            interval: Duration::from_secs(interval),
            max_interval: max.map(Duration::from_secs),
            delta: delta.map(Duration::from_secs),
            first_fast,
        }
    }

    #[test]
    fn follows_the_documented_forms() {
        let s = Semantics::default();
        assert_eq!(waits(seconds(10, None, None, false), &s), [10, 10, 10, 10, 10]);
        assert_eq!(waits(seconds(10, Some(5), None, false), &s), [10, 15, 20, 25, 30]);
        assert_eq!(waits(seconds(10, Some(10), Some(100), false), &s), [10, 20, 40, 80, 100]);
        assert_eq!(waits(seconds(10, None, Some(4), false), &s), [4, 4, 4, 4, 4]);
        assert_eq!(waits(seconds(0, None, None, true), &s), [0, 0, 0, 0, 0]);
    }

    #[test]
    fn first_fast_retry_keeps_or_shifts_the_index() {
        let times = seconds(10, Some(5), None, true);
        assert_eq!(waits(times, &Semantics::default()), [0, 15, 20, 25, 30]);
        let mut shifts = Semantics::default();
        assert!(shifts.set("retry.first_fast_index", "shifts_index"));
        assert_eq!(waits(times, &shifts), [0, 10, 15, 20, 25]);
    }

    #[test]
    fn huge_values_stop_at_the_cap() {
        let times = RetryTimes { count: 50, ..seconds(u64::MAX, Some(u64::MAX), Some(7), false) };
        assert_eq!(times.wait(50, &Semantics::default(), &mut Middle), Duration::from_secs(7));
    }
}
