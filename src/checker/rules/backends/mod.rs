//! Rules about backends, breakers and pools: 10xx.

mod affinity_with_priorities;
mod backend_is_the_gateway;
mod backend_shape;
mod breaker_matches_nothing;
mod breaker_not_in_tier;
mod breaker_shared_by_models;
mod breaker_threshold;
mod carbon_without_region;
mod client_errors_trip;
mod deployment_not_on_all_members;
mod duplicate_backend;
mod duplicate_member;
mod empty_status_range;
mod endpoint_without_openai;
mod error_reason_without_effect;
mod last_group_of_one;
mod long_trip;
mod members_of_other_deployments;
mod nested_pool;
mod not_on_pool;
mod percentage_of_few;
mod pool_in_single;
mod priorities_partly_given;
mod priority_without_breaker;
mod property_newer_than_version;
mod provisioned_after_pay_as_you_go;
mod retry_after_not_accepted;
mod several_breaker_rules;
mod success_trips;
mod throttling_does_not_trip;
mod timeouts_do_not_trip;
mod unbounded_retry_after;
mod unknown_property;
mod weights_partly_given;
mod wrong_protocol;
mod wrong_url;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &several_breaker_rules::RULE,
    &backend_shape::RULE,
    &unknown_property::RULE,
    &property_newer_than_version::RULE,
    &not_on_pool::RULE,
    &pool_in_single::RULE,
    &breaker_threshold::RULE,
    &empty_status_range::RULE,
    &breaker_matches_nothing::RULE,
    &breaker_not_in_tier::RULE,
    &priority_without_breaker::RULE,
    &throttling_does_not_trip::RULE,
    &retry_after_not_accepted::RULE,
    &error_reason_without_effect::RULE,
    &weights_partly_given::RULE,
    &priorities_partly_given::RULE,
    &nested_pool::RULE,
    &duplicate_member::RULE,
    &success_trips::RULE,
    &client_errors_trip::RULE,
    &percentage_of_few::RULE,
    &wrong_protocol::RULE,
    &wrong_url::RULE,
    &endpoint_without_openai::RULE,
    &affinity_with_priorities::RULE,
    &carbon_without_region::RULE,
    &duplicate_backend::RULE,
    &last_group_of_one::RULE,
    &timeouts_do_not_trip::RULE,
    &unbounded_retry_after::RULE,
    &breaker_shared_by_models::RULE,
    &members_of_other_deployments::RULE,
    &deployment_not_on_all_members::RULE,
    &provisioned_after_pay_as_you_go::RULE,
    &backend_is_the_gateway::RULE,
    &long_trip::RULE,
];
