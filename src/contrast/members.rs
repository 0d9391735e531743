//! Which backends something happens to: the first one, two, ... that either side would call, up to all.

use std::collections::BTreeSet;

use super::answers::{RetryAfter, Trouble};
use super::play::Player;
use super::side::Which;
use super::ways::Way;
use crate::gateway::PriorityGroup;
use crate::units::StatusCode;
use crate::wording::{list, quoted};

/// Prefixes of the order of calls that are played, beside those that end a priority group.
const MOST_PREFIXES: usize = 4;
/// Backends that are named one by one.
const MOST_NAMED: usize = 3;

/// Sets of accounts, the smallest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    pub(super) sets: Vec<BTreeSet<usize>>,
    /// Every account that requests of this way can reach.
    pub(super) reached: BTreeSet<usize>,
}

impl Members {
    /// The sets for requests that come in `way`.
    pub(super) fn of(player: &Player<'_>, way: &Way) -> Self {
        let mut found = Self::default();
        for which in Which::BOTH {
            let (order, ends) = order(player, which, way);
            found.reached.extend(order.iter().copied());
            for length in 1..=order.len() {
                if length <= MOST_PREFIXES
                    || ends.contains(&length)
                    || length.saturating_add(1) == order.len()
                {
                    found.add(order.iter().take(length).copied().collect());
                }
            }
        }
        let all = found.reached.clone();
        found.add(all);
        found.sets.sort_by_key(BTreeSet::len);
        found
    }

    fn add(&mut self, set: BTreeSet<usize>) {
        if !set.is_empty() && !self.sets.contains(&set) {
            self.sets.push(set);
        }
    }

    /// The accounts in words.
    pub(super) fn who(&self, set: &BTreeSet<usize>, player: &Player<'_>) -> Who {
        let name = |account: &usize| quoted(player.accounts.name(Which::New, *account));
        let mut names: Vec<String> = set.iter().take(MOST_NAMED).map(name).collect();
        if *set == self.reached && set.len() > 1 {
            return Who::Every;
        }
        match (names.pop(), names.is_empty()) {
            (Some(only), true) => Who::One(only),
            (last, _) => {
                names.extend(last);
                if set.len() > MOST_NAMED {
                    names.push(format!("{} more", set.len().saturating_sub(MOST_NAMED)));
                }
                Who::Several(list(&names, "and"))
            }
        }
    }
}

/// Backends in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// All that the request can reach.
    Every,
    One(String),
    Several(String),
}

impl Who {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Every => "every backend",
            Self::One(name) | Self::Several(name) => name,
        }
    }

    /// Whether a verb behind it is in the singular.
    pub(super) fn is_one(&self) -> bool {
        !matches!(self, Self::Several(_))
    }
}

/// The accounts in the order in which one side calls them while they fail, and after how many of them a priority
/// group ends.
fn order(player: &Player<'_>, which: Which, way: &Way) -> (Vec<usize>, BTreeSet<usize>) {
    let mut order: Vec<usize> = Vec::new();
    let mut ends = BTreeSet::new();
    let status = |number| StatusCode::new(number).map(|status| Trouble::Status(status, RetryAfter::Absent));
    for trouble in [Some(Trouble::WELL), status(429), status(500)].into_iter().flatten() {
        let (_, record) = player.look(which, way, &trouble.script());
        add(&mut order, record.backends.iter().filter_map(|name| player.accounts.find(which, name)));
    }
    let gateway = player.gateway(which);
    let pools: Vec<_> = gateway
        .pools()
        .iter()
        .filter(|pool| {
            let account =
                |name: &str| player.accounts.find(which, name).is_some_and(|at| order.contains(&at));
            pool.members.iter().any(|m| gateway.backend(m.backend).is_some_and(|b| account(&b.name)))
        })
        .collect();
    if let [pool] = pools.as_slice() {
        // The pool's own order tells what comes after what was called.
        let called = std::mem::take(&mut order);
        for group in PriorityGroup::of(pool, gateway.semantics()) {
            let members: Vec<usize> = group
                .members
                .iter()
                .filter_map(|(backend, _)| player.accounts.find(which, &gateway.backend(*backend)?.name))
                .collect();
            add(&mut order, called.iter().copied().filter(|account| members.contains(account)));
            add(&mut order, members.iter().copied());
            ends.insert(order.len());
        }
        add(&mut order, called.into_iter());
    } else {
        for pool in pools {
            let names = pool.members.iter().filter_map(|m| gateway.backend(m.backend));
            add(&mut order, names.filter_map(|backend| player.accounts.find(which, &backend.name)));
        }
    }
    (order, ends)
}

fn add(order: &mut Vec<usize>, accounts: impl Iterator<Item = usize>) {
    for account in accounts {
        if !order.contains(&account) {
            order.push(account);
        }
    }
}
