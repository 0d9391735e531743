//! Rules about policies: 11xx.

mod breaker_bypassed;
mod cache_as_state;
mod cache_half;
mod cast_always_fails;
mod constant_condition;
mod errors_skip_outbound;
mod expression_syntax;
mod expression_type;
mod long_timeout;
mod missing_return;
mod named_value_unknown;
mod needs_escaping;
mod never_sent;
mod not_simulated;
mod reason_of_exhausted_pool;
mod response_before_forward;
mod response_may_be_null;
mod retries_client_errors;
mod retry_after_dropped;
mod retry_holds_client;
mod retry_waits;
mod retry_without_body;
mod sent_twice;
mod throttling_not_retried;
mod token_not_used;
mod type_not_allowed;
mod unknown_policy;
mod wrong_attribute;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &retry_without_body::RULE,
    &reason_of_exhausted_pool::RULE,
    &response_may_be_null::RULE,
    &retry_waits::RULE,
    &retry_holds_client::RULE,
    &sent_twice::RULE,
    &never_sent::RULE,
    &retries_client_errors::RULE,
    &throttling_not_retried::RULE,
    &long_timeout::RULE,
    &breaker_bypassed::RULE,
    &token_not_used::RULE,
    &retry_after_dropped::RULE,
    &cache_half::RULE,
    &cache_as_state::RULE,
    &errors_skip_outbound::RULE,
    &unknown_policy::RULE,
    &wrong_attribute::RULE,
    &expression_syntax::RULE,
    &expression_type::RULE,
    &type_not_allowed::RULE,
    &cast_always_fails::RULE,
    &missing_return::RULE,
    &response_before_forward::RULE,
    &needs_escaping::RULE,
    &named_value_unknown::RULE,
    &not_simulated::RULE,
    &constant_condition::RULE,
];
