//! How a backend is chosen, and what takes it out of the choice.

use std::collections::BTreeSet;

use super::page::{Block, Item, with_place};
use super::steps_more::backend_names;
use super::teller::Teller;
use crate::gateway::{
    BackendEntity, BackendRef, BreakerRule, GatewaySpec, PoolSpec, PriorityGroup, Threshold,
};
use crate::policy::{Op, Operand, Pc, SetBackend};
use crate::semantics::{
    CountTimeouts, ErrorReasons, ExhaustedAs, HalfOpen, LoadBalancing, Reading, RetryAfterPolicy, Switch,
};
use crate::units::StatusCode;
use crate::wording::{count, list, lower_first, quoted, ranges, time};

/// The places that say where requests go, in order.
pub(super) fn targets<'t>(teller: &'t Teller<'_>) -> Vec<(Pc, &'t SetBackend)> {
    let ops = teller.subject.program.ops.iter().enumerate();
    let found = ops.filter_map(|(at, op)| match op {
        Op::SetBackendService(target) => Some((Pc(u32::try_from(at).ok()?), target)),
        _ => None,
    });
    found.collect()
}

/// The section about the choice of a backend.
pub(super) fn choice(teller: &Teller<'_>) -> Vec<Block> {
    let subject = teller.subject;
    let mut blocks = Vec::new();
    let targets = targets(teller);
    let told: Vec<Item> = targets
        .iter()
        .map(|(pc, target)| Item::at(format!("To {}.", teller.target(target)), teller.at(*pc)))
        .collect();
    match told.as_slice() {
        [] if subject.is_alone => blocks.push(Block::Text(
            "The policy does not say where requests go (no `set-backend-service`): they go to the URL that the API \
             itself is set up with, without a pool or a breaker."
                .to_owned(),
        )),
        [] => blocks.push(Block::Text(
            "The policy does not say where requests go (no `set-backend-service`), so no backend or pool of this \
             scenario is used."
                .to_owned(),
        )),
        [only] => blocks.push(Block::Text(format!("Requests go {}", lower_first(&only.line())))),
        _ => {
            blocks.push(Block::Text("Where a request goes depends on the way it takes; the last of these on its \
                                     way counts."
                .to_owned()));
            blocks.push(Block::Items(told));
        }
    }
    if targets.iter().any(|(_, target)| matches!(target, SetBackend::Url(_))) {
        blocks.push(Block::Text(
            "A URL is called as it is: no pool, and no breaker that could trip.".to_owned(),
        ));
    }
    if subject.is_alone {
        if targets.iter().any(|(_, target)| matches!(target, SetBackend::Id(_))) {
            blocks.push(Block::Text(
                "The backends themselves are not among the inputs. In general: a backend is one server. A pool is a \
                 list of backends; it picks one for each attempt, the ones of the lowest priority number first and \
                 among those by weight. A backend can have a circuit breaker: after a number of failures it is \
                 tripped, that is, left out for a while. Name the backends as well (`poolproof policy explain \
                 policy.xml backends.json`) to see how it is here."
                    .to_owned(),
            ));
        }
        return blocks;
    }
    let gateway = &subject.gateway;
    for (pool, name) in pools(teller) {
        blocks.extend(about_pool(teller, pool, &name));
    }
    for (_, target) in &targets {
        if let SetBackend::Id(Operand::Literal(id)) = target
            && let Some(BackendRef::Single(backend)) = gateway.find(id)
            && let Some(entity) = gateway.backend(backend)
        {
            blocks.push(Block::Text(with_place(
                &single(entity),
                teller.resource(&entity.name, false).as_ref(),
            )));
        }
    }
    blocks.extend(variants(teller));
    blocks
}

/// The pools that the policy can reach.
pub(super) fn reached_pools<'t>(teller: &'t Teller<'_>) -> Vec<&'t PoolSpec> {
    pools(teller).into_iter().map(|(pool, _)| pool).collect()
}

/// The pools that the policy can reach: those it names, or all when it computes a name.
fn pools<'t>(teller: &'t Teller<'_>) -> Vec<(&'t PoolSpec, String)> {
    let gateway = &teller.subject.gateway;
    let targets = targets(teller);
    let is_computed =
        targets.iter().any(|(_, target)| matches!(target, SetBackend::Id(Operand::Expression(_))));
    let is_named = |pool: &PoolSpec| {
        targets.iter().any(|(_, target)| {
            matches!(target, SetBackend::Id(Operand::Literal(id)) if id.eq_ignore_ascii_case(&pool.name))
        })
    };
    let reached = gateway.pools().iter().filter(|pool| is_computed || is_named(pool));
    reached.map(|pool| (pool, quoted(&pool.name))).collect()
}

fn name_of(gateway: &GatewaySpec, backend: crate::units::BackendId) -> &str {
    gateway.backend(backend).map_or("?", |backend| &backend.name)
}

/// `50 %`, `33.3 %`.
fn percent(part: u32, total: u32) -> String {
    let permille = part.saturating_mul(1_000).saturating_add(total / 2).checked_div(total).unwrap_or(0);
    match permille % 10 {
        0 => format!("{} %", permille / 10),
        rest => format!("{}.{rest} %", permille / 10),
    }
}

/// The members of a group with their shares.
fn shares(gateway: &GatewaySpec, group: &PriorityGroup) -> String {
    let total = group.members.iter().fold(0u32, |sum, (_, weight)| sum.saturating_add(u32::from(*weight)));
    if let [(only, _)] = group.members.as_slice() {
        return format!("{} takes everything", quoted(name_of(gateway, *only)));
    }
    let first = group.members.first().map(|(_, weight)| *weight);
    if group.members.iter().all(|(_, weight)| Some(*weight) == first) {
        let names = backend_names(group.members.iter().map(|(backend, _)| name_of(gateway, *backend)));
        let share = percent(1, u32::try_from(group.members.len()).unwrap_or(u32::MAX));
        return format!("{names} share evenly, {share} each");
    }
    let parts: Vec<String> = group
        .members
        .iter()
        .map(|(backend, weight)| {
            format!("{} gets {}", quoted(name_of(gateway, *backend)), percent(u32::from(*weight), total))
        })
        .collect();
    list(&parts, "and")
}

/// Which members are left out for what their regions emit; `None`: the pool does not care.
fn carbon(gateway: &GatewaySpec, pool: &PoolSpec) -> Option<String> {
    let limits: Vec<String> = pool
        .members
        .iter()
        .filter_map(|member| {
            let most = member.preferred_carbon?;
            Some(format!("{} above {}", quoted(name_of(gateway, member.backend)), most.name()))
        })
        .collect();
    (!limits.is_empty()).then(|| {
        let limits = list(&limits, "and");
        format!(
            "Left out while their region emits more than they should, unless no other is available: {limits}."
        )
    })
}

fn about_pool(teller: &Teller<'_>, pool: &PoolSpec, name: &str) -> Vec<Block> {
    let gateway = &teller.subject.gateway;
    let groups = PriorityGroup::of(pool, gateway.semantics());
    let members = count(pool.members.len(), "member", "members");
    let mut items = Vec::new();
    if let [only] = groups.as_slice() {
        items.push(Item::plain(format!("All members are in one group: {}.", shares(gateway, only))));
    } else {
        for (index, group) in groups.iter().enumerate() {
            let when = if index == 0 { "First" } else { "Only while all before are tripped" };
            let text = format!("{when} (priority {}): {}.", group.priority, shares(gateway, group));
            items.push(Item::plain(text));
        }
    }
    let how = match gateway.semantics().lb_algorithm {
        LoadBalancing::SmoothWrr | LoadBalancing::SlotRr => {
            "Inside a group the members take turns, as often as their share says."
        }
        LoadBalancing::WeightedRandom => {
            "Inside a group a member is drawn by lot, as often as its share says."
        }
    };
    items.push(Item::plain(how));
    items.push(Item::plain(
        "A member that is tripped (see the next section) is left out; the others of its group take its share.",
    ));
    if let Some(affinity) = &pool.affinity {
        let cookie = quoted(&affinity.cookie);
        items.push(Item::plain(format!(
            "An answer of a member sets the cookie {cookie}. A client that sends it back gets the same member, whatever \
             the shares say, while it is not tripped."
        )));
    }
    items.extend(carbon(gateway, pool).map(Item::plain));
    items.push(exhausted(gateway, pool.failure_status, "all members are tripped", true));
    let head = format!(
        "{name} is a pool: a list of backends of which one is picked for each attempt. It has {members}."
    );
    let head = with_place(&head, teller.resource(&pool.name, false).as_ref());
    vec![Block::Text(head), Block::Items(items)]
}

fn single(entity: &BackendEntity) -> String {
    let breaker = match &entity.breaker {
        Some(rule) => {
            let status = rule.failure_status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let status = crate::wording::status(status, "");
            format!("While it is tripped (see the next section), the gateway itself answers {status}.")
        }
        None => "It has no breaker, so it is called whatever it answered before.".to_owned(),
    };
    format!("{} is a single backend: nothing is chosen. {breaker}", quoted(&entity.name))
}

fn exhausted(gateway: &GatewaySpec, status: Option<StatusCode>, when: &str, is_pool: bool) -> Item {
    let semantics = gateway.semantics();
    let status = crate::wording::status(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE), "");
    let next = match semantics.pool_exhausted_as {
        ExhaustedAs::Error => "as an error, so that `on-error` runs",
        ExhaustedAs::PlainResponse => "as an answer, so that the rest of the policy runs",
    };
    let reason = if is_pool {
        format!(
            " Its text is that of the switch `{}` (here `{}`).",
            Switch::ExhaustedReason.info().path,
            semantics.pool_exhausted_reason.name()
        )
    } else {
        String::new()
    };
    Item::plain(format!(
        "When {when}, no backend is called: the gateway itself answers {status}, {next}.{reason}"
    ))
}

/// The other configurations of the scenario.
fn variants(teller: &Teller<'_>) -> Vec<Block> {
    if teller.subject.variants.is_empty() {
        return Vec::new();
    }
    let told = |(name, note, gateway): &(String, Option<String>, std::sync::Arc<GatewaySpec>)| {
        let parts: Vec<Item> = gateway.pools().iter().map(|pool| strategy(gateway, pool)).collect();
        let note =
            note.as_ref().map_or_else(String::new, |note| format!(" {}", crate::wording::remark(note)));
        Item::plain(format!("{}:{note}", quoted(name))).with(parts)
    };
    vec![
        Block::Text(
            "The scenario has variants of this choice; the rest of this text is about the scenario without \
                     a variant."
                .to_owned(),
        ),
        Block::Items(teller.subject.variants.iter().map(told).collect()),
    ]
}

fn strategy(gateway: &GatewaySpec, pool: &PoolSpec) -> Item {
    let groups = PriorityGroup::of(pool, gateway.semantics());
    let mut text = String::new();
    let mut before: Option<usize> = None;
    for group in &groups {
        text.push_str(match before {
            None => "",
            Some(1) => "; while it is tripped, ",
            Some(_) => "; while all of them are tripped, ",
        });
        text.push_str(&shares(gateway, group));
        before = Some(before.unwrap_or(0).saturating_add(group.members.len()));
    }
    Item::plain(format!("{}: {text}.", quoted(&pool.name)))
}

/// The section about breakers.
pub(super) fn breakers(teller: &Teller<'_>) -> Vec<Block> {
    let subject = teller.subject;
    if subject.is_alone {
        return vec![Block::Text(
            "Breakers belong to the backends, which are not among the inputs. The policy itself trips nothing."
                .to_owned(),
        )];
    }
    let gateway = &subject.gateway;
    let reached = reached(teller);
    // Backends with the same rule are told together; the rule's name does not matter.
    let mut rules: Vec<(BreakerRule, Vec<&str>)> = Vec::new();
    let mut without: Vec<&str> = Vec::new();
    for entity in gateway.backends().iter().enumerate().filter(|(at, _)| reached.contains(at)).map(|(_, e)| e)
    {
        match &entity.breaker {
            None => without.push(&entity.name),
            Some(rule) => {
                let nameless = BreakerRule { name: "".into(), ..rule.clone() };
                match rules.iter_mut().find(|(known, _)| *known == nameless) {
                    Some((_, names)) => names.push(&entity.name),
                    None => rules.push((nameless, vec![&entity.name])),
                }
            }
        }
    }
    let mut blocks = vec![Block::Text(
        "A circuit breaker watches the answers of one backend. When it trips, the backend gets no requests for a \
         while; then it is used again, without a test before. Each gateway instance counts for itself."
            .to_owned(),
    )];
    if gateway.semantics().breaker_half_open == HalfOpen::OneProbe {
        blocks.push(Block::Text(
            "Before that, one request decides whether the backend is used again.".to_owned(),
        ));
    }
    let mut items: Vec<Item> = rules.iter().map(|(rule, names)| about_rule(teller, rule, names)).collect();
    if !without.is_empty() {
        let verb = if without.len() == 1 {
            "has no breaker: it is never"
        } else {
            "have no breaker: they are never"
        };
        items.push(Item::plain(format!("{} {verb} left out.", backend_names(without.into_iter()))));
    }
    if items.is_empty() {
        return vec![Block::Text("Nothing: no backend with a breaker is used.".to_owned())];
    }
    blocks.push(Block::Items(items));
    blocks
}

/// Indices of backends that the policy can reach.
pub(super) fn reached(teller: &Teller<'_>) -> BTreeSet<usize> {
    let gateway = &teller.subject.gateway;
    let mut found = BTreeSet::new();
    for (_, target) in targets(teller) {
        match target {
            SetBackend::Id(Operand::Literal(id)) => match gateway.find(id) {
                Some(BackendRef::Single(backend)) => {
                    found.insert(backend.index());
                }
                Some(BackendRef::Pool(pool)) => {
                    let members = gateway.pool(pool).into_iter().flat_map(|pool| &pool.members);
                    found.extend(members.map(|member| member.backend.index()));
                }
                None => {}
            },
            SetBackend::Id(Operand::Expression(_)) => found.extend(0..gateway.backends().len()),
            SetBackend::Url(_) => {}
        }
    }
    found
}

fn about_rule(teller: &Teller<'_>, rule: &BreakerRule, names: &[&str]) -> Item {
    let semantics = teller.subject.gateway.semantics();
    let statuses: Vec<(u16, u16)> = rule.statuses.iter().map(|(from, to)| (from.get(), to.get())).collect();
    let what = if statuses.is_empty() { "no status at all".to_owned() } else { ranges(&statuses) };
    let after = match rule.threshold {
        Threshold::Count(1) => format!("after one answer of {what}"),
        Threshold::Count(number) => {
            format!("after {number} answers of {what} within {}", time(rule.interval))
        }
        Threshold::Percentage(percent) => {
            format!("when {percent} % or more of the answers within {} are {what}", time(rule.interval))
        }
    };
    let verb = if names.len() == 1 { "trips" } else { "trip, each for itself," };
    let head =
        format!("{} {verb} {after}, for {}.", backend_names(names.iter().copied()), time(rule.trip_duration));
    let mut items = Vec::new();
    items.push(Item::plain(if rule.accept_retry_after {
        match semantics.breaker_retry_after_policy {
            RetryAfterPolicy::Override => {
                "If that answer says when to come back (`Retry-After`), the trip lasts that long instead."
            }
            RetryAfterPolicy::MaxWithTrip => {
                "If that answer says when to come back (`Retry-After`), the trip lasts the longer of both."
            }
            RetryAfterPolicy::IgnoreIfZero => {
                "If that answer says when to come back (`Retry-After`), the trip lasts that long instead, unless it \
                 says 0."
            }
        }
    } else {
        "What the answer says of coming back (`Retry-After`) does not matter."
    }));
    let counts_504 = rule.counts(StatusCode::GATEWAY_TIMEOUT);
    let no_answer = if counts_504 && semantics.breaker_count_timeouts == CountTimeouts::As504 {
        "A timeout counts like an answer of 504; no connection does not count.".to_owned()
    } else {
        format!(
            "Not counted: other statuses, and no answer at all (a timeout, no connection; switch `{}`, here `{}`). \
             A backend that never answers is not left out.",
            Switch::CountTimeouts.info().path,
            semantics.breaker_count_timeouts.name()
        )
    };
    items.push(Item::plain(no_answer));
    if !rule.error_reasons.is_empty() {
        let reasons = backend_names(rule.error_reasons.iter().map(AsRef::as_ref));
        let effect = match semantics.breaker_error_reasons {
            ErrorReasons::Ineffective => "do nothing",
            ErrorReasons::Effective => "make such failures count",
        };
        items.push(Item::plain(format!(
            "The error reasons of the rule ({reasons}) {effect} (switch `{}`, here `{}`).",
            Switch::ErrorReasons.info().path,
            semantics.breaker_error_reasons.name()
        )));
    }
    let at = names.first().and_then(|name| teller.resource(name, true));
    Item::at(head, at).with(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_rounded_to_a_tenth() {
        for (part, total, expected) in [
            (1, 2, "50 %"),
            (1, 3, "33.3 %"),
            (2, 3, "66.7 %"),
            (80, 100, "80 %"),
            (1, 0, "0 %"),
            (1, 1, "100 %"),
        ] {
            assert_eq!(percent(part, total), expected);
        }
    }
}
