//! Rules about files that cannot be read or evaluated: 19xx.

mod bicep_syntax;
mod circular_definition;
mod evaluation_limit;
mod json_syntax;
mod template_expression;
mod terraform_syntax;
mod undeclared_name;
mod unknown_function;

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[
    &bicep_syntax::RULE,
    &template_expression::RULE,
    &undeclared_name::RULE,
    &circular_definition::RULE,
    &unknown_function::RULE,
    &evaluation_limit::RULE,
    &terraform_syntax::RULE,
    &json_syntax::RULE,
];
