//! A right configuration, and five ways to break it: each has its own, short counterexample.

use std::sync::Arc;

use super::support::{code, rule, setup};
use crate::gateway::GatewaySpec;
use crate::verify::{
    Bounds, Course, Limits, Profile, Property, Report, Setup, Task, Verdict, course, verify,
};

const POLICY: &str = include_str!("../../../../scenarios/ptu-fallback/policy.xml");

/// Provisioned capacity first, two fallbacks.
fn right(policy: &str, priorities: [u8; 3], with_breaker: [bool; 3]) -> Setup {
    let rule = rule(&[(429, 429), (500, 599)]);
    let policy = policy.replace("openai-pool", "openai-backend-pool");
    let mut setup = setup(&policy, &priorities.map(Some), Some(&rule));
    setup.paid_for = vec![Some(true), Some(false), Some(false)];
    let spec = &setup.gateway;
    let backends = spec.backends().iter().cloned().zip(with_breaker).map(|(mut backend, has)| {
        if !has {
            backend.breaker = None;
        }
        backend
    });
    let spec = GatewaySpec::new(
        backends.collect(),
        spec.pools().to_vec(),
        spec.program().clone(),
        spec.semantics().clone(),
    );
    setup.gateway = Arc::new(spec.unwrap());
    setup
}

fn look(setup: &Setup) -> Report {
    let bounds = Bounds { in_flight: 2, faults: 3, depth: 7, ..Bounds::default() };
    let task = Task {
        bounds,
        readings: None,
        combinations: None,
        limits: Limits::default(),
        profile: Profile::Declared,
        only: Vec::new(),
    };
    verify(setup, &task, &mut |_| {})
}

fn violated(report: &Report) -> Vec<&'static str> {
    let all = report.properties.iter().filter(|c| matches!(c.verdict, Verdict::Violated { .. }));
    all.map(|checked| checked.property.info().name).collect()
}

/// The events of the shortest way to break `property`, in words.
fn shortest(setup: &Setup, report: &Report, property: Property) -> Vec<String> {
    let checked = report.properties.iter().find(|checked| checked.property == property).unwrap();
    let Verdict::Violated { path, .. } = &checked.verdict else { panic!("{property:?} holds") };
    let course: Course = course(setup, &report.answers, Limits::default(), &report.worlds, 0, path);
    assert!(!course.has_misfit);
    let last = course.scenes.last().unwrap();
    assert!(last.breaches.iter().any(|breach| breach.property == property), "{course:?}");
    course.scenes.iter().map(|scene| scene.event.clone()).collect()
}

#[test]
fn the_right_configuration_holds() {
    let report = look(&right(POLICY, [1, 2, 2], [true; 3]));
    assert_eq!(violated(&report), Vec::<&str>::new());
    assert!(
        report.properties.iter().all(|checked| checked.verdict == Verdict::Holds),
        "{:?}",
        report.properties
    );
    assert!(report.unseen.is_empty(), "{:?}", report.unseen);
    assert_eq!(report.worst.calls, 3);
}

#[test]
fn a_dropped_buffer_loses_the_body() {
    let setup = right(&POLICY.replace(r#" buffer-request-body="true""#, ""), [1, 2, 2], [true; 3]);
    let report = look(&setup);
    assert!(violated(&report).contains(&"whole-body"), "{:?}", violated(&report));
    let events = shortest(&setup, &report, Property::WholeBody);
    assert_eq!(events, ["r1 arrives", "backend-0 to r1: 429"]);
}

#[test]
fn a_removed_retry_shows_the_refusal_to_the_client() {
    let (before, rest) = POLICY.split_once("<retry").unwrap();
    // The condition has a `>=`: the tag ends behind its last attribute.
    let (_, children) = rest.split_once("\">").unwrap();
    let without = format!("{before}{children}").replace("</retry>", "");
    let setup = right(&without, [1, 2, 2], [true; 3]);
    let report = look(&setup);
    assert_eq!(violated(&report), ["failover"]);
    assert_eq!(shortest(&setup, &report, Property::Failover), ["r1 arrives", "backend-0 to r1: 429"]);
}

#[test]
fn a_wrong_status_is_not_retried() {
    let wrong =
        POLICY.replace("StatusCode == 429 || context.Response.StatusCode >= 500", "StatusCode == 503");
    assert_ne!(wrong, POLICY);
    let setup = right(&wrong, [1, 2, 2], [true; 3]);
    let report = look(&setup);
    assert_eq!(violated(&report), ["failover"]);
    let events = shortest(&setup, &report, Property::Failover);
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[1].starts_with("backend-0 to r1: "), "{events:?}");
    let status = report.answers.kinds.keys().find(|status| **status == code(429));
    assert!(status.is_some());
}

#[test]
fn a_primary_without_a_breaker_is_asked_again() {
    let setup = right(POLICY, [1, 2, 2], [false, true, true]);
    let report = look(&setup);
    assert_eq!(violated(&report), ["failover", "retry-elsewhere"]);
    let events = shortest(&setup, &report, Property::Failover);
    assert_eq!(events.len(), 4, "{events:?}");
    let events = shortest(&setup, &report, Property::RetryElsewhere);
    assert_eq!(events, ["r1 arrives", "backend-0 to r1: 429"]);
}

#[test]
fn swapped_priorities_pay_by_use_first() {
    let setup = right(POLICY, [2, 1, 1], [true; 3]);
    let report = look(&setup);
    assert_eq!(violated(&report), ["paid-for-first"]);
    assert_eq!(shortest(&setup, &report, Property::PaidForFirst), ["r1 arrives"]);
}
