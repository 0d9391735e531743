//! What charts are drawn from: a run as the tables tell it, or variants side by side.

use std::collections::BTreeMap;

use super::ChartError;
use crate::report::{ReplicatedRow, RequestRow, RunStamp, TimelineRow, TripRow};

/// One client request, as small as charts allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestPoint {
    /// Number in order of arrival, from 0.
    pub request: u64,
    /// Arrival at the gateway, seconds since run start.
    pub arrival_s: f64,
    /// Arrival to last byte at the client; nothing when there was no answer.
    pub latency_ms: Option<f64>,
    /// Index in [`RunView::backends`] of the backend whose response the client saw; nothing when the
    /// gateway answered by itself or nobody did.
    pub backend: Option<u16>,
    /// Status the client saw; nothing when cancelled or in flight at the end of the run.
    pub status: Option<u16>,
}

/// Who gave the client its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// This backend, with 2xx.
    Backend(usize),
    /// The gateway by itself, with any status.
    Gateway,
    /// A backend with another status than 2xx, or nobody.
    Failed,
}

impl RequestPoint {
    pub(super) fn answer(&self) -> Answer {
        match (self.backend, self.status) {
            (Some(backend), Some(200..=299)) => Answer::Backend(backend.into()),
            (None, Some(_)) => Answer::Gateway,
            (Some(_) | None, _) => Answer::Failed,
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        matches!(self.status, Some(200..=299))
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunView {
    /// Subject of the titles, for example the scenario's name.
    pub title: String,
    /// Which run this is.
    pub stamp: RunStamp,
    /// Backend names; a backend's place fixes its colour in every chart.
    pub backends: Vec<String>,
    /// Every client request, in any order.
    pub requests: Vec<RequestPoint>,
    /// Rows of the timeline table.
    pub timeline: Vec<TimelineRow>,
    /// Rows of the trips table.
    pub trips: Vec<TripRow>,
    /// End of the run, seconds since its start.
    pub end_s: f64,
}

impl RunView {
    /// A view of a run from its tables.
    ///
    /// Backends stand in the order in which timeline, trips and requests first name them. The run ends
    /// with the last interval of the timeline, or with the last arrival or trip if that is later.
    pub fn from_tables(
        title: impl Into<String>,
        stamp: RunStamp,
        requests: impl IntoIterator<Item = RequestRow>,
        timeline: Vec<TimelineRow>,
        trips: Vec<TripRow>,
    ) -> Result<Self, ChartError> {
        let mut builder = RunViewBuilder::new(title, stamp, timeline, trips)?;
        for row in requests {
            builder.push(&row)?;
        }
        Ok(builder.finish())
    }
}

/// Builds a [`RunView`] request by request, for tables that are read or written as a stream.
#[derive(Clone, Debug)]
pub struct RunViewBuilder {
    view: RunView,
    index: BTreeMap<String, u16>,
}

impl RunViewBuilder {
    /// A view without requests.
    pub fn new(
        title: impl Into<String>,
        stamp: RunStamp,
        timeline: Vec<TimelineRow>,
        trips: Vec<TripRow>,
    ) -> Result<Self, ChartError> {
        let mut index = BTreeMap::new();
        let mut backends = Vec::new();
        let mut end_s = 0.0_f64;
        for row in &timeline {
            add_backend(&mut index, &mut backends, &row.backend)?;
            end_s = end_s.max(row.start_s + row.length_s);
        }
        for row in &trips {
            add_backend(&mut index, &mut backends, &row.backend)?;
            end_s = end_s.max(row.start_s);
        }
        let view =
            RunView { title: title.into(), stamp, backends, requests: Vec::new(), timeline, trips, end_s };
        Ok(Self { view, index })
    }

    /// Adds a request.
    pub fn push(&mut self, row: &RequestRow) -> Result<(), ChartError> {
        let backend = match row.backend.as_str() {
            "" => None,
            name => Some(add_backend(&mut self.index, &mut self.view.backends, name)?),
        };
        self.view.end_s = self.view.end_s.max(row.arrival_s);
        self.view.requests.push(RequestPoint {
            request: row.request,
            arrival_s: row.arrival_s,
            latency_ms: row.latency_ms,
            backend,
            status: row.status,
        });
        Ok(())
    }

    /// The view.
    pub fn finish(self) -> RunView {
        self.view
    }
}

fn add_backend(
    index: &mut BTreeMap<String, u16>,
    backends: &mut Vec<String>,
    name: &str,
) -> Result<u16, ChartError> {
    if let Some(at) = index.get(name) {
        return Ok(*at);
    }
    let at = u16::try_from(backends.len()).map_err(|_| ChartError::TooMany {
        what: "backends",
        most: usize::from(u16::MAX) + 1,
        found: backends.len() + 1,
    })?;
    index.insert(name.to_owned(), at);
    backends.push(name.to_owned());
    Ok(at)
}

/// One variant of a comparison: the summary of its run.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantView {
    /// Name of the variant.
    pub name: String,
    /// Which run this is.
    pub stamp: RunStamp,
    /// Each backend with the share of all client requests that it answered with 2xx, 0 to 1. The same
    /// backends in the same order in every variant keep the colours of the charts of a single run.
    pub shares: Vec<(String, f64)>,
    /// Share of all client requests that ended 2xx, 0 to 1.
    pub success_share: f64,
    /// Share of all client requests that ended 429, 0 to 1.
    pub client_429_share: f64,
    /// Share of all client requests that ended 5xx, 0 to 1.
    pub client_5xx_share: f64,
    /// Median response time; nothing when nothing was answered.
    pub latency_ms_p50: Option<f64>,
    /// 95th percentile of the response time.
    pub latency_ms_p95: Option<f64>,
    /// 99th percentile of the response time.
    pub latency_ms_p99: Option<f64>,
    /// How many runs the numbers above are means of; 1 for a single run.
    pub replications: u32,
    /// 95 % interval of the share that ended 2xx.
    pub success_range: Option<(f64, f64)>,
    /// 95 % intervals of median, 95th and 99th percentile.
    pub latency_ranges: [Option<(f64, f64)>; 3],
}

impl VariantView {
    /// The same with the means and intervals that `rows` have of this variant; unchanged if they have none.
    #[must_use]
    pub fn with_means(mut self, rows: &[ReplicatedRow]) -> Self {
        let name = self.name.clone();
        let find = |metric: &str, backend: &str| {
            rows.iter().find(|r| r.variant == name && r.metric == metric && r.backend == backend)
        };
        let mean = |metric: &str, backend: &str| find(metric, backend).and_then(|row| row.value);
        let range = |metric: &str, most: f64| {
            let row = find(metric, "")?;
            Some((row.low?.clamp(0.0, most), row.high?.clamp(0.0, most)))
        };
        for (backend, share) in &mut self.shares {
            // What a backend spilled is told as the share of its target.
            let own = mean("share", backend).map(|all| all - mean("spilled_share", backend).unwrap_or(0.0));
            *share = own.or_else(|| mean("spillover_share", backend)).unwrap_or(*share).max(0.0);
        }
        self.replications = find("success", "").map_or(1, |row| row.replications);
        self.success_share = mean("success", "").unwrap_or(self.success_share);
        self.client_429_share = mean("client_429_share", "").unwrap_or(self.client_429_share);
        self.client_5xx_share = mean("client_5xx_share", "").unwrap_or(self.client_5xx_share);
        self.latency_ms_p50 = mean("latency_ms_p50", "").or(self.latency_ms_p50);
        self.latency_ms_p95 = mean("latency_ms_p95", "").or(self.latency_ms_p95);
        self.latency_ms_p99 = mean("latency_ms_p99", "").or(self.latency_ms_p99);
        self.success_range = range("success", 1.0);
        self.latency_ranges =
            ["latency_ms_p50", "latency_ms_p95", "latency_ms_p99"].map(|metric| range(metric, LARGEST));
        self
    }
}

/// Beyond this a number is an error of whoever made it: 30 000 years in seconds.
const LARGEST: f64 = 1e12;

/// `value`, if it can be placed on an axis: a number, not negative and not absurd.
pub(super) fn drawable(what: &'static str, value: f64) -> Result<f64, ChartError> {
    if (0.0..=LARGEST).contains(&value) { Ok(value) } else { Err(ChartError::NotDrawable { what, value }) }
}

/// The end of the run, at least a millisecond so that a time axis has a length.
pub(super) fn end_of(view: &RunView) -> Result<f64, ChartError> {
    Ok(drawable("end of the run", view.end_s)?.max(0.001))
}
