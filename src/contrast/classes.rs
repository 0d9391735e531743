//! The classes of requests that are played, the simplest first.
//!
//! Rules
//! - A gateway that has just started; one in which breakers may be tripped by earlier requests, at each moment at
//!   which one of the configurations may be over it; one in which a limit may be used up.
//! - Numbers are those of the configurations: thresholds, intervals, lengths of trips, limits.
//! - There are at most [`MOST_CLASSES`]; what is left out is said.

use std::collections::BTreeSet;

use super::answers::{Answers, RetryAfter, Trouble};
use super::members::Members;
use super::play::Player;
use super::side::Which;
use crate::gateway::{BreakerRule, Threshold};
use crate::policy::{CachePolicy, Limit, Op, Operand};
use crate::suite::Script;
use crate::units::{Duration, StatusCode};
use crate::wording::{count, time};

/// Classes that are played at most.
pub(super) const MOST_CLASSES: usize = 6_000;
/// Failing requests that are played before one that is looked at.
const MOST_FAILING: u32 = 300;
/// Distinct numbers of each kind that are played.
const MOST_NUMBERS: usize = 6;
/// Failing requests for rules that count a share of calls.
const FOR_A_SHARE: u32 = 12;

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// Position of the way in which the request comes in.
    pub(super) way: usize,
    /// The accounts that something happens to.
    pub(super) affected: BTreeSet<usize>,
    /// What happens to them.
    pub(super) trouble: Trouble,
    /// When.
    pub(super) moment: Moment,
}

/// What happened before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// Nothing: the trouble meets the request itself.
    Fresh,
    /// So many requests met the trouble, which is over since `later`.
    After { failing: u32, gap: Duration, later: Duration },
    /// So many equal requests.
    Again { before: u32 },
    /// A request that used more than so many tokens.
    Spent { tokens: u32 },
    /// So many requests that are not over yet.
    Crowd { most: u32 },
}

impl Class {
    /// The script of an account.
    pub(super) fn script(&self, account: Option<usize>) -> Script {
        self.trouble_of(account).script()
    }

    pub(super) fn trouble_of(&self, account: Option<usize>) -> Trouble {
        let is_affected = account.is_some_and(|account| self.affected.contains(&account));
        if is_affected { self.trouble } else { Trouble::WELL }
    }

    /// What happens, as a sentence without its end.
    pub(super) fn situation(&self, members: &Members, player: &Player<'_>) -> String {
        let who = members.who(&self.affected, player);
        let is_all = self.affected == members.reached;
        match &self.moment {
            Moment::Fresh if self.trouble == Trouble::WELL => "all backends answer 200".to_owned(),
            Moment::Fresh => {
                let others = if is_all { "" } else { "; all others answer 200" };
                format!("{}{others}", self.trouble.words(&who))
            }
            Moment::After { failing, gap, later } => {
                let earlier = count(*failing as usize, "request", "requests");
                let apart = if *failing > 1 && *gap > Duration::from_millis(1) {
                    format!(" {} apart", time(*gap))
                } else {
                    String::new()
                };
                let what = self.trouble.past(&who);
                format!("{what} while {earlier} came{apart}; {} later all is well", time(*later))
            }
            Moment::Again { before } => {
                format!("{} came just before", count(*before as usize, "equal request", "equal requests"))
            }
            Moment::Spent { tokens } => {
                format!("an equal request has just used {} tokens", u64::from(*tokens).saturating_add(1))
            }
            Moment::Crowd { most } => {
                format!("{} are under way", count(*most as usize, "equal request", "equal requests"))
            }
        }
    }
}

/// The classes of one way, and whether some were left out.
pub(super) fn classes(
    player: &Player<'_>,
    way: usize,
    members: &Members,
    answers: &Answers,
) -> (Vec<Class>, bool) {
    let numbers = Numbers::of(player);
    let class = |affected: &BTreeSet<usize>, trouble, moment| Class {
        way,
        affected: affected.clone(),
        trouble,
        moment,
    };
    let mut found = vec![class(&BTreeSet::new(), Trouble::WELL, Moment::Fresh)];
    for set in &members.sets {
        for trouble in &answers.troubles {
            found.push(class(set, *trouble, Moment::Fresh));
        }
    }
    let size = u32::try_from(members.reached.len()).unwrap_or(u32::MAX).max(1);
    for trouble in answers.troubles.iter().filter(|trouble| numbers.may_trip(player, **trouble)) {
        for set in &members.sets {
            for (failing, gap) in numbers.failing(size) {
                for later in numbers.moments(*trouble) {
                    found.push(class(set, *trouble, Moment::After { failing, gap, later }));
                }
            }
        }
    }
    let none = BTreeSet::new();
    for before in &numbers.calls {
        found.push(class(&none, Trouble::WELL, Moment::Again { before: *before }));
    }
    for tokens in &numbers.tokens {
        found.push(class(&none, Trouble::WELL, Moment::Spent { tokens: *tokens }));
    }
    for most in &numbers.crowds {
        found.push(class(&none, Trouble::WELL, Moment::Crowd { most: *most }));
    }
    (found, numbers.is_cut)
}

/// The numbers that either configuration tells apart.
#[derive(Clone, Debug, Default)]
struct Numbers {
    thresholds: BTreeSet<u32>,
    has_shares: bool,
    intervals: BTreeSet<Duration>,
    trips: BTreeSet<Duration>,
    accepts_retry_after: bool,
    calls: BTreeSet<u32>,
    tokens: BTreeSet<u32>,
    crowds: BTreeSet<u32>,
    is_cut: bool,
}

impl Numbers {
    fn of(player: &Player<'_>) -> Self {
        let mut found = Self::default();
        // The second of two equal requests shows rotations and caches.
        found.calls.insert(1);
        for rule in rules(player) {
            match rule.threshold {
                Threshold::Count(number) => {
                    found.thresholds.insert(number);
                }
                Threshold::Percentage(_) => found.has_shares = true,
            }
            found.intervals.insert(rule.interval);
            found.trips.insert(rule.trip_duration);
            found.accepts_retry_after |= rule.accept_retry_after;
        }
        for which in Which::BOTH {
            for op in &player.gateway(which).program().ops {
                found.limit(op);
            }
        }
        let before = found.calls.len();
        found.calls.retain(|number| *number <= MOST_FAILING);
        found.crowds.retain(|number| *number <= MOST_FAILING);
        found.is_cut |= found.calls.len() < before;
        for set in [&mut found.calls, &mut found.tokens, &mut found.crowds, &mut found.thresholds] {
            found.is_cut |= set.len() > MOST_NUMBERS;
            *set = set.iter().copied().take(MOST_NUMBERS).collect();
        }
        found
    }

    fn limit(&mut self, op: &Op) {
        let mut cache = |policy: &CachePolicy| {
            if matches!(policy, CachePolicy::LookupResponse(_) | CachePolicy::LookupValue { .. }) {
                self.calls.insert(1);
            }
        };
        match op {
            Op::Cache(policy) => cache(policy),
            Op::Limit(limit) => match &**limit {
                Limit::Rate(rate) => self.calls.extend(known(&rate.calls)),
                Limit::Quota(quota) => self.calls.extend(quota.calls.as_ref().and_then(known)),
                Limit::Tokens(tokens) => {
                    let most = tokens.per_minute.as_ref().or(tokens.quota.as_ref().map(|(most, _)| most));
                    self.tokens.extend(most.and_then(known));
                }
                Limit::Concurrency { most, .. } => {
                    self.crowds.insert(*most);
                }
                Limit::ConcurrencyEnd => {}
            },
            _ => {}
        }
    }

    /// Whether a breaker of either side may count it.
    fn may_trip(&self, player: &Player<'_>, trouble: Trouble) -> bool {
        match trouble {
            Trouble::Status(status, retry_after) => {
                let counts = |status: StatusCode| rules(player).any(|rule| rule.counts(status));
                counts(status) && (retry_after == RetryAfter::Absent || self.accepts_retry_after)
            }
            Trouble::Timeout | Trouble::NoConnection => !self.trips.is_empty(),
            Trouble::BreaksOff => false,
        }
    }

    /// Numbers of failing requests, with the time between them, that bring breakers to different states.
    fn failing(&self, accounts: u32) -> Vec<(u32, Duration)> {
        let at_once = Duration::from_millis(1);
        let mut found = vec![(1, at_once)];
        let wanted = self.thresholds.iter().copied().chain(self.has_shares.then_some(FOR_A_SHARE));
        for number in wanted {
            // A rotation sends only every n-th request to one of n backends.
            for failing in [number, number.saturating_mul(accounts)] {
                if failing <= MOST_FAILING && !found.contains(&(failing, at_once)) {
                    found.push((failing, at_once));
                }
            }
        }
        // Failures that are too far apart for the shorter interval, and near enough for the longer one.
        let intervals: Vec<Duration> = self.intervals.iter().copied().collect();
        for pair in intervals.windows(2) {
            let [short, long] = pair else { continue };
            let gap = short.saturating_add(Duration::from_secs(1));
            for number in self.thresholds.iter().copied().filter(|number| *number > 1) {
                let all = gap.saturating_mul(u64::from(number.saturating_sub(1)));
                if all < *long && number <= MOST_FAILING {
                    found.push((number, gap));
                }
            }
        }
        found.truncate(MOST_NUMBERS);
        found
    }

    /// How long after the failures a request is looked at: at once, and when each length of trip is over.
    fn moments(&self, trouble: Trouble) -> Vec<Duration> {
        let second = Duration::from_secs(1);
        let mut found = BTreeSet::from([second]);
        for length in self.trips.iter().take(MOST_NUMBERS) {
            found.insert(length.saturating_add(second));
        }
        if let Trouble::Status(_, RetryAfter::Seconds(seconds)) = trouble {
            found.insert(Duration::from_secs(seconds).saturating_add(second));
        }
        found.into_iter().collect()
    }
}

fn rules<'p>(player: &'p Player<'_>) -> impl Iterator<Item = &'p BreakerRule> {
    let backends = Which::BOTH.into_iter().flat_map(|which| player.gateway(which).backends());
    backends.filter_map(|backend| backend.breaker.as_ref())
}

fn known<T: Copy>(operand: &Operand<T>) -> Option<T> {
    match operand {
        Operand::Literal(value) => Some(*value),
        Operand::Expression(_) => None,
    }
}
