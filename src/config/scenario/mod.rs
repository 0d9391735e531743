//! The scenario format: what a run needs beside the policy and the resources, and variants of it.
//!
//! Steps: the file becomes a tree; `--set` and the merge patch of a variant edit the tree; the tree is
//! checked against the tables in `shapes` and lowered to the specs of the modules that simulate.
//! An edited value keeps the place where it was written, so that messages point there.

mod assume;
mod caching;
mod carbon;
mod edit;
mod endpoints;
mod fault_args;
pub(crate) mod fault_shapes;
mod faults;
pub(crate) mod fleet;
mod gateway;
mod latency;
mod library;
mod lower;
mod mix;
pub(crate) mod mix_shapes;
mod models;
mod overrides;
mod policies;
mod prices;
mod processes;
mod readings;
mod retry;
#[cfg(test)]
mod script_tests;
mod scripted;
mod scripts;
mod servegen;
pub(crate) mod shapes;
mod spillover;
mod targets;
#[cfg(test)]
mod tests;
mod throttling;
mod traffic;
pub(crate) mod traffic_shapes;

pub use assume::{Assumption, open_switches};
pub(crate) use assume::{Setting, switch_assumptions};
pub(crate) use gateway::join_all;
pub(crate) use library::{Library, read_trace};
pub(crate) use lower::{Lowered, lower};
pub use overrides::Overrides;
pub(crate) use overrides::{ParsedOverrides, vary};
pub(crate) use policies::{FRAGMENTS, NAMED_VALUES, POLICIES, POLICY, POLICY_FORMAT, read_policy};
pub(crate) use readings::{flatten_semantics, read_semantics};
pub use shapes::service_tier;
