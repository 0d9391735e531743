//! draft
mod plan;
pub use plan::*;
