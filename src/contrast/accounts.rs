//! Which backend of one configuration is which of the other.
//!
//! Rules
//! - The same name with the same address first, then the same address under another name (it was renamed), then
//!   the same name with another address (it was moved).
//! - An address that a policy names is the backend with this address, where there is one.

use std::collections::BTreeMap;

use super::side::{Both, Which};
use crate::suite::World;

/// Something that requests can go to, on one side or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// On each side its name and address; `None` where it does not exist.
    pub(super) entries: Both<Option<Entry>>,
}

/// An account as one side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) url: String,
    /// Whether it is a backend, not an address that a policy names.
    pub(super) is_backend: bool,
}

/// Whether an entry of the old side is one of the new side.
type Same<'f> = &'f dyn Fn(&Entry, &Entry) -> bool;

/// All that requests can go to.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    pub(super) all: Vec<Account>,
    /// By name in lower case, or by address.
    keys: Both<BTreeMap<String, usize>>,
}

impl Account {
    /// The name: the new one, where there is one.
    pub(super) fn name(&self) -> &str {
        let entry = self.entries.new.as_ref().or(self.entries.old.as_ref());
        entry.map_or("", |entry| entry.name.as_str())
    }

    /// Whether it has another address on each side.
    pub(super) fn is_moved(&self) -> bool {
        match (&self.entries.old, &self.entries.new) {
            (Some(old), Some(new)) => place(&old.url) != place(&new.url),
            _ => false,
        }
    }

    /// The name on one side; the other one where it does not exist there.
    pub(super) fn name_in(&self, which: Which) -> &str {
        self.entries.get(which).as_ref().map_or_else(|| self.name(), |entry| entry.name.as_str())
    }
}

impl Accounts {
    /// The accounts of both worlds.
    pub(super) fn of(worlds: &Both<World>) -> Self {
        let entries = Both::of(|which| entries(worlds.get(which)));
        let mut accounts = Self::default();
        let mut left = Both::of(|which| entries.get(which).iter().collect::<Vec<&Entry>>());
        let same_name = |a: &Entry, b: &Entry| a.name.eq_ignore_ascii_case(&b.name);
        let same_place = |a: &Entry, b: &Entry| place(&a.url) == place(&b.url);
        let rounds: [Same<'_>; 3] = [
            &|a, b| same_name(a, b) && same_place(a, b),
            &|a, b| same_place(a, b) && a.is_backend == b.is_backend,
            &|a, b| (same_name(a, b) && a.is_backend && b.is_backend) || same_place(a, b),
        ];
        let mut pairs: Vec<Account> = Vec::new();
        for is_same in rounds {
            left.old.retain(|old| {
                let Some(at) = left.new.iter().position(|new| is_same(old, new)) else { return true };
                let new = left.new.remove(at);
                pairs.push(Account { entries: Both { old: Some((*old).clone()), new: Some(new.clone()) } });
                false
            });
        }
        let gone = left.old.into_iter().map(|entry| Both { old: Some(entry.clone()), new: None });
        let added = left.new.into_iter().map(|entry| Both { old: None, new: Some(entry.clone()) });
        pairs.extend(gone.chain(added).map(|entries| Account { entries }));
        // In the order of the files, those of the old one first.
        let at = |which: Which, account: &Account| {
            let entry = account.entries.get(which).as_ref();
            entry.and_then(|entry| entries.get(which).iter().position(|other| other == entry))
        };
        pairs.sort_by_key(|account| {
            let old = at(Which::Old, account);
            (old.is_none(), old.or_else(|| at(Which::New, account)))
        });
        for account in pairs {
            accounts.add(account);
        }
        accounts
    }

    fn add(&mut self, account: Account) -> usize {
        let index = self.all.len();
        for which in Which::BOTH {
            if let Some(entry) = account.entries.get(which) {
                let keys = self.keys.get_mut(which);
                if entry.is_backend {
                    keys.insert(entry.name.to_lowercase(), index);
                }
                keys.entry(place(&entry.url)).or_insert(index);
            }
        }
        self.all.push(account);
        index
    }

    /// The account that one side calls `name`: the name of a backend, or an address.
    pub(super) fn find(&self, which: Which, name: &str) -> Option<usize> {
        let keys = self.keys.get(which);
        keys.get(&name.to_lowercase()).or_else(|| keys.get(&place(name))).copied()
    }

    /// Adds an address that only playing showed, to both sides. Nothing happens when it is known.
    pub(super) fn meet(&mut self, which: Which, url: &str) {
        if self.find(which, url).is_some() {
            return;
        }
        let entry = Entry { name: url.to_owned(), url: url.to_owned(), is_backend: false };
        let other = self.all.iter().position(|account| {
            account.entries.get(which).is_none()
                && account
                    .entries
                    .each()
                    .iter()
                    .any(|e| e.as_ref().is_some_and(|e| place(&e.url) == place(url)))
        });
        if let Some((at, account)) = other.and_then(|at| Some((at, self.all.get_mut(at)?))) {
            *account.entries.get_mut(which) = Some(entry);
            self.keys.get_mut(which).insert(place(url), at);
        } else {
            let mut entries = Both { old: None, new: None };
            *entries.get_mut(which) = Some(entry);
            self.add(Account { entries });
        }
    }

    /// The name of an account on one side.
    pub(super) fn name(&self, which: Which, account: usize) -> &str {
        self.all.get(account).map_or("", |account| account.name_in(which))
    }
}

fn entries(world: &World) -> Vec<Entry> {
    let backends = world.gateway().backends().iter().map(|backend| Entry {
        name: backend.name.to_string(),
        url: backend.url.to_string(),
        is_backend: true,
    });
    let mut all: Vec<Entry> = backends.collect();
    for url in world.urls() {
        if !all.iter().any(|entry| place(&entry.url) == place(url)) {
            all.push(Entry { name: url.clone(), url: url.clone(), is_backend: false });
        }
    }
    all
}

/// An address in the form in which equal ones are equal.
fn place(url: &str) -> String {
    let (scheme, rest) = url.trim().split_once("://").unwrap_or(("", url.trim()));
    let (host, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    format!("{}://{}{}", scheme.to_lowercase(), host.to_lowercase(), path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::super::tests::world;
    use super::*;

    fn matched(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let accounts = Accounts::of(&Both { old: world(old), new: world(new) });
        let name = |entry: &Option<Entry>| entry.as_ref().map_or("-".to_owned(), |e| e.name.clone());
        accounts.all.iter().map(|a| format!("{} {}", name(&a.entries.old), name(&a.entries.new))).collect()
    }

    #[test]
    fn addresses_and_names_tell_who_is_who() {
        let (a, b) = (("a", "https://a.example"), ("b", "https://b.example"));
        assert_eq!(matched(&[a, b], &[b, a]), ["a a", "b b"]);
        // Renamed, moved, exchanged.
        assert_eq!(matched(&[a], &[("x", "https://A.example/")]), ["a x"]);
        assert_eq!(matched(&[a], &[("A", "https://c.example")]), ["a A"]);
        assert_eq!(matched(&[a, b], &[("a", b.1), ("b", a.1)]), ["a b", "b a"]);
        assert_eq!(matched(&[a], &[b]), ["a -", "- b"]);
    }

    #[test]
    fn addresses_that_playing_shows_are_met_once() {
        let mut accounts = Accounts::of(&Both { old: world(&[]), new: world(&[]) });
        for which in [Which::Old, Which::New, Which::New] {
            accounts.meet(which, "https://computed.example/x");
        }
        assert_eq!(accounts.all.len(), 1);
        assert_eq!(accounts.find(Which::New, "https://computed.example/x/"), Some(0));
    }
}
