//! Rows from what a run tells: the observer that writes the CSV files while the run goes on.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};

use super::output::{OutputError, Staging};
use crate::backend::LimitKind;
use crate::gateway::{FailureCause, GatewaySpec, Pinned, Selection, Threshold, Trip, TripLength};
use crate::report::{CsvWriter, RequestRow, RunStamp, TableError, TimelineRow, TripRow};
use crate::sim::{
    AttemptResult, Caller, IntervalRecord, Observer, Outcome, RequestRecord, RunPlan, Step, TripRecord,
};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// Writes `requests.csv` (if wanted) and `timeline.csv`, and keeps the trips.
#[derive(Debug)]
pub(crate) struct Tables<'p> {
    spec: &'p GatewaySpec,
    urls: Vec<String>,
    /// Of backends, then of what is spilled to.
    names: Vec<String>,
    spillover: Vec<String>,
    requests: Option<CsvWriter<BufWriter<File>, RequestRow>>,
    /// The clients of a mix by name; empty without one.
    clients: &'p [Caller],
    timeline: CsvWriter<BufWriter<File>, TimelineRow>,
    trips: Vec<TripRow>,
    row: RequestRow,
    run: String,
    error: Option<TableError>,
    /// Whether nobody knows what went on inside of the gateway.
    is_outside: bool,
}

impl<'p> Tables<'p> {
    /// Begins the files in `staging`.
    ///
    /// # Errors
    /// A file cannot be made.
    pub(crate) fn new(
        plan: &'p RunPlan,
        stamp: &RunStamp,
        staging: &Staging,
        wants_requests: bool,
    ) -> Result<Self, OutputError> {
        let requests = if !wants_requests {
            None
        } else if plan.callers.is_empty() {
            Some(begin(staging, "requests.csv")?)
        } else {
            let file = CsvWriter::labelled(staging.create("requests.csv")?, "client");
            Some(file.map_err(|e| OutputError::new(staging.path("requests.csv"), e))?)
        };
        let timeline = begin(staging, "timeline.csv")?;
        let backends = plan.gateway.backends();
        let run = stamp.column();
        let row = RequestRow { run: run.clone(), ..RequestRow::default() };
        Ok(Self {
            spec: &plan.gateway,
            urls: backends
                .iter()
                .map(|b| format!("{}{}", b.url.trim_end_matches('/'), plan.operation.path))
                .collect(),
            names: backends
                .iter()
                .map(|b| b.name.to_string())
                .chain(plan.spillover.iter().map(|target| target.name.to_string()))
                .collect(),
            spillover: plan.spillover.iter().map(|target| target.name.to_string()).collect(),
            requests,
            clients: &plan.callers,
            timeline,
            trips: Vec::new(),
            row,
            run,
            error: None,
            is_outside: false,
        })
    }

    /// The same without what can be seen only inside of a gateway.
    #[must_use]
    pub(crate) fn seen_from_outside(self) -> Self {
        Self { is_outside: true, ..self }
    }

    /// Ends the files and writes `trips.csv`; gives the trips in order.
    ///
    /// # Errors
    /// A file could not be written, now or earlier.
    pub(crate) fn finish(self, staging: &Staging) -> Result<Vec<TripRow>, OutputError> {
        let failed = |name: &str, error: TableError| OutputError::new(staging.path(name), error);
        if let Some(error) = self.error {
            return Err(failed("requests.csv", error));
        }
        let end = |name: &str, file: Result<BufWriter<File>, TableError>| {
            let mut file = file.map_err(|e| failed(name, e))?;
            file.flush().map_err(|e| OutputError::new(staging.path(name), e))
        };
        if let Some(requests) = self.requests {
            end("requests.csv", requests.finish())?;
        }
        end("timeline.csv", self.timeline.finish())?;
        let mut trips = begin::<TripRow>(staging, "trips.csv")?;
        for trip in &self.trips {
            trips.write(trip).map_err(|e| failed("trips.csv", e))?;
        }
        end("trips.csv", trips.finish())?;
        Ok(self.trips)
    }

    fn name(&self, backend: BackendId) -> &str {
        self.names.get(backend.index()).map_or("?", String::as_str)
    }

    fn keep(&mut self, result: Result<(), TableError>) {
        if let (Err(error), None) = (result, &self.error) {
            self.error = Some(error);
        }
    }
}

impl Observer for Tables<'_> {
    const WANTS_STEPS: bool = true;

    fn request(&mut self, record: &RequestRecord<'_>) {
        if self.requests.is_none() {
            return;
        }
        let mut row = std::mem::take(&mut self.row);
        let is_answered = record.outcome == Outcome::Answered;
        row.request = record.id.0;
        row.arrival_s = seconds(record.arrival);
        row.instance = record.instance;
        row.outcome.clear();
        row.outcome.push_str(match record.outcome {
            Outcome::Answered => "answered",
            Outcome::BrokenOff => "broken_off",
            Outcome::Cancelled => "cancelled",
            Outcome::InFlight => "in_flight",
        });
        row.status = record.status.map(StatusCode::get);
        row.backend.clear();
        if let Some(backend) = record.answerer {
            row.backend.push_str(self.name(backend));
        }
        row.url.clear();
        if let Some(url) = record.last_target.and_then(|b| self.urls.get(b.index())) {
            row.url.push_str(url);
        }
        row.attempts = record.attempts;
        row.path.clear();
        self.write_path(&mut row.path, record.steps);
        row.latency_ms = is_answered.then(|| record.end.since(record.arrival).as_millis_f64());
        row.ttft_ms =
            record.first_byte.filter(|_| is_answered).map(|at| at.since(record.arrival).as_millis_f64());
        row.wait_ms = (is_answered && !self.is_outside).then(|| record.wait.as_millis_f64());
        row.prompt_tokens = record.demand.prompt_tokens.get();
        row.completion_tokens = record.demand.generated().get();
        row.counted_tokens = record.counted.map(crate::units::Tokens::get);
        let client = record.client.and_then(|client| self.clients.get(client as usize));
        let result = self.requests.as_mut().map_or(Ok(()), |file| match client {
            Some(client) => file.write_labelled(client.label.as_str(), &row),
            None => file.write(&row),
        });
        self.row = row;
        self.keep(result);
    }

    fn interval(&mut self, record: &IntervalRecord) {
        let whole = record.serving.as_secs_f64();
        let row = TimelineRow {
            start_s: seconds(record.start),
            length_s: record.length.as_secs_f64(),
            backend: self.name(record.backend).to_owned(),
            admitted: record.admitted,
            throttled: record.throttled,
            failed: record.failed,
            answered: record.answered,
            counted_tokens: record.counted.get(),
            window_fill_max: record.fill_max_permille as f64 / 1000.0,
            tripped_share: if whole > 0.0 { record.tripped.as_secs_f64() / whole } else { 0.0 },
            breaker: match record.tripped {
                Duration::ZERO => "closed",
                tripped if tripped >= record.serving => "tripped",
                _ => "mixed",
            }
            .to_owned(),
            run: self.run.clone(),
        };
        let result = self.timeline.write(&row);
        self.keep(result);
    }

    fn trip(&mut self, record: &TripRecord) {
        match record {
            TripRecord::Tripped { backend, instance, trip } => {
                let rule = self.spec.backend(*backend).and_then(|b| b.breaker.as_ref());
                self.trips.push(TripRow {
                    backend: self.name(*backend).to_owned(),
                    instance: *instance,
                    start_s: seconds(trip.at),
                    end_s: seconds(trip.until),
                    configured_s: trip.configured.as_secs_f64(),
                    effective_s: trip.effective.as_secs_f64(),
                    why: why(trip),
                    cause: cause(trip, rule.map(|r| (r.threshold, r.interval))),
                    run: self.run.clone(),
                });
            }
            TripRecord::Extended { backend, instance, until } => {
                let name = self.names.get(backend.index()).map_or("?", String::as_str);
                let last = self.trips.iter_mut().rev().find(|t| t.backend == name && t.instance == *instance);
                if let Some(trip) = last {
                    trip.end_s = seconds(*until);
                    trip.effective_s = trip.end_s - trip.start_s;
                    if !trip.why.ends_with("extended while tripped") {
                        trip.why.push_str(", extended while tripped");
                    }
                }
            }
        }
    }
}

impl Tables<'_> {
    fn write_result(&self, path: &mut String, result: AttemptResult) -> std::fmt::Result {
        match result {
            AttemptResult::Pending => path.write_str("pending"),
            AttemptResult::Status(status, limit) => write_status(path, status, limit),
            AttemptResult::Spilled(status, place) => {
                let target = self.spillover.get(usize::from(place)).map_or("?", String::as_str);
                write!(path, "{status} spilled to {target}")
            }
            AttemptResult::SpilledInVain(status, limit, other) => {
                write_status(path, status, limit)?;
                write!(path, " and {other} of spillover")
            }
            AttemptResult::Timeout => path.write_str("timeout"),
            AttemptResult::NoConnection => path.write_str("no connection"),
        }
    }

    fn write_path(&self, path: &mut String, steps: &[Step]) {
        for (at, step) in steps.iter().enumerate() {
            if at > 0 {
                path.push_str(" > ");
            }
            // Writing to a string does not fail.
            let _infallible = match step {
                Step::Attempt { backend, selection, result } => write!(path, "{}:", self.name(*backend))
                    .and_then(|()| self.write_result(path, *result))
                    .and_then(|()| write_reason(path, *selection)),
                Step::Exhausted { status } => write!(path, "gateway:{status}(no backend available)"),
                Step::Wait(wait) => write!(path, "wait {wait}"),
            };
        }
    }
}

fn write_status(path: &mut String, status: StatusCode, limit: Option<LimitKind>) -> std::fmt::Result {
    let Some(limit) = limit else { return write!(path, "{status}") };
    let limit = match limit {
        LimitKind::Tokens => "token limit",
        LimitKind::Requests => "request limit",
        LimitKind::Utilisation => "PTU utilisation",
        LimitKind::Queue => "queue full",
        LimitKind::Oversized => "larger than the quota",
        LimitKind::HighDemand => "high demand",
    };
    write!(path, "{status} {limit}")
}

fn write_reason(path: &mut String, selection: Option<Selection>) -> std::fmt::Result {
    let Some(selection) = selection else { return path.write_str("(set)") };
    let Some(priority) = selection.priority else { return path.write_str("(single)") };
    if priority == u16::MAX {
        path.write_str("(last priority")?;
    } else {
        write!(path, "(priority {priority}")?;
    }
    if selection.better_tripped > 0 {
        write!(path, ", {} better tripped", selection.better_tripped)?;
    }
    if selection.peers_tripped > 0 {
        write!(path, ", {} peers tripped", selection.peers_tripped)?;
    }
    path.write_str(match selection.pinned {
        Pinned::No => ")",
        Pinned::Yes => ", session)",
        Pinned::Tripped => ", its session's member tripped)",
        Pinned::Outranked => ", its session's member outranked)",
    })
}

fn why(trip: &Trip) -> String {
    match trip.why {
        TripLength::Configured => "trip duration of the rule".to_owned(),
        TripLength::NoRetryAfter => "trip duration of the rule: no readable Retry-After".to_owned(),
        TripLength::RetryAfter(asked) => format!("Retry-After {asked} accepted"),
        TripLength::RetryAfterOverruled(asked) => {
            format!("trip duration of the rule rules Retry-After {asked} out")
        }
    }
}

fn cause(trip: &Trip, rule: Option<(Threshold, Duration)>) -> String {
    let what = match trip.cause {
        FailureCause::Status(status) => status.to_string(),
        FailureCause::Timeout => "timeout".to_owned(),
        FailureCause::Connection => "no connection".to_owned(),
    };
    match rule {
        Some((Threshold::Count(count), interval)) => {
            format!("{what}, failure {} of {count} in {interval}", trip.failures)
        }
        Some((Threshold::Percentage(percent), interval)) => {
            format!(
                "{what}, {} of {} calls failed in {interval}, limit {percent} %",
                trip.failures, trip.calls
            )
        }
        None => what,
    }
}

fn begin<Row: serde::Serialize + serde::de::DeserializeOwned>(
    staging: &Staging,
    name: &str,
) -> Result<CsvWriter<BufWriter<File>, Row>, OutputError> {
    CsvWriter::new(staging.create(name)?).map_err(|e| OutputError::new(staging.path(name), e))
}

fn seconds(at: Timestamp) -> f64 {
    at.since(Timestamp::ZERO).as_secs_f64()
}
