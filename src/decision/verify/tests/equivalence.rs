//! Configurations that clients can, and cannot, tell apart.

use super::support::{rule, setup, walkthrough};
use crate::verify::{Answer, Histories, RetryAfter, equivalent};

const POLICY: &str = include_str!("../../../../scenarios/walkthrough/policy.xml");

#[test]
fn a_configuration_is_equivalent_to_itself() {
    let found = equivalent(&walkthrough(), &walkthrough(), Histories { requests: 2, faults: 2 });
    assert_eq!(found.distinction, None);
    assert!(found.tried > 100, "{}", found.tried);
}

#[test]
fn what_the_gateway_does_inside_is_no_difference() {
    let renamed = POLICY.replace("managed-id-access-token", "token");
    let new = setup(&renamed, &[None, None, None], Some(&rule(&[(429, 429)])));
    assert_eq!(equivalent(&walkthrough(), &new, Histories { requests: 2, faults: 2 }).distinction, None);
}

#[test]
fn a_retry_less_shows_after_one_more_refusal() {
    let fewer = POLICY.replace("count=\"2\"", "count=\"1\"");
    assert_ne!(fewer, POLICY);
    let new = setup(&fewer, &[None, None, None], Some(&rule(&[(429, 429)])));
    let found = equivalent(&walkthrough(), &new, Histories::default()).distinction.unwrap();
    assert_eq!((found.old.status, found.new.status), (Some(200), Some(429)));
    let [only] = found.requests.as_slice() else { panic!("{found:?}") };
    assert_eq!((only.old.len(), only.new.len()), (3, 2));
    assert!(matches!(only.new[1].1, Answer::Status(status, RetryAfter::Absent) if status.get() == 429));
}

#[test]
fn another_order_of_backends_shows_when_one_fails() {
    let new = setup(POLICY, &[Some(3), Some(2), Some(1)], Some(&rule(&[(429, 429)])));
    let old = setup(POLICY, &[Some(1), Some(2), Some(3)], Some(&rule(&[(429, 429)])));
    let found = equivalent(&old, &new, Histories::default()).distinction.unwrap();
    assert_eq!(found.requests.len(), 1);
    assert_ne!(found.old, found.new);
}

#[test]
fn a_longer_trip_shows_when_the_shorter_one_is_over() {
    let short = rule(&[(429, 429)]);
    let mut long = short.clone();
    long.trip_duration = crate::units::Duration::from_secs(120);
    let (old, new) = (setup(POLICY, &[Some(1)], Some(&short)), setup(POLICY, &[Some(1)], Some(&long)));
    let found = equivalent(&old, &new, Histories::default()).distinction.unwrap();
    assert_eq!(found.requests.len(), 2);
    assert_eq!(found.requests[1].at, short.trip_duration, "{found:?}");
    assert_eq!((found.old.status, found.new.status), (Some(200), Some(503)));
}
