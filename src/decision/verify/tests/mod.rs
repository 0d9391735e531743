//! Explorations of small configurations.

mod mutants;
mod speed;
mod support;
