//! Explorations of small configurations.

mod speed;
mod support;
