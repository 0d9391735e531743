//! What of a policy and its pools the cases of a suite reached.
//!
//! Counted are: policies that ran at least once, conditions (`when`, `retry`) that were true and that were
//! false at least once, and pool members that were called. Policies of the built-in default do not count.
//! A proof counts more ([`Coverage::expect_proof`]): each breaker that trips, and each that is back after a trip; each
//! attempt that a retry may make.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::Span;
use crate::gateway::{GatewaySpec, Step};
use crate::policy::{Op, Operand, Pc, Program};
use crate::units::BackendId;

/// What was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverage {
    reached: BTreeSet<(Span, &'static str)>,
    backends: BTreeSet<String>,
    /// Everything that could be reached, with how it is called.
    all: BTreeSet<(Span, &'static str)>,
    names: BTreeSet<(Span, String)>,
    members: BTreeSet<String>,
    /// What breakers have to do, by name and what was missed, and whether they did.
    breakers: BTreeMap<(String, &'static str), bool>,
    /// Attempts of retries, from 1, and whether they were made.
    attempts: BTreeMap<(Span, u32), bool>,
}

/// How much of something was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// Reached.
    pub reached: usize,
    /// All there is.
    pub total: usize,
}

/// The sums of a [`Coverage`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoverageCounts {
    /// Policies.
    pub policies: Covered,
    /// Outcomes of conditions, two for each.
    pub conditions: Covered,
    /// Members of pools.
    pub members: Covered,
    /// Breakers that trip and that are back, where that counts.
    pub breakers: Covered,
    /// Attempts of retries, where that counts.
    pub attempts: Covered,
}

/// A policy that ran.
const RAN: &str = "never ran";
/// A condition that was true.
const TRUE: &str = "was never true";
/// A condition that was false.
const FALSE: &str = "was never false";
/// A breaker that trips.
const TRIPPED: &str = "never tripped";
/// A breaker whose trip ends.
const BACK: &str = "was never back after a trip";

impl Coverage {
    /// Adds what `spec` has to be reached.
    pub fn expect(&mut self, spec: &GatewaySpec) {
        let program = spec.program();
        for (op, place) in program.ops.iter().zip(&program.places) {
            let Some(span) = place.span else { continue };
            if matches!(op, Op::Jump(_) | Op::RetryEnd(_) | Op::SectionEnd(_)) {
                continue;
            }
            self.names.insert((span, place.policy.to_string()));
            if !matches!(op, Op::Branch { .. }) {
                self.all.insert((span, RAN));
            }
            if matches!(op, Op::Branch { .. } | Op::Retry(_)) {
                self.all.insert((span, TRUE));
                self.all.insert((span, FALSE));
            }
        }
        for pool in spec.pools() {
            for member in &pool.members {
                let name = spec.backend(member.backend).map_or_else(String::new, |b| b.name.to_string());
                self.members.insert(format!("{}/{name}", pool.name));
            }
        }
    }

    /// Adds what a proof may reach beside it: what breakers do, and every attempt of each retry whose count is written
    /// out (of others the first two).
    pub fn expect_proof(&mut self, spec: &GatewaySpec) {
        for backend in spec.backends().iter().filter(|backend| backend.breaker.is_some()) {
            for what in [TRIPPED, BACK] {
                self.breakers.insert((backend.name.to_string(), what), false);
            }
        }
        let program = spec.program();
        for (op, place) in program.ops.iter().zip(&program.places) {
            let (Op::Retry(policy), Some(span)) = (op, place.span) else { continue };
            let count = match policy.count {
                Operand::Literal(count) => count,
                Operand::Expression(_) => 1,
            };
            self.attempts.extend((1..=count.saturating_add(1)).map(|number| ((span, number), false)));
        }
    }

    /// Adds a breaker that tripped, or that was back after a trip.
    pub fn changed(&mut self, spec: &GatewaySpec, backend: BackendId, is_back: bool) {
        let name = spec.backend(backend).map_or_else(String::new, |backend| backend.name.to_string());
        if let Some(is_seen) = self.breakers.get_mut(&(name, if is_back { BACK } else { TRIPPED })) {
            *is_seen = true;
        }
    }

    /// Adds an attempt of the retry at a place.
    pub fn attempted(&mut self, program: &Program, retry: Pc, attempt: u32) {
        let span = program.place(retry).and_then(|place| place.span);
        if let Some(is_seen) = span.and_then(|span| self.attempts.get_mut(&(span, attempt))) {
            *is_seen = true;
        }
    }

    /// Adds the steps of a request.
    pub fn see(&mut self, program: &Program, steps: &[Step]) {
        for step in steps {
            let (pc, mark) = match step {
                Step::Ran(pc) => {
                    self.attempted(program, *pc, 1);
                    (*pc, RAN)
                }
                Step::Tested(pc, true) => (*pc, TRUE),
                Step::Tested(pc, false) => (*pc, FALSE),
            };
            if let Some(span) = program.place(pc).and_then(|place| place.span) {
                self.reached.insert((span, mark));
            }
        }
    }

    /// Adds a backend that was called.
    pub fn called(&mut self, spec: &GatewaySpec, backend: BackendId) {
        for pool in spec.pools() {
            if pool.members.iter().any(|member| member.backend == backend)
                && let Some(entity) = spec.backend(backend)
            {
                self.backends.insert(format!("{}/{}", pool.name, entity.name));
            }
        }
    }

    /// Adds what another suite over the same files reached.
    pub fn merge(&mut self, other: &Self) {
        self.reached.extend(other.reached.iter().copied());
        self.backends.extend(other.backends.iter().cloned());
        self.all.extend(other.all.iter().copied());
        self.names.extend(other.names.iter().cloned());
        self.members.extend(other.members.iter().cloned());
        for (key, is_seen) in &other.breakers {
            *self.breakers.entry(key.clone()).or_default() |= is_seen;
        }
        for (key, is_seen) in &other.attempts {
            *self.attempts.entry(*key).or_default() |= is_seen;
        }
    }

    /// The sums.
    pub fn counts(&self) -> CoverageCounts {
        let count = |of: &dyn Fn(&'static str) -> bool| Covered {
            reached: self
                .all
                .iter()
                .filter(|(_, mark)| of(mark))
                .filter(|key| self.reached.contains(key))
                .count(),
            total: self.all.iter().filter(|(_, mark)| of(mark)).count(),
        };
        CoverageCounts {
            policies: count(&|mark| mark == RAN),
            conditions: count(&|mark| mark != RAN),
            members: Covered {
                reached: self.members.intersection(&self.backends).count(),
                total: self.members.len(),
            },
            breakers: Covered {
                reached: self.breakers.values().filter(|is_seen| **is_seen).count(),
                total: self.breakers.len(),
            },
            attempts: Covered {
                reached: self.attempts.values().filter(|is_seen| **is_seen).count(),
                total: self.attempts.len(),
            },
        }
    }

    /// Everything that was not reached, in order of place: the place, the policy and what was missed.
    pub fn missed(&self) -> Vec<(Span, String, &'static str)> {
        let name = |span: Span| {
            let found = self.names.range((span, String::new())..).next();
            found.filter(|(at, _)| *at == span).map_or_else(String::new, |(_, name)| name.clone())
        };
        let missed = self.all.iter().filter(|key| !self.reached.contains(key));
        missed.map(|(span, mark)| (*span, name(*span), *mark)).collect()
    }

    /// Members of pools that were never called, as `pool/member`.
    pub fn missed_members(&self) -> Vec<&str> {
        self.members.difference(&self.backends).map(String::as_str).collect()
    }

    /// Breakers that did not do what they may: the backend, and what was missed.
    pub fn missed_breakers(&self) -> Vec<(&str, &'static str)> {
        let missed = self.breakers.iter().filter(|(_, is_seen)| !**is_seen);
        missed.map(|((name, what), _)| (name.as_str(), *what)).collect()
    }

    /// Attempts that no request made: the retry, and the attempt's number from 1.
    pub fn missed_attempts(&self) -> Vec<(Span, u32)> {
        self.attempts.iter().filter(|(_, is_seen)| !**is_seen).map(|(key, _)| *key).collect()
    }
}

impl Covered {
    /// Whether less was reached than this share. Nothing to reach is reached.
    pub fn is_below(self, percent: f64) -> bool {
        (self.reached as f64) * 100.0 < percent * (self.total as f64)
    }

    /// Thousandths; all when there is nothing to reach.
    pub fn permille(self) -> usize {
        match self.total {
            0 => 1000,
            total => self.reached.saturating_mul(1000) / total,
        }
    }
}

impl CoverageCounts {
    /// All of it together.
    pub fn total(self) -> Covered {
        let parts = [self.policies, self.conditions, self.members, self.breakers, self.attempts];
        Covered { reached: parts.iter().map(|p| p.reached).sum(), total: parts.iter().map(|p| p.total).sum() }
    }
}
