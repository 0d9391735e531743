//! The cache of an instance: values, whole responses, and responses by meaning.
//!
//! Rules
//! - An entry is there until, and not at, the end of its duration.
//! - Each kind holds [`MAX_ENTRIES`]. When there is no room, expired entries go first, then the one that
//!   would expire first (the smallest key among equals).
//! - A hit of cache-lookup or of a semantic lookup skips the rest of inbound and the backend; outbound runs.
//! - cache-lookup serves GET requests, and those with an `Authorization` header only if it is told so.
//!   cache-store stores what cache-lookup did not find, by default only status 200.
//! - Whether a prompt is like one that was answered before is a choice, by the share that the run was given;
//!   there must be a stored response with the same `vary-by`. The call to the embeddings backend takes no
//!   time.
//!
//! Undocumented, model: what is stored can be read at once, although the service stores asynchronously; and
//! the external cache, which instances would share, is this one too.

use std::collections::{BTreeMap, BTreeSet};

use super::choices::{ChoiceReason, Choices};
use super::io::Answerer;
use super::pipeline::Runner;
use super::seldom::Unused;
use crate::policy::csharp::{Stored, Value};
use crate::policy::{CachePolicy, LastError, Operand, Pc, Response, ResponseLookup, Text};
use crate::semantics::CacheMissValue;
use crate::units::{Duration, StatusCode, Timestamp};

/// Entries of each kind that are kept at the same time.
const MAX_ENTRIES: usize = 10_000;

/// Everything that an instance has cached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Caches {
    values: Store<Text, Stored>,
    responses: Store<ResponseKey, Response>,
    meanings: Store<Vec<Text>, Response>,
}

/// What tells cached responses apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ResponseKey {
    api: Text,
    path: Text,
    parameters: Vec<Text>,
    headers: Vec<Option<Text>>,
    developer: Option<Text>,
    groups: Vec<Text>,
}

/// Entries by key, with the order in which they expire.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Store<K, V> {
    entries: BTreeMap<K, (Timestamp, V)>,
    by_end: BTreeSet<(Timestamp, K)>,
}

impl<K, V> Store<K, V> {
    const NEW: Self = Self { entries: BTreeMap::new(), by_end: BTreeSet::new() };
}

impl<K, V> Default for Store<K, V> {
    fn default() -> Self {
        Self::NEW
    }
}

impl Unused for Caches {
    const UNUSED: &'static Self = &Self { values: Store::NEW, responses: Store::NEW, meanings: Store::NEW };
}

impl<K: Ord + Clone, V> Store<K, V> {
    fn get(&self, key: &K, now: Timestamp) -> Option<&V> {
        self.entries.get(key).filter(|(end, _)| *end > now).map(|(_, value)| value)
    }

    fn insert(&mut self, key: K, value: V, now: Timestamp, duration: Duration) {
        self.remove(&key);
        while let Some((end, oldest)) = self.by_end.first()
            && (*end <= now || self.entries.len() >= MAX_ENTRIES)
        {
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
        let end = now.saturating_add(duration);
        if end > now {
            self.by_end.insert((end, key.clone()));
            self.entries.insert(key, (end, value));
        }
    }

    fn remove(&mut self, key: &K) {
        if let Some((end, _)) = self.entries.remove(key) {
            self.by_end.remove(&(end, key.clone()));
        }
    }
}

impl<C: Choices> Runner<'_, C> {
    /// Runs a policy that caches.
    pub(super) fn cache(&mut self, policy: &CachePolicy, pc: Pc) -> Result<(), Box<LastError>> {
        let now = self.now;
        match policy {
            CachePolicy::LookupValue { key, output, default } => {
                let key = self.eval(key)?;
                let found = self.state.caches.values.get(&key, now);
                let value = match (found, default) {
                    (Some(value), _) => Some(self.exchange.heap.insert(value)),
                    (None, Some(default)) => Some(self.value(default)?),
                    (None, None) => match self.spec.semantics().cache_miss_value(self.choices) {
                        CacheMissValue::Unset => None,
                        CacheMissValue::Null => Some(Value::Null),
                    },
                };
                if let Some(value) = value {
                    self.set_variable(*output, value);
                }
            }
            CachePolicy::StoreValue { key, value, duration } => {
                let key = self.eval(key)?;
                let value = self.value(value)?;
                let duration = self.eval(duration)?;
                let stored = self.exchange.heap.extract(&value);
                self.exchange.tidy();
                self.state.caches.values.insert(key, stored, now, duration);
            }
            CachePolicy::RemoveValue { key } => {
                let key = self.eval(key)?;
                self.state.caches.values.remove(&key);
            }
            CachePolicy::LookupResponse(lookup) => {
                let Some(key) = self.response_key(lookup)? else {
                    self.exchange.pc = pc.next();
                    return Ok(());
                };
                if let Some(response) = self.state.caches.responses.get(&key, now).cloned() {
                    self.answer_from_cache(response);
                    return Ok(());
                }
                self.exchange.cache_key = Some(Box::new(key));
            }
            CachePolicy::StoreResponse { duration, condition } => {
                let may = self.may_store(condition.as_ref())?;
                let duration = self.eval(duration)?;
                if may
                    && let Some(key) = self.exchange.cache_key.take()
                    && let Some(response) = self.exchange.response.clone()
                {
                    self.state.caches.responses.insert(*key, response, now, duration);
                }
            }
            CachePolicy::LookupMeaning { vary_by } => {
                let mut key = Vec::new();
                for text in vary_by {
                    key.push(self.eval(text)?);
                }
                let hits = u32::from(self.spec.semantic_hits());
                if hits > 0
                    && let Some(response) = self.state.caches.meanings.get(&key, now).cloned()
                {
                    let weights = [1_000u32.saturating_sub(hits), hits];
                    if self.choices.choose_weighted(&weights, ChoiceReason::SemanticCacheHit) == 1 {
                        self.answer_from_cache(response);
                        return Ok(());
                    }
                }
                self.exchange.meaning_key = Some(key);
            }
            CachePolicy::StoreMeaning { duration } => {
                let may = self.may_store(None)?;
                let duration = self.eval(duration)?;
                if may
                    && let Some(key) = self.exchange.meaning_key.take()
                    && let Some(response) = self.exchange.response.clone()
                {
                    self.state.caches.meanings.insert(key, response, now, duration);
                }
            }
        }
        self.exchange.pc = pc.next();
        Ok(())
    }

    fn may_store(&mut self, condition: Option<&Operand<bool>>) -> Result<bool, Box<LastError>> {
        match condition {
            Some(condition) => self.eval(condition),
            None => Ok(self.exchange.response.as_ref().is_some_and(|r| r.status == StatusCode::OK)),
        }
    }

    fn answer_from_cache(&mut self, response: Response) {
        self.leave_all_frames();
        self.drop_body();
        self.exchange.response = Some(response);
        self.exchange.answerer = Some(Answerer::Gateway);
        self.exchange.forwarded = true;
        self.exchange.pc = self.spec.program().outbound;
    }

    /// The key of the request; `None` when it takes no part.
    fn response_key(&mut self, lookup: &ResponseLookup) -> Result<Option<ResponseKey>, Box<LastError>> {
        let by_developer = self.eval(&lookup.by_developer)?;
        let by_groups = self.eval(&lookup.by_groups)?;
        let allow_private = self.eval(&lookup.allow_private)?;
        let request = &self.exchange.request;
        let is_private = request.headers.contains("Authorization") && !allow_private;
        if is_private || !request.method.eq_ignore_ascii_case("GET") {
            return Ok(None);
        }
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let named = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or("");
            lookup.parameters.is_empty() || lookup.parameters.iter().any(|p| p.eq_ignore_ascii_case(name))
        };
        let mut parameters: Vec<Text> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .filter(named)
            .map(|p| Text::from(p.to_owned()))
            .collect();
        parameters.sort();
        let headers = lookup.headers.iter().map(|name| request.headers.joined(name)).collect();
        let facts = self.exchange.facts.as_ref();
        let developer = facts.filter(|_| by_developer).and_then(|f| f.subscription.as_ref());
        let user = facts.filter(|_| by_groups).and_then(|f| f.user.as_ref());
        Ok(Some(ResponseKey {
            api: facts.map_or(Text::EMPTY, |f| f.api.id.clone()),
            path: Text::from(path.to_owned()),
            parameters,
            headers,
            developer: developer.map(|s| s.key.clone()),
            groups: user.iter().flat_map(|u| &u.groups).map(|group| group.id.clone()).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    #[test]
    fn an_entry_is_there_until_its_end() {
        let mut store = Store::default();
        store.insert("a", 1, at(0), Duration::from_secs(10));
        assert_eq!(store.get(&"a", Timestamp::from_nanos(9_999_999_999)), Some(&1));
        assert_eq!(store.get(&"a", at(10)), None);
        store.insert("a", 2, at(5), Duration::from_secs(10));
        assert_eq!(store.get(&"a", at(14)), Some(&2));
        store.insert("b", 3, at(15), Duration::ZERO);
        assert!(store.entries.is_empty() && store.by_end.is_empty(), "expired, and nothing for no time");
    }

    #[test]
    fn when_full_what_expires_first_goes() {
        let mut store = Store::default();
        for key in 0..MAX_ENTRIES as u64 {
            store.insert(key, (), at(0), Duration::from_secs(100 + key));
        }
        store.insert(u64::MAX, (), at(1), Duration::from_secs(1));
        assert_eq!(store.entries.len(), MAX_ENTRIES);
        assert_eq!(store.get(&0, at(1)), None);
        assert!(store.get(&1, at(1)).is_some() && store.get(&u64::MAX, at(1)).is_some());
    }
}
