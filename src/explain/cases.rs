//! What the client sees: requests played through the decision core, case by case.
//!
//! Rules
//! - Nothing here is deduced: each line is what the core did with scripted answers, in virtual time.
//! - A case that did not come about (a pool that cannot be exhausted, a limit that was not met) is left out
//!   and said to be.
//! - Requests of the policy's own (`send-request`) are answered with 200 and no body.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::outline::Node;
use super::page::{Block, PlayedCase};
use super::retries::attempts;
use super::stand_ins::API_URL;
use super::teller::Teller;
use crate::gateway::{BackendRef, Threshold};
use crate::policy::{CachePolicy, HeaderValue, Limit, Op, Operand, Pc, Section, SetBackend, Text};
use crate::suite::{self, Outcome, RequestRecord, Script, repeated};
use crate::units::{Duration, StatusCode};
use crate::wording::{quoted, status, time};

/// Requests that are played at most to bring about a state.
const MOST_WARM_UPS: u32 = 300;
/// Attempts of one request beyond which nothing is played.
const MOST_ATTEMPTS: u32 = 300;
/// Limits that are played; documents have one or two.
const MOST_LIMITS: usize = 8;
/// What throttled backends say in `Retry-After`, in seconds.
const RETRY_AFTER_S: u64 = 10;
/// Calls that are told one by one.
const MOST_CALLS: usize = 6;

/// The section, and the records by name for the summary.
#[derive(Clone, Debug, Default)]
pub(super) struct Played {
    pub(super) blocks: Vec<Block>,
    /// Whether requests can go to more than one backend.
    pub(super) is_many: bool,
    /// When every backend is throttled.
    pub(super) throttled: Option<RequestRecord>,
    /// When the pool is exhausted.
    pub(super) exhausted: Option<RequestRecord>,
}

/// Scripts of one case.
struct World<'a, 't> {
    teller: &'a Teller<'t>,
    world: suite::World,
}

/// Plays every case that the program can meet.
pub(super) fn play(teller: &Teller<'_>, sections: &[Node]) -> Played {
    let mut played = Played::default();
    let attempts = attempts(teller.subject.program, sections);
    if attempts > MOST_ATTEMPTS {
        let text = format!("The cases were not played: one request can be tried {attempts} times.");
        played.blocks.push(Block::Text(text));
        return played;
    }
    let api_url = teller.subject.request.facts.api.service_url.as_ref();
    let world = World { teller, world: suite::World::new(Arc::clone(&teller.subject.gateway), api_url) };
    let mut rows = Vec::new();
    let mut left_out = Vec::new();
    let good = world.one(|_| response(200, None));
    let is_stopped = good.backends.is_empty();
    rows.push(world.row("All goes well: backends answer 200.", &good));
    if is_stopped && good.exhausted == 0 {
        played.blocks.push(Block::Text(intro(teller)));
        played.blocks.push(Block::Cases(rows));
        played.blocks.push(Block::Text(
            "Such a plain request never reaches a backend, so the cases of failing backends are not played: they \
             need a request that the policy lets through."
                .to_owned(),
        ));
        return played;
    }
    let first = good.backends.first().cloned().unwrap_or_default();
    let members = world.members(&first);
    played.is_many = members > 1;
    if members > 1 {
        let record = world.one(|name| if name == first { throttled() } else { response(200, None) });
        let case = format!(
            "{} is throttled: it answers 429 with `Retry-After: 10`; the others answer 200.",
            quoted(&first)
        );
        rows.push(world.row(&case, &record));
    }
    let record = world.one(|_| throttled());
    let all = if members > 1 { "Every backend is" } else { "The backend is" };
    rows.push(world.row(&format!("{all} throttled: 429 with `Retry-After: 10`."), &record));
    played.throttled = Some(record);
    let every = if members > 1 { "Every backend" } else { "The backend" };
    rows.push(world.row(&format!("{every} fails with 500."), &world.one(|_| response(500, None))));
    match world.exhaust() {
        Ok(record) => {
            let case = if members > 1 {
                "All members of the pool are tripped already."
            } else {
                "The backend is tripped already."
            };
            rows.push(world.row(case, &record));
            played.exhausted = Some(record);
        }
        Err(why) => left_out.extend(why),
    }
    if members > 1 {
        let record = world
            .one(|name| if name == first { Script::always(Outcome::Timeout) } else { response(200, None) });
        rows.push(
            world
                .row(&format!("{} does not answer in time; the others answer 200.", quoted(&first)), &record),
        );
    }
    let none = if members > 1 { "No backend" } else { "The backend never" };
    rows.push(world.row(
        &if members > 1 {
            format!("{none} answers in time.")
        } else {
            "The backend does not answer in time.".to_owned()
        },
        &world.one(|_| Script::always(Outcome::Timeout)),
    ));
    rows.push(world.row(
        &if members > 1 {
            format!("{none} can be reached.")
        } else {
            "The backend cannot be reached.".to_owned()
        },
        &world.one(|_| Script::always(Outcome::ConnectionFailure)),
    ));
    rows.push(world.row("A backend answers 400 (a faulty request).", &world.one(|_| response(400, None))));
    world.limits(&mut rows, &mut left_out);
    world.cached(&mut rows);
    world.unsupported(&mut left_out);
    played.blocks.push(Block::Text(intro(teller)));
    played.blocks.push(Block::Cases(rows));
    played.blocks.extend(left_out.into_iter().map(Block::Text));
    played
}

fn intro(teller: &Teller<'_>) -> String {
    let request = &teller.subject.request;
    let who = if teller.subject.is_alone {
        " Each backend that the policy names is a stand-in without a breaker."
    } else {
        ""
    };
    format!(
        "Each case was played through the gateway's decision core in virtual time with {} {} and the headers of \
         that request; answers come at once.{who}",
        request.method,
        quoted(&request.path)
    )
}

fn response(status: u16, retry_after: Option<u64>) -> Script {
    Script::response(StatusCode::new(status).unwrap_or(StatusCode::OK), retry_after.map(HeaderValue::Number))
}

fn throttled() -> Script {
    response(429, Some(RETRY_AFTER_S))
}

impl World<'_, '_> {
    /// What comes of one request in which the backend called `name` has the script that `of` gives it.
    fn one(&self, of: impl Fn(&str) -> Script) -> RequestRecord {
        self.world.last(vec![self.teller.subject.request.clone()], of)
    }

    /// How many backends requests can go to: members of the pool of the one called `first`, or others that the
    /// policy names.
    fn members(&self, first: &str) -> usize {
        let gateway = &self.teller.subject.gateway;
        let addresses: BTreeSet<&Text> = super::pools::targets(self.teller)
            .into_iter()
            .filter_map(|(_, target)| match target {
                SetBackend::Url(Operand::Literal(url)) => Some(url),
                SetBackend::Url(Operand::Expression(_)) | SetBackend::Id(_) => None,
            })
            .collect();
        let named = super::pools::reached(self.teller).len().saturating_add(addresses.len()).max(1);
        let Some(BackendRef::Single(backend)) = gateway.find(first) else { return named };
        let pools = super::pools::reached_pools(self.teller);
        let sizes = pools.iter().filter(|pool| pool.members.iter().any(|m| m.backend == backend));
        sizes.map(|pool| pool.members.len()).max().unwrap_or(1).max(named)
    }

    /// A request that finds every member tripped; else why there is none, where that is worth telling.
    fn exhaust(&self) -> Result<RequestRecord, Option<String>> {
        let subject = self.teller.subject;
        if subject.is_alone {
            return Err(None);
        }
        let reached = super::pools::reached(self.teller);
        let mut warm_ups: u32 = 0;
        let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
        for (at, backend) in subject.gateway.backends().iter().enumerate() {
            if !reached.contains(&at) {
                continue;
            }
            let Some(rule) = &backend.breaker else {
                return Err(Some(format!(
                    "There is always a backend to call: {} has no breaker.",
                    quoted(&backend.name)
                )));
            };
            warm_ups = warm_ups.saturating_add(match rule.threshold {
                Threshold::Count(number) => number,
                Threshold::Percentage(_) => 10,
            });
            let wanted =
                [429, 503, 500].into_iter().filter_map(StatusCode::new).find(|code| rule.counts(*code));
            let counted = wanted.or_else(|| rule.statuses.first().map(|(from, _)| *from));
            let Some(status) = counted else {
                return Err(Some(format!(
                    "No status trips {}, so it is never left out.",
                    quoted(&backend.name)
                )));
            };
            statuses.insert(backend.name.to_string(), status.get());
        }
        if reached.is_empty() {
            return Err(None);
        }
        if warm_ups > MOST_WARM_UPS {
            return Err(Some(format!(
                "The case that all members are tripped was not played: it takes {warm_ups} failures."
            )));
        }
        let requests = repeated(&subject.request, warm_ups.saturating_add(1));
        let record = self
            .world
            .last(requests, |name| response(statuses.get(name).copied().unwrap_or(429), Some(RETRY_AFTER_S)));
        if record.exhausted > 0 && record.backends.is_empty() {
            Ok(record)
        } else {
            Err(Some(
                "The case that all members are tripped did not come about with such requests.".to_owned(),
            ))
        }
    }

    /// Limits that are met.
    fn limits(&self, rows: &mut Vec<PlayedCase>, left_out: &mut Vec<String>) {
        let program = self.teller.subject.program;
        let request = &self.teller.subject.request;
        let all = program.ops.iter().enumerate();
        let limits =
            all.filter(|(_, op)| matches!(op, Op::Limit(limit) if !matches!(**limit, Limit::ConcurrencyEnd)));
        for (at, op) in limits.take(MOST_LIMITS) {
            let Op::Limit(limit) = op else { continue };
            let pc = Pc(u32::try_from(at).unwrap_or(u32::MAX));
            let policy = self.teller.policy(pc);
            let line = self.teller.at(pc).map_or_else(String::new, |at| format!(" ({at})"));
            let record = match &**limit {
                Limit::ConcurrencyEnd => continue,
                Limit::Concurrency { most, .. } if *most < MOST_WARM_UPS => {
                    Some(self.world.in_a_crowd(request, *most))
                }
                Limit::Rate(rate) => known(&rate.calls).map(|calls| self.world.after_calls(request, calls)),
                Limit::Quota(quota) => {
                    quota.calls.as_ref().and_then(known).map(|calls| self.world.after_calls(request, calls))
                }
                Limit::Tokens(tokens) => {
                    let most = tokens.per_minute.as_ref().or(tokens.quota.as_ref().map(|(most, _)| most));
                    most.and_then(any_known).map(|most| self.world.after_tokens(request, most))
                }
                Limit::Concurrency { .. } => None,
            };
            let place = program.place(pc);
            let met = record.filter(|record| {
                record.error.as_ref().is_some_and(|error| {
                    place.is_some_and(|p| {
                        (&p.path, p.section, p.scope) == (&error.path, error.section, error.scope)
                    })
                })
            });
            match met {
                Some(record) => {
                    rows.push(self.row(&format!("The limit of {policy}{line} is used up."), &record));
                }
                None => left_out.push(format!("The limit of {policy}{line} was not met by such requests.")),
            }
        }
    }

    /// The second of two equal requests, where answers are cached.
    fn cached(&self, rows: &mut Vec<PlayedCase>) {
        let caches = |op: &Op| {
            matches!(op, Op::Cache(policy)
                if matches!(**policy, CachePolicy::LookupResponse(_) | CachePolicy::LookupValue { .. }))
        };
        if !self.teller.subject.program.ops.iter().any(caches) {
            return;
        }
        let record = self.world.last(repeated(&self.teller.subject.request, 2), |_| response(200, None));
        let from =
            if record.backends.is_empty() { ", from the cache" } else { ": the backend is called again" };
        rows.push(self.row(&format!("The same request once more{from}."), &record));
    }

    fn unsupported(&self, left_out: &mut Vec<String>) {
        let program = self.teller.subject.program;
        for (at, op) in program.ops.iter().enumerate() {
            let pc = Pc(u32::try_from(at).unwrap_or(u32::MAX));
            if !matches!(op, Op::Unsupported) || super::steps::is_fragment(program, pc) {
                continue;
            }
            let line = self.teller.at(pc).map_or_else(String::new, |at| format!(" ({at})"));
            left_out.push(format!(
                "{}{line} is not simulated: a request that gets there ends in an error here, in the service it may \
                 not.",
                self.teller.policy(pc)
            ));
        }
    }

    fn row(&self, case: &str, record: &RequestRecord) -> PlayedCase {
        let client = record.response.as_ref().map_or_else(
            || "no answer".to_owned(),
            |response| {
                let told = status(response.status, &response.reason);
                match response.headers.joined("Retry-After") {
                    Some(wait) if response.status.is_error() => format!("{told}, `Retry-After: {wait}`"),
                    _ => told,
                }
            },
        );
        let waited = record.waits.iter().fold(Duration::ZERO, |sum, wait| sum.saturating_add(*wait));
        let time = match record.elapsed {
            Some(Duration::ZERO) => "at once".to_owned(),
            Some(all) if waited == Duration::ZERO => format!("after {}", time(all)),
            Some(all) if waited == all => format!("after {} of waiting between attempts", time(all)),
            Some(all) => format!("after {}, {} of it waiting between attempts", time(all), time(waited)),
            None => "never".to_owned(),
        };
        PlayedCase {
            case: case.to_owned(),
            client,
            called: calls(&record.backends),
            time,
            remarks: self.remarks(record),
        }
    }

    /// Why it came to that.
    fn remarks(&self, record: &RequestRecord) -> Vec<String> {
        let mut remarks = Vec::new();
        match record.exhausted {
            0 => {}
            1 => remarks.push("no backend was available".to_owned()),
            times => remarks.push(format!("no backend was available, {times} times, as the retry went on")),
        }
        let Some(error) = &record.error else { return remarks };
        let place = self.teller.subject.program.places.iter().find(|p| {
            p.path == error.path
                && p.section == error.section
                && p.scope == error.scope
                && p.policy == error.source
        });
        let at = place.and_then(|place| place.span).map(|span| self.teller.line(span));
        let line = at.map_or_else(String::new, |at| format!(" ({at})"));
        let source = quoted(&error.source);
        let reason = quoted(&error.reason);
        if error.section == Section::OnError {
            remarks.push(format!("`on-error` failed itself in {source}{line}: {reason}"));
        } else if record.exhausted > 0 {
            remarks.push("`on-error` ran".to_owned());
        } else {
            remarks.push(format!("{reason} in {source}{line}, so `on-error` ran"));
        }
        remarks
    }
}
/// Names in order; repetitions and what is beyond the first few are counted.
fn calls(names: &[String]) -> Vec<String> {
    let mut runs: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((last, times)) if last == name => *times = times.saturating_add(1),
            _ => runs.push((name, 1)),
        }
    }
    let told = |(name, times): &(&str, usize)| {
        let name = if *name == API_URL { "the backend URL of the API".to_owned() } else { quoted(name) };
        match times {
            1 => name,
            times => format!("{name} ({times} times)"),
        }
    };
    if runs.len() <= MOST_CALLS {
        return runs.iter().map(told).collect();
    }
    let mut listed: Vec<String> = runs.iter().take(MOST_CALLS).map(told).collect();
    let more: usize = runs.iter().skip(MOST_CALLS).map(|(_, times)| times).sum();
    listed.push(format!("{more} more"));
    listed
}

/// A written number that few enough requests reach.
fn known(operand: &Operand<u32>) -> Option<u32> {
    any_known(operand).filter(|number| *number < MOST_WARM_UPS)
}

fn any_known(operand: &Operand<u32>) -> Option<u32> {
    match operand {
        Operand::Literal(number) => Some(*number),
        Operand::Expression(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_in_runs() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(calls(&names(&["a", "b"])), ["`a`", "`b`"]);
        assert_eq!(calls(&names(&["a", "a", "b"])), ["`a` (2 times)", "`b`"]);
        let many = calls(&names(&["a", "b", "a", "b", "a", "b", "a", "b", "b"]));
        assert_eq!(many.last().map(String::as_str), Some("3 more"));
    }
}
