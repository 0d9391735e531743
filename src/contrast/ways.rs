//! In which ways requests come in: those that one of the configurations treats differently.
//!
//! Rules
//! - Tried are: the usual request, without a body, streaming, without a subscription, every caller that is known,
//!   and every header, parameter or member of the body that an expression looks at, with every text that one
//!   compares.
//! - Two changes at once are tried where there are few. Of ways that make no difference the first is kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::answers::{RetryAfter, Trouble};
use super::facets::{Kind, compare};
use super::literals::Literals;
use super::play::Player;
use super::seen::Seen;
use super::side::{Both, Which};
use crate::policy::{Header, HeaderValue, Text};
use crate::suite::{CaseRequest, Coverage, RequestRecord};
use crate::units::StatusCode;
use crate::wording::quoted;

/// Values that are tried for each name.
const MOST_VALUES: usize = 16;
/// Names that are tried.
const MOST_NAMES: usize = 12;
/// Ways that are tried before those that make no difference are left out.
const MOST_TRIED: usize = 400;
/// Ways that are played.
pub(super) const MOST_WAYS: usize = 24;
/// A value that no expression names.
const ANOTHER: &str = "another-value";

/// A change to the usual request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Method(&'static str),
    NoBody,
    Member(String, Json),
    /// `None`: without the header.
    Header(String, Option<String>),
    Query(String, String),
    Parameter(String, String),
    NoSubscription,
    /// Identifier and name of a subscription.
    Subscription(String),
    Product(String),
    /// A request of somebody known, by position.
    Caller(usize),
}

/// How a request comes in.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// In words, for behind "a request"; empty for the usual one.
    pub(super) words: String,
    changes: Vec<Change>,
}

/// All ways that are played, and whether there were more.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    pub(super) all: Vec<Way>,
    pub(super) is_cut: bool,
}

impl Way {
    fn of(change: Change, player: &Player<'_>) -> Self {
        let words = match &change {
            Change::Method(method) => format!("with method `{method}`"),
            Change::NoBody => "without a body".to_owned(),
            Change::Member(name, value) => {
                format!("with {} in its body", quoted(&format!("\"{name}\": {value}")))
            }
            Change::Header(name, None) => format!("without header {}", quoted(name)),
            Change::Header(name, Some(value)) => {
                format!("with header {}", quoted(&format!("{name}: {value}")))
            }
            Change::Query(name, value) => format!("with {} in its query", quoted(&format!("{name}={value}"))),
            Change::Parameter(name, value) => format!("with {} as {name}", quoted(value)),
            Change::NoSubscription => "without a subscription".to_owned(),
            Change::Subscription(name) => format!("of subscription {}", quoted(name)),
            Change::Product(name) => format!("of product {}", quoted(name)),
            Change::Caller(at) => {
                let caller = player.callers(Which::Old).get(*at).or(player.callers(Which::New).get(*at));
                format!("of caller {}", quoted(caller.map_or("", |(name, _)| name)))
            }
        };
        Self { words, changes: vec![change] }
    }

    fn and(&self, other: &Self) -> Self {
        let changes = self.changes.iter().chain(&other.changes).cloned().collect();
        Self { words: format!("{} and {}", self.words, other.words), changes }
    }

    /// The request as it comes to one side. What the client sends is the same on both; what `context` tells of the
    /// API is the side's own.
    pub(super) fn request(&self, player: &Player<'_>, which: Which) -> CaseRequest {
        let mut request = player.request(which).clone();
        for change in &self.changes {
            apply(change, &mut request, player, which);
        }
        request
    }
}

fn apply(change: &Change, request: &mut CaseRequest, player: &Player<'_>, which: Which) {
    match change {
        Change::Method(method) => request.method = Text::Static(method),
        Change::NoBody => {
            request.body = None;
            request.method = Text::Static("GET");
        }
        Change::Member(name, value) => {
            let body = request.body.as_ref().map_or("{}", Text::as_str);
            let mut json: Json = serde_json::from_str(body).unwrap_or_default();
            if let Some(members) = json.as_object_mut() {
                members.insert(name.clone(), value.clone());
                request.body = Some(Text::from(json.to_string()));
            }
        }
        Change::Header(name, value) => {
            let others = request.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case(name));
            let added = value.iter().map(|value| Header {
                name: Text::from(name.clone()),
                value: HeaderValue::Text(Text::from(value.clone())),
            });
            request.headers = others.cloned().chain(added).collect();
        }
        Change::Query(name, value) => {
            let sign = if request.path.contains('?') { '&' } else { '?' };
            request.path = Text::from(format!("{}{sign}{name}={value}", request.path));
        }
        Change::Parameter(name, value) => {
            let facts = Arc::make_mut(&mut request.facts);
            let known =
                facts.matched_parameters.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
            let old = known.map(|at| facts.matched_parameters.remove(at).1);
            facts.matched_parameters.push((Text::from(name.clone()), Text::from(value.clone())));
            let path = match old {
                Some(old) => request.path.replacen(&format!("/{old}"), &format!("/{value}"), 1),
                None => with_deployment(&request.path, value),
            };
            request.path = Text::from(path);
        }
        Change::NoSubscription => {
            let facts = Arc::make_mut(&mut request.facts);
            facts.subscription = None;
            let key = facts.api.key_header.clone();
            let others = request.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case(&key));
            request.headers = others.cloned().collect();
        }
        Change::Subscription(name) => {
            if let Some(subscription) = &mut Arc::make_mut(&mut request.facts).subscription {
                subscription.id = Text::from(name.clone());
                subscription.name = Text::from(name.clone());
            }
        }
        Change::Product(name) => {
            let name = Text::from(name.clone());
            Arc::make_mut(&mut request.facts).product = Some(crate::policy::Product {
                id: name.clone(),
                name,
                state: "Published".into(),
                approval_required: false,
                subscription_required: true,
                subscription_limit: None,
                groups: Vec::new(),
            });
        }
        Change::Caller(at) => {
            let other = if which == Which::Old { Which::New } else { Which::Old };
            let own = player.callers(which).get(*at).or(player.callers(other).get(*at));
            if let Some((_, known)) = own {
                *request = known.clone();
            }
        }
    }
}

/// The path with another deployment.
fn with_deployment(path: &str, deployment: &str) -> String {
    let Some((before, rest)) = path.split_once("/deployments/") else { return path.to_owned() };
    let rest = rest.split_once('/').map_or("", |(_, rest)| rest);
    format!("{before}/deployments/{deployment}/{rest}")
}

impl Ways {
    /// The ways that make a difference.
    pub(super) fn of(player: &Player<'_>, literals: &Literals) -> Self {
        let singles: Vec<Way> =
            candidates(player, literals).into_iter().map(|c| Way::of(c, player)).collect();
        let mut seen: BTreeSet<Signature> = BTreeSet::new();
        let usual = Way::default();
        seen.insert(Signature::of(player, &usual));
        let mut ways = Self { all: vec![usual], is_cut: false };
        let mut kept = Vec::new();
        let mut tried = 0_usize;
        for way in singles {
            tried = tried.saturating_add(1);
            if tried > MOST_TRIED {
                ways.is_cut = true;
                break;
            }
            if seen.insert(Signature::of(player, &way)) {
                kept.push(way);
            }
        }
        let mut pairs = Vec::new();
        for (at, first) in kept.iter().enumerate() {
            for second in kept.iter().skip(at.saturating_add(1)) {
                tried = tried.saturating_add(1);
                if tried > MOST_TRIED {
                    ways.is_cut = true;
                    break;
                }
                let pair = first.and(second);
                if seen.insert(Signature::of(player, &pair)) {
                    pairs.push(pair);
                }
            }
        }
        ways.all.extend(kept);
        ways.all.extend(pairs);
        ways.is_cut |= ways.all.len() > MOST_WAYS;
        ways.all.truncate(MOST_WAYS);
        ways
    }
}

/// Every change that is worth trying.
fn candidates(player: &Player<'_>, literals: &Literals) -> Vec<Change> {
    let mut found =
        vec![Change::NoSubscription, Change::NoBody, Change::Member("stream".to_owned(), Json::Bool(true))];
    let callers = player.callers(Which::Old).len().max(player.callers(Which::New).len());
    found.extend((0..callers).map(Change::Caller));
    let values = || literals.values.iter().take(MOST_VALUES).cloned();
    let with_another = || values().chain([ANOTHER.to_owned()]);
    for name in literals.headers.iter().take(MOST_NAMES) {
        found.push(Change::Header(name.clone(), None));
        found.extend(with_another().map(|value| Change::Header(name.clone(), Some(value))));
    }
    for name in literals.query.iter().take(MOST_NAMES) {
        found.extend(with_another().map(|value| Change::Query(name.clone(), value)));
    }
    for name in literals.parameters.iter().take(MOST_NAMES) {
        found.extend(with_another().map(|value| Change::Parameter(name.clone(), value)));
    }
    for name in literals.members.iter().take(MOST_NAMES) {
        found.extend(with_another().map(|value| Change::Member(name.clone(), Json::String(value))));
        found.extend(
            [Json::Bool(true), Json::Bool(false), Json::from(1), Json::from(100_000)]
                .map(|value| Change::Member(name.clone(), value)),
        );
    }
    if literals.subscription {
        found.extend(with_another().map(Change::Subscription));
    }
    if literals.product {
        found.extend(with_another().map(Change::Product));
    }
    if literals.method {
        found.extend(["PUT", "DELETE", "OPTIONS"].map(Change::Method));
    }
    found
}

/// What becomes of requests that come in one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Signature(Vec<Look>);

/// What was reached, what came of it, and in what that differs.
type Look = (Both<Coverage>, Both<Outline>, BTreeSet<Kind>);

/// Status, number of calls, and what was called first.
type Outline = (u16, usize, Option<String>);

impl Signature {
    fn of(player: &Player<'_>, way: &Way) -> Self {
        let status = |number| StatusCode::new(number).map(|s| Trouble::Status(s, RetryAfter::Absent));
        let troubles = [Some(Trouble::WELL), status(429), status(500)];
        let looks = troubles.into_iter().flatten().map(|trouble| {
            let script = trouble.script();
            let Both { old, new } = Both::of(|which| player.look(which, way, &script));
            let told = Both { old: outline(&old.1), new: outline(&new.1) };
            let seen = Both {
                old: Seen::of(&player.accounts, Which::Old, old.1),
                new: Seen::of(&player.accounts, Which::New, new.1),
            };
            (Both { old: old.0, new: new.0 }, told, compare(&seen))
        });
        Self(looks.collect())
    }
}

fn outline(record: &RequestRecord) -> Outline {
    let status = record.response.as_ref().map_or(0, |response| response.status.get());
    (status, record.backends.len(), record.backends.first().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployments_stand_in_paths() {
        assert_eq!(with_deployment("/deployments/a/chat?x=1", "b"), "/deployments/b/chat?x=1");
        assert_eq!(with_deployment("/responses", "b"), "/responses");
    }
}
