//! Which backend of a scenario a request of a log went to.

use std::collections::BTreeMap;

use crate::config::{JoinedLog, LogRequest};
use crate::sim::RunPlan;
use crate::units::BackendId;

/// Names and hosts of the backends of a scenario.
pub(super) struct Backends<'p> {
    /// Ids and URLs.
    known: Vec<(&'p str, &'p str)>,
    /// Names in the log, in lower case.
    map: BTreeMap<String, BackendId>,
}

/// The requests of a log by backend.
pub(super) struct Sorted {
    /// For each request of the log.
    pub(super) places: Vec<Option<BackendId>>,
    /// Names that stand for no backend of the scenario, and how many requests have them.
    pub(super) unmatched: Vec<(String, u64)>,
}

impl<'p> Backends<'p> {
    /// Those of a plan, with what the user says about names in the log.
    ///
    /// # Errors
    /// A name of the user's is no backend of the scenario.
    pub(super) fn new(plan: &'p RunPlan, map: &[(String, String)]) -> Result<Self, String> {
        let known: Vec<(&str, &str)> =
            plan.gateway.backends().iter().map(|backend| (&*backend.name, &*backend.url)).collect();
        let mut names = BTreeMap::new();
        for (name, backend) in map {
            let Some(id) = find(&known, backend) else {
                let all: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
                return Err(format!(
                    "`--map {name}={backend}`: the scenario has no backend `{backend}`; its backends: {}",
                    all.join(", ")
                ));
            };
            names.insert(name.to_lowercase(), id);
        }
        Ok(Self { known, map: names })
    }

    /// Sorts the requests of `log`.
    pub(super) fn sort(&self, log: &JoinedLog) -> Sorted {
        let mut unmatched: BTreeMap<String, u64> = BTreeMap::new();
        let places = log.requests.iter().map(|request| {
            if request.cache_hit {
                return None;
            }
            let place = self.place(request);
            if let (None, Some(name)) = (place, request.backend.as_ref().or(request.host.as_ref())) {
                *unmatched.entry(name.to_string()).or_default() += 1;
            }
            place
        });
        Sorted { places: places.collect(), unmatched: unmatched.into_iter().collect() }
    }

    /// What the user says, then the backend of that name, then the only one at that host.
    fn place(&self, request: &LogRequest) -> Option<BackendId> {
        let names = [&request.backend, &request.host, &request.deployment];
        let mapped = names.into_iter().flatten().find_map(|name| self.map.get(&name.to_lowercase()));
        let named = || find(&self.known, request.backend.as_deref()?);
        let hosted = || {
            let mut at = (0..).zip(&self.known).filter(|(_, (_, url))| request.is_to(url));
            let (place, _) = at.next()?;
            at.next().is_none().then_some(BackendId(place))
        };
        mapped.copied().or_else(named).or_else(hosted)
    }
}

fn find(known: &[(&str, &str)], name: &str) -> Option<BackendId> {
    (0..)
        .zip(known)
        .find(|(_, (known, _))| known.eq_ignore_ascii_case(name))
        .map(|(place, _)| BackendId(place))
}
