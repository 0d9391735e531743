//! draft
mod plan;
pub use plan::{Operation, RunPlan, Target};
