//! Traces with a JSON object per line.

use serde::Deserialize;
use serde_json::Value;

use super::format::TraceFormat;
use super::problems::Problems;
use super::read::{Builder, Places, Row};
use crate::diagnostics::Span;

/// The fields of a line that are read; others may be there.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    timestamp: Option<Value>,
    #[serde(default)]
    input_length: Option<Value>,
    #[serde(default)]
    output_length: Option<Value>,
}

/// Reads all lines of `text` into `builder`.
pub(super) fn read(text: &[u8], builder: &mut Builder, problems: &mut Problems<'_>) {
    builder.set_format(FORMAT);
    let mut start = 0_usize;
    for line in text.split_inclusive(|b| *b == b'\n') {
        let place = LinePlace { start, line };
        start = start.saturating_add(line.len());
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Some((row, time)) = read_line(&place, problems) else { continue };
        let [time_name, prompt_name, completion_name] = FORMAT.names();
        let places = Places {
            time: &|problems| place.of(time_name, problems),
            prompt: &|problems| place.of(prompt_name, problems),
            completion: &|problems| place.of(completion_name, problems),
            time_text: &|| time.clone(),
        };
        builder.add(&row, &places, problems);
    }
}

const FORMAT: TraceFormat = TraceFormat::Mooncake;

/// One line and where it begins.
struct LinePlace<'a> {
    start: usize,
    line: &'a [u8],
}

impl LinePlace<'_> {
    /// The name of a field, or the whole line when it has none of that name.
    fn of(&self, name: &str, problems: &Problems<'_>) -> Span {
        let quoted = format!("\"{name}\"");
        let found = self.line.windows(quoted.len()).position(|part| part == quoted.as_bytes());
        let (at, length) = match found {
            Some(at) => (at, quoted.len()),
            None => (0, self.line.trim_ascii_end().len()),
        };
        let start = self.start.saturating_add(at);
        problems.span(start, start.saturating_add(length))
    }
}

/// The values of a line and its time as written; `None` after reporting each that is bad.
fn read_line(place: &LinePlace<'_>, problems: &mut Problems<'_>) -> Option<(Row, String)> {
    let line: Line = match serde_json::from_slice(place.line.trim_ascii_end()) {
        Ok(line) => line,
        Err(error) => {
            if problems.is_full() {
                problems.count();
            } else {
                let length = place.line.trim_ascii_end().len();
                let column =
                    if error.is_eof() { length } else { error.column().saturating_sub(1).min(length) };
                let at = place.start.saturating_add(column);
                let span = problems.span(at, at);
                let message = "the line is not a JSON object of a request".to_owned();
                problems.push("trace-json", span, message, EXPECTED_LINE);
            }
            return None;
        }
    };
    let [time_name, prompt_name, completion_name] = FORMAT.names();
    let text = line.timestamp.as_ref().and_then(number);
    let time = text.as_deref().and_then(|text| FORMAT.time(text));
    if time.is_none() {
        wrong(place, time_name, line.timestamp.is_some(), FORMAT.expected_time(), problems);
    }
    let mut count = |name: &str, value: Option<&Value>| {
        let count = value.and_then(Value::as_u64);
        if count.is_none() {
            wrong(place, name, value.is_some(), "expected a whole number of tokens", problems);
        }
        count
    };
    let prompt_tokens = count(prompt_name, line.input_length.as_ref());
    let completion_tokens = count(completion_name, line.output_length.as_ref());
    let row = Row {
        time: time?,
        prompt_tokens: prompt_tokens?,
        completion_tokens: completion_tokens?,
        images: 0,
        max_tokens: None,
    };
    Some((row, text?))
}

const EXPECTED_LINE: &str = "expected an object with `timestamp`, `input_length` and `output_length`";

fn number(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn wrong(place: &LinePlace<'_>, name: &str, is_there: bool, label: &str, problems: &mut Problems<'_>) {
    let (code, message) = if is_there {
        ("trace-value", format!("the value of `{name}` is out of range"))
    } else {
        ("trace-missing-column", format!("the line has no `{name}`"))
    };
    problems.push(code, place.of(name, problems), message, if is_there { label } else { EXPECTED_LINE });
}
