//! Observations become statistics.
//!
//! Rules: counts and sums are integers, so that no statistic depends on the order of observations.
//! Deliberately absent: where observations come from, and files.

mod accounts;
mod latency;

pub use accounts::StatusCounts;
pub use latency::LatencyHistogram;
