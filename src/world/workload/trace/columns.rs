//! Rows of comma-separated traces.

use csv::{ByteRecord, ReaderBuilder};

use super::format::{TraceFormat, is_name};
use super::problems::Problems;
use super::read::{Builder, Places, Row};

/// Reads all rows of `text` into `builder`.
pub(super) fn read(text: &[u8], builder: &mut Builder, problems: &mut Problems<'_>) -> Option<()> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut record = ByteRecord::new();
    // Reading from memory does not fail, and bytes need not be UTF-8: an error here would be the end of the text.
    if !reader.read_byte_record(&mut record).unwrap_or(false) {
        problems.push("trace-empty", problems.span(0, 0), "the trace is empty".to_owned(), ANY_HEADER);
        return None;
    }
    let format = TraceFormat::of_header(&record);
    let columns = find_columns(&record, format, problems)?;
    builder.set_format(format);
    let width = record.len();
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let Some(row) = read_row(&record, columns, width, format, problems) else { continue };
        let places = Places {
            time: &|problems| problems.field_span(&record, columns.time),
            prompt: &|problems| problems.field_span(&record, columns.prompt_tokens),
            completion: &|problems| problems.field_span(&record, columns.completion_tokens),
            time_text: &|| String::from_utf8_lossy(record.get(columns.time).unwrap_or_default()).into_owned(),
        };
        builder.add(&row, &places, problems);
    }
    Some(())
}

const ANY_HEADER: &str = "expected the column names `TIMESTAMP`, `ContextTokens` and `GeneratedTokens`";
const BURST_HEADER: &str = "expected the column names `Timestamp`, `Request tokens` and `Response tokens`";
const JOINED_HEADER: &str = "expected the column names `arrival`, `prompt_tokens` and `completion_tokens`";
const EXPECTED_COUNT: &str = "expected a whole number of tokens";
const IMAGES: &str = "NumImages";
const MAX_TOKENS: &str = "max_tokens";

/// Where values stand in a row.
#[derive(Clone, Copy)]
struct Columns {
    time: usize,
    prompt_tokens: usize,
    completion_tokens: usize,
    images: Option<usize>,
    max_tokens: Option<usize>,
}

fn find_columns(header: &ByteRecord, format: TraceFormat, problems: &mut Problems<'_>) -> Option<Columns> {
    let expected = match format {
        TraceFormat::BurstGpt => BURST_HEADER,
        TraceFormat::Joined => JOINED_HEADER,
        TraceFormat::Azure | TraceFormat::Mooncake => ANY_HEADER,
    };
    let mut is_good = true;
    let mut once = |name: &str, problems: &mut Problems<'_>| {
        let mut places = (0..).zip(header).filter(|(_, field)| is_name(field, name)).map(|(place, _)| place);
        let place: Option<usize> = places.next();
        if let Some(again) = places.next() {
            let expected = "expected each name once";
            problems.value("trace-duplicate-column", header, again, "names a column twice", expected);
            is_good = false;
        }
        place
    };
    let places = format.names().map(|name| {
        let place = once(name, problems);
        if place.is_none() {
            let message = format!("the trace has no column `{name}`");
            problems.push("trace-missing-column", problems.record_span(header), message, expected);
        }
        place
    });
    let images = once(IMAGES, problems);
    let max_tokens = if format == TraceFormat::Joined { once(MAX_TOKENS, problems) } else { None };
    let [time, prompt_tokens, completion_tokens] = places;
    let columns = Columns {
        time: time?,
        prompt_tokens: prompt_tokens?,
        completion_tokens: completion_tokens?,
        images,
        max_tokens,
    };
    is_good.then_some(columns)
}

/// The values of a row; `None` after reporting each that is bad.
fn read_row(
    record: &ByteRecord,
    columns: Columns,
    width: usize,
    format: TraceFormat,
    problems: &mut Problems<'_>,
) -> Option<Row> {
    if let Some(column) = record.iter().position(|field| field.contains(&b'\n')) {
        // Most likely a stray quote, which would swallow rows until the next one.
        let what = "runs over the end of its line";
        problems.value("trace-row", record, column, what, "expected a closing quote");
        return None;
    }
    // Files that were joined have the header of the second in their middle.
    if record.get(columns.time).is_some_and(|field| is_name(field, format.names()[0])) {
        let message = "a second header in the middle of the trace".to_owned();
        let label = "expected one trace in a file, with one header";
        problems.push("trace-header", problems.record_span(record), message, label);
        return None;
    }
    if record.len() > width {
        let label = "expected as many values as the header has names";
        problems.value("trace-row", record, width, "has no column in the header", label);
        return None;
    }
    let time =
        problems.read(record, columns.time, "trace-time", "is not a time", format.expected_time(), |text| {
            format.time(text)
        });
    let mut count = |column| {
        problems.read(record, column, "trace-tokens", "is not a token count", EXPECTED_COUNT, parse_count)
    };
    let (prompt_tokens, completion_tokens) = (count(columns.prompt_tokens), count(columns.completion_tokens));
    let images = match columns.images {
        None => Some(0),
        Some(column) => {
            let label = "expected a whole number of images";
            let read = |text: &str| parse_count(text)?.try_into().ok();
            problems.read(record, column, "trace-images", "is not a number of images", label, read)
        }
    };
    // An empty cell of a joined log: nobody knows.
    let is_known = |column: usize| record.get(column).is_some_and(|field| !field.trim_ascii().is_empty());
    let max_tokens = match columns.max_tokens.filter(|column| is_known(*column)) {
        None => Some(None),
        Some(column) => problems
            .read(record, column, "trace-tokens", "is not a token count", EXPECTED_COUNT, parse_count)
            .map(Some),
    };
    Some(Row {
        time: time?,
        prompt_tokens: prompt_tokens?,
        completion_tokens: completion_tokens?,
        images: images?,
        max_tokens: max_tokens?,
    })
}

/// Digits only: the standard parser would take a plus sign.
fn parse_count(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}
