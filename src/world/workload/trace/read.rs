//! From the bytes of a file to a trace.
//!
//! Rules
//! - Columns go by name, in any order and letter case; other columns are ignored.
//! - Rows must be in order of time.
//! - Rows without prompt tokens are left out: failed or filtered calls, which no deployment could serve.
//!   So are rows without an answer where a trace writes failed calls like that (BurstGPT).
//! - A trace whose clock is coarse (more than half of its rows have the time of the row before) says how long
//!   its ticks are, so that a replay can spread requests over them.

use serde::Serialize;

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::units::{Duration, Timestamp, Tokens};

use super::format::TraceFormat;
use super::problems::Problems;
use super::{columns, jsonl};

/// A recorded sequence of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The form of the file.
    pub format: TraceFormat,
    /// The requests, in order of time; at least one when read from a file.
    pub rows: Vec<TraceRow>,
    /// How many rows were left out.
    pub dropped: Dropped,
    /// The step of the recorder's clock, when it was coarser than the gaps between requests: the median of
    /// the gaps between different times.
    pub tick: Option<Duration>,
}

/// One recorded request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceRow {
    /// Time since the first kept row.
    pub at: Timestamp,
    /// Prompt tokens, at least 1.
    pub prompt_tokens: Tokens,
    /// Generated tokens.
    pub completion_tokens: Tokens,
    /// Images of the prompt (`NumImages`), which its tokens count already.
    pub images: u32,
    /// `max_tokens` of the request, where the trace knows it.
    pub max_tokens: Option<Tokens>,
}

/// Rows that were left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Without prompt tokens.
    pub without_prompt: u64,
    /// Failed calls.
    pub failed: u64,
}

/// Why a row is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has no prompt tokens.
    WithoutPrompt,
    /// The recorded call failed.
    Failed,
}

impl Dropped {
    /// All of them.
    pub const fn total(self) -> u64 {
        self.without_prompt.saturating_add(self.failed)
    }
}

impl Trace {
    /// Reads `bytes`: comma-separated with the columns `TIMESTAMP` (`YYYY-MM-DD HH:MM:SS.fffffff`, UTC),
    /// `ContextTokens` and `GeneratedTokens`, or `Timestamp` (seconds), `Request tokens` and `Response tokens`;
    /// or `arrival`, `prompt_tokens`, `completion_tokens` and `max_tokens` at will (production logs, joined); or a
    /// JSON object per line with `timestamp` (milliseconds), `input_length` and `output_length`. `None`, with
    /// errors in `diagnostics`, unless all rows are good.
    pub fn parse(bytes: &[u8], source: SourceId, diagnostics: &mut Diagnostics) -> Option<Self> {
        // The reader would skip a byte order mark itself, and then its positions would not count it.
        let (bom, text) = match bytes.strip_prefix(BOM) {
            Some(text) => (BOM.len(), text),
            None => (0, bytes),
        };
        let mut problems = Problems::new(source, bom, text);
        let mut builder = Builder::default();
        let is_read = if text.trim_ascii_start().starts_with(b"{") {
            jsonl::read(text, &mut builder, &mut problems);
            Some(())
        } else {
            columns::read(text, &mut builder, &mut problems)
        };
        if is_read.is_some() {
            builder.refuse_empty(text.len(), &mut problems);
        }
        let failed = problems.report(diagnostics);
        is_read.filter(|()| !failed)?;
        for warning in builder.warnings() {
            diagnostics.push(warning);
        }
        Some(builder.finish())
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The values of one row.
pub(super) struct Row {
    /// As [`TraceFormat::time`] counts.
    pub(super) time: i128,
    pub(super) prompt_tokens: u64,
    pub(super) completion_tokens: u64,
    pub(super) images: u32,
    pub(super) max_tokens: Option<u64>,
}

/// Where the values of a row stand, worked out when there is something to say of them only.
pub(super) struct Places<'a> {
    pub(super) time: &'a dyn Fn(&Problems<'_>) -> Span,
    pub(super) prompt: &'a dyn Fn(&Problems<'_>) -> Span,
    pub(super) completion: &'a dyn Fn(&Problems<'_>) -> Span,
    pub(super) time_text: &'a dyn Fn() -> String,
}

/// A trace while it is read, row by row.
#[derive(Default)]
pub(super) struct Builder {
    trace: Trace,
    first: Option<i128>,
    previous: Option<i128>,
    first_without_prompt: Option<Span>,
    first_failed: Option<Span>,
}

impl Builder {
    pub(super) fn set_format(&mut self, format: TraceFormat) {
        self.trace.format = format;
    }

    /// Keeps a row, or counts it as left out, or says what is wrong with it.
    pub(super) fn add(&mut self, row: &Row, places: &Places<'_>, problems: &mut Problems<'_>) {
        if self.previous.is_some_and(|previous| row.time < previous) {
            wrong_time("trace-order", "is earlier than the row before", EXPECTED_ORDER, places, problems);
        }
        self.previous = Some(row.time);
        if let Some(reason) = self.reason(row) {
            let (count, first, place) = match reason {
                Reason::WithoutPrompt => {
                    (&mut self.trace.dropped.without_prompt, &mut self.first_without_prompt, places.prompt)
                }
                Reason::Failed => (&mut self.trace.dropped.failed, &mut self.first_failed, places.completion),
            };
            *count = count.saturating_add(1);
            if first.is_none() {
                *first = Some(place(problems));
            }
            return;
        }
        let start = *self.first.get_or_insert(row.time);
        let Ok(at) = u64::try_from((row.time - start).max(0)) else {
            wrong_time("trace-span", "is too far from the first row", EXPECTED_SPAN, places, problems);
            return;
        };
        self.trace.rows.push(TraceRow {
            at: Timestamp::from_nanos(at),
            prompt_tokens: Tokens(row.prompt_tokens),
            completion_tokens: Tokens(row.completion_tokens),
            images: row.images,
            max_tokens: row.max_tokens.map(Tokens),
        });
    }

    fn reason(&self, row: &Row) -> Option<Reason> {
        if row.prompt_tokens == 0 {
            return Some(Reason::WithoutPrompt);
        }
        let has_failed = row.completion_tokens == 0 && self.trace.format.writes_failures_as_no_answer();
        has_failed.then_some(Reason::Failed)
    }

    /// A trace without a row that can be sent is an error at the end of its text.
    fn refuse_empty(&self, length: usize, problems: &mut Problems<'_>) {
        if !self.trace.rows.is_empty() || !problems.is_empty() {
            return;
        }
        let message = match self.trace.dropped {
            Dropped { without_prompt: 0, failed: 0 } => "the trace has no rows",
            Dropped { failed: 0, .. } => "the trace has no rows with prompt tokens",
            Dropped { .. } => "the trace has no rows of calls that succeeded",
        };
        let span = problems.span(length, length);
        problems.push("trace-empty", span, message.to_owned(), "expected at least one request");
    }

    /// What was left out, and why.
    fn warnings(&self) -> Vec<Diagnostic> {
        let warning = |count: u64, first: Option<Span>, label: &str, note: &str| {
            let rows = if count == 1 { "row" } else { "rows" };
            let message = format!("{count} {rows} of the trace left out");
            Some(Diagnostic::warning("trace-dropped-rows", first?, message).label(label).note(note))
        };
        let Dropped { without_prompt, failed } = self.trace.dropped;
        let prompt_note = "a request without prompt tokens cannot be sent";
        let failed_note = "a call without an answer failed: what it would have asked for is not known";
        [
            warning(without_prompt, self.first_without_prompt, "no prompt tokens here", prompt_note),
            warning(failed, self.first_failed, "no answer here", failed_note),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn finish(mut self) -> Trace {
        if self.trace.format.has_coarse_clock() {
            self.trace.tick = tick(&self.trace.rows);
        }
        self.trace
    }
}

const EXPECTED_ORDER: &str = "expected rows in order of time";
const EXPECTED_SPAN: &str = "expected at most 584 years after the first row";

fn wrong_time(code: &'static str, what: &str, label: &str, places: &Places<'_>, problems: &mut Problems<'_>) {
    if problems.is_full() {
        problems.count();
        return;
    }
    let message = format!("`{}` {what}", super::problems::shown((places.time_text)().as_bytes()));
    problems.push(code, (places.time)(problems), message, label);
}

/// The median gap between different times, if most rows have the time of the row before.
fn tick(rows: &[TraceRow]) -> Option<Duration> {
    let gaps = rows.iter().zip(rows.iter().skip(1)).map(|(one, next)| next.at.since(one.at).as_nanos());
    let mut steps: Vec<u64> = gaps.filter(|gap| *gap > 0).collect();
    let repeats = rows.len().saturating_sub(1).saturating_sub(steps.len());
    if repeats <= rows.len() / 2 {
        return None;
    }
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().map(Duration::from_nanos)
}
