//! Rules about files that cannot be read or evaluated: 19xx.

mod bicep_syntax;
mod declaration_cycle;
mod json_syntax;
mod policy_malformed;
mod too_much_to_evaluate;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &json_syntax::RULE,
    &bicep_syntax::RULE,
    &declaration_cycle::RULE,
    &policy_malformed::RULE,
    &too_much_to_evaluate::RULE,
];
