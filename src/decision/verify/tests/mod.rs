//! Explorations of small configurations.

mod breaks;
mod equivalence;
mod speed;
mod support;
