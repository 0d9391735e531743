//! Rules about files that cannot be read or evaluated: 19xx.

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[];
