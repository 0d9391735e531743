//! draft
pub mod diagnostics;
pub mod report;
pub mod semantics;
pub mod units;
