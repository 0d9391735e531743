//! What an API Management gateway decides about backends, and every way in which that can go.
//!
//! [`gateway`] is the decision core: sans-IO, with time as an argument and every choice from a trait. [`mod@verify`]
//! explores every way in which it can go. [`wording`] puts quantities of both into words.
//!
//! Layers, invariants and rules are those of `poolproof`; see there.

pub mod gateway;
#[cfg(test)]
mod testing;
pub mod verify;
pub mod wording;

pub use poolproof_language::{diagnostics, policy, semantics, units};
