//! Pairs of configurations, and what must be told of them.

use std::sync::Arc;

use super::side::Side;
use super::{Report, contrast, human};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::gateway::{BackendEntity, BreakerRule, GatewaySpec, PoolMember, PoolSpec, Threshold};
use crate::policy::{Header, Text, load};
use crate::semantics::{Semantics, Switch};
use crate::suite::{CaseRequest, Expectation, World};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// A policy that sends to the pool, with this in its sections.
fn policy(inbound: &str, retry: &str) -> String {
    format!(
        r#"<policies><inbound><base /><set-backend-service backend-id="pool" />{inbound}</inbound>
        <backend><retry {retry}><forward-request buffer-request-body="true" /></retry></backend>
        <outbound><base /></outbound><on-error><base /></on-error></policies>"#
    )
}

const ON_429: &str =
    r#"count="1" interval="0" first-fast-retry="true" condition="@(context.Response.StatusCode == 429)""#;

/// What a configuration is made of.
#[derive(Clone)]
struct Parts {
    policy: String,
    /// Priorities, in the order of the pool: backends `a`, `b`, ...
    priorities: Vec<u8>,
    weights: Vec<u8>,
    rule: BreakerRule,
}

impl Default for Parts {
    fn default() -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self {
            policy: policy("", ON_429),
            priorities: vec![1, 2],
            weights: vec![1, 1],
            rule: BreakerRule {
                name: "rule".into(),
                threshold: Threshold::Count(1),
                interval: Duration::from_secs(60),
                statuses: vec![(status, status)],
                error_reasons: Vec::new(),
                trip_duration: Duration::from_secs(60),
                accept_retry_after: false,
                failure_status: None,
            },
        }
    }
}

fn gateway(parts: &Parts, sources: &mut SourceMap) -> Arc<GatewaySpec> {
    let source = sources.add("policy.xml", parts.policy.as_str());
    let mut problems = Diagnostics::new();
    let program = load(source, &parts.policy, &mut problems).unwrap_or_else(|| panic!("{problems:?}"));
    let backend = |name: &str| BackendEntity {
        name: name.into(),
        url: format!("https://{name}.example").into(),
        breaker: Some(parts.rule.clone()),
        azure_region: None,
    };
    let names = ["a", "b", "c"];
    let member = |at: usize| PoolMember {
        backend: BackendId(u16::try_from(at).unwrap()),
        priority: Some(parts.priorities[at]),
        weight: Some(parts.weights[at]),
        preferred_carbon: None,
    };
    let pool = PoolSpec {
        name: "pool".into(),
        members: (0..parts.priorities.len()).map(member).collect(),
        failure_status: None,
        affinity: None,
    };
    let backends = names.iter().take(parts.priorities.len()).map(|name| backend(name)).collect();
    Arc::new(GatewaySpec::new(backends, vec![pool], program, Semantics::default()).unwrap())
}

fn request() -> CaseRequest {
    CaseRequest {
        name: String::new(),
        at: Timestamp::ZERO,
        method: Text::Static("POST"),
        path: Text::Static("/deployments/gpt/chat/completions"),
        headers: Arc::from([Header {
            name: "api-key".into(),
            value: crate::policy::HeaderValue::Text("k".into()),
        }]),
        body: Some(Text::Static("{}")),
        prompt_tokens: Some(10),
        facts: Arc::default(),
        expect: Expectation::default(),
    }
}

fn side(parts: &Parts, sources: &mut SourceMap) -> Side {
    Side {
        title: "side".to_owned(),
        gateway: gateway(parts, sources),
        request: request(),
        callers: Vec::new(),
        has_stand_ins: false,
    }
}

fn report_with(old: &Parts, new: &Parts, switches: &[Switch]) -> Report {
    let mut sources = SourceMap::new();
    let (old, new) = (side(old, &mut sources), side(new, &mut sources));
    contrast(&old, &new, &sources, switches)
}

fn report(old: &Parts, new: &Parts) -> Report {
    report_with(old, new, &[])
}

/// A world of backends with these names and addresses and no pool.
pub(super) fn world(backends: &[(&str, &str)]) -> World {
    let text = "<policies><inbound /></policies>";
    let program = load(crate::diagnostics::SourceId(0), text, &mut Diagnostics::new()).unwrap();
    let entity = |(name, url): &(&str, &str)| BackendEntity {
        name: (*name).into(),
        url: (*url).into(),
        breaker: None,
        azure_region: None,
    };
    let backends = backends.iter().map(entity).collect();
    let spec = GatewaySpec::new(backends, Vec::new(), program, Semantics::default()).unwrap();
    World::new(Arc::new(spec), None)
}

/// Titles with their witnesses.
fn told(report: &Report) -> Vec<String> {
    let all = report.differences.iter().chain(&report.sent);
    all.map(|d| {
        let w = &d.witness;
        format!("{} | {} | {} | {} -> {}", d.title, w.request, w.situation, w.before.text, w.now.text)
    })
    .collect()
}

#[test]
fn equal_configurations_differ_in_nothing() {
    let found = report(&Parts::default(), &Parts::default());
    assert!(!found.is_visible(), "{}", human(&found));
    assert_eq!(found.edits, []);
    assert!(found.classes > 40, "{}", found.classes);
}

#[test]
fn a_retry_that_is_taken_away_is_an_error_that_clients_get() {
    let old = Parts::default();
    let never = ON_429.replace("== 429", "== 1");
    let new = Parts { policy: policy("", &never), ..Parts::default() };
    let found = report(&old, &new);
    assert_eq!(
        told(&found)[0],
        "clients get an error where they got an answer; fewer attempts | a usual request | `a` answers 429; all \
         others answer 200 | `a` 429, `b` 200; client: 200 OK -> `a` 429; client: 429 Too Many Requests"
    );
    // And the other way round: more attempts trip more, so a request that comes later may find nobody.
    let back = report(&new, &old);
    let titles: Vec<&str> = back.differences.iter().map(|difference| difference.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "clients get an error where they got an answer; fewer attempts",
            "clients get an answer where they got an error; more attempts",
            "more attempts"
        ]
    );
    assert!(back.differences[0].witness.situation.contains("1 s later all is well"));
    assert_eq!(back.differing, found.differing);
}

#[test]
fn breakers_are_seen_by_requests_that_come_later() {
    let old = Parts::default();
    let mut new = Parts::default();
    new.rule.trip_duration = Duration::from_secs(10);
    let found = told(&report(&old, &new));
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(
        found[0],
        "clients get an answer where they got an error; more attempts | a usual request | every backend answered \
         429 while 1 request came; 11 s later all is well | no backend is available; client: 503 Service Unavailable \
         with `Retry-After: 49` -> `a` 200; client: 200 OK"
    );
    assert!(found[2].ends_with("`Retry-After: 59` -> `Retry-After: 9`"), "{found:?}");
    let mut new = Parts::default();
    new.rule.threshold = Threshold::Count(3);
    assert!(!told(&report(&old, &new)).is_empty());
}

#[test]
fn headers_that_conditions_compare_are_ways_in() {
    let condition = r#"<choose><when condition="@(context.Request.Headers.GetValueOrDefault("X-Tier", "") == "gold")">
        <return-response><set-status code="403" reason="No" /></return-response></when></choose>"#;
    let found = report(&Parts::default(), &Parts { policy: policy(condition, ON_429), ..Parts::default() });
    let first = &told(&found)[0];
    assert!(first.contains("a request with header `X-Tier: gold`"), "{first}");
    assert!(first.ends_with("no backend is called; client: 403 No"), "{first}");
}

#[test]
fn what_backends_receive_is_told_apart() {
    let delete = r#"<set-header name="api-key" exists-action="delete" />"#;
    let found = report(&Parts::default(), &Parts { policy: policy(delete, ON_429), ..Parts::default() });
    assert_eq!(found.differences, []);
    assert_eq!(found.sent.len(), 1);
    assert_eq!(found.sent[0].title, "backends do not get header `api-key` any more");
}

#[test]
fn weights_show_in_shares() {
    let old = Parts { priorities: vec![1, 1], weights: vec![1, 1], ..Parts::default() };
    let new = Parts { weights: vec![3, 1], ..old.clone() };
    let found = report(&old, &new);
    let share = &found.shares[0];
    assert_eq!(share.requests, 4);
    assert_eq!(share.backends, [("a".to_owned(), 2, 3), ("b".to_owned(), 2, 1)]);
}

#[test]
fn an_edit_that_nobody_sees_is_said_to_be_one() {
    let mut new = Parts::default();
    // Every request fails over at once, whatever the interval.
    new.rule.interval = Duration::from_secs(30);
    let found = report(&Parts::default(), &new);
    assert!(!found.is_visible(), "{}", human(&found));
    assert_eq!(found.edits.len(), 2);
    assert!(human(&found).contains("2 edits, but no client sees a difference"), "{}", human(&found));
}

#[test]
fn other_readings_are_played_when_asked() {
    let mut new = Parts::default();
    new.rule.interval = Duration::from_secs(30);
    new.rule.accept_retry_after = true;
    let found = report_with(&Parts::default(), &new, &[Switch::RetryAfterPolicy]);
    assert!(found.is_visible());
    let points: Vec<&str> = found.readings.iter().map(|under| under.switch).collect();
    assert!(points.iter().all(|point| *point == "breaker.retry_after_policy"), "{points:?}");
}

#[test]
fn a_report_of_anything_is_narrow_and_the_same_again() {
    let new = Parts {
        policy: policy("", &ON_429.replace("429", "500")),
        priorities: vec![1, 1, 2],
        weights: vec![5, 5, 1],
        ..Parts::default()
    };
    let old = Parts { priorities: vec![1, 2, 3], weights: vec![1, 1, 1], ..Parts::default() };
    let (first, second) = (report(&old, &new), report(&old, &new));
    assert_eq!(first, second);
    let text = human(&first);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
