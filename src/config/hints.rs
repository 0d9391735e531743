//! Help for misspelt models.

pub(crate) use crate::tree::hints::{closest, did_you_mean, list};

use super::json::shorten;
use crate::backend::ModelFacts;

/// Says that nothing is known about a model, and which ones are known.
pub fn unknown_model(name: &str) -> String {
    let hint = did_you_mean(name, ModelFacts::names()).map(|hint| format!(" ({hint})")).unwrap_or_default();
    let known = list(ModelFacts::names());
    format!("nothing is known about model `{}`{hint}\nknown models: {known}", shorten(name))
}
