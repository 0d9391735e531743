//! The joined form: a CSV file with one request in each row, and the same as a trace.
//!
//! `kind: replay` and `trace stats` read `arrival`, `prompt_tokens`, `completion_tokens` and `max_tokens` of it,
//! `fit` `total_ms`, `completion_tokens` and `status`; `calibrate` reads all of it.

use super::join::{JoinedLog, LogRequest};
use super::row::host_of;
use super::times;
use crate::units::{Duration, Timestamp, Tokens};
use crate::workload::{Trace, TraceFormat, TraceRow};

const HEADER: [&str; 19] = [
    "arrival",
    "correlation_id",
    "client",
    "api",
    "deployment",
    "model",
    "backend",
    "backend_host",
    "backend_status",
    "status",
    "stream",
    "prompt_tokens",
    "completion_tokens",
    "max_tokens",
    "total_ms",
    "backend_ms",
    "attempts",
    "cache",
    "tokens_from",
];

impl JoinedLog {
    /// The joined form, as CSV.
    ///
    /// # Errors
    /// What went wrong, in the words of the writer.
    pub fn to_csv(&self) -> Result<Vec<u8>, String> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(HEADER).map_err(|error| error.to_string())?;
        for request in &self.requests {
            writer.write_record(cells(request)).map_err(|error| error.to_string())?;
        }
        writer.into_inner().map_err(|error| error.to_string())
    }

    /// The traffic of the requests that `wanted` takes. Times count from the arrival of the first of all.
    pub fn to_trace(&self, wanted: impl Fn(&LogRequest) -> bool) -> Trace {
        let first = self.requests.first().map_or(0, |request| request.arrival_ns);
        let rows = self.requests.iter().filter(|request| wanted(request)).map(|request| TraceRow {
            at: Timestamp::from_nanos(
                u64::try_from(request.arrival_ns.saturating_sub(first)).unwrap_or_default(),
            ),
            prompt_tokens: Tokens(request.prompt_tokens),
            completion_tokens: Tokens(request.completion_tokens),
            images: 0,
            max_tokens: request.max_tokens.map(Tokens),
        });
        Trace { format: TraceFormat::Joined, rows: rows.collect(), ..Trace::default() }
    }

    /// Time from the first arrival to the last.
    pub fn span(&self) -> Duration {
        let first = self.requests.first().map_or(0, |request| request.arrival_ns);
        let last = self.requests.last().map_or(0, |request| request.arrival_ns);
        Duration::from_nanos(u64::try_from(last.saturating_sub(first)).unwrap_or_default())
    }

    /// Arrival of the first request, as text.
    pub fn begin(&self) -> String {
        times::show(self.requests.first().map_or(0, |request| request.arrival_ns))
    }
}

impl LogRequest {
    /// Whether the last backend called has this URL, as far as the log tells.
    pub fn is_to(&self, url: &str) -> bool {
        self.host.is_some() && host_of(url).as_deref() == self.host.as_deref()
    }
}

fn cells(request: &LogRequest) -> [String; 19] {
    let text = |value: &Option<std::sync::Arc<str>>| value.as_deref().unwrap_or_default().to_owned();
    let status = |value: Option<u16>| value.map(|status| status.to_string()).unwrap_or_default();
    let count = |value: Option<u64>| value.map(|count| count.to_string()).unwrap_or_default();
    let ms = |value: Option<Duration>| value.map(milliseconds).unwrap_or_default();
    [
        times::show(request.arrival_ns),
        request.id.to_string(),
        text(&request.client),
        text(&request.api),
        text(&request.deployment),
        text(&request.model),
        text(&request.backend),
        text(&request.host),
        status(request.backend_status),
        status(request.status),
        request.stream.map(|stream| stream.to_string()).unwrap_or_default(),
        request.prompt_tokens.to_string(),
        request.completion_tokens.to_string(),
        count(request.max_tokens),
        ms(request.total),
        ms(request.backend_time),
        count(request.attempts),
        if request.cache_hit { "hit".to_owned() } else { String::new() },
        if request.is_assumed { "median".to_owned() } else { "log".to_owned() },
    ]
}

/// Exact to the nanosecond, without zeros at the end.
fn milliseconds(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let text = format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_exact() {
        for (nanos, expected) in [(0, "0"), (812_000_000, "812"), (812_500_000, "812.5"), (1, "0.000001")] {
            assert_eq!(milliseconds(Duration::from_nanos(nanos)), expected);
        }
    }
}
