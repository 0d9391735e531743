//! draft
pub mod diagnostics;
pub mod policy;
pub mod report;
pub mod semantics;
pub mod units;
