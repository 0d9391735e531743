//! What passes a limit fits in it, and is counted.
//!
//! Counters are compared before and after each call into the core, with arithmetic of this file: what of a window is
//! still in it, whether there was room for what came, and whether it was counted.
//!
//! Slack that is documented, and so no breach (page of llm-token-limit, 2026-04-01)
//! - Tokens that only a response tells are counted when it has ended: what runs beside it may pass before. A limit is
//!   exceeded by no more than what requests under way have used beyond their estimates.
//! - Whoever does not estimate passes as one token, and counts nothing on entry.
//! - Counters are those of one instance, and are never shared.
//!
//! Rules
//! - Tokens per minute are compared with the limit that was in force, also if an expression computes it; quotas of
//!   tokens, rates and quotas of calls with limits that are written out.
//! - What a request uses less than was estimated is given back in ways that nobody documents: no more than that is,
//!   and nothing once it has left the window.
//! - A request that passes and is over in the same call is not compared.
//!
//! Deliberately absent: calls whose count depends on the response, volume, and several limits of calls in one policy.

mod calls;

use std::collections::BTreeMap;
use std::mem::discriminant;

use super::properties::Property;
use super::watch::{Look, Seen};
use crate::gateway::{Counts, Exchange, GatewaySpec, GatewayState, Held, PassedTokens, Phase, Usage};
use crate::policy::{Limit, Op, Operand, Pc, TokenLimit};
use crate::units::{Duration, Timestamp};

const MINUTE: Duration = Duration::from_secs(60);

/// Counters by what they count and their key.
type Counters = BTreeMap<(Counts, String), Held>;

/// What limits hold before a call into the core.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    counters: Counters,
    passed: Vec<PassedTokens>,
}

impl Before {
    pub(super) fn of(state: &GatewayState, exchange: &Exchange) -> Self {
        Self { counters: state.counters().into_iter().collect(), passed: exchange.passed_tokens() }
    }
}

/// Whether a policy limits calls or tokens.
pub(super) fn has_limits(spec: &GatewaySpec) -> bool {
    let is_limit = |limit: &Limit| matches!(limit, Limit::Rate(_) | Limit::Quota(_) | Limit::Tokens(_));
    spec.program().ops.iter().any(|op| matches!(op, Op::Limit(limit) if is_limit(limit)))
}

/// What a response says that it used, where the policy limits tokens: the least of its limits, half of it for the
/// prompt. One request then fills a limit, and two that run beside each other exceed it.
pub fn usage(spec: &GatewaySpec) -> Option<Usage> {
    let least = least_tokens(spec)?;
    let prompt = least.div_ceil(2).max(1);
    Some(Usage { prompt, completion: least.saturating_sub(prompt).max(1) })
}

/// Looks at one call into the core.
pub(super) fn check(spec: &GatewaySpec, look: &Look<'_>, seen: &mut Seen) {
    let after: Counters = look.after.counters().into_iter().collect();
    if !are_tokens_kept(spec, look, &after) || !calls::are_kept(spec, look, &after) {
        seen.breach(Property::LimitsKept, None);
    }
}

/// What is to come to a counter.
#[derive(Debug)]
struct Coming {
    least: i128,
    most: i128,
    /// Of a bucket: what fills it in a minute, which is the limit that was first met.
    limit: u64,
}

impl Coming {
    fn add(&mut self, least: i128, most: i128) {
        self.least = self.least.saturating_add(least);
        self.most = self.most.saturating_add(most);
    }
}

fn are_tokens_kept(spec: &GatewaySpec, look: &Look<'_>, after: &Counters) -> bool {
    let (before, now) = (look.limits, look.now);
    let mut coming: BTreeMap<(Counts, String), Coming> = BTreeMap::new();
    let mut fit = true;
    // What passed in this call stands behind what had passed before.
    let passed = look.exchange.passed_tokens();
    for one in passed.get(before.passed.len()..).unwrap_or(&[]) {
        let counted = i128::from(one.counted);
        for (key, limit, fill) in counters_of(spec, one) {
            let coming = coming.entry(key.clone()).or_insert(Coming { least: 0, most: 0, limit: fill });
            let was = was(before, after, &key, now, coming.limit);
            let wanted = was.saturating_add(coming.most).saturating_add(counted.max(1));
            fit &= limit.is_none_or(|limit| wanted <= i128::from(limit));
            coming.add(counted, counted);
        }
    }
    if matches!(look.exchange.phase(), Phase::Done(_))
        && let Some(total) = look.exchange.used_tokens()
    {
        for one in &before.passed {
            let more = i128::from(total).saturating_sub(i128::from(one.counted));
            for (key, _, fill) in counters_of(spec, one) {
                // What has left the window is not given back: it would be somebody else's.
                let is_window = matches!(before.counters.get(&key), Some(Held::Entries(_)));
                let has_left = is_window && now.since(one.entered) >= MINUTE;
                let least = if has_left { more.max(0) } else { more };
                let coming = coming.entry(key).or_insert(Coming { least: 0, most: 0, limit: fill });
                coming.add(least, more.max(0));
            }
        }
    }
    fit && coming.iter().all(|(key, coming)| {
        let was = was(before, after, key, now, coming.limit);
        let is = held(after.get(key), None, now, MINUTE, coming.limit);
        (coming.least..=coming.most).contains(&is.saturating_sub(was))
    })
}

/// The counters of a token limit: each with its limit, if that is known, and what fills it in a minute.
fn counters_of(
    spec: &GatewaySpec,
    one: &PassedTokens,
) -> impl Iterator<Item = ((Counts, String), Option<u64>, u64)> {
    let minute = one.per_minute.map(|limit| ((Counts::Tokens, one.key.clone()), Some(limit), limit));
    let quota = one.quota.clone().map(|key| ((Counts::TokenQuota, key), quota_of(spec, one.place), 0));
    minute.into_iter().chain(quota)
}

/// The quota of tokens at a place, if it is written out.
fn quota_of(spec: &GatewaySpec, place: Pc) -> Option<u64> {
    match spec.program().op(place).and_then(token_limit)?.quota {
        Some((Operand::Literal(limit), _)) => Some(u64::from(limit)),
        _ => None,
    }
}

/// The least tokens per minute, or quota of tokens, that the policy writes out.
fn least_tokens(spec: &GatewaySpec) -> Option<u32> {
    let written = |operand: Option<&Operand<u32>>| match operand {
        Some(Operand::Literal(limit)) => Some(*limit),
        _ => None,
    };
    let limits = spec.program().ops.iter().filter_map(token_limit).map(|policy| {
        let quota = written(policy.quota.as_ref().map(|(limit, _)| limit));
        written(policy.per_minute.as_ref()).into_iter().chain(quota).min().unwrap_or(2)
    });
    limits.min()
}

fn token_limit(op: &Op) -> Option<&TokenLimit> {
    match op {
        Op::Limit(limit) => match &**limit {
            Limit::Tokens(policy) => Some(policy),
            _ => None,
        },
        _ => None,
    }
}

/// What of a counter of tokens was used before the call. One that has begun anew holds nothing of it.
fn was(before: &Before, after: &Counters, key: &(Counts, String), now: Timestamp, fill: u64) -> i128 {
    held(before.counters.get(key), after.get(key), now, MINUTE, fill)
}

/// What of a counter is used at a time; of a bucket, rounded up. With `other`, what of it is still in that window, or
/// in a meter of that kind.
fn held(held: Option<&Held>, other: Option<&Held>, now: Timestamp, period: Duration, limit: u64) -> i128 {
    match (held, other) {
        (None, _) => 0,
        (Some(held), Some(other)) if discriminant(held) != discriminant(other) => 0,
        (Some(Held::Window(number, _)), Some(Held::Window(other, _))) if number != other => 0,
        (Some(Held::Window(_, units)), _) => i128::from(*units),
        (Some(Held::Entries(entries)), _) => {
            let young = entries.iter().filter(|(at, _)| now.since(*at) < period);
            young.fold(0, |sum: i128, (_, amount)| sum.saturating_add(i128::from(*amount)))
        }
        (Some(Held::Bucket(missing, at)), _) => {
            let flowed = u128::from(now.since(*at).as_nanos()).saturating_mul(u128::from(limit));
            let used = missing.saturating_sub(flowed).div_ceil(u128::from(period.as_nanos()).max(1));
            i128::try_from(used).unwrap_or(i128::MAX)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: u64) -> Timestamp {
        Timestamp::from_nanos(second * 1_000_000_000)
    }

    fn used(meter: &Held, other: Option<&Held>, at: u64) -> i128 {
        held(Some(meter), other, second(at), MINUTE, 6)
    }

    #[test]
    fn what_is_as_old_as_the_period_has_left_the_window() {
        let window = Held::Entries(vec![(second(0), 3), (second(10), 4)]);
        assert_eq!([10, 59, 60, 69, 70].map(|at| used(&window, None, at)), [7, 7, 4, 4, 0]);
    }

    #[test]
    fn a_bucket_fills_by_its_limit_in_a_minute() {
        let bucket = Held::Bucket(5 * 60_000_000_000, second(0));
        assert_eq!([0, 9, 10, 11, 50, 60].map(|at| used(&bucket, None, at)), [5, 5, 4, 4, 0, 0]);
    }

    #[test]
    fn what_has_begun_anew_holds_nothing() {
        let (old, new) = (Held::Window(3, 9), Held::Window(4, 1));
        assert_eq!((used(&old, Some(&old), 0), used(&old, Some(&new), 0), used(&old, None, 0)), (9, 0, 9));
        assert_eq!(used(&Held::Entries(vec![(second(0), 3)]), Some(&Held::Bucket(0, second(0))), 0), 0);
        assert_eq!(held(None, Some(&new), second(0), MINUTE, 6), 0);
    }
}
