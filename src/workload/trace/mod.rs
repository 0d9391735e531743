//! Recorded traffic.

mod problems;
mod read;
mod timestamp;

pub use read::{Trace, TraceRow};
