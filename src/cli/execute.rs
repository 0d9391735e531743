//! Running one variant into an output folder.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ExecuteError;
use super::output::{OutputError, Staging};
use super::summarise::{stamp, summarise};
use super::tables::Tables;
use crate::config::{Scenario, Variant};
use crate::report::{CsvWriter, Summary};
use crate::sim;

/// Which files to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// `requests.csv`.
    pub requests: bool,
    /// SVG and PNG.
    pub charts: bool,
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
    write_table(staging, "summary.csv", &summary.rows())?;
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

/// Writes a whole table.
pub(crate) fn write_table<Row: Serialize + DeserializeOwned>(
    staging: &Staging,
    name: &str,
    rows: &[Row],
) -> Result<(), ExecuteError> {
    let failed = |error: crate::report::TableError| OutputError::new(staging.path(name), error);
    let mut csv = CsvWriter::new(Vec::new()).map_err(failed)?;
    for row in rows {
        csv.write(row).map_err(failed)?;
    }
    staging.write(name, &csv.finish().map_err(failed)?)?;
    Ok(())
}
