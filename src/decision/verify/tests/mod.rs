//! Explorations of small configurations.

mod breaks;
mod combined;
mod configs;
mod course;
mod equivalence;
mod limits;
mod mutants;
mod oracle;
mod pinned;
mod random;
mod reports;
mod spin;
mod storms;
pub(super) mod support;
mod threads;
