//! The policy language of Azure API Management, and what everything of poolproof stands on.
//!
//! [`policy`] reads documents and their C# expressions and compiles them into programs that the decision core of
//! `poolproof` runs. Below it lie [`units`], [`semantics`] (what Microsoft leaves open, as named switches) and
//! [`diagnostics`]. `poolproof` offers all of them under the same names.
//!
//! Layers, invariants and rules are those of `poolproof`; see there.

pub mod diagnostics;
pub mod policy;
pub mod semantics;
pub mod units;
