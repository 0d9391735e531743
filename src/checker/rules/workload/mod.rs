//! Rules about resources and policies under the traffic of a scenario: 13xx.
//!
//! They reckon with means: what bursts do is what a run shows.

pub(super) mod arithmetic;
mod capacity_below_offered;
mod count_never_reached;
mod instances_trip_alone;
mod rest_cannot_take_over;
mod waits_longer_than_clients;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &count_never_reached::RULE,
    &capacity_below_offered::RULE,
    &waits_longer_than_clients::RULE,
    &instances_trip_alone::RULE,
    &rest_cannot_take_over::RULE,
];
