//! Measured times in CSV, for `poolproof fit` and for the samples of a scenario.
//!
//! Rules
//! - Columns go by name, in any order and letter case; others are passed over. Times end in `_ms` or `_s`.
//! - A row in which every known column is empty is left out and counted, and so is one whose `status` is not
//!   2xx: calls without an answer.
//! - Times are finite and above 0, tokens whole and at least 1; anything else is an error with its place.

use csv::{ByteRecord, ReaderBuilder};

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::units::Duration;

/// Measured calls, as far as each column was there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latencies {
    /// Which columns there are: to the first token, per further token, whole call, tokens of the answer.
    pub has: [bool; 4],
    /// The calls.
    pub rows: Vec<LatencyRow>,
    /// Rows that were left out because they tell of no answer.
    pub left_out: u64,
}

/// One measured call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LatencyRow {
    /// To the first token, in milliseconds.
    pub ttft_ms: Option<f64>,
    /// Per further token, in milliseconds; given, or from the other columns.
    pub tpot_ms: Option<f64>,
    /// Of the whole call, in milliseconds.
    pub total_ms: Option<f64>,
    /// Tokens of the answer.
    pub tokens: Option<f64>,
}

const TTFT: &[&str] = &["ttft", "time_to_first_token", "first_token"];
const TPOT: &[&str] = &["tpot", "itl", "inter_token_latency", "time_per_output_token"];
const TOTAL: &[&str] = &["total", "latency", "e2e", "end_to_end_latency", "duration"];
const TOKENS: &[&str] =
    &["completion_tokens", "output_tokens", "generated_tokens", "number_output_tokens", "tokens"];
const EXPECTED_COLUMNS: &str =
    "expected `ttft_ms`, `tpot_ms`, or `latency_ms` (or with `_s`), and `completion_tokens`";
const MOST_PROBLEMS: usize = 20;

/// The measured calls in `text`. `None`, with errors in `diagnostics`, unless all rows are good.
pub fn read_latencies(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Latencies> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    // Reading from memory does not fail.
    let has_header = reader.read_byte_record(&mut record).unwrap_or(false);
    if !has_header || text.trim().is_empty() {
        diagnostics.push(
            Diagnostic::error("latency-empty", Span::new(source, 0, 0), "the file is empty")
                .label(EXPECTED_COLUMNS),
        );
        return None;
    }
    let places = Places { source, text };
    let columns = Columns::find(&record, &places, diagnostics)?;
    let status = record.iter().position(|name| name.trim_ascii().eq_ignore_ascii_case(b"status"));
    let mut found = Latencies { has: columns.0.map(|column| column.is_some()), ..Latencies::default() };
    let mut problems = Vec::new();
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let answer = status.and_then(|place| record.get(place)).map(<[u8]>::trim_ascii).unwrap_or_default();
        if !answer.is_empty() && !answer.starts_with(b"2") {
            found.left_out = found.left_out.saturating_add(1);
            continue;
        }
        let mut cells = [None; 4];
        let mut is_empty = true;
        for (cell, column) in cells.iter_mut().zip(columns.0) {
            let Some((place, factor)) = column else { continue };
            let raw = record.get(place).unwrap_or_default().trim_ascii();
            if raw.is_empty() {
                continue;
            }
            is_empty = false;
            match number(raw, factor) {
                Ok(value) => *cell = Some(value),
                Err(problem) => problems.push(places.problem(&record, place, raw, &problem)),
            }
        }
        if is_empty {
            found.left_out = found.left_out.saturating_add(1);
            continue;
        }
        let [ttft_ms, tpot_ms, total_ms, tokens] = cells;
        if let (Some(ttft), Some(total), Some((place, _))) =
            (ttft_ms, total_ms, columns.0.get(2).copied().flatten())
            && total < ttft
        {
            let raw = record.get(place).unwrap_or_default();
            problems.push(places.problem(&record, place, raw, "is less than the time to the first token"));
        }
        found.rows.push(LatencyRow { ttft_ms, tpot_ms, total_ms, tokens });
        if problems.len() >= MOST_PROBLEMS {
            break;
        }
    }
    let failed = !problems.is_empty();
    for problem in problems {
        diagnostics.push(problem);
    }
    if !failed && found.rows.is_empty() {
        let end = text.len();
        diagnostics.push(
            Diagnostic::error("latency-empty", Span::new(source, end, end), "the file has no measured calls")
                .label("expected rows with values"),
        );
        return None;
    }
    (!failed).then(|| found.derived())
}

impl Latencies {
    /// Times to the first token that were given, in milliseconds.
    pub fn ttft(&self) -> Vec<f64> {
        self.rows.iter().filter_map(|row| row.ttft_ms).collect()
    }

    /// Times per further token, in milliseconds.
    pub fn tpot(&self) -> Vec<f64> {
        self.rows.iter().filter_map(|row| row.tpot_ms).collect()
    }

    /// Times of whole calls, in milliseconds.
    pub fn total(&self) -> Vec<f64> {
        self.rows.iter().filter_map(|row| row.total_ms).collect()
    }

    /// Tokens after the first and milliseconds of the whole call.
    pub fn points(&self) -> Vec<(f64, f64)> {
        self.rows.iter().filter_map(|row| Some(((row.tokens? - 1.0).max(0.0), row.total_ms?))).collect()
    }

    /// With times per token from the other columns. Where every first token came with the last one, nothing
    /// was streamed: then there is only the time of whole calls.
    fn derived(mut self) -> Self {
        let same = |row: &LatencyRow| match (row.ttft_ms, row.total_ms) {
            (Some(ttft), Some(total)) => total - ttft <= 0.0,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let [_, has_tpot, has_total, has_tokens] = self.has;
        if has_total && !has_tpot && self.rows.iter().all(same) {
            self.has = [false, false, true, has_tokens];
            self.rows.iter_mut().for_each(|row| row.ttft_ms = None);
        }
        for row in &mut self.rows {
            if let (None, Some(ttft), Some(total), Some(tokens)) =
                (row.tpot_ms, row.ttft_ms, row.total_ms, row.tokens)
                && tokens > 1.0
                && total > ttft
            {
                row.tpot_ms = Some((total - ttft) / (tokens - 1.0));
            }
        }
        self
    }
}

/// Milliseconds as a duration, for a sample.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is above 0")]
pub(crate) fn duration_of(ms: f64) -> Duration {
    Duration::from_nanos((ms * 1e6).round() as u64)
}

/// A cell as a number times `factor`; 0 as factor stands for whole numbers.
fn number(raw: &[u8], factor: f64) -> Result<f64, String> {
    let text = std::str::from_utf8(raw).unwrap_or_default();
    let value: f64 = text.parse().map_err(|_| "is not a number".to_owned())?;
    if !value.is_finite() {
        return Err("is not a finite number".to_owned());
    }
    if factor <= 0.0 {
        let is_count = value >= 1.0 && value.fract().abs() <= 0.0 && value < 1e15;
        return if is_count { Ok(value) } else { Err("is not a whole number of at least 1".to_owned()) };
    }
    let scaled = value * factor;
    match scaled {
        scaled if scaled < 0.0 => Err("is negative".to_owned()),
        scaled if scaled < 1e-6 => Err("is no time: expected at least a nanosecond".to_owned()),
        scaled if scaled > LONGEST_MS => Err("is longer than a year".to_owned()),
        scaled => Ok(scaled),
    }
}

const LONGEST_MS: f64 = 366.0 * 86_400_000.0;

/// Place and factor to milliseconds of each column.
struct Columns([Option<(usize, f64)>; 4]);

impl Columns {
    fn find(header: &ByteRecord, places: &Places<'_>, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut found = [None; 4];
        let mut is_good = true;
        for (place, name) in header.iter().enumerate() {
            let name =
                String::from_utf8_lossy(name).trim().trim_start_matches('\u{feff}').to_ascii_lowercase();
            let (stem, factor) = match (name.strip_suffix("_ms"), name.strip_suffix("_s")) {
                (Some(stem), _) => (stem, 1.0),
                (None, Some(stem)) => (stem, 1_000.0),
                (None, None) => (name.as_str(), 0.0),
            };
            let known = [(TTFT, true), (TPOT, true), (TOTAL, true), (TOKENS, false)]
                .iter()
                .position(|(names, is_time)| *is_time == (factor > 0.0) && names.contains(&stem));
            let Some(slot) = known.and_then(|at| found.get_mut(at)) else { continue };
            if slot.is_some() {
                let raw = header.get(place).unwrap_or_default();
                diagnostics.push(places.problem(header, place, raw, "names a column that is already there"));
                is_good = false;
            }
            *slot = Some((place, factor));
        }
        let has_time = found.iter().take(3).any(Option::is_some);
        if !has_time {
            let message = "the file has no column of times";
            let end = header.as_slice().len();
            let span = Span::new(places.source, 0, end.min(places.text.len()));
            diagnostics.push(Diagnostic::error("latency-columns", span, message).label(EXPECTED_COLUMNS));
        }
        (is_good && has_time).then_some(Self(found))
    }
}

struct Places<'t> {
    source: SourceId,
    text: &'t str,
}

impl Places<'_> {
    fn problem(&self, record: &ByteRecord, column: usize, raw: &[u8], what: &str) -> Diagnostic {
        let shown: String = String::from_utf8_lossy(raw).chars().take(40).collect();
        Diagnostic::error("latency-value", self.span(record, column), format!("`{shown}` {what}"))
            .label("expected a time above 0, or a whole number of tokens")
    }

    /// The cell in `column`, by counting commas outside of quotes from the beginning of the record.
    fn span(&self, record: &ByteRecord, column: usize) -> Span {
        let start = record.position().map_or(0, csv::Position::byte);
        let start = usize::try_from(start).unwrap_or(0).min(self.text.len());
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (mut at, mut seen, mut quoted) = (start + skipped, 0, false);
        let (mut from, mut to) = (at, None);
        for byte in rest.iter().skip(skipped) {
            match byte {
                b'"' => quoted = !quoted,
                b',' | b'\r' | b'\n' if !quoted => {
                    if seen == column {
                        to = Some(at);
                        break;
                    }
                    if *byte != b',' {
                        break;
                    }
                    seen += 1;
                    from = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        let to = to.unwrap_or(at).max(from);
        Span::new(self.source, from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::SourceMap;

    fn read(text: &str) -> (Option<Latencies>, Vec<(String, String)>) {
        let mut sources = SourceMap::new();
        let source = sources.add("x.csv", text);
        let mut diagnostics = Diagnostics::new();
        let read = read_latencies(source, text, &mut diagnostics);
        let told = diagnostics
            .sorted()
            .into_iter()
            .map(|d| {
                let at = sources.position(d.span.unwrap());
                (format!("{}:{}", at.line, at.column), d.message.clone())
            })
            .collect();
        (read, told)
    }

    #[test]
    fn columns_go_by_name_and_unit() {
        let (read, told) = read("id,TTFT_s,latency_ms,Completion_Tokens\r\n1,0.4,1400,101\r\n2,,,\r\n");
        assert_eq!(told, []);
        let read = read.unwrap();
        assert_eq!((read.rows.len(), read.left_out, read.has), (1, 1, [true, false, true, true]));
        let row = read.rows[0];
        assert_eq!((row.ttft_ms, row.total_ms, row.tokens), (Some(400.0), Some(1400.0), Some(101.0)));
        // 1,000 ms for 100 tokens after the first.
        assert_eq!(row.tpot_ms, Some(10.0));
    }

    #[test]
    fn calls_that_failed_are_left_out() {
        let (read, told) = read("status,latency_ms\n200,5\n429,0\n,6\n503,NaN\n");
        assert_eq!((told, read.as_ref().map(|r| r.left_out)), (vec![], Some(2)));
        assert_eq!(read.unwrap().total(), [5.0, 6.0]);
    }

    #[test]
    fn calls_that_are_not_streamed_only_have_a_total() {
        let (read, _) = read("ttft_ms,latency_ms,completion_tokens\n500,500,10\n700,700,20\n");
        let read = read.unwrap();
        assert_eq!((read.ttft(), read.tpot()), (vec![], vec![]));
        assert_eq!(read.points(), [(9.0, 500.0), (19.0, 700.0)]);
    }

    #[test]
    fn bad_values_are_told_with_their_place() {
        for (text, place, part) in [
            ("", "1:1", "the file is empty"),
            ("\n\n", "1:1", "the file is empty"),
            ("a,b\n1,2\n", "1:1", "no column of times"),
            ("ttft\n1\n", "1:1", "no column of times"),
            ("ttft_ms\n", "2:1", "no measured calls"),
            ("ttft_ms\n\"\"\n", "3:1", "no measured calls"),
            ("id,ttft_ms\n1,NaN\n", "2:3", "`NaN` is not a finite number"),
            ("id,ttft_ms\r\n1,5\r\n2,-3\r\n", "3:3", "`-3` is negative"),
            ("ttft_ms\ninf\n", "2:1", "not a finite number"),
            ("ttft_ms\nfast\n", "2:1", "`fast` is not a number"),
            ("ttft_ms\n0\n", "2:1", "is no time"),
            ("ttft_s\n1e300\n", "2:1", "longer than a year"),
            ("\"a,b\",ttft_ms\n\"1,\n2\",x\n", "3:4", "`x` is not a number"),
            ("latency_ms,tokens\n5,1.5\n", "2:3", "not a whole number"),
            ("latency_ms,tokens\n5,0\n", "2:3", "not a whole number"),
            ("ttft_ms,latency_ms\n5,4\n", "2:3", "less than the time to the first token"),
            ("ttft_ms,TTFT_s\n5,4\n", "1:9", "already there"),
        ] {
            let (read, told) = read(text);
            assert_eq!(read, None, "{text}");
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert_eq!(told[0].0, place, "{text}");
            assert!(told[0].1.contains(part), "{text}: {told:?}");
        }
        let many = format!("ttft_ms\n{}", "x\n".repeat(1_000));
        assert_eq!(read(&many).1.len(), MOST_PROBLEMS);
    }
}
