//! The table itself.

use super::ModelFacts;

pub(super) const MODELS: &[ModelFacts] = &[];
