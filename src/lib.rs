//! draft
pub mod backend;
pub mod diagnostics;
pub mod metrics;
pub mod random;
pub mod semantics;
pub mod units;
pub mod workload;
