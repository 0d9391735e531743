//! Limits of calls: `rate-limit`, `rate-limit-by-key`, `quota`, `quota-by-key`.
//!
//! Rules
//! - One rate limit and one quota of a policy are compared, where numbers are written out and a call counts on entry.
//!   Such a limit has no slack: no counter ever holds more.
//! - What grows over all keys is what passed the policy; which key it is, only the core knows.
//! - A call in which an expression throws is not compared: nobody says how far the policy came.
//!
//! Deliberately absent: limits of APIs and operations inside of a limit, and volume.

use super::{Counters, held};
use crate::gateway::{Counts, Event, GatewaySpec, Step};
use crate::policy::{Increment, Limit, LimitScope, Op, Operand, Pc};
use crate::units::Duration;
use crate::verify::watch::Look;

/// Whether what passed was counted, and no counter holds more than its limit.
pub(super) fn are_kept(spec: &GatewaySpec, look: &Look<'_>, after: &Counters) -> bool {
    let has_failed = |reason: &str| {
        let mut events = look.effects.events.iter();
        events.any(|event| matches!(event, Event::Failed { error, .. } if error.reason.as_str() == reason))
    };
    if has_failed("ExpressionValueEvaluationFailure") {
        return true;
    }
    [(Counts::Calls, "RateLimitExceeded"), (Counts::CallQuota, "QuotaExceeded")].into_iter().all(
        |(counts, reason)| {
            let Some(only) = only(spec, counts) else { return true };
            let runs =
                look.effects.steps.iter().flatten().filter(|step| **step == Step::Ran(only.place)).count();
            let passes = runs.saturating_sub(usize::from(has_failed(reason)));
            let has_key = !only.by_subscription || look.exchange.has_subscription();
            let came =
                if has_key { i128::try_from(passes).unwrap_or(0).saturating_mul(only.count) } else { 0 };
            let each = |counters: &Counters| {
                let own = counters.iter().filter(|((what, _), _)| *what == counts);
                let used =
                    own.map(|(key, one)| held(Some(one), after.get(key), look.now, only.period, only.limit));
                used.fold((0, 0), |(sum, most): (i128, i128), used| {
                    (sum.saturating_add(used), most.max(used))
                })
            };
            let ((is, most), (was, _)) = (each(after), each(&look.limits.counters));
            is.saturating_sub(was) == came && most <= i128::from(only.limit)
        },
    )
}

/// The one limit of its kind in a policy.
struct Only {
    place: Pc,
    limit: u64,
    period: Duration,
    /// What a call counts.
    count: i128,
    by_subscription: bool,
}

/// `None`: there is none, there are several, or it is not written out.
fn only(spec: &GatewaySpec, counts: Counts) -> Option<Only> {
    let mut found = spec.program().ops.iter().zip(0_u32..).filter_map(|(op, pc)| match op {
        Op::Limit(limit) => match (&**limit, counts) {
            (Limit::Rate(policy), Counts::Calls) => {
                let limits = (Some(&policy.calls), &policy.period, policy.narrower.is_empty());
                Some((Pc(pc), limits, &policy.increment, &policy.scope))
            }
            (Limit::Quota(policy), Counts::CallQuota) => {
                let limits = (policy.calls.as_ref(), &policy.period, policy.narrower.is_empty());
                Some((Pc(pc), limits, &policy.increment, &policy.scope))
            }
            _ => None,
        },
        _ => None,
    });
    let (place, limits, increment, scope) = found.next().filter(|_| found.next().is_none())?;
    let (Some(Operand::Literal(limit)), Operand::Literal(period), true) = limits else { return None };
    let Increment { condition: None, count: Operand::Literal(count) } = increment else { return None };
    Some(Only {
        place,
        limit: u64::from(*limit),
        // As long as the core takes it for; windows of a quota are told by their numbers.
        period: (*period).clamp(Duration::from_secs(1), Duration::from_secs(300)),
        count: i128::from(*count),
        by_subscription: matches!(scope, LimitScope::Subscription),
    })
}
