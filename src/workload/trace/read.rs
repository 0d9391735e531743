//! Reading the columns of the public Azure LLM inference traces.
//!
//! Rules
//! - Columns go by name, in any order and letter case; other columns are ignored.
//! - Every bad value is reported, the first 50 with place and reason, the others by their number.
//! - Rows must be in order of time. Rows without prompt tokens are left out, counted and warned about:
//!   they are failed or filtered calls, which no deployment could serve.
//!
//! Deliberately not read: text of prompts, several traces in one file.

use csv::{ByteRecord, ReaderBuilder};

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::units::{Timestamp, Tokens};

use super::problems::Problems;
use super::timestamp;

/// A recorded sequence of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests, in order of time; at least one when read from a file.
    pub rows: Vec<TraceRow>,
    /// How many rows without prompt tokens were left out.
    pub dropped: u64,
}

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// Time since the first kept row.
    pub at: Timestamp,
    /// Prompt tokens, at least 1.
    pub prompt_tokens: Tokens,
    /// Generated tokens.
    pub completion_tokens: Tokens,
}

impl Trace {
    /// Reads comma-separated `bytes` with the columns `TIMESTAMP` (`YYYY-MM-DD HH:MM:SS.fffffff`, UTC),
    /// `ContextTokens` and `GeneratedTokens`. `None`, with errors in `diagnostics`, unless all rows are good.
    pub fn parse(bytes: &[u8], source: SourceId, diagnostics: &mut Diagnostics) -> Option<Self> {
        // The reader would skip a byte order mark itself, and then its positions would not count it.
        let (bom, text) = match bytes.strip_prefix(BOM) {
            Some(text) => (BOM.len(), text),
            None => (0, bytes),
        };
        let mut problems = Problems::new(source, bom, text);
        let trace = read(text, &mut problems);
        let failed = problems.report(diagnostics);
        trace.filter(|_| !failed).map(|(trace, first_dropped)| {
            if let Some(span) = first_dropped {
                diagnostics.push(dropped_warning(trace.dropped, span));
            }
            trace
        })
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";
const COLUMNS: [&str; 3] = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

/// The trace and the first row left out. What it holds is of use only if no problem was found.
fn read(text: &[u8], problems: &mut Problems<'_>) -> Option<(Trace, Option<Span>)> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut record = ByteRecord::new();
    // Reading from memory does not fail, and bytes need not be UTF-8: an error here would be the end of the text.
    if !reader.read_byte_record(&mut record).unwrap_or(false) {
        let span = problems.span(0, 0);
        problems.push("trace-empty", span, "the trace is empty".to_owned(), EXPECTED_HEADER);
        return None;
    }
    let columns = find_columns(&record, problems)?;
    let mut trace = Trace::default();
    let mut first_dropped = None;
    let mut first = None;
    let mut previous = None;
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let Some(Row { time, prompt_tokens, completion_tokens }) = read_row(&record, columns, problems)
        else {
            continue;
        };
        if previous.is_some_and(|previous| time < previous) {
            problems.value(
                "trace-order",
                &record,
                columns[0],
                "is earlier than the row before",
                EXPECTED_ORDER,
            );
        }
        previous = Some(time);
        if prompt_tokens == 0 {
            trace.dropped += 1;
            first_dropped = first_dropped.or_else(|| Some(problems.field_span(&record, columns[1])));
            continue;
        }
        let start = *first.get_or_insert(time);
        let Ok(at) = u64::try_from((time - start).max(0)) else {
            problems.value("trace-span", &record, columns[0], "is too far from the first row", EXPECTED_SPAN);
            continue;
        };
        trace.rows.push(TraceRow {
            at: Timestamp::from_nanos(at),
            prompt_tokens: Tokens(prompt_tokens),
            completion_tokens: Tokens(completion_tokens),
        });
    }
    if trace.rows.is_empty() && problems.is_empty() {
        let span = problems.span(text.len(), text.len());
        let message = match trace.dropped {
            0 => "the trace has no rows".to_owned(),
            _ => "the trace has no rows with prompt tokens".to_owned(),
        };
        problems.push("trace-empty", span, message, "expected at least one request");
    }
    Some((trace, first_dropped))
}

const EXPECTED_HEADER: &str = "expected the column names `TIMESTAMP`, `ContextTokens` and `GeneratedTokens`";
const EXPECTED_ORDER: &str = "expected rows in order of time";
const EXPECTED_SPAN: &str = "expected at most 584 years after the first row";
const EXPECTED_TIME: &str = "expected a UTC time such as `2023-11-16 18:15:46.6805900`";
const EXPECTED_COUNT: &str = "expected a whole number of tokens";

/// The positions of the three columns.
fn find_columns(header: &ByteRecord, problems: &mut Problems<'_>) -> Option<[usize; 3]> {
    let mut columns = [0; 3];
    let mut complete = true;
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let mut places = header
            .iter()
            .enumerate()
            .filter(|(_, field)| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
            .map(|(place, _)| place);
        let Some(place) = places.next() else {
            let span = problems.record_span(header);
            let message = format!("the trace has no column `{name}`");
            problems.push("trace-missing-column", span, message, EXPECTED_HEADER);
            complete = false;
            continue;
        };
        *column = place;
        if let Some(again) = places.next() {
            problems.value(
                "trace-duplicate-column",
                header,
                again,
                "names a column twice",
                "expected each name once",
            );
            complete = false;
        }
    }
    complete.then_some(columns)
}

struct Row {
    /// As [`timestamp::parse`] counts.
    time: i128,
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// The three values of a row; `None` after reporting each that is bad.
fn read_row(record: &ByteRecord, columns: [usize; 3], problems: &mut Problems<'_>) -> Option<Row> {
    if let Some(column) = record.iter().position(|field| field.contains(&b'\n')) {
        // Most likely a stray quote, which would swallow rows until the next one.
        problems.value(
            "trace-row",
            record,
            column,
            "runs over the end of its line",
            "expected a closing quote",
        );
        return None;
    }
    let [time, prompt_tokens, completion_tokens] = columns;
    let time = problems.read(record, time, "trace-time", "is not a time", EXPECTED_TIME, timestamp::parse);
    let mut count = |column| {
        problems.read(record, column, "trace-tokens", "is not a token count", EXPECTED_COUNT, parse_count)
    };
    let (prompt_tokens, completion_tokens) = (count(prompt_tokens), count(completion_tokens));
    Some(Row { time: time?, prompt_tokens: prompt_tokens?, completion_tokens: completion_tokens? })
}

/// Digits only: the standard parser would take a plus sign.
fn parse_count(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn dropped_warning(dropped: u64, first: Span) -> Diagnostic {
    let rows = if dropped == 1 { "row" } else { "rows" };
    Diagnostic::warning("trace-dropped-rows", first, format!("{dropped} {rows} of the trace left out"))
        .label("no prompt tokens here")
        .note("a request without prompt tokens cannot be sent")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::diagnostics::{Severity, SourceMap};

    use super::super::problems::MOST_PROBLEMS;
    use super::*;

    /// The trace, and each diagnostic as `line:column code [marked text] message`.
    fn parse(text: &str) -> (Option<Trace>, Vec<String>) {
        let mut sources = SourceMap::new();
        let id = sources.add("trace.csv", text);
        let mut diagnostics = Diagnostics::new();
        let trace = Trace::parse(text.as_bytes(), id, &mut diagnostics);
        let shown = diagnostics
            .sorted()
            .into_iter()
            .map(|d| {
                let span = d.span.unwrap();
                let at = sources.position(span);
                format!("{}:{} {} [{}] {}", at.line, at.column, d.code, sources.slice(span), d.message)
            })
            .collect();
        (trace, shown)
    }

    fn row(at: u64, prompt: u64, completion: u64) -> TraceRow {
        TraceRow {
            at: Timestamp::from_nanos(at),
            prompt_tokens: Tokens(prompt),
            completion_tokens: Tokens(completion),
        }
    }

    #[test]
    fn reads_the_published_form() {
        let (trace, problems) = parse(
            "TIMESTAMP,ContextTokens,GeneratedTokens\r\n\
             2023-11-16 18:15:46.6805900,374,44\r\n\
             2023-11-16 18:15:50.9951690,396,109\r\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(trace.unwrap().rows, [row(0, 374, 44), row(4_314_579_000, 396, 109)]);
    }

    #[test]
    fn columns_go_by_name_and_rows_may_be_quoted() {
        let (trace, problems) = parse(
            "\u{feff}Model, generatedtokens ,\"TIMESTAMP\",ContextTokens\n\n\
             \"a, b\",5,2024-02-29T00:00:00Z,7\n\
             x,\"6\",2024-02-29 00:00:00.000000001+00:00, 8",
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(trace.unwrap().rows, [row(0, 7, 5), row(1, 8, 6)]);
    }

    #[test]
    fn rows_without_a_prompt_are_counted() {
        let (trace, problems) = parse(
            "TIMESTAMP,ContextTokens,GeneratedTokens\n\
             2023-11-16 00:00:00,0,44\n\
             2023-11-16 00:00:01,3,0\n\
             2023-11-16 00:00:02,0,1\n",
        );
        let trace = trace.unwrap();
        assert_eq!((trace.dropped, trace.rows), (2, vec![row(0, 3, 0)]));
        assert_eq!(problems, ["2:21 trace-dropped-rows [0] 2 rows of the trace left out"]);
    }

    #[test]
    fn every_bad_row_is_reported_at_its_place() {
        let (trace, problems) = parse(
            "TIMESTAMP,ContextTokens,GeneratedTokens\r\n\
             2023-11-16 00:00:05,12x,44\r\n\
             \r\n\
             2023-11-31 00:00:00,+1,-4\r\n\
             2023-11-16 00:00:06,1,1\r\n\
             2023-11-16 00:00:05,1,1\r\n\
             2023-11-16 00:00:07,1\r\n\
             \"2023\",1,99999999999999999999\r\n",
        );
        assert_eq!(trace, None);
        assert_eq!(
            problems,
            [
                "2:21 trace-tokens [12x] `12x` is not a token count",
                "4:1 trace-time [2023-11-31 00:00:00] `2023-11-31 00:00:00` is not a time",
                "4:21 trace-tokens [+1] `+1` is not a token count",
                "4:24 trace-tokens [-4] `-4` is not a token count",
                "6:1 trace-order [2023-11-16 00:00:05] `2023-11-16 00:00:05` is earlier than the row before",
                "7:22 trace-tokens [] the row ends after 2 of its columns",
                "8:1 trace-time [\"2023\"] `2023` is not a time",
                "8:10 trace-tokens [99999999999999999999] `99999999999999999999` is not a token count",
            ]
        );
    }

    #[test]
    fn a_stray_quote_does_not_swallow_rows_silently() {
        let (trace, problems) = parse(
            "TIMESTAMP,ContextTokens,GeneratedTokens,Model\n\
             2023-11-16 00:00:00,1,1,\"gpt\n\
             2023-11-16 00:00:01,1,1,gpt\n",
        );
        assert_eq!(trace, None);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("2:25 trace-row [\"gpt] "), "{problems:?}");
    }

    #[test]
    fn the_header_must_name_the_columns_once() {
        assert_eq!(
            parse("TIMESTAMP,Context,TIMESTAMP\n").1,
            [
                "1:1 trace-missing-column [TIMESTAMP,Context,TIMESTAMP] the trace has no column `ContextTokens`",
                "1:1 trace-missing-column [TIMESTAMP,Context,TIMESTAMP] the trace has no column `GeneratedTokens`",
                "1:19 trace-duplicate-column [TIMESTAMP] `TIMESTAMP` names a column twice",
            ]
        );
    }

    #[test]
    fn an_empty_trace_is_an_error() {
        assert_eq!(parse("").1, ["1:1 trace-empty [] the trace is empty"]);
        assert_eq!(parse("\r\n\n").1.len(), 1);
        let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
        assert_eq!(parse(header).1, ["2:1 trace-empty [] the trace has no rows"]);
        let (trace, problems) = parse(&format!("{header}2023-11-16 00:00:00,0,44\n"));
        assert_eq!(trace, None);
        assert_eq!(problems, ["3:1 trace-empty [] the trace has no rows with prompt tokens"]);
    }

    #[test]
    fn times_too_far_apart_are_refused() {
        let (trace, problems) = parse(
            "TIMESTAMP,ContextTokens,GeneratedTokens\n\
             0001-01-01 00:00:00,1,1\n9999-12-31 00:00:00,1,1\n",
        );
        assert_eq!(trace, None);
        assert!(problems[0].starts_with("3:1 trace-span"), "{problems:?}");
    }

    #[test]
    fn problems_are_capped() {
        let mut text = "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_owned();
        for _ in 0..60 {
            text.push_str("now,1,many\n");
        }
        let (_, problems) = parse(&text);
        assert_eq!(problems.len(), MOST_PROBLEMS + 1);
        assert!(problems[MOST_PROBLEMS].ends_with("and 70 more problems in this trace"), "{problems:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut diagnostics = Diagnostics::new();
            let trace = Trace::parse(&bytes, SourceId(0), &mut diagnostics);
            prop_assert_eq!(trace.is_none(), diagnostics.has_errors());
        }

        #[test]
        fn anything_like_a_trace_is_survived(
            rows in prop::collection::vec("(20(23|24)-0[1-3]-(01|29) 00:00:0[0-9](\\.[0-9]{0,8})?|x|\"|)(,[0-9\"\r\n]{0,3}){0,4}", 0..20),
        ) {
            let text = format!("TIMESTAMP,ContextTokens,GeneratedTokens\n{}", rows.join("\n"));
            let mut diagnostics = Diagnostics::new();
            let trace = Trace::parse(text.as_bytes(), SourceId(0), &mut diagnostics);
            prop_assert_eq!(trace.is_none(), diagnostics.has_errors());
            for problem in diagnostics.sorted() {
                let span = problem.span.unwrap();
                prop_assert!(span.start <= span.end && span.end as usize <= text.len());
                prop_assert!(problem.severity == Severity::Error || trace.is_some());
            }
        }
    }
}
