//! How many of many requests each backend answers: one round of the rotation, or several.

use super::answers::{RetryAfter, Trouble};
use super::groups::request;
use super::members::Members;
use super::play::Player;
use super::report::ShareChange;
use super::seen::Seen;
use super::side::{Both, Which};
use super::ways::Way;
use crate::gateway::PriorityGroup;
use crate::units::StatusCode;

/// Requests that are played at most.
const MOST_REQUESTS: u32 = 1_000;
/// What throttled backends say in `Retry-After`: longer than all requests take.
const RETRY_AFTER_S: u64 = 60;

/// Shares that differ for requests that come in `way`.
pub(super) fn shares(player: &Player<'_>, way: &Way, members: &Members) -> Vec<ShareChange> {
    let requests = round(player);
    if requests < 2 {
        return Vec::new();
    }
    let throttled = Trouble::Status(StatusCode::TOO_MANY_REQUESTS, RetryAfter::Seconds(RETRY_AFTER_S));
    let mut found = Vec::new();
    let first = members.sets.first().filter(|set| **set != members.reached);
    let worlds = [None, first];
    for affected in
        worlds.into_iter().enumerate().filter_map(|(at, set)| (at == 0 || set.is_some()).then_some(set))
    {
        let is_affected = |account: Option<usize>| {
            affected.is_some_and(|set| account.is_some_and(|account| set.contains(&account)))
        };
        let seen = Both::of(|which| {
            player.many(which, way, requests, &|account| {
                if is_affected(account) { throttled.script() } else { Trouble::WELL.script() }
            })
        });
        let served = |which: Which, account: usize| {
            let by = |seen: &&Seen| {
                seen.status.is_some_and(|status| !status.is_error())
                    && seen.calls.last().is_some_and(|call| call.account == Some(account))
            };
            number(seen.get(which).iter().filter(by).count())
        };
        let errors = |which: Which| {
            let is_error = |seen: &&Seen| seen.status.is_none_or(StatusCode::is_error);
            number(seen.get(which).iter().filter(is_error).count())
        };
        let all = (0..player.accounts.all.len()).map(|account| {
            let name = player.accounts.name(Which::New, account).to_owned();
            (name, served(Which::Old, account), served(Which::New, account))
        });
        let backends: Vec<(String, u32, u32)> = all.filter(|(_, old, new)| old != new).collect();
        let errors = (errors(Which::Old), errors(Which::New));
        if backends.is_empty() && errors.0 == errors.1 {
            continue;
        }
        let situation = affected.map_or_else(
            || "all backends answer 200".to_owned(),
            |set| format!("{}; all others answer 200", throttled.words(&members.who(set, player))),
        );
        found.push(ShareChange { request: request(Some(way)), situation, requests, backends, errors });
    }
    found
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// After how many requests the rotations of all priority groups of both sides begin again.
fn round(player: &Player<'_>) -> u32 {
    let mut all = 1;
    for which in Which::BOTH {
        let gateway = player.gateway(which);
        for pool in gateway.pools() {
            for group in PriorityGroup::of(pool, gateway.semantics()) {
                let weights = || group.members.iter().map(|(_, weight)| u32::from(*weight));
                let common = weights().fold(0, divisor).max(1);
                let sum: u32 = weights().map(|weight| weight / common).sum();
                all = multiple(all, sum.max(1));
            }
        }
    }
    all
}

/// The greatest common divisor; that of 0 and a number is the number.
fn divisor(a: u32, b: u32) -> u32 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    a
}

/// The least common multiple, at most [`MOST_REQUESTS`].
fn multiple(a: u32, b: u32) -> u32 {
    let common = divisor(a, b).max(1);
    a.saturating_mul(b / common).min(MOST_REQUESTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_those_of_both() {
        assert_eq!(divisor(50, 75), 25);
        assert_eq!(divisor(0, 7), 7);
        assert_eq!(multiple(4, 6), 12);
        assert_eq!(multiple(999, 998), MOST_REQUESTS);
    }
}
