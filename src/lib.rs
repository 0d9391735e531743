//! draft
pub mod diagnostics;
pub mod gateway;
pub mod policy;
pub mod report;
pub mod semantics;
pub mod units;
