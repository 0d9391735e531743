//! Rules about policies: 11xx; about policies and resources together: 12xx; with a workload: 13xx.

use super::rule::Rule;

/// In the order of the codes.
pub(super) const RULES: &[&Rule] = &[];
