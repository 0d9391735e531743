//! draft
pub mod backend;
pub mod cli;
pub mod config;
pub mod diagnostics;
pub mod gateway;
pub mod metrics;
pub mod policy;
pub mod random;
pub mod report;
pub mod semantics;
pub mod sim;
pub mod units;
pub mod workload;
