//! Backends and pools as the rules look at them: every property absent, unknown or known, with its place.
//!
//! Source: resource schema `Microsoft.ApiManagement/service/backends`, versions 2023-03-01-preview to
//! 2025-09-01-preview. Values of the wrong type are unknown here; whoever compares with the schema tells them.

use std::sync::Arc;

use super::given::Given;
use super::inventory::Found;
use super::plain::known_name;
use crate::diagnostics::Span;
use crate::tree::check::Dialect;
use crate::tree::json::Node;
use crate::units::Duration;

/// A backend resource.
#[derive(Clone, Debug)]
pub struct Backend {
    /// Backend id; `None` when only the deployment knows it.
    pub name: Option<Arc<str>>,
    /// Where the name is written, or the resource begins.
    pub span: Span,
    /// Its API version and where that is written.
    pub api_version: Option<(Arc<str>, Span)>,
    /// Whether it is deployed only on a condition that the files do not decide.
    pub is_conditional: bool,
    /// Whether only its name is known (`existing`): nothing can be said about what it has.
    pub is_reference: bool,
    /// What it is.
    pub kind: BackendKind,
    /// `properties`, for what is not read here.
    pub properties: Option<Node>,
}

/// What `properties` describe.
#[derive(Clone, Debug)]
pub enum BackendKind {
    /// One endpoint.
    Single(Single),
    /// A pool.
    Pool(Pool),
    /// Only the deployment knows.
    Unknown,
}

/// One endpoint.
#[derive(Clone, Debug)]
pub struct Single {
    /// `url`
    pub url: Given<Arc<str>>,
    /// `protocol`
    pub protocol: Given<Arc<str>>,
    /// `azureRegion`
    pub azure_region: Given<Arc<str>>,
    /// `credentials`
    pub credentials: Given<()>,
    /// `circuitBreaker`
    pub breaker: Given<Breaker>,
}

/// `circuitBreaker`
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Its rules; whether all of them are known.
    pub rules: Vec<BreakerRule>,
    /// Whether there may be rules that only the deployment knows.
    pub is_partial: bool,
}

/// One circuit breaker rule.
#[derive(Clone, Debug)]
pub struct BreakerRule {
    /// Where it begins.
    pub span: Span,
    /// `name`
    pub name: Given<Arc<str>>,
    /// `failureCondition`, as a place.
    pub condition: Option<Span>,
    /// `failureCondition.count`
    pub count: Given<u64>,
    /// `failureCondition.percentage`
    pub percentage: Given<u64>,
    /// `failureCondition.interval`
    pub interval: Given<Duration>,
    /// `failureCondition.statusCodeRanges`
    pub ranges: Given<Vec<StatusRange>>,
    /// `failureCondition.errorReasons`
    pub error_reasons: Given<Vec<(Arc<str>, Span)>>,
    /// `tripDuration`
    pub trip_duration: Given<Duration>,
    /// `acceptRetryAfter`
    pub accept_retry_after: Given<bool>,
    /// `failureResponse.statusCode`
    pub failure_status: Given<u64>,
}

/// An entry of `statusCodeRanges`.
#[derive(Clone, Debug)]
pub struct StatusRange {
    /// Where it begins.
    pub span: Span,
    /// `min`
    pub min: Given<u64>,
    /// `max`
    pub max: Given<u64>,
}

/// A pool.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Where `pool` or its list of members begins.
    pub span: Span,
    /// `services`
    pub members: Vec<Member>,
    /// Whether there may be members that only the deployment knows.
    pub is_partial: bool,
    /// `failureResponse.statusCode`
    pub failure_status: Given<u64>,
    /// `sessionAffinity.sessionId.name`
    pub affinity: Given<Arc<str>>,
}

/// A member of a pool.
#[derive(Clone, Debug)]
pub struct Member {
    /// Where it begins.
    pub span: Span,
    /// `id` as it is written.
    pub id: Given<Arc<str>>,
    /// Backend id: the last segment of `id`.
    pub name: Option<Arc<str>>,
    /// `priority`
    pub priority: Given<u64>,
    /// `weight`
    pub weight: Given<u64>,
    /// `preferredCarbonEmission`
    pub preferred_carbon: Given<Arc<str>>,
}

/// The backend that a resource is.
pub fn backend(found: &Found) -> Backend {
    let properties = found.properties();
    let kind = match properties {
        None => BackendKind::Unknown,
        Some(properties) if properties.members().is_none() => BackendKind::Unknown,
        Some(properties) => kind(properties),
    };
    Backend {
        name: found.name.clone(),
        span: found.name_span,
        api_version: found.api_version.clone(),
        is_conditional: found.is_conditional,
        is_reference: found.is_reference,
        kind,
        properties: properties.cloned(),
    }
}

fn kind(properties: &Node) -> BackendKind {
    let is_pool = match Given::text(properties.get("type")) {
        Given::Known(kind, _) => kind.eq_ignore_ascii_case("pool"),
        Given::Unknown(_) if properties.get("pool").is_none() && properties.get("url").is_none() => {
            return BackendKind::Unknown;
        }
        Given::Absent | Given::Unknown(_) => properties.get("pool").is_some(),
    };
    if is_pool { BackendKind::Pool(pool(properties)) } else { BackendKind::Single(single(properties)) }
}

fn single(properties: &Node) -> Single {
    Single {
        url: Given::text(properties.get("url")),
        protocol: Given::text(properties.get("protocol")),
        azure_region: Given::text(properties.get("azureRegion")),
        credentials: Given::read(properties.get("credentials"), |_| Some(())),
        breaker: Given::read(properties.get("circuitBreaker"), breaker),
    }
}

fn breaker(node: &Node) -> Option<Breaker> {
    node.members()?;
    let Some(rules) = node.get("rules") else {
        return Some(Breaker { rules: Vec::new(), is_partial: false });
    };
    let Some(elements) = rules.elements() else {
        return Some(Breaker { rules: Vec::new(), is_partial: true });
    };
    let known: Vec<&Node> = elements.iter().filter(|rule| rule.members().is_some()).collect();
    Some(Breaker {
        rules: known.iter().map(|rule| breaker_rule(rule)).collect(),
        is_partial: known.len() < elements.len(),
    })
}

fn breaker_rule(rule: &Node) -> BreakerRule {
    let condition = rule.get("failureCondition");
    let field = |name: &str| condition.and_then(|condition| condition.get(name));
    BreakerRule {
        span: rule.mark(),
        name: Given::text(rule.get("name")),
        condition: condition.map(Node::mark),
        count: Given::read(field("count"), Node::integer),
        percentage: Given::read(field("percentage"), Node::integer),
        interval: Given::read(field("interval"), Node::time),
        ranges: Given::read(field("statusCodeRanges"), |node| {
            Some(node.elements()?.iter().map(range).collect())
        }),
        error_reasons: Given::read(field("errorReasons"), |node| {
            let elements = node.elements()?.iter();
            Some(elements.filter_map(|reason| Some((Arc::from(reason.text()?), reason.span))).collect())
        }),
        trip_duration: Given::read(rule.get("tripDuration"), Node::time),
        accept_retry_after: Given::read(rule.get("acceptRetryAfter"), |node| node.flag(Dialect::Arm)),
        failure_status: failure_status(rule),
    }
}

fn range(node: &Node) -> StatusRange {
    let end = |name: &str| Given::read(node.get(name), Node::integer);
    // An entry that is not known as a whole has no known ends.
    let (min, max) = match node.members() {
        Some(_) => (end("min"), end("max")),
        None => (Given::Unknown(node.mark()), Given::Unknown(node.mark())),
    };
    StatusRange { span: node.mark(), min, max }
}

fn pool(properties: &Node) -> Pool {
    let body = properties.get("pool");
    let services = body.and_then(|pool| pool.get("services"));
    let span = services.or(body).unwrap_or(properties).mark();
    let elements = services.and_then(Node::elements);
    let is_partial = match (body, services) {
        (None, _) => false,
        (Some(body), None) => body.members().is_none(),
        (Some(_), Some(services)) => match services.elements() {
            Some(elements) => elements.iter().any(|element| element.members().is_none()),
            None => true,
        },
    };
    let members = elements.unwrap_or_default().iter().filter(|element| element.members().is_some());
    Pool {
        span,
        members: members.map(member).collect(),
        is_partial,
        failure_status: body.map_or(Given::Absent, failure_status),
        affinity: Given::text(
            body.and_then(|pool| pool.get("sessionAffinity")?.get("sessionId")?.get("name")),
        ),
    }
}

fn member(node: &Node) -> Member {
    let id = Given::text(node.get("id"));
    Member {
        span: node.mark(),
        // The end of an id may be known although the rest is not.
        name: node.get("id").and_then(Node::text).and_then(known_name),
        id,
        priority: Given::read(node.get("priority"), Node::integer),
        weight: Given::read(node.get("weight"), Node::integer),
        preferred_carbon: Given::text(node.get("preferredCarbonEmission")),
    }
}

fn failure_status(node: &Node) -> Given<u64> {
    Given::read(node.get("failureResponse").and_then(|response| response.get("statusCode")), Node::integer)
}

impl Backend {
    /// The endpoint, if it is one.
    pub const fn single(&self) -> Option<&Single> {
        match &self.kind {
            BackendKind::Single(single) => Some(single),
            BackendKind::Pool(_) | BackendKind::Unknown => None,
        }
    }

    /// The pool, if it is one.
    pub const fn pool(&self) -> Option<&Pool> {
        match &self.kind {
            BackendKind::Pool(pool) => Some(pool),
            BackendKind::Single(_) | BackendKind::Unknown => None,
        }
    }

    /// What messages call it.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or("(a name that only the deployment knows)")
    }
}

impl Single {
    /// The rules of its breaker; empty when it has none or they are not known.
    pub fn rules(&self) -> &[BreakerRule] {
        self.breaker.known().map_or(&[], |breaker| &breaker.rules)
    }

    /// Whether it certainly has no breaker rule.
    pub fn certainly_has_no_rule(&self) -> bool {
        match &self.breaker {
            Given::Absent => true,
            Given::Unknown(_) => false,
            Given::Known(breaker, _) => breaker.rules.is_empty() && !breaker.is_partial,
        }
    }
}
