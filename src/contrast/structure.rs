//! What was edited: backends, breakers, pools, sections of policies, readings. Whether clients see it is not told
//! here.

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use super::accounts::Account;
use super::play::Player;
use super::report::Edit;
use super::side::{Both, Which};
use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::gateway::{BreakerRule, GatewaySpec, PoolMember, PoolSpec, Threshold};
use crate::policy::document::{Options, Unresolved, print, read};
use crate::policy::{PolicyScope, Program};
use crate::semantics::Switch;
use crate::wording::{count, quoted, ranges, time};

/// Everything that was edited, in the order of a request's life.
pub(super) fn edits(player: &Player<'_>, sources: &SourceMap) -> Vec<Edit> {
    let mut found = Vec::new();
    policies(player, sources, &mut found);
    for account in &player.accounts.all {
        accounts(account, player, &mut found);
    }
    pools(player, &mut found);
    let (old, new) = (player.gateway(Which::Old).semantics(), player.gateway(Which::New).semantics());
    for switch in Switch::ALL {
        let what = format!("reading of `{}`", switch.info().path);
        compared(&what, Some(old.get(*switch)), Some(new.get(*switch)), &mut found);
    }
    found
}

/// Adds an edit when the two are not the same.
fn compared(what: &str, old: Option<&str>, new: Option<&str>, found: &mut Vec<Edit>) {
    if old != new {
        let own = |text: Option<&str>| text.map(str::to_owned);
        found.push(Edit { what: what.to_owned(), old: own(old), new: own(new) });
    }
}

fn accounts(account: &Account, player: &Player<'_>, found: &mut Vec<Edit>) {
    let word = |is_backend: bool| if is_backend { "backend" } else { "address" };
    let (old, new) = match (&account.entries.old, &account.entries.new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => {
            let entry = old.as_ref().or(new.as_ref());
            let is_backend = entry.is_some_and(|entry| entry.is_backend);
            let what = format!("{} {}", word(is_backend), quoted(account.name()));
            let url = |entry: &Option<super::accounts::Entry>| entry.as_ref().map(|entry| quoted(&entry.url));
            return compared(&what, url(old).as_deref(), url(new).as_deref(), found);
        }
    };
    let name = quoted(account.name());
    compared(&format!("name of backend {name}"), Some(&old.name), Some(&new.name), found);
    compared(&format!("address of backend {name}"), Some(&old.url), Some(&new.url), found);
    let entity = |which: Which, name: &str| {
        player.gateway(which).backends().iter().find(|backend| *backend.name == *name)
    };
    let (Some(before), Some(now)) = (entity(Which::Old, &old.name), entity(Which::New, &new.name)) else {
        return;
    };
    breaker(&name, before.breaker.as_ref(), now.breaker.as_ref(), found);
    let (old, new) = (before.azure_region.as_deref(), now.azure_region.as_deref());
    compared(&format!("Azure region of backend {name}"), old, new, found);
}

fn breaker(name: &str, old: Option<&BreakerRule>, new: Option<&BreakerRule>, found: &mut Vec<Edit>) {
    let (Some(before), Some(now)) = (old, new) else {
        let whole = |rule: &BreakerRule| {
            format!(
                "{} within {}, tripped for {}",
                failures(rule),
                time(rule.interval),
                time(rule.trip_duration)
            )
        };
        let what = format!("breaker of {name}");
        return compared(&what, old.map(whole).as_deref(), new.map(whole).as_deref(), found);
    };
    let mut field = |what: &str, of: &dyn Fn(&BreakerRule) -> String| {
        compared(&format!("breaker of {name}: {what}"), Some(&of(before)), Some(&of(now)), found);
    };
    field("failures that trip", &failures);
    field("interval", &|rule| time(rule.interval));
    field("length of a trip", &|rule| time(rule.trip_duration));
    field("statuses that count", &|rule| {
        let statuses: Vec<(u16, u16)> =
            rule.statuses.iter().map(|(from, to)| (from.get(), to.get())).collect();
        if statuses.is_empty() { "none".to_owned() } else { ranges(&statuses) }
    });
    field("error reasons that count", &|rule| {
        if rule.error_reasons.is_empty() { "none".to_owned() } else { rule.error_reasons.join(", ") }
    });
    field("Retry-After is accepted", &|rule| rule.accept_retry_after.to_string());
    field("status while tripped", &|rule| rule.failure_status.map_or("503".to_owned(), |s| s.to_string()));
}

fn failures(rule: &BreakerRule) -> String {
    match rule.threshold {
        Threshold::Count(number) => count(number as usize, "failure", "failures"),
        Threshold::Percentage(percent) => format!("{percent} % failures"),
    }
}

fn pools(player: &Player<'_>, found: &mut Vec<Edit>) {
    let by_name = |which: Which| -> BTreeMap<String, &PoolSpec> {
        player.gateway(which).pools().iter().map(|pool| (pool.name.to_lowercase(), pool)).collect()
    };
    let all = Both::of(by_name);
    let names: BTreeSet<&String> = all.old.keys().chain(all.new.keys()).collect();
    for name in names {
        let (old, new) = (all.old.get(name), all.new.get(name));
        let shown = new.or(old).map_or_else(String::new, |pool| quoted(&pool.name));
        let (Some(old), Some(new)) = (old, new) else {
            let size = |pool: &&PoolSpec| count(pool.members.len(), "member", "members");
            let what = format!("pool {shown}");
            compared(&what, old.map(size).as_deref(), new.map(size).as_deref(), found);
            continue;
        };
        pool(&shown, old, new, player, found);
    }
}

fn pool(name: &str, old: &PoolSpec, new: &PoolSpec, player: &Player<'_>, found: &mut Vec<Edit>) {
    let members = |which: Which, pool: &PoolSpec| -> BTreeMap<usize, PoolMember> {
        let account = |member: &PoolMember| {
            player.accounts.find(which, &player.gateway(which).backend(member.backend)?.name)
        };
        pool.members.iter().filter_map(|member| Some((account(member)?, *member))).collect()
    };
    let (before, now) = (members(Which::Old, old), members(Which::New, new));
    let accounts: BTreeSet<usize> = before.keys().chain(now.keys()).copied().collect();
    for account in accounts {
        let what = format!("pool {name}: member {}", quoted(player.accounts.name(Which::New, account)));
        let told = |member: &PoolMember| {
            let number =
                |value: Option<u8>| value.map_or_else(|| "none".to_owned(), |value| value.to_string());
            let carbon = member.preferred_carbon.map(|most| format!(", emissions up to {}", most.name()));
            let (priority, weight) = (number(member.priority), number(member.weight));
            format!("priority {priority}, weight {weight}{}", carbon.unwrap_or_default())
        };
        let (old, new) = (before.get(&account).map(told), now.get(&account).map(told));
        compared(&what, old.as_deref(), new.as_deref(), found);
    }
    if before.keys().eq(now.keys()) {
        let order = |gateway: &GatewaySpec, pool: &PoolSpec| {
            let name =
                |m: &PoolMember| gateway.backend(m.backend).map_or_else(String::new, |b| b.name.to_string());
            pool.members.iter().map(name).collect::<Vec<_>>()
        };
        let (a, b) = (order(player.gateway(Which::Old), old), order(player.gateway(Which::New), new));
        let is_renamed = !before.keys().all(|account| {
            player
                .accounts
                .name(Which::Old, *account)
                .eq_ignore_ascii_case(player.accounts.name(Which::New, *account))
        });
        if !is_renamed {
            let what = format!("pool {name}: order of members");
            compared(&what, Some(&a.join(", ")), Some(&b.join(", ")), found);
        }
    }
    let status = |pool: &PoolSpec| pool.failure_status.map_or("503".to_owned(), |status| status.to_string());
    compared(&format!("pool {name}: status when exhausted"), Some(&status(old)), Some(&status(new)), found);
    let cookie = |pool: &PoolSpec| pool.affinity.as_ref().map(|affinity| quoted(&affinity.cookie));
    compared(&format!("pool {name}: cookie"), cookie(old).as_deref(), cookie(new).as_deref(), found);
}

/// Lines that were edited, section by section.
fn policies(player: &Player<'_>, sources: &SourceMap, found: &mut Vec<Edit>) {
    let texts = Both::of(|which| sections(player.gateway(which).program(), sources));
    let keys: BTreeSet<&(PolicyScope, String)> = texts.old.keys().chain(texts.new.keys()).collect();
    let is_single = keys.iter().all(|(scope, _)| *scope == PolicyScope::Api);
    for key in keys {
        let (old, new) =
            (texts.old.get(key).map_or("", String::as_str), texts.new.get(key).map_or("", String::as_str));
        if old == new {
            continue;
        }
        let diff = TextDiff::from_lines(old, new);
        let of = |tag: ChangeTag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
        let (gone, added) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
        let scope = if is_single { String::new() } else { format!(" of scope {}", key.0.name()) };
        let lines = |number| count(number, "line", "lines");
        found.push(Edit {
            what: format!("policy{scope}, {}: {} removed, {} added", key.1, lines(gone), lines(added)),
            old: None,
            new: None,
        });
    }
}

/// The policies of a program by scope and section, laid out alike; fragments by themselves.
fn sections(program: &Program, sources: &SourceMap) -> BTreeMap<(PolicyScope, String), String> {
    let files: BTreeMap<SourceId, PolicyScope> =
        program.places.iter().filter_map(|place| Some((place.span?.source, place.scope))).collect();
    let mut found: BTreeMap<(PolicyScope, String), String> = BTreeMap::new();
    for (file, scope) in files {
        let options = Options { unresolved: Unresolved::Keep, ..Options::default() };
        let document = read(file, sources.text(file), &options, &mut Diagnostics::new());
        for part in document.parts() {
            let section = part.section.map_or("fragments", |section| section.name());
            found.entry((scope, section.to_owned())).or_default().push_str(&print(part.policies));
        }
    }
    found
}
