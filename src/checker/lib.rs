//! Files of configuration as people keep them, and what is wrong with them.
//!
//! [`tree`] is JSON with places and the comparison with what an object may hold. [`resources`] reads backends,
//! pools and what stands beside them from every form in which they are deployed. [`rules`] finds what will go
//! wrong with resources and policies together. [`export`] writes both as files that can be deployed. [`mod@reference`]
//! says what policies and attributes are for.
//!
//! Layers, invariants and rules are those of `poolproof`; see there.

pub mod export;
pub mod reference;
pub mod resources;
pub mod rules;
pub mod tree;

pub use poolproof_language::{diagnostics, policy, semantics, units};
