//! HTTP beside the simulator: what the decision core decides, done to real requests.
//!
//! [`mod@serve`] forwards requests as the gateway would; [`mod@mock`] answers them as the scenario's backends would;
//! [`mod@drive`] sends them as the scenario's clients would. All stand on [`wire`]: listeners, bodies and one clock.
//!
//! Layers, invariants and rules are those of `poolproof`; see there.

pub mod drive;
pub mod mock;
pub mod serve;
pub mod wire;

pub use poolproof_decision::gateway;
pub use poolproof_language::{diagnostics, policy, semantics, units};
pub use poolproof_world::{backend, metrics, random, sim, workload};
