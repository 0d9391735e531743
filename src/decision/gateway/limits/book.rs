//! A bounded set of counters by key.
//!
//! Rule: when there is no room for a new key, the counter that was used longest ago is forgotten (the
//! smallest key among equals). Its key then begins anew: a limiter may admit too much, never refuse too much.
//! Counters that are as good as new are dropped when they come to the front.

use std::collections::{BTreeMap, BTreeSet};

use crate::units::Timestamp;

/// Counters that are kept at the same time.
pub(super) const MAX_KEYS: usize = 4_096;

/// Counters by key, with the order in which they were used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct Book<K, V> {
    entries: BTreeMap<K, (Timestamp, V)>,
    by_use: BTreeSet<(Timestamp, K)>,
}

impl<K, V> Book<K, V> {
    /// Without counters.
    pub(super) const NEW: Self = Self { entries: BTreeMap::new(), by_use: BTreeSet::new() };
}

impl<K, V> Default for Book<K, V> {
    fn default() -> Self {
        Self::NEW
    }
}

impl<K: Ord + Clone, V> Book<K, V> {
    /// Every counter, in the order of keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, (_, value))| (key, value))
    }

    /// The counter of `key`, made if need be.
    pub(super) fn open(
        &mut self,
        key: &K,
        now: Timestamp,
        make: impl FnOnce() -> V,
        is_idle: impl Fn(&V) -> bool,
    ) -> &mut V {
        match self.entries.get_mut(key) {
            Some((used, _)) => {
                if *used != now {
                    self.by_use.remove(&(*used, key.clone()));
                    self.by_use.insert((now, key.clone()));
                    *used = now;
                }
            }
            None => {
                self.by_use.insert((now, key.clone()));
            }
        }
        while let Some((used, oldest)) = self.by_use.first()
            && oldest != key
            && (self.by_use.len() > MAX_KEYS || self.entries.get(oldest).is_none_or(|(_, v)| is_idle(v)))
        {
            let entry = (*used, oldest.clone());
            self.entries.remove(&entry.1);
            self.by_use.remove(&entry);
        }
        &mut self.entries.entry(key.clone()).or_insert_with(|| (now, make())).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_used_longest_ago_goes_first() {
        let mut book: Book<usize, u32> = Book::default();
        for key in 0..MAX_KEYS {
            *book.open(&key, Timestamp::from_nanos(key as u64), || 0, |_| false) += 1;
        }
        let now = Timestamp::from_nanos(1_000_000);
        *book.open(&0, now, || 0, |_| false) += 1;
        book.open(&MAX_KEYS, now, || 0, |_| false);
        assert_eq!(book.entries.len(), MAX_KEYS);
        assert_eq!(book.by_use.len(), MAX_KEYS);
        assert_eq!(*book.open(&0, now, || 0, |_| false), 2, "used again");
        assert!(!book.entries.contains_key(&1), "used longest ago");
    }

    #[test]
    fn idle_counters_are_dropped() {
        let mut book: Book<u32, u32> = Book::default();
        for key in 0..10 {
            book.open(&key, Timestamp::ZERO, || key, |_| false);
        }
        book.open(&9, Timestamp::from_nanos(1), || 0, |value| *value < 5);
        assert_eq!(book.entries.len(), 5);
    }
}
