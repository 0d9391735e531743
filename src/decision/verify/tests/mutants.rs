//! Faults in the core, each killed by a named property.
//!
//! A configuration is explored twice within the same bounds: as it is, where the property holds, and with the fault,
//! where it does not. What may be answered is worked out without the fault.

use std::collections::{BTreeMap, BTreeSet};

use super::support::{Small, answer, retry, rule, sections, small, to_pool, well};
use crate::gateway::{BreakerRule, Fault, Threshold, with_fault};
use crate::units::Duration;
use crate::verify::Bounds;
use crate::verify::answers::{Answer, RetryAfter};
use crate::verify::properties::Property;

const SECOND: RetryAfter = RetryAfter::Seconds(1);
const DAY: RetryAfter = RetryAfter::Seconds(86_400);

fn depth(mut small: Small, in_flight: usize, faults: u8, depth: u32) -> Small {
    small.bounds = Bounds { in_flight, faults, depth, ..small.bounds };
    small
}

/// One backend without retries, whose breaker has `rule`.
fn alone(rule: BreakerRule) -> Small {
    Small {
        policy: to_pool("<forward-request />"),
        members: vec![(None, None)],
        rule: Some(rule),
        answers: vec![well(), answer(429, RetryAfter::Absent), answer(500, RetryAfter::Absent)],
        ..small()
    }
}

/// Two failures between 429 and 500 within 10 s trip.
fn counts() -> Small {
    let mut rule = rule(&[(429, 500)]);
    rule.threshold = Threshold::Count(2);
    rule.interval = Duration::from_secs(10);
    rule.accept_retry_after = false;
    let mut small = alone(rule);
    small.answers.extend([Answer::NoConnection, answer(429, SECOND)]);
    depth(small, 1, 3, 7)
}

/// Three failures within 10 s trip.
fn counts_to_three() -> Small {
    let mut small = counts();
    small.rule.as_mut().unwrap().threshold = Threshold::Count(3);
    small.answers.truncate(2);
    depth(small, 1, 3, 8)
}

/// Half of the calls of 10 s trip.
fn percentage(min_samples: &'static str) -> Small {
    let mut rule = rule(&[(429, 429)]);
    rule.threshold = Threshold::Percentage(50);
    rule.interval = Duration::from_secs(10);
    let mut small = alone(rule);
    small.answers.truncate(2);
    small.readings = vec![("breaker.pct_min_samples", min_samples)];
    depth(small, 1, 4, 10)
}

/// One failure trips for as long as Retry-After says; two requests at a time.
fn trips() -> Small {
    let mut small = alone(rule(&[(429, 429)]));
    let all = [RetryAfter::Absent, SECOND, DAY, RetryAfter::Seconds(0)].map(|wait| answer(429, wait));
    small.answers = [well()].into_iter().chain(all).collect();
    depth(small, 2, 2, 6)
}

/// Two failures trip for as long as the last says.
fn trips_by_two() -> Small {
    let mut small = trips();
    small.rule.as_mut().unwrap().threshold = Threshold::Count(2);
    small
}

fn extends() -> Small {
    Small { readings: vec![("breaker.inflight_failures_while_tripped", "extend")], ..trips() }
}

fn one_probe() -> Small {
    let mut small = alone(rule(&[(429, 429)]));
    small.answers = vec![well(), answer(429, RetryAfter::Absent), Answer::NoConnection];
    small.readings = vec![("breaker.half_open", "one_probe")];
    depth(small, 2, 2, 8)
}

/// Failover from the first to the second, with everything that may go wrong.
fn failover() -> Small {
    let mut small = small();
    small.answers.extend([Answer::NoConnection, Answer::BreaksOff]);
    depth(small, 1, 3, 7)
}

/// Also statuses that no breaker counts are retried.
fn stubborn() -> Small {
    let mut small = small();
    small.answers.push(answer(500, RetryAfter::Absent));
    small
}

/// The policy does as it is told, and so does the breaker: nobody sees an error while somebody is ready.
fn declared() -> Small {
    small()
}

fn named() -> Small {
    let policy = sections(r#"<set-backend-service backend-id="backend-0" />"#, "<forward-request />", "");
    Small { policy, ..alone(rule(&[(429, 429)])) }
}

fn refusing() -> Small {
    Small { failure_status: Some(429), ..small() }
}

/// A pool that shares by weight, and is not called.
fn weighted(weights: &[u8]) -> Small {
    let members = weights.iter().map(|weight| (Some(1), Some(*weight))).collect();
    depth(Small { members, ..small() }, 1, 1, 5)
}

fn slots() -> Small {
    Small { readings: vec![("lb.algorithm", "slot_rr")], ..weighted(&[2, 1]) }
}

/// Retries with these attributes.
fn waits(attributes: &str) -> Small {
    let condition = "context.Response != null && context.Response.StatusCode == 503";
    let policy = to_pool(&retry(3, attributes, condition));
    let answers = vec![well(), answer(503, RetryAfter::Absent)];
    depth(Small { policy, answers, ..small() }, 1, 3, 7)
}

/// A long wait that is not met, as nothing fails.
fn all_well() -> Small {
    let mut small = waits(r#"interval="20""#);
    small.answers.truncate(1);
    small
}

/// Each backend has a key of its own.
fn keys() -> Small {
    let to = |number: u8| {
        format!(
            r#"<set-backend-service backend-id="backend-{number}" />
               <set-header name="api-key" exists-action="override"><value>key-{number}</value></set-header>"#
        )
    };
    let (first, second) = (to(0), to(1));
    let condition = "context.Response != null && context.Response.StatusCode == 429";
    let backend = format!(
        r#"<retry count="1" interval="0" condition='@({condition})'>
            <choose><when condition='@({condition})'>{second}</when><otherwise>{first}</otherwise></choose>
            <forward-request buffer-request-body="true" /></retry>"#
    );
    Small { policy: sections("", &backend, ""), ..small() }
}

fn guarded() -> Small {
    let backend =
        format!(r#"<limit-concurrency key="k" max-count="2">{}</limit-concurrency>"#, "<forward-request />");
    depth(Small { policy: to_pool(&backend), ..small() }, 1, 2, 5)
}

/// Each fault, where it shows, and the property that notices.
fn table() -> Vec<(Fault, Small, Property)> {
    use Fault as F;
    use Property as P;
    let linear = || waits(r#"interval="2" delta="1""#);
    let exponential = || waits(r#"interval="1" delta="1" max-interval="2""#);
    vec![
        (F::CountOneEarly, counts(), P::TripsAtCondition),
        (F::CountOneLate, counts(), P::TripsAtCondition),
        (F::PercentageStrict, percentage("1"), P::TripsAtCondition),
        (F::PercentageBySuccess, percentage("5"), P::TripsAtCondition),
        (F::SuccessesNotCounted, percentage("1"), P::TripsAtCondition),
        (F::MinSamplesIgnored, percentage("5"), P::TripsAtCondition),
        (F::WindowEdgeKept, counts_to_three(), P::TripsAtCondition),
        (F::WindowEdgeLost, counts(), P::TripsAtCondition),
        (F::WindowNeverEnds, counts_to_three(), P::TripsAtCondition),
        (F::FailuresForgotten, counts(), P::TripsAtCondition),
        (F::CountersKept, counts(), P::TripsAtCondition),
        (F::SuccessCounted, counts(), P::TripsAtCondition),
        (F::RangeEndLost, counts(), P::TripsAtCondition),
        (F::RangeStartLost, counts(), P::TripsAtCondition),
        (F::TimeoutCounted, counts(), P::TripsAtCondition),
        (F::ConnectionCounted, counts(), P::TripsAtCondition),
        (F::WrongBackendTold, failover(), P::TripsAtCondition),
        (F::RetryAfterIgnored, trips(), P::TripLength),
        (F::RetryAfterInMillis, trips(), P::TripLength),
        (F::RetryAfterAlways, counts(), P::TripLength),
        (F::RetryAfterZeroIgnored, trips(), P::TripsAtCondition),
        (F::RetryAfterOfOther, trips_by_two(), P::TripLength),
        (F::TripTooShort, trips(), P::TripLength),
        (F::TripShortened, trips(), P::TripEndStays),
        (F::TripExtended, trips(), P::TripLength),
        (F::ExtensionForgotten, extends(), P::TripLength),
        (F::ResetEarly, trips(), P::ResetsOnTime),
        (F::ResetLate, trips(), P::ResetsOnTime),
        (F::ResetEdge, trips(), P::ResetsOnTime),
        (F::ResetForgotten, trips(), P::ResetsOnTime),
        (F::ProbeSkipped, one_probe(), P::OneProbe),
        (F::ProbeUnlimited, one_probe(), P::OneProbe),
        (F::ProbeLeftByCancel, one_probe(), P::OneProbe),
        (F::ProbeLeftByFailure, one_probe(), P::OneProbe),
        (F::ProbeByAnybody, one_probe(), P::OneProbe),
        (F::ProbeFailureCloses, one_probe(), P::TripsAtCondition),
        (F::ProbeSuccessForgotten, one_probe(), P::OneProbe),
        (F::WrongGroup, declared(), P::BetterGroupFirst),
        (F::PriorityIgnored, declared(), P::BetterGroupFirst),
        (F::TrippedChosen, declared(), P::NeverTripped),
        (F::SingleTrippedCalled, named(), P::NeverTripped),
        (F::SentElsewhere, declared(), P::NeverTripped),
        (F::WeightLost, weighted(&[2, 1]), P::Weights),
        (F::ZeroWeightServed, weighted(&[1, 0]), P::Weights),
        (F::RotationStuck, weighted(&[2, 1]), P::Weights),
        (F::RotationForgotten, weighted(&[2, 1]), P::Weights),
        (F::SlotLost, slots(), P::Weights),
        (F::LastMemberLost, weighted(&[1, 1, 1]), P::Weights),
        (F::BodyDropped, declared(), P::WholeBody),
        (F::BufferedBodyUsed, declared(), P::WholeBody),
        (F::AttemptStuck, declared(), P::AttemptsBound),
        (F::TimeoutDoubled, declared(), P::Waits),
        (F::KeyKept, keys(), P::Credentials),
        (F::RetryPastCount, stubborn(), P::AttemptsBound),
        (F::RetryTooFew, declared(), P::Failover),
        (F::RetryNotCounted, stubborn(), P::AttemptsBound),
        (F::ConditionNegated, declared(), P::Failover),
        (F::ConditionIgnored, all_well(), P::WaitBudget),
        (F::WaitForgotten, linear(), P::Waits),
        (F::WaitDoubled, linear(), P::Waits),
        (F::LinearAhead, linear(), P::Waits),
        (F::ExponentAhead, exponential(), P::Waits),
        (F::MaxIntervalIgnored, exponential(), P::Waits),
        (F::FirstFastIgnored, waits(r#"interval="2" first-fast-retry="true""#), P::Waits),
        (F::ErrorSwallowed, failover(), P::OnErrorRuns),
        (F::PendingErrorLost, failover(), P::OnErrorRuns),
        (F::OnErrorSkipped, failover(), P::OnErrorRuns),
        (F::ExhaustedSwallowed, failover(), P::OnErrorRuns),
        (F::StaleResponseKept, failover(), P::HonestAnswer),
        (F::ResponseTwice, failover(), P::OneResponse),
        (F::NoResponse, failover(), P::OneResponse),
        (F::FinishForgotten, failover(), P::OneResponse),
        (F::RetryAfterFirstByte, failover(), P::NothingAfterFirstByte),
        (F::ExhaustedStatusIgnored, refusing(), P::ExhaustedStatus),
        (F::ExhaustedRetryAfterMax, declared(), P::ExhaustedStatus),
        (F::ExhaustedRetryAfterLost, declared(), P::ExhaustedStatus),
        (F::NameLeaked, declared(), P::NoLeak),
        (F::SlotKept, guarded(), P::SlotsReturned),
    ]
}

/// The properties that do not hold, with the fewest events.
fn broken(small: &Small, fault: Option<Fault>) -> BTreeMap<Property, usize> {
    let setup = small.setup();
    let answers = small.alphabet(&setup);
    let explored = match fault {
        Some(fault) => with_fault(fault, || small.explore(&setup, &answers, true)),
        None => small.explore(&setup, &answers, true),
    };
    let mut broken = BTreeMap::new();
    for (breach, ways) in &explored.found {
        let length = ways.paths.first().map_or(0, |(_, path)| path.moves.len());
        let known = broken.entry(breach.property).or_insert(length);
        *known = length.min(*known);
    }
    broken
}

#[test]
fn every_fault_is_killed_by_its_property() {
    let mut survivors = Vec::new();
    for (fault, small, property) in table() {
        let healthy = broken(&small, None);
        assert!(!healthy.contains_key(&property), "{fault:?}: {property:?} does not hold without it");
        let found = broken(&small, Some(fault));
        if !found.contains_key(&property) {
            survivors.push((fault, property, found));
        }
    }
    assert!(survivors.is_empty(), "{} survive: {survivors:#?}", survivors.len());
}

#[test]
fn no_fault_is_left_out() {
    let rows: Vec<Fault> = table().iter().map(|(fault, ..)| *fault).collect();
    let listed: BTreeSet<Fault> = rows.iter().copied().collect();
    assert_eq!(listed, Fault::ALL.iter().copied().collect());
    assert_eq!(rows.len(), listed.len());
    assert!(rows.len() >= 40);
}

#[test]
fn the_core_properties_hold_without_faults() {
    use crate::verify::properties::Class;
    for (fault, small, _) in table() {
        let core: Vec<Property> = broken(&small, None)
            .into_keys()
            .filter(|property| property.info().class == Class::Core)
            .collect();
        assert_eq!(core, [], "on the configuration of {fault:?}");
    }
}
