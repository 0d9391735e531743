//! Which beginnings of prompts the machines behind one deployment still hold.
//!
//! Documented (prompt caching page, 2026-03-19): a prompt hits when at least its first 1,024 tokens are the same
//! as those of an earlier one, and then in steps of 128; what is cached is cleared within 24 hours; above about 15
//! requests a minute with the same beginning some go to further machines, which do not have it.
//!
//! Model choices (assumed)
//! - A machine takes a prefix for a minute from its first request on up to the ceiling; the next request goes to
//!   the next machine. That one has the prefix if it has worked on it lately, so a steady rate above the ceiling
//!   ends up with several machines that all have it.
//! - A prefix is there as soon as a request with it is admitted, and gone some time after its last use.
//! - Requests that are refused leave nothing behind.
//!
//! Deliberately not modelled: machines that run out of memory, and prompts that are alike by chance.
//!
//! Memory grows with the prefixes used within the time that an unused one is kept.

use std::collections::BTreeMap;

use crate::units::{Duration, Prefix, Timestamp, Tokens};

/// How a deployment caches prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CachingSpec {
    /// Tokens that must be the same for a hit.
    pub min_tokens: u64,
    /// Steps in which further ones count; 0 acts as 1.
    pub step_tokens: u64,
    /// How long a prefix is kept without being used.
    pub idle: Duration,
    /// How long it is kept at most.
    pub lifetime: Duration,
    /// Requests with one prefix that a machine takes in a minute; 0: any number.
    pub per_minute: u64,
}

impl CachingSpec {
    /// Idle time: assumed. The rest: prompt caching page, 2026-03-19.
    pub const DEFAULT: Self = Self {
        min_tokens: 1_024,
        step_tokens: 128,
        idle: Duration::from_secs(10 * 60),
        lifetime: Duration::from_secs(24 * 3_600),
        per_minute: 15,
    };

    /// How many tokens count as cached when so many are the same.
    fn cached(&self, same: u64) -> u64 {
        let Some(beyond) = same.checked_sub(self.min_tokens) else { return 0 };
        let rest = beyond.checked_rem(self.step_tokens.max(1)).unwrap_or(0);
        same.saturating_sub(rest)
    }
}

/// The cached prefixes of one deployment.
#[derive(Clone, Debug)]
pub struct PrefixCache {
    spec: CachingSpec,
    prefixes: BTreeMap<u64, Vec<Machine>>,
    /// How many prefixes there may be before those that are gone are cleared away.
    clear_at: usize,
}

/// One machine, as far as one prefix goes.
#[derive(Clone, Copy, Debug)]
struct Machine {
    /// Tokens that it holds.
    tokens: u64,
    written: Timestamp,
    used: Timestamp,
    /// Begin of the minute that counts, and requests in it.
    minute: Timestamp,
    requests: u64,
}

/// Where a request finds its prefix, or would leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Tokens that need not be worked on.
    pub cached: Tokens,
    machine: usize,
    same: u64,
}

/// Machines that one prefix is kept track of at most: those of 15,360 requests a minute at the usual ceiling.
const MOST_MACHINES: usize = 1_024;
const FIRST_CLEAR: usize = 1_024;
const MINUTE: Duration = Duration::from_secs(60);

impl PrefixCache {
    /// Without anything in it.
    pub const fn new(spec: CachingSpec) -> Self {
        Self { spec, prefixes: BTreeMap::new(), clear_at: FIRST_CLEAR }
    }

    /// What a request finds whose prompt has so many tokens and begins with `prefix`. Changes nothing.
    pub fn find(&self, prefix: Prefix, prompt_tokens: Tokens, now: Timestamp) -> Found {
        let same = prefix.tokens.min(prompt_tokens).get();
        let machines = self.prefixes.get(&prefix.key).map_or(&[][..], Vec::as_slice);
        let has_room = |machine: &Machine| {
            let is_over = now.since(machine.minute) >= MINUTE;
            self.spec.per_minute == 0 || is_over || machine.requests < self.spec.per_minute
        };
        let machine = machines.iter().position(has_room).unwrap_or(machines.len());
        let held = machines.get(machine).filter(|machine| self.holds(machine, now)).map_or(0, |m| m.tokens);
        Found { cached: Tokens(self.spec.cached(same.min(held))), machine, same }
    }

    /// The request is admitted: what it found is used, and what it brings is kept.
    pub fn take(&mut self, prefix: Prefix, found: Found, now: Timestamp) {
        if found.same < self.spec.min_tokens {
            return;
        }
        let is_new = !self.prefixes.contains_key(&prefix.key);
        if is_new && self.prefixes.len() >= self.clear_at {
            self.clear(now);
        }
        let machines = self.prefixes.entry(prefix.key).or_default();
        let fresh = Machine { tokens: found.same, written: now, used: now, minute: now, requests: 1 };
        let Some(machine) = machines.get_mut(found.machine) else {
            if machines.len() < MOST_MACHINES {
                machines.push(fresh);
            }
            return;
        };
        let is_held = is_held(&self.spec, machine, now);
        if now.since(machine.minute) >= MINUTE {
            (machine.minute, machine.requests) = (now, 0);
        }
        machine.requests = machine.requests.saturating_add(1);
        machine.used = machine.used.max(now);
        if !is_held {
            (machine.tokens, machine.written) = (found.same, now);
        } else if found.same > machine.tokens {
            machine.tokens = found.same;
        }
    }

    fn holds(&self, machine: &Machine, now: Timestamp) -> bool {
        is_held(&self.spec, machine, now)
    }

    /// Forgets prefixes that no machine holds any more.
    fn clear(&mut self, now: Timestamp) {
        let spec = self.spec;
        self.prefixes.retain(|_, machines| machines.iter().any(|machine| is_held(&spec, machine, now)));
        self.clear_at = self.prefixes.len().saturating_mul(2).max(FIRST_CLEAR);
    }
}

fn is_held(spec: &CachingSpec, machine: &Machine, now: Timestamp) -> bool {
    now.since(machine.used) < spec.idle && now.since(machine.written) < spec.lifetime
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    fn prefix(key: u64) -> Prefix {
        Prefix { key, tokens: Tokens(2_000) }
    }

    /// Cached tokens of an admitted request.
    fn admit(cache: &mut PrefixCache, key: u64, prompt: u64, second: u64) -> u64 {
        let found = cache.find(prefix(key), Tokens(prompt), at(second));
        cache.take(prefix(key), found, at(second));
        found.cached.get()
    }

    #[test]
    fn hits_begin_at_1024_tokens_and_go_in_steps_of_128() {
        for (prompt, cached) in [
            (1_000, 0),
            (1_023, 0),
            (1_024, 1_024),
            (1_151, 1_024),
            (1_152, 1_152),
            // 2,000 tokens are shared: 1,024 + 7 * 128.
            (2_000, 1_920),
            (9_000, 1_920),
        ] {
            let mut cache = PrefixCache::new(CachingSpec::DEFAULT);
            assert_eq!(admit(&mut cache, 1, 9_000, 0), 0, "the first finds nothing");
            assert_eq!(admit(&mut cache, 1, prompt, 1), cached, "{prompt}");
            assert_eq!(admit(&mut cache, 2, prompt, 1), 0, "another prefix");
        }
    }

    #[test]
    fn a_machine_holds_what_it_has_seen() {
        let mut cache = PrefixCache::new(CachingSpec::DEFAULT);
        assert_eq!(admit(&mut cache, 1, 1_200, 0), 0);
        // Only 1,200 tokens were there, 1,152 in steps; now there are 2,000.
        assert_eq!(admit(&mut cache, 1, 9_000, 1), 1_152);
        assert_eq!(admit(&mut cache, 1, 9_000, 2), 1_920);
        // A short prompt takes nothing away, and one below the least leaves nothing.
        assert_eq!(admit(&mut cache, 1, 1_100, 3), 1_024);
        assert_eq!(admit(&mut cache, 1, 9_000, 4), 1_920);
        assert_eq!(admit(&mut cache, 2, 1_000, 0), 0);
        assert_eq!(cache.prefixes.len(), 1);
    }

    #[test]
    fn what_is_not_used_is_gone_and_nothing_is_kept_for_ever() {
        let mut cache = PrefixCache::new(CachingSpec::DEFAULT);
        admit(&mut cache, 1, 2_000, 0);
        assert_eq!(admit(&mut cache, 1, 2_000, 599), 1_920);
        assert_eq!(admit(&mut cache, 1, 2_000, 599 + 600), 0);
        assert_eq!(admit(&mut cache, 1, 2_000, 599 + 601), 1_920);
        // Used every 5 minutes it lives for a day.
        let mut cache = PrefixCache::new(CachingSpec::DEFAULT);
        let misses: Vec<u64> =
            (0..=600).map(|n| n * 300).filter(|s| admit(&mut cache, 1, 2_000, *s) == 0).collect();
        assert_eq!(misses, [0, 86_400, 172_800]);
    }

    #[test]
    fn the_sixteenth_of_a_minute_goes_to_another_machine() {
        let mut cache = PrefixCache::new(CachingSpec::DEFAULT);
        let cached: Vec<u64> = (0..40).map(|n| admit(&mut cache, 1, 2_000, n)).collect();
        let misses: Vec<usize> = (0..40).filter(|n| cached[*n] == 0).collect();
        assert_eq!(misses, [0, 15, 30], "one for each machine");
        // In the next minute all three have it.
        assert!((60..100).all(|n| admit(&mut cache, 1, 2_000, n) > 0));
        let mut endless = PrefixCache::new(CachingSpec { per_minute: 0, ..CachingSpec::DEFAULT });
        assert_eq!((0..40).filter(|_| admit(&mut endless, 1, 2_000, 0) == 0).count(), 1);
    }

    #[test]
    fn refused_requests_leave_nothing() {
        let cache = PrefixCache::new(CachingSpec::DEFAULT);
        let found = cache.find(prefix(1), Tokens(2_000), at(0));
        assert_eq!(cache.find(prefix(1), Tokens(2_000), at(1)), found);
    }

    #[test]
    fn memory_is_bounded_by_what_is_in_use() {
        let spec = CachingSpec { idle: Duration::from_secs(100), ..CachingSpec::DEFAULT };
        let mut cache = PrefixCache::new(spec);
        for key in 0..100_000 {
            // Ten new ones a second, each held for 100 s: 1,000 at a time.
            admit(&mut cache, key, 2_000, key / 10);
            assert!(cache.prefixes.len() <= 2_048);
        }
        let mut machines = PrefixCache::new(CachingSpec { per_minute: 1, ..CachingSpec::DEFAULT });
        assert!((0..3_000).all(|_| admit(&mut machines, 1, 2_000, 0) == 0));
        assert_eq!(machines.prefixes[&1].len(), MOST_MACHINES);
    }

    #[test]
    fn absurd_numbers_are_survived() {
        let zero = Duration::ZERO;
        let spec = CachingSpec { min_tokens: 0, step_tokens: 0, idle: zero, lifetime: zero, per_minute: 1 };
        let mut cache = PrefixCache::new(spec);
        let prefix = Prefix { key: u64::MAX, tokens: Tokens(u64::MAX) };
        for now in [Timestamp::MAX, Timestamp::ZERO, Timestamp::MAX] {
            let found = cache.find(prefix, Tokens(u64::MAX), now);
            cache.take(prefix, found, now);
            assert_eq!(found.cached, Tokens(0), "nothing is kept");
        }
    }
}
