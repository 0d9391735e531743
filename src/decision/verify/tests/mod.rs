//! Explorations of small configurations.

mod breaks;
mod equivalence;
mod mutants;
mod speed;
mod support;
