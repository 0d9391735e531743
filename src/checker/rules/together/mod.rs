//! Rules about policies and the resources that they name: 12xx.

mod base_url_after_backend;
mod exhausted_pool_in_outbound;
mod failure_status_not_tested;
mod fewer_attempts_than_members;
mod limit_for_each_region;
mod limit_not_in_tier;
mod member_instead_of_pool;
mod missing_role_assignment;
mod one_token_for_other_providers;
mod pool_without_retry;
mod pools;
mod retries_exhausted_pool;
mod retry_before_trip;
mod retry_misses_breaker_statuses;
mod stream_in_consumption;
mod unknown_backend;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &unknown_backend::RULE,
    &member_instead_of_pool::RULE,
    &retry_misses_breaker_statuses::RULE,
    &pool_without_retry::RULE,
    &failure_status_not_tested::RULE,
    &fewer_attempts_than_members::RULE,
    &retry_before_trip::RULE,
    &one_token_for_other_providers::RULE,
    &retries_exhausted_pool::RULE,
    &limit_not_in_tier::RULE,
    &exhausted_pool_in_outbound::RULE,
    &stream_in_consumption::RULE,
    &base_url_after_backend::RULE,
    &limit_for_each_region::RULE,
    &missing_role_assignment::RULE,
];
