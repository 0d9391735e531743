//! Trees of values with places, as every file of configuration is read into; the tables of what objects may hold.
//!
//! Not known here: what any field means.

pub mod check;
pub mod hints;
pub mod json;
pub mod shape;
