//! Tables and pictures as bytes: rows of CSV files, SVG and PNG charts. The caller writes files.

mod caching;
mod cells;
#[cfg(feature = "charts")]
pub mod charts;
mod clients;
mod costs;
mod csv;
mod faults;
mod findings;
mod replications;
mod rows;
mod spillover;
mod summary;

pub use caching::{BackendCachingSummary, CachingSummary};
pub use clients::{ClientSummary, GroupSummary, RegionSummary, SessionSummary};
pub use costs::{BackendCost, CostSummary, MonthlyCosts, ObjectiveSummary};
pub use csv::{CsvWriter, RowReader, TableError, read_rows};
pub use faults::{FaultSummary, PhaseSummary, PoolSummary};
pub use findings::{Finding, Scale, Verdict, findings, headline, headlines};
pub use replications::{CONFIDENCE, Figure, IntervalRow, ReplicatedRow, ReplicationRow, Replications};
pub use rows::{RequestRow, RunStamp, SCHEMA_VERSION, TimelineRow, TripRow};
pub use spillover::{SpillTargetSummary, SpillingSummary, SpilloverSummary};
pub use summary::{
    AssumptionSummary, AttemptTotals, BackendSummary, CallTotals, ComparisonRow, Distribution, MAX_TRIPS,
    Metric, MetricKind, MetricRow, OversizedTotals, RequestTotals, Summary, TripSummary, WarmupSummary,
};
