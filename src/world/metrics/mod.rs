//! Observations become statistics.
//!
//! Rules: counts and sums over a run are integers, so that no statistic depends on the order of observations;
//! what is computed from several runs goes by their order.
//! Deliberately absent: where observations come from, and files.

mod accounts;
mod call_fit;
mod fit;
mod interval;
mod latency;
mod special;

pub use accounts::StatusCounts;
pub use call_fit::{CallFit, CallTime, FEWEST_CALLS, fit_calls};
pub use fit::{GammaFit, LineFit, LogNormalFit, fit_gamma, fit_line, fit_log_normal};
pub use interval::MeanInterval;
pub use latency::LatencyHistogram;
pub use special::{beta_i, digamma, gamma_p, normal_cumulative, student_quantile};
