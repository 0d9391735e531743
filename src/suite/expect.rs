//! What a case expects, and how it is compared with what was found.

use serde_json::Value as Json;

use super::run::RequestRecord;
use crate::units::{Duration, StatusCode};

/// What must come out of one request. What is `None` is not looked at.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// Status of the response.
    pub status: Option<StatusCode>,
    /// Its reason.
    pub reason: Option<String>,
    /// Headers of the response.
    pub headers: Vec<(String, HeaderExpectation)>,
    /// Body of the response.
    pub body: Option<BodyExpectation>,
    /// Backends (or base URLs) that were called, in order.
    pub backends: Option<Vec<String>>,
    /// Waits before retries, in order, those of no length included.
    pub waits: Option<Vec<Duration>>,
    /// Variables at the end; null: not set, or null.
    pub variables: Vec<(String, Json)>,
    /// Lines of `context.Trace` and messages of `trace`, in order.
    pub trace: Option<Vec<String>>,
    /// URLs that were called by `send-request`, in order.
    pub calls: Option<Vec<String>>,
    /// `context.LastError` at the end.
    pub error: Option<ExpectedError>,
    /// Headers that the last forward sent to its backend.
    pub sent_headers: Vec<(String, HeaderExpectation)>,
    /// Path and query that the last forward called.
    pub sent_path: Option<String>,
    /// Body that the last forward sent.
    pub sent_body: Option<BodyExpectation>,
    /// Time from arrival to the response.
    pub elapsed: Option<Duration>,
}

/// What a header must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderExpectation {
    /// Not there.
    Absent,
    /// There, with any value.
    Present,
    /// Its values, joined by commas.
    Is(String),
    /// Part of its values joined by commas.
    Contains(String),
}

/// What a body must be.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyExpectation {
    /// Empty or absent.
    Absent,
    /// These characters.
    Text(String),
    /// JSON with this value.
    Json(Json),
    /// Part of the characters.
    Contains(String),
}

/// What an error must be. What is `None` is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedError {
    /// There must be none.
    pub none: bool,
    /// `Source`
    pub source: Option<String>,
    /// `Reason`
    pub reason: Option<String>,
    /// Part of `Message`.
    pub message_contains: Option<String>,
    /// `Section`
    pub section: Option<String>,
    /// `Path`
    pub path: Option<String>,
}

/// An expectation that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The request, empty for the case as a whole.
    pub request: String,
    /// What was looked at, for example `status` or `headers.Retry-After`.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Expectation {
    /// Everything in which `found` differs.
    pub fn compare(&self, name: &str, found: &RequestRecord) -> Vec<Mismatch> {
        let mut list = Vec::new();
        let mut differs = |what: String, expected: String, found: String| {
            list.push(Mismatch { request: name.to_owned(), what, expected, found });
        };
        let Some(response) = &found.response else {
            differs(
                "response".to_owned(),
                "a response".to_owned(),
                "none: the request never ended".to_owned(),
            );
            return list;
        };
        if let Some(status) = self.status
            && status != response.status
        {
            differs("status".to_owned(), status.get().to_string(), response.status.get().to_string());
        }
        if let Some(reason) = &self.reason
            && reason.as_str() != response.reason.as_str()
        {
            differs("reason".to_owned(), quoted(reason), quoted(&response.reason));
        }
        for (header, expected) in &self.headers {
            let value = response.headers.joined(header).map(|t| t.to_string());
            if !expected.holds(value.as_deref()) {
                differs(format!("headers.{header}"), expected.to_string(), shown(value.as_deref()));
            }
        }
        if let Some(body) = &self.body
            && !body.holds(found.body.as_deref())
        {
            differs("body".to_owned(), body.to_string(), body.shown(found.body.as_deref()));
        }
        list_differs(&mut differs, "backends", self.backends.as_deref(), &found.backends);
        let waits = |all: &[Duration]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        list_differs(
            &mut differs,
            "waits",
            self.waits.as_deref().map(waits).as_deref(),
            &waits(&found.waits),
        );
        list_differs(&mut differs, "trace", self.trace.as_deref(), &found.trace);
        list_differs(&mut differs, "calls", self.calls.as_deref(), &found.calls);
        for (variable, expected) in &self.variables {
            let value = found.variables.get(variable).cloned().unwrap_or(Json::Null);
            if !same_json(expected, &value) {
                differs(format!("variables.{variable}"), expected.to_string(), value.to_string());
            }
        }
        if let Some(error) = &self.error {
            error.compare(found, &mut differs);
        }
        for (header, expected) in &self.sent_headers {
            let value = found.sent.as_ref().and_then(|r| r.headers.joined(header)).map(|t| t.to_string());
            if !expected.holds(value.as_deref()) {
                differs(format!("sent.headers.{header}"), expected.to_string(), shown(value.as_deref()));
            }
        }
        if let Some(path) = &self.sent_path {
            let value = found.sent.as_ref().map(|r| r.path.to_string());
            if value.as_deref() != Some(path) {
                differs("sent.path".to_owned(), quoted(path), shown(value.as_deref()));
            }
        }
        if let Some(body) = &self.sent_body
            && !body.holds(found.sent_body.as_deref())
        {
            differs("sent.body".to_owned(), body.to_string(), body.shown(found.sent_body.as_deref()));
        }
        if let Some(elapsed) = self.elapsed
            && found.elapsed != Some(elapsed)
        {
            let shown = found.elapsed.map_or_else(|| "no response".to_owned(), |d| d.to_string());
            differs("elapsed".to_owned(), elapsed.to_string(), shown);
        }
        list
    }
}

impl ExpectedError {
    fn compare(&self, found: &RequestRecord, differs: &mut dyn FnMut(String, String, String)) {
        let Some(error) = &found.error else {
            if !self.none {
                differs("error".to_owned(), "an error".to_owned(), "none".to_owned());
            }
            return;
        };
        if self.none {
            differs("error".to_owned(), "none".to_owned(), format!("{}: {}", error.reason, error.message));
            return;
        }
        let mut field = |what: &str, expected: Option<&String>, value: &str| {
            if let Some(expected) = expected
                && expected != value
            {
                differs(format!("error.{what}"), quoted(expected), quoted(value));
            }
        };
        field("source", self.source.as_ref(), &error.source);
        field("reason", self.reason.as_ref(), &error.reason);
        field("section", self.section.as_ref(), error.section.name());
        field("path", self.path.as_ref(), &error.path);
        if let Some(part) = &self.message_contains
            && !error.message.contains(part.as_str())
        {
            differs("error.message".to_owned(), format!("with {}", quoted(part)), quoted(&error.message));
        }
    }
}

impl HeaderExpectation {
    fn holds(&self, value: Option<&str>) -> bool {
        match self {
            Self::Absent => value.is_none(),
            Self::Present => value.is_some(),
            Self::Is(expected) => value == Some(expected),
            Self::Contains(part) => value.is_some_and(|value| value.contains(part.as_str())),
        }
    }
}

impl std::fmt::Display for HeaderExpectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Present => f.write_str("present"),
            Self::Is(text) => f.write_str(&quoted(text)),
            Self::Contains(text) => write!(f, "with {}", quoted(text)),
        }
    }
}

impl BodyExpectation {
    fn holds(&self, body: Option<&str>) -> bool {
        let text = body.unwrap_or("");
        match self {
            Self::Absent => text.is_empty(),
            Self::Text(expected) => text == expected,
            Self::Contains(part) => text.contains(part.as_str()),
            Self::Json(expected) => serde_json::from_str(text).is_ok_and(|found| same_json(expected, &found)),
        }
    }

    /// What was found, in the form of what was expected.
    fn shown(&self, body: Option<&str>) -> String {
        let json = body.and_then(|text| serde_json::from_str::<Json>(text).ok());
        match (self, json) {
            (Self::Json(_), Some(json)) => json.to_string(),
            _ => shown(body),
        }
    }
}

impl std::fmt::Display for BodyExpectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Contains(text) => write!(f, "with {}", quoted(text)),
            Self::Json(json) => write!(f, "{json}"),
        }
    }
}

/// Equality of JSON in which `1` and `1.0` are the same number.
fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a.to_bits() == b.to_bits())
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}

fn list_differs(
    differs: &mut dyn FnMut(String, String, String),
    what: &str,
    expected: Option<&[String]>,
    found: &[String],
) {
    if let Some(expected) = expected
        && expected != found
    {
        differs(what.to_owned(), format!("[{}]", expected.join(", ")), format!("[{}]", found.join(", ")));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "absent".to_owned(), quoted)
}
