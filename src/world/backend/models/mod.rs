//! What is known about models, and how well: defaults for scenario files that name only a model.

mod facts;
mod table;

pub use facts::{Evidence, Fact, ModelFacts, ModelPrices, PtuFacts, PtuStep, RpmRatio, TokenPrices};
