//! One backend resource: its name and either a single backend with its breaker rule or a pool.

use std::sync::Arc;

use super::super::check::{Dialect, check};
use super::super::json::{Member, Node, Value, shorten};
use super::super::shape::Kind;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::gateway::{BreakerRule, CarbonCategory, SessionAffinity, Threshold};
use crate::resources::Found;
use crate::resources::shapes::{POOL, RESOURCE, SINGLE};
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
    Single {
        url: Arc<str>,
        url_span: Span,
        breaker: Option<BreakerRule>,
        breaker_span: Option<Span>,
        azure_region: Option<Arc<str>>,
    },
    Pool {
        members: Vec<ResourceMember>,
        failure_status: Option<StatusCode>,
        affinity: Option<SessionAffinity>,
    },
    /// Has an error that was told; only its name is of use, so that others can be checked against it.
    Unusable,
}

/// A member of a pool as the resource gives it.
#[derive(Clone, Debug)]
pub(crate) struct ResourceMember {
    /// Last segment of the id.
    pub(crate) name: Arc<str>,
    pub(crate) span: Span,
    pub(crate) priority: Option<u8>,
    pub(crate) weight: Option<u8>,
    pub(crate) preferred_carbon: Option<CarbonCategory>,
}

/// The backend that was found. Problems are told. `None` when its name is not known.
pub(super) fn read_resource(found: &Found, diagnostics: &mut Diagnostics) -> Option<Resource> {
    let node = &found.node;
    let mut clean = check(node, Kind::Object(&RESOURCE), "resource", Dialect::Arm, diagnostics);
    let properties = node.get("properties");
    let kind = properties.and_then(|properties| {
        for member in properties.members().unwrap_or_default() {
            clean &= NO_ROUTING.contains(&member.name.as_str())
                || is_known(&member.value, &member.name, diagnostics);
        }
        read_properties(properties, &mut clean, diagnostics)
    });
    let kind = kind.filter(|_| clean).unwrap_or(ResourceKind::Unusable);
    // What is unknown of a name stands in it in braces.
    let is_whole = |name: &Arc<str>| !name.starts_with('[') && !name.contains('{');
    let name = found.name.clone().filter(is_whole);
    if let Some(partial) = found.name.as_deref().filter(|_| name.is_none()) {
        let message = format!("only the deployment knows the name of `{}`", shorten(partial));
        diagnostics.push(
            Diagnostic::error("unknown-to-files", found.name_span, message)
                .label("what is in braces is not known")
                .help("give a value for it (parameters, variables), or write the value out"),
        );
    }
    if name.is_none() && node.get("name").is_some_and(|name| matches!(name.value, Value::Unknown(_))) {
        is_known(node.get("name")?, "name", diagnostics);
    }
    Some(Resource { name: name?, name_span: found.name_span, kind })
}

/// Properties that no request depends on here.
const NO_ROUTING: [&str; 8] =
    ["title", "description", "credentials", "proxy", "tls", "resourceId", "properties", "provisioningState"];

/// Tells every value below `node` that only the deployment knows. Whether there is none.
fn is_known(node: &Node, name: &str, diagnostics: &mut Diagnostics) -> bool {
    match &node.value {
        Value::Unknown(why) => {
            let message = format!("only the deployment knows `{}`", shorten(name));
            diagnostics.push(
                Diagnostic::error("unknown-to-files", node.mark(), message)
                    .label(shorten(why))
                    .help("give a value for it (parameters, variables), or write the value out"),
            );
            false
        }
        Value::Array(elements) => {
            // All are told, not only the first.
            elements.iter().filter(|element| !is_known(element, name, diagnostics)).count() == 0
        }
        Value::Object(members) => {
            let unknown = |member: &&Member| !is_known(&member.value, &member.name, diagnostics);
            members.iter().filter(unknown).count() == 0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => true,
    }
}

fn read_properties(
    properties: &Node,
    clean: &mut bool,
    diagnostics: &mut Diagnostics,
) -> Option<ResourceKind> {
    let is_pool = match properties.get("type").and_then(Node::text) {
        Some(kind) => kind.eq_ignore_ascii_case("pool"),
        None => properties.get("url").is_none() && present(properties, "pool").is_some(),
    };
    let shape = if is_pool { &POOL } else { &SINGLE };
    *clean &= check(properties, Kind::Object(shape), "properties", Dialect::Arm, diagnostics);
    if is_pool {
        *clean &= allowed_in_pool(properties, diagnostics);
        read_pool(properties, diagnostics)
    } else {
        read_single(properties, diagnostics)
    }
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
    let azure_region = present(properties, "azureRegion").and_then(Node::text).map(Arc::from);
    let url = Arc::from(url);
    Some(ResourceKind::Single { url, url_span: url_node.span, breaker, breaker_span, azure_region })
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
            preferred_carbon: present(service, "preferredCarbonEmission")
                .and_then(Node::text)
                .and_then(CarbonCategory::named),
        });
    }
    let affinity = match present(pool, "sessionAffinity") {
        Some(node) => Some(read_affinity(node, diagnostics)?),
        None => None,
    };
    Some(ResourceKind::Pool { members, failure_status: failure_status(pool), affinity })
}

fn read_affinity(node: &Node, diagnostics: &mut Diagnostics) -> Option<SessionAffinity> {
    let name_node = node.get("sessionId")?.get("name")?;
    let name = name_node.text()?;
    // What RFC 6265 lets a cookie be called.
    let is_token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        let message = format!("`{}` is not a name for a cookie", shorten(name));
        diagnostics.push(
            Diagnostic::error("cookie-name", name_node.mark(), message)
                .label("expected letters, digits, `-` and `_`"),
        );
        return None;
    }
    Some(SessionAffinity { cookie: Arc::from(name) })
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

#[cfg(test)]
mod tests {
    use super::super::read_resources;
    use super::*;
    use crate::diagnostics::SourceId;
    use crate::resources::{Form, TextFile, detect};

    fn read(text: &str) -> (Vec<Resource>, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let file = TextFile {
            path: Arc::from("backends.json"),
            source: SourceId(0),
            text: Arc::from(text),
            form: detect("backends.json", text).unwrap_or(Form::Plain),
        };
        let resources = read_resources(&[file], &mut diagnostics).expect("names");
        (resources, diagnostics)
    }

    #[test]
    fn all_forms_of_a_document_are_read() {
        let one = r#"{ "name": "svc/x", "type": "Microsoft.ApiManagement/service/backends", "properties": { "url": "https://x/openai" } }"#;
        let service = r#"{ "type": "Microsoft.ApiManagement/service", "name": "svc", "resources": [ONE] }"#;
        for (form, text) in [
            ("single", one.to_owned()),
            ("array", format!("[{one}]")),
            ("list", format!(r#"{{ "value": [{one}] }}"#)),
            ("template", format!(r#"{{ "$schema": "s", "resources": [{{ "type": "a/apis" }}, {one}] }}"#)),
            ("nested", format!(r#"{{ "resources": [{}] }}"#, service.replace("ONE", one))),
            ("symbolic names", format!(r#"{{ "resources": {{ "backend": {one} }} }}"#)),
            ("without type", r#"{ "name": "x", "properties": { "url": "https://x/openai" } }"#.to_owned()),
            ("workspace", one.replace("service/backends", "service/workspaces/backends")),
        ] {
            let (resources, diagnostics) = read(&text);
            assert!(diagnostics.is_empty(), "{form}: {diagnostics:?}");
            let names: Vec<&str> = resources.iter().map(|resource| &*resource.name).collect();
            assert_eq!(names, ["x"], "{form}");
        }
    }

    #[test]
    fn members_are_named_by_the_end_of_their_id() {
        let ids = [
            "/subscriptions/s/resourceGroups/g/providers/p/service/a/backends/x",
            "/backends/y",
            "z",
            "${apim.id}/backends/w",
        ];
        let services = ids.map(|id| serde_json::json!({ "id": id, "priority": "2", "weight": null }));
        let pool = serde_json::json!({ "type": "pool", "pool": { "services": services } });
        let (resources, diagnostics) =
            read(&serde_json::json!({ "name": "p", "properties": pool }).to_string());
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let ResourceKind::Pool { members, .. } = &resources[0].kind else { panic!("a pool") };
        let found: Vec<_> = members.iter().map(|m| (&*m.name, m.priority, m.weight)).collect();
        let two = Some(2);
        assert_eq!(found, [("x", two, None), ("y", two, None), ("z", two, None), ("w", two, None)]);
    }

    #[test]
    fn a_rule_is_read_with_everything_that_decides() {
        let text = r#"{ "name": "x", "properties": { "type": "single", "url": "https://x", "circuitBreaker": { "rules": [{
            "name": "r", "tripDuration": "PT60S", "acceptRetryAfter": "true", "failureResponse": { "statusCode": 429 },
            "failureCondition": { "percentage": "50", "count": null, "interval": "P1D", "errorReasons": ["timeout"],
                "statusCodeRanges": [{ "min": "429", "max": 429 }, { "min": 500, "max": "599" }] } }] } } }"#;
        let (resources, diagnostics) = read(text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let ResourceKind::Single { breaker: Some(rule), .. } = &resources[0].kind else { panic!("a rule") };
        assert_eq!(rule.threshold, Threshold::Percentage(50));
        assert_eq!(
            (rule.interval, rule.trip_duration),
            (Duration::from_secs(86_400), Duration::from_secs(60))
        );
        assert!(rule.accept_retry_after);
        assert_eq!(rule.failure_status, Some(StatusCode::TOO_MANY_REQUESTS));
        let counts = |code| rule.counts(StatusCode::new(code).expect("a status"));
        assert_eq!([428, 429, 430, 500, 599].map(counts), [false, true, false, true, true]);
        assert_eq!(rule.error_reasons.len(), 1);
    }

    #[test]
    fn a_pool_has_one_to_thirty_members() {
        let fails = |members: usize| {
            let services: Vec<_> =
                (0..members).map(|n| serde_json::json!({ "id": format!("b{n}") })).collect();
            let pool = serde_json::json!({ "type": "Pool", "pool": { "services": services } });
            read(&serde_json::json!({ "name": "p", "properties": pool }).to_string()).1.has_errors()
        };
        assert_eq!([0, 1, 30, 31].map(fails), [true, false, false, true]);
    }
}
