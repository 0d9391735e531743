//! Rules about policies and resources together: 12xx.

mod backend_id_misspelt;
mod failover_not_retried;
mod failure_response_not_expected;
mod member_instead_of_pool;
mod pool_without_retry;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &failover_not_retried::RULE,
    &pool_without_retry::RULE,
    &failure_response_not_expected::RULE,
    &backend_id_misspelt::RULE,
    &member_instead_of_pool::RULE,
];
