//! One backend resource: its name and either a single backend with its breaker rule or a pool.

use std::sync::Arc;

use super::super::check::{Dialect, check};
use super::super::json::{Node, Value, shorten};
use super::super::shape::Kind;
use super::find::backend_resources;
use super::shapes::{POOL, RESOURCE, SINGLE};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::gateway::{BreakerRule, Threshold};
use crate::units::{Duration, StatusCode};

/// A backend resource.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// Backend id.
    pub(crate) name: Arc<str>,
    /// Where the name is written.
    pub(crate) name_span: Span,
    pub(crate) kind: ResourceKind,
}

/// What `properties.type` says.
#[derive(Clone, Debug)]
pub(crate) enum ResourceKind {
    Single { url: Arc<str>, url_span: Span, breaker: Option<BreakerRule>, breaker_span: Option<Span> },
    Pool { members: Vec<ResourceMember>, failure_status: Option<StatusCode> },
}

/// A member of a pool as the resource gives it.
#[derive(Clone, Debug)]
pub(crate) struct ResourceMember {
    /// Last segment of the id.
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) priority: Option<u8>,
    pub(crate) weight: Option<u8>,
}

/// The backend resources of a document, in order. Problems are told; what is unusable is left out.
pub(crate) fn read_resources(root: &Node, diagnostics: &mut Diagnostics) -> Vec<Resource> {
    let found = backend_resources(root, diagnostics);
    found.into_iter().filter_map(|node| read_resource(node, diagnostics)).collect()
}

fn read_resource(node: &Node, diagnostics: &mut Diagnostics) -> Option<Resource> {
    let mut clean = check(node, Kind::Object(&RESOURCE), "resource", Dialect::Arm, diagnostics);
    let properties = node.get("properties")?;
    let is_pool = match properties.get("type").and_then(Node::text) {
        Some(kind) => kind.eq_ignore_ascii_case("pool"),
        None => properties.get("url").is_none() && present(properties, "pool").is_some(),
    };
    let shape = if is_pool { &POOL } else { &SINGLE };
    clean &= check(properties, Kind::Object(shape), "properties", Dialect::Arm, diagnostics);
    let kind = if is_pool {
        clean &= allowed_in_pool(properties, diagnostics);
        read_pool(properties, diagnostics)
    } else {
        read_single(properties, diagnostics)
    };
    let name_node = node.get("name")?;
    let name = last_segment(name_node.text()?);
    if !clean {
        return None;
    }
    Some(Resource { name: Arc::from(name), name_span: name_node.span, kind: kind? })
}

fn read_single(properties: &Node, diagnostics: &mut Diagnostics) -> Option<ResourceKind> {
    if let Some(pool) = present(properties, "pool") {
        diagnostics.push(
            Diagnostic::error("pool-in-single", pool.mark(), "a backend of type Single cannot have a `pool`")
                .label("expected only with `\"type\": \"Pool\"`"),
        );
        return None;
    }
    let url_node = properties.get("url")?;
    let url = url_node.text()?;
    let lower = url.to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        diagnostics.push(
            Diagnostic::error("wrong-url", url_node.mark(), format!("`{}` is not a URL", shorten(url)))
                .label("expected `https://` and a host"),
        );
        return None;
    }
    let circuit_breaker = present(properties, "circuitBreaker");
    let rules = circuit_breaker.and_then(|breaker| breaker.get("rules")).and_then(Node::elements);
    let mut breaker = None;
    if let Some([rule, more @ ..]) = rules {
        if let Some(second) = more.first() {
            diagnostics.push(
                Diagnostic::error("several-breaker-rules", second.mark(), "a second circuit breaker rule")
                    .label("expected one rule")
                    .note("the service accepts one rule for each backend"),
            );
            return None;
        }
        breaker = Some(read_rule(rule, diagnostics)?);
    }
    let breaker_span = breaker.as_ref().and(circuit_breaker).map(Node::mark);
    Some(ResourceKind::Single { url: Arc::from(url), url_span: url_node.span, breaker, breaker_span })
}

fn read_rule(rule: &Node, diagnostics: &mut Diagnostics) -> Option<BreakerRule> {
    let condition = rule.get("failureCondition")?;
    let count = present(condition, "count");
    let percentage = present(condition, "percentage");
    let threshold = match (count, percentage) {
        (Some(count), None) => count.integer().and_then(|n| u32::try_from(n).ok()).map(Threshold::Count),
        (None, Some(share)) => share.integer().and_then(|n| u8::try_from(n).ok()).map(Threshold::Percentage),
        (Some(_), Some(share)) => {
            diagnostics.push(
                Diagnostic::error(
                    "breaker-threshold",
                    share.mark(),
                    "both `count` and `percentage` are given",
                )
                .label("expected one of the two"),
            );
            None
        }
        (None, None) => {
            diagnostics.push(
                Diagnostic::error("breaker-threshold", condition.mark(), "no `count` and no `percentage`")
                    .label("expected one of the two"),
            );
            None
        }
    };
    let ranges = present(condition, "statusCodeRanges").and_then(Node::elements).unwrap_or_default();
    let reasons = present(condition, "errorReasons").and_then(Node::elements).unwrap_or_default();
    let mut statuses = Vec::with_capacity(ranges.len());
    let mut clean = true;
    for range in ranges {
        let (min, max) = (status(range.get("min")), status(range.get("max")));
        match (min, max) {
            (Some(min), Some(max)) if min > max => {
                let message = format!("the status range is empty: {min} is above {max}");
                diagnostics.push(
                    Diagnostic::error("status-range", range.get("min").unwrap_or(range).mark(), message)
                        .label(format!("expected at most {max}")),
                );
                clean = false;
            }
            (Some(min), Some(max)) => statuses.push((min, max)),
            // Told by the checker.
            _ => clean = false,
        }
    }
    if ranges.is_empty() && reasons.is_empty() {
        let message = "the failure condition matches nothing";
        diagnostics.push(
            Diagnostic::error("breaker-condition", condition.mark(), message)
                .label("expected `statusCodeRanges` or `errorReasons`"),
        );
        clean = false;
    }
    if !clean {
        return None;
    }
    Some(BreakerRule {
        name: Arc::from(rule.get("name").and_then(Node::text).unwrap_or_default()),
        threshold: threshold?,
        interval: duration(condition, "interval")?,
        statuses,
        error_reasons: reasons.iter().filter_map(Node::text).map(Arc::from).collect(),
        trip_duration: duration(rule, "tripDuration")?,
        accept_retry_after: rule
            .get("acceptRetryAfter")
            .and_then(|flag| flag.flag(Dialect::Arm))
            .unwrap_or(false),
        failure_status: failure_status(rule),
    })
}

fn allowed_in_pool(properties: &Node, diagnostics: &mut Diagnostics) -> bool {
    let mut clean = true;
    for (name, why) in [
        ("url", "the service answers `Url is not supported for backend pool.`"),
        ("protocol", "the service answers `Protocol is not supported for backend pool.`"),
        ("credentials", "credentials belong to the members"),
        ("proxy", "it belongs to the members"),
        ("tls", "it belongs to the members"),
        ("circuitBreaker", "breaker rules belong to the members"),
    ] {
        let Some(member) = properties.member(name) else { continue };
        if matches!(member.value.value, Value::Null) {
            continue;
        }
        clean = false;
        diagnostics.push(
            Diagnostic::error("not-on-pool", member.name_span, format!("a pool cannot have `{name}`"))
                .label("expected only on a backend of type Single")
                .note(why),
        );
    }
    if let Some(pool) = properties.get("pool") {
        let services = pool.get("services").and_then(Node::elements).unwrap_or_default();
        let affinity = present(pool, "sessionAffinity");
        let carbon = services.iter().filter_map(|service| present(service, "preferredCarbonEmission"));
        let named = affinity.map(|node| ("sessionAffinity", node)).into_iter();
        for (name, node) in named.chain(carbon.map(|node| ("preferredCarbonEmission", node))) {
            clean = false;
            diagnostics.push(
                Diagnostic::error("not-modelled", node.mark(), format!("`{name}` is not modelled yet"))
                    .label("a run needs it")
                    .help("remove it to run without it; routing will differ from the service"),
            );
        }
    }
    clean
}

fn read_pool(properties: &Node, diagnostics: &mut Diagnostics) -> Option<ResourceKind> {
    let pool = properties.get("pool")?;
    let services = pool.get("services").and_then(Node::elements)?;
    let mut members: Vec<ResourceMember> = Vec::with_capacity(services.len());
    for service in services {
        let id = service.get("id")?;
        let name = last_segment(id.text()?);
        if members.iter().any(|member| member.name.eq_ignore_ascii_case(name)) {
            let message = format!("`{}` is a member of this pool twice", shorten(name));
            diagnostics.push(
                Diagnostic::warning("duplicate-member", id.mark(), message)
                    .label("expected each backend once")
                    .note("it takes two turns in the rotation and has one breaker"),
            );
        }
        members.push(ResourceMember {
            name: Arc::from(name),
            span: id.span,
            priority: percent(service, "priority"),
            weight: percent(service, "weight"),
        });
    }
    Some(ResourceKind::Pool { members, failure_status: failure_status(pool) })
}

/// The last segment of a resource id or name: `/subscriptions/../backends/x`, `/backends/x` and `x` are
/// all `x`.
fn last_segment(id: &str) -> &str {
    let id = id.trim().trim_end_matches('/');
    id.rsplit('/').next().unwrap_or(id)
}

fn present<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.get(name).filter(|value| !matches!(value.value, Value::Null))
}

fn percent(node: &Node, name: &str) -> Option<u8> {
    u8::try_from(present(node, name)?.integer()?).ok()
}

fn duration(node: &Node, name: &str) -> Option<Duration> {
    node.get(name)?.time()
}

fn status(node: Option<&Node>) -> Option<StatusCode> {
    StatusCode::new(u16::try_from(node?.integer()?).ok()?)
}

fn failure_status(node: &Node) -> Option<StatusCode> {
    status(present(node, "failureResponse")?.get("statusCode"))
}
