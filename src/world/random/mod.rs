//! Named, seeded random streams: the only source of chance in the crate.
//!
//! Rules
//! - A stream is keyed by the run's seed, a [`StreamName`] and, where asked, two numbers. Adding, dropping
//!   or renaming one stream never shifts the draws of another, so that two policies can be compared on
//!   common random numbers.
//! - The generator is ChaCha with 8 rounds, a named portable algorithm; every sampler is defined here in
//!   terms of its bits. Same key, same values, on every platform and in every build.
//! - Only `libm` computes logarithms, exponentials and cosines. The samplers of `rand_distr` are not used:
//!   their floating-point functions change with the cargo features of unrelated crates.
//! - Floats leave this module towards integers through [`whole`].
//!
//! Deliberately absent: entropy from the machine, and anything cryptographic.

mod distance;
mod gaps;
mod name;
mod stream;

pub use distance::distance;
#[cfg(test)]
pub(crate) use distance::scaled_distance;
pub use gaps::{gamma_shape, weibull_shape};
pub use name::{StreamName, Streams};
pub use stream::{Stream, whole};
