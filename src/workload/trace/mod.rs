//! Recorded traffic.

mod problems;
mod read;
mod timestamp;

pub use timestamp::unix_ns;

pub use read::{Trace, TraceRow};
