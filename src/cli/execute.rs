//! Running one variant into an output folder.

use thiserror::Error;

use super::output::{OutputError, Staging};
use super::summarise::{stamp, summarise};
use super::tables::Tables;
use crate::config::{Scenario, Variant};
use crate::report::{CsvWriter, MetricRow, Summary};
use crate::sim::{self, AccountingError};

/// Which files to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// `requests.csv`.
    pub requests: bool,
    /// SVG and PNG.
    pub charts: bool,
}

/// Why a run has no result although its input was fine.
#[derive(Debug, Error)]
pub(crate) enum ExecuteError {
    /// A file could not be written or read.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A defect of this program.
    #[error(transparent)]
    Accounting(#[from] AccountingError),
    /// A chart could not be drawn.
    #[error("chart of {0}: {1}")]
    Chart(String, String),
    /// The summary could not be written as JSON.
    #[error("summary: {0}")]
    Json(#[from] serde_json::Error),
}

impl ExecuteError {
    /// Whether this program is to blame.
    pub(crate) fn is_internal(&self) -> bool {
        matches!(self, Self::Accounting(_) | Self::Json(_))
    }
}

/// Runs `variant` and writes its files into `staging`.
pub(crate) fn execute(
    scenario: &Scenario,
    variant: &Variant,
    staging: &Staging,
    wanted: Wanted,
) -> Result<Summary, ExecuteError> {
    let stamp = stamp(variant);
    let mut tables = Tables::new(&variant.plan, &stamp, staging, wanted.requests)?;
    let result = sim::run(&variant.plan, &mut tables)?;
    let trips = tables.finish(staging)?;
    let summary = summarise(scenario, variant, &result, &trips);
    staging.write("summary.json", summary.to_json()?.as_bytes())?;
    write_metrics(staging, "summary.csv", &summary.rows())?;
    if wanted.charts {
        super::charts::draw_run(&summary, |name| staging.path(name), staging)?;
    }
    Ok(summary)
}

/// Runs `variant` without writing anything.
pub(crate) fn execute_silently(scenario: &Scenario, variant: &Variant) -> Result<Summary, ExecuteError> {
    let result = sim::run(&variant.plan, &mut sim::NoObserver)?;
    Ok(summarise(scenario, variant, &result, &[]))
}

/// Writes a table of metrics.
pub(crate) fn write_metrics(staging: &Staging, name: &str, rows: &[MetricRow]) -> Result<(), ExecuteError> {
    let failed = |error: crate::report::TableError| OutputError::new(staging.path(name), error);
    let mut csv = CsvWriter::new(Vec::new()).map_err(failed)?;
    for row in rows {
        csv.write(row).map_err(failed)?;
    }
    staging.write(name, &csv.finish().map_err(failed)?)?;
    Ok(())
}
