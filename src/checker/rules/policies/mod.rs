//! Rules about policies: 11xx.

mod addresses_written_by_hand;
mod breaker_in_cache;
mod buffered_stream;
mod cast_always_fails;
mod constant_condition;
mod drops_retry_after;
mod error_answered_as_success;
mod exhausted_reason_text;
mod expression_syntax;
mod failed_status_skips_outbound;
mod forwards_subscription_key;
mod forwards_twice;
mod invalid_value;
mod leaks_backend;
mod long_timeout;
mod malformed_policy;
mod misplaced_policy;
mod missing_fragment;
mod missing_part;
mod missing_return;
mod misspelt_variable;
mod needs_escaping;
mod never_forwards;
mod no_retry_after_failed_connection;
mod not_allowed_in_expression;
mod not_simulated;
mod own_limit_without_header;
mod policy_too_large;
mod policy_without_effect;
mod renewal_period_bounds;
mod response_before_forward;
mod retries_what_cannot_succeed;
mod retry_after_as_number;
mod retry_misses_throttling;
mod retry_wait_attributes;
mod retry_without_pause;
mod stream_read_in_outbound;
mod template_left_over;
mod tokens_counted_once;
mod types_do_not_fit;
mod unbuffered_retry;
mod unguarded_response;
mod unknown_in_expression;
mod unknown_policy;
mod unused_token;
mod wait_before_failover;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &unbuffered_retry::RULE,
    &exhausted_reason_text::RULE,
    &retry_misses_throttling::RULE,
    &wait_before_failover::RULE,
    &retry_wait_attributes::RULE,
    &retry_without_pause::RULE,
    &unguarded_response::RULE,
    &buffered_stream::RULE,
    &long_timeout::RULE,
    &failed_status_skips_outbound::RULE,
    &forwards_twice::RULE,
    &never_forwards::RULE,
    &addresses_written_by_hand::RULE,
    &renewal_period_bounds::RULE,
    &leaks_backend::RULE,
    &breaker_in_cache::RULE,
    &retries_what_cannot_succeed::RULE,
    &error_answered_as_success::RULE,
    &drops_retry_after::RULE,
    &unused_token::RULE,
    &misspelt_variable::RULE,
    &retry_after_as_number::RULE,
    &tokens_counted_once::RULE,
    &no_retry_after_failed_connection::RULE,
    &forwards_subscription_key::RULE,
    &own_limit_without_header::RULE,
    &stream_read_in_outbound::RULE,
    &malformed_policy::RULE,
    &needs_escaping::RULE,
    &expression_syntax::RULE,
    &unknown_in_expression::RULE,
    &not_allowed_in_expression::RULE,
    &types_do_not_fit::RULE,
    &missing_return::RULE,
    &cast_always_fails::RULE,
    &unknown_policy::RULE,
    &misplaced_policy::RULE,
    &missing_part::RULE,
    &invalid_value::RULE,
    &constant_condition::RULE,
    &response_before_forward::RULE,
    &missing_fragment::RULE,
    &template_left_over::RULE,
    &policy_without_effect::RULE,
    &not_simulated::RULE,
    &policy_too_large::RULE,
];
