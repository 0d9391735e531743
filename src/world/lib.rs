//! The world around a gateway: what answers, what asks, and the simulator that plays both.
//!
//! [`backend`] is how deployments of language models admit, refuse and answer; [`workload`] is who asks, when and
//! for how much; [`sim`] plays them against the decision core and counts what comes of it with [`metrics`]. Every
//! draw comes from [`random`], by name.
//!
//! Layers, invariants and rules are those of `poolproof`; see there.

pub mod backend;
pub mod metrics;
pub mod random;
pub mod sim;
pub mod workload;

pub use poolproof_decision::gateway;
pub use poolproof_language::{diagnostics, policy, semantics, units};
