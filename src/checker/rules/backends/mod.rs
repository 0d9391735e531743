//! Rules about backends, breakers and pools: 10xx.

mod several_breaker_rules;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[&several_breaker_rules::RULE];
