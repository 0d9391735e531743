//! Tables and pictures as bytes: rows of CSV files, SVG and PNG charts. The caller writes files.

mod cells;
#[cfg(feature = "charts")]
pub mod charts;
mod csv;
mod faults;
mod rows;
mod summary;

pub use csv::{CsvWriter, RowReader, TableError, read_rows};
pub use faults::{FaultSummary, PhaseSummary, PoolSummary};
pub use rows::{RequestRow, RunStamp, SCHEMA_VERSION, TimelineRow, TripRow};
pub use summary::{
    AssumptionSummary, AttemptTotals, BackendSummary, ComparisonRow, Distribution, MAX_TRIPS, Metric,
    MetricKind, MetricRow, OversizedTotals, RequestTotals, Summary, TripSummary,
};
