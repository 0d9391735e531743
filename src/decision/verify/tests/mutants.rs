//! Faults in the core, each killed by a named property.
//!
//! A configuration is explored twice within the same bounds: as it is, where the property holds, and with the fault,
//! where it does not. What may be answered is worked out without the fault.

use std::collections::BTreeSet;

use super::configs::{
    all_well, counts, counts_to_three, declared, extends, failover, guarded, keys, limited, limited_tokens,
    named, one_probe, percentage, refusing, slots, stubborn, trips, trips_by_two, waits, weighted,
};
use super::support::Small;
use crate::gateway::{Fault, with_fault};
use crate::verify::properties::{Breach, Property};

const MINUTE: &str = r#"tokens-per-minute="10""#;
const DAY: &str = r#"token-quota="10" token-quota-period="Daily""#;

/// Each fault, where it shows, and the property that notices.
fn table() -> Vec<(Fault, Small, Property)> {
    use Fault as F;
    use Property as P;
    let linear = || waits(r#"interval="2" delta="1""#);
    let calls = || limited(r#"<rate-limit-by-key calls="2" renewal-period="10" counter-key="all" />"#);
    let quota = || limited(r#"<quota-by-key calls="2" renewal-period="300" counter-key="all" />"#);
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
        (F::CallLimitIgnored, calls(), P::LimitsKept),
        (F::CallNotCounted, calls(), P::LimitsKept),
        (F::QuotaOneLate, quota(), P::LimitsKept),
        (F::TokenLimitIgnored, limited_tokens(MINUTE), P::LimitsKept),
        (F::TokenQuotaIgnored, limited_tokens(DAY), P::LimitsKept),
        (F::EstimateNotCounted, limited_tokens(MINUTE), P::LimitsKept),
        (F::UsageNotCounted, limited_tokens(MINUTE), P::LimitsKept),
        (F::QuotaUsageNotCounted, limited_tokens(DAY), P::LimitsKept),
    ]
}

/// What does not hold.
fn broken(small: &Small, fault: Option<Fault>) -> BTreeSet<Breach> {
    let setup = small.setup();
    let answers = small.alphabet(&setup);
    let explored = match fault {
        Some(fault) => with_fault(fault, || small.explore(&setup, &answers, true)),
        None => small.explore(&setup, &answers, true),
    };
    explored.found.into_keys().collect()
}

#[test]
fn every_fault_is_killed_by_its_property() {
    let mut survivors = Vec::new();
    for (fault, small, property) in table() {
        let healthy = broken(&small, None);
        let claimed = Breach { property, cause: None };
        assert!(!healthy.contains(&claimed), "{fault:?}: {property:?} does not hold without it");
        let found = broken(&small, Some(fault));
        if !found.difference(&healthy).any(|breach| breach.property == property) {
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
            .into_iter()
            .map(|breach| breach.property)
            .filter(|property| property.info().class == Class::Core)
            .collect();
        assert_eq!(core, [], "on the configuration of {fault:?}");
    }
}
