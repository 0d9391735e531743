//! Drawing the charts of a run from its CSV files: the same way right after a run and long after it.

use std::path::PathBuf;

use super::error::ExecuteError;
use super::output::Staging;
use crate::report::{ReplicatedRow, Summary};

/// Whether this build can draw.
pub(crate) const CAN_DRAW: bool = cfg!(feature = "charts");

/// Draws the charts of the run whose CSV files `table` finds, into `staging`. Without `requests.csv` the
/// two charts that need it are left out.
#[cfg(feature = "charts")]
pub(crate) fn draw_run(
    summary: &Summary,
    table: impl Fn(&str) -> PathBuf,
    staging: &Staging,
) -> Result<(), ExecuteError> {
    use std::fs::File;

    use super::output::OutputError;
    use crate::report::charts::{RunViewBuilder, breakers, response_time, traffic_share};
    use crate::report::{RequestRow, RowReader, TimelineRow, TripRow, read_rows};

    let title = format!("{} / {}", summary.scenario, summary.variant);
    let unreadable = |name: &str, error: String| OutputError::new(table(name), error);
    let open = |name: &str| File::open(table(name)).map_err(|e| unreadable(name, e.to_string()));
    let timeline: Vec<TimelineRow> =
        read_rows(open("timeline.csv")?).map_err(|e| unreadable("timeline.csv", e.to_string()))?;
    let trips: Vec<TripRow> =
        read_rows(open("trips.csv")?).map_err(|e| unreadable("trips.csv", e.to_string()))?;
    let failed =
        |error: crate::report::charts::ChartError| ExecuteError::Chart(title.clone(), error.to_string());
    let mut builder =
        RunViewBuilder::new(title.clone(), summary.run.clone(), timeline, trips).map_err(failed)?;
    let has_requests = table("requests.csv").exists();
    if has_requests {
        let rows = RowReader::<_, RequestRow>::new(open("requests.csv")?);
        for row in rows.map_err(|e| unreadable("requests.csv", e.to_string()))? {
            let mut row = row.map_err(|e| unreadable("requests.csv", e.to_string()))?;
            // Pictures tell who answered, the table whom the gateway asked.
            if let Some(target) = spilled_to(&row.path, summary) {
                target.clone_into(&mut row.backend);
            }
            builder.push(&row).map_err(failed)?;
        }
    }
    let mut view = builder.finish();
    let mut charts = Vec::new();
    if has_requests {
        charts.push(response_time(&view).map_err(failed)?);
        charts.push(traffic_share(&view).map_err(failed)?);
    }
    // What is spilled to has no breaker; it comes after all backends.
    if summary.spillover.is_some() {
        let backends = summary.backends.len();
        view.backends.truncate(backends);
        view.requests.retain(|point| point.backend.is_none_or(|backend| usize::from(backend) < backends));
    }
    charts.push(breakers(&view).map_err(failed)?);
    for chart in charts {
        write(&chart, staging)?;
    }
    Ok(())
}

/// The deployment that the platform spilled the answer of a request to, as its path tells.
#[cfg(feature = "charts")]
fn spilled_to<'s>(path: &str, summary: &'s Summary) -> Option<&'s str> {
    let spillover = summary.spillover.as_ref()?;
    let (_, rest) = path.rsplit(" > ").next()?.split_once(" spilled to ")?;
    let name = rest.split('(').next()?;
    spillover.deployments.iter().map(|target| target.deployment.as_str()).find(|target| *target == name)
}

/// Draws the chart that compares variants, into `staging`. `means` are the rows of `comparison.csv` with
/// intervals; none without replications.
#[cfg(feature = "charts")]
pub(crate) fn draw_comparison(
    summaries: &[Summary],
    means: &[ReplicatedRow],
    staging: &Staging,
) -> Result<(), ExecuteError> {
    let views: Vec<_> = summaries.iter().map(|s| s.variant_view().with_means(means)).collect();
    let name = summaries.first().map(|s| s.scenario.clone()).unwrap_or_default();
    let chart = crate::report::charts::comparison(&name, &views);
    write(&chart.map_err(|e| ExecuteError::Chart(name, e.to_string()))?, staging)
}

#[cfg(feature = "charts")]
fn write(chart: &crate::report::charts::Chart, staging: &Staging) -> Result<(), ExecuteError> {
    staging.write(&format!("{}.svg", chart.name), chart.svg.as_bytes())?;
    staging.write(&format!("{}.png", chart.name), &chart.png)?;
    Ok(())
}

/// This build draws nothing: whoever asks gets an error instead of a missing picture.
#[cfg(not(feature = "charts"))]
pub(crate) fn draw_run(
    summary: &Summary,
    _: impl Fn(&str) -> PathBuf,
    _: &Staging,
) -> Result<(), ExecuteError> {
    Err(ExecuteError::Chart(summary.variant.clone(), NO_CHARTS.to_owned()))
}

#[cfg(not(feature = "charts"))]
const NO_CHARTS: &str = "this build was made without the feature `charts`";

/// This build draws nothing.
#[cfg(not(feature = "charts"))]
pub(crate) fn draw_comparison(
    summaries: &[Summary],
    _: &[ReplicatedRow],
    _: &Staging,
) -> Result<(), ExecuteError> {
    let name = summaries.first().map(|s| s.scenario.clone()).unwrap_or_default();
    Err(ExecuteError::Chart(name, NO_CHARTS.to_owned()))
}
