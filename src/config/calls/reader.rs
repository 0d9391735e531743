//! From rows to calls: order, and one clock for all of them.

use super::super::rows::Problems;
use super::row::{Row, RowReader};
use super::table::each_row;
use crate::backend::{Call, LeakyBucket, TokenCost};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::units::{Duration, Timestamp};

/// How the cost of a call follows from prompt and `max_tokens`.
#[derive(Clone, Copy, Debug)]
pub enum CallRules<'a> {
    /// The admission estimate of a Standard deployment.
    Standard(&'a TokenCost),
    /// The weights of a provisioned one.
    Provisioned(&'a LeakyBucket),
}

/// What a recording says that became of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// HTTP status.
    pub status: Option<u64>,
    /// `x-ratelimit-remaining-requests`.
    pub remaining_requests: Option<u64>,
    /// `x-ratelimit-remaining-tokens`.
    pub remaining_tokens: Option<u64>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedCall {
    /// The call as the limiter sees it.
    pub call: Call,
    /// Its time as written, in seconds; for timestamps since the first row.
    pub time_s: f64,
    /// What became of it.
    pub recorded: Recorded,
    /// Name of the row.
    pub id: Option<String>,
}

/// All rows, in order of time; at least one.
pub type RecordedCalls = Vec<RecordedCall>;

/// The calls in `text`, CSV or JSON. `span` is the time after which the windows of the limiter begin anew, if they
/// are fixed: times keep their place in it. All problems are told; `None` when there was one.
pub fn read_calls(
    source: SourceId,
    text: &str,
    rules: CallRules<'_>,
    span: Duration,
    diagnostics: &mut Diagnostics,
) -> Option<RecordedCalls> {
    let mut problems = Problems::new("calls-more");
    let mut rows: Vec<Row> = Vec::new();
    let mut too_many = false;
    each_row(source, text, &mut problems, &mut |span, cells, problems| {
        if rows.len() >= MOST_ROWS {
            if !too_many {
                let problem = Diagnostic::error("calls-too-many", span, "there are too many calls");
                problems.push(problem.label(format!("expected at most {MOST_ROWS}")));
            }
            too_many = true;
            return;
        }
        let Some(row) = (RowReader { span, cells, rules: &rules, problems }).read() else { return };
        if let Some(last) = rows.last() {
            if last.is_timestamp != row.is_timestamp {
                let problem =
                    Diagnostic::error("calls-time", row.time_span, "the times of the rows are of two kinds");
                problems.push(problem.label("expected a time as in the rows before"));
                return;
            }
            if row.time < last.time {
                let problem = Diagnostic::error(
                    "calls-order",
                    row.time_span,
                    "the call is earlier than the one before",
                );
                problems.push(problem.label("expected rows in order of time"));
                return;
            }
        }
        rows.push(row);
    });
    let calls = place(&rows, span, &mut problems);
    let failed = problems.report(diagnostics);
    calls.filter(|_| !failed)
}

/// Most calls of one file: their results are held in memory.
const MOST_ROWS: usize = 1_000_000;

/// The rows on a clock that begins at 0, at a multiple of `span` before the first row; `None`, with the problem
/// told, when the last is too far from it.
fn place(rows: &[Row], span: Duration, problems: &mut Problems) -> Option<RecordedCalls> {
    let first = rows.first()?;
    let span = i128::from(span.as_nanos().max(1));
    // Times as seconds from 0 on are the clock itself.
    let moves = first.is_timestamp || first.time < 0;
    let origin = if moves { first.time.div_euclid(span) * span } else { 0 };
    let shown_from = if first.is_timestamp { first.time } else { 0 };
    let at = |ns: i128, span: Span, problems: &mut Problems| {
        let at = u64::try_from(ns.saturating_sub(origin)).ok();
        if at.is_none() {
            let problem = Diagnostic::error("calls-span", span, "the time is too far from the first");
            problems.push(problem.label("expected at most 584 years"));
        }
        at.map(Timestamp::from_nanos)
    };
    let mut calls = Vec::with_capacity(rows.len());
    for row in rows {
        let end = match row.end {
            Some((end, actual)) => Some((at(end, row.time_span, problems)?, actual)),
            None => None,
        };
        calls.push(RecordedCall {
            call: Call {
                at: at(row.time, row.time_span, problems)?,
                cost: row.cost,
                carried_in: (!row.is_timestamp && row.time < 0).then_some(1),
                end,
            },
            time_s: (row.time - shown_from) as f64 / 1e9,
            recorded: row.recorded,
            id: row.id.clone(),
        });
    }
    Some(calls)
}
