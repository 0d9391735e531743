//! Plays classes on both sides.

use super::accounts::Accounts;
use super::answers::Trouble;
use super::classes::{Class, Moment};
use super::seen::Seen;
use super::side::{Both, Side, Which};
use super::ways::Way;
use crate::gateway::GatewaySpec;
use crate::suite::{
    Answer, CallEnd, CaseRequest, Coverage, Outcome, RequestRecord, Script, World, repeated, run_case, spaced,
};
use crate::units::{Duration, StatusCode, Timestamp};

/// Both sides, ready to play.
#[derive(Debug)]
pub(super) struct Player<'s> {
    sides: Both<&'s Side>,
    worlds: Both<World>,
    requests: Both<CaseRequest>,
    /// What requests can go to.
    pub(super) accounts: Accounts,
}

impl<'s> Player<'s> {
    /// The client's request is that of the old side; what `context` tells of the API is each side's own.
    pub(super) fn new(sides: Both<&'s Side>) -> Self {
        let requests = Both::of(|which| CaseRequest {
            facts: std::sync::Arc::clone(&sides.get(which).request.facts),
            ..sides.old.request.clone()
        });
        let worlds = Both::of(|which| {
            let side = sides.get(which);
            World::new(std::sync::Arc::clone(&side.gateway), side.request.facts.api.service_url.as_ref())
        });
        let accounts = Accounts::of(&worlds);
        Self { sides, worlds, requests, accounts }
    }

    pub(super) fn side(&self, which: Which) -> &'s Side {
        self.sides.get(which)
    }

    pub(super) fn gateway(&self, which: Which) -> &GatewaySpec {
        &self.sides.get(which).gateway
    }

    pub(super) fn request(&self, which: Which) -> &CaseRequest {
        self.requests.get(which)
    }

    pub(super) fn callers(&self, which: Which) -> &[(String, CaseRequest)] {
        &self.sides.get(which).callers
    }

    /// Gets to know the addresses that requests go to in these ways.
    pub(super) fn meet(&mut self, ways: &[Way]) {
        for which in Which::BOTH {
            for way in ways {
                for trouble in [Trouble::WELL, Trouble::NoConnection] {
                    let (_, record) = self.look(which, way, &trouble.script());
                    for name in record.backends {
                        if self.accounts.find(which, &name).is_none() {
                            self.worlds.get_mut(which).add_url(name.clone());
                            self.accounts.meet(which, &name);
                        }
                    }
                }
            }
        }
    }

    /// One request, with every backend answering alike: what it reached, and what came of it.
    pub(super) fn look(&self, which: Which, way: &Way, script: &Script) -> (Coverage, RequestRecord) {
        let mut coverage = Coverage::default();
        let case = self.worlds.get(which).case(vec![way.request(self, which)], |_| script.clone());
        let record = run_case(&case, Some(&mut coverage)).records.pop().unwrap_or_default();
        (coverage, record)
    }

    /// So many requests, a millisecond apart, with each account having the script that `of` gives.
    pub(super) fn many(
        &self,
        which: Which,
        way: &Way,
        number: u32,
        of: &dyn Fn(Option<usize>) -> Script,
    ) -> Vec<Seen> {
        let requests = repeated(&way.request(self, which), number);
        let case = self.worlds.get(which).case(requests, |name| of(self.accounts.find(which, name)));
        let records = run_case(&case, None).records;
        records.into_iter().map(|record| Seen::of(&self.accounts, which, record)).collect()
    }

    /// What comes of a class on both sides.
    pub(super) fn play(&self, class: &Class, way: &Way) -> Both<Seen> {
        let requests = Both::of(|which| way.request(self, which));
        let records = match &class.moment {
            Moment::Fresh => Both::of(|which| {
                self.last(which, vec![requests.get(which).clone()], |account| class.script(account))
            }),
            Moment::After { failing, gap, later } => self.after(class, &requests, (*failing, *gap), *later),
            Moment::Again { before } => {
                Both::of(|which| self.worlds.get(which).after_calls(requests.get(which), *before))
            }
            Moment::Spent { tokens } => {
                Both::of(|which| self.worlds.get(which).after_tokens(requests.get(which), *tokens))
            }
            Moment::Crowd { most } => {
                Both::of(|which| self.worlds.get(which).in_a_crowd(requests.get(which), *most))
            }
        };
        let Both { old, new } = records;
        Both {
            old: Seen::of(&self.accounts, Which::Old, old),
            new: Seen::of(&self.accounts, Which::New, new),
        }
    }

    /// A request that comes when the trouble of earlier ones is over: at the same time on both sides.
    fn after(
        &self,
        class: &Class,
        requests: &Both<CaseRequest>,
        (failing, gap): (u32, Duration),
        later: Duration,
    ) -> Both<RequestRecord> {
        let before = Both::of(|which| spaced(requests.get(which), failing, gap));
        let first = Both::of(|which| {
            let script = |name: &str| class.script(self.accounts.find(which, name));
            run_case(&self.worlds.get(which).case(before.get(which).clone(), script), None)
        });
        let ended = first.old.ended.max(first.new.ended);
        let at = ended.saturating_add(later);
        Both::of(|which| {
            // Which calls were those of the earlier requests: only they fail.
            let mut failed = vec![0_u32; self.accounts.all.len()];
            for record in &first.get(which).records {
                for (name, end) in record.backends.iter().zip(&record.ends) {
                    let account = self.accounts.find(which, name);
                    let count = account.and_then(|account| failed.get_mut(account));
                    if let Some(count) = count.filter(|_| !matches!(end, CallEnd::LostBody(_))) {
                        *count = count.saturating_add(1);
                    }
                }
            }
            let mut all = before.get(which).clone();
            all.push(CaseRequest { at: at.max(last_arrival(&all)), ..requests.get(which).clone() });
            self.last(which, all, |account| {
                let trouble = class.trouble_of(account);
                match account.and_then(|account| failed.get(account)) {
                    Some(count) if *count > 0 => Script {
                        answers: vec![
                            Answer {
                                calls: Some((1, *count)),
                                delay: Duration::ZERO,
                                outcome: trouble.outcome(),
                            },
                            Answer {
                                calls: None,
                                delay: Duration::ZERO,
                                outcome: Outcome::response(StatusCode::OK, None),
                            },
                        ],
                    },
                    _ => Trouble::WELL.script(),
                }
            })
        })
    }

    fn last(
        &self,
        which: Which,
        requests: Vec<CaseRequest>,
        of: impl Fn(Option<usize>) -> Script,
    ) -> RequestRecord {
        self.worlds.get(which).last(requests, |name| of(self.accounts.find(which, name)))
    }
}

fn last_arrival(requests: &[CaseRequest]) -> Timestamp {
    requests.last().map_or(Timestamp::ZERO, |request| request.at)
}
