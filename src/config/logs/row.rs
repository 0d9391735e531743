//! One row of a log table: its cells as values.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::json::{Node, Value, shorten};
use super::super::rows::Problems;
use super::columns::Field;
use super::times;
use crate::diagnostics::{Diagnostic, Span};

/// What a row says, whatever its table. What it does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LogRow {
    /// Nanoseconds since 1970.
    pub(super) time: Option<i64>,
    pub(super) correlation: Option<Arc<str>>,
    pub(super) operation: Option<Arc<str>>,
    pub(super) api: Option<Arc<str>>,
    pub(super) client: Option<Arc<str>>,
    pub(super) backend: Option<Arc<str>>,
    pub(super) host: Option<Arc<str>>,
    pub(super) backend_status: Option<u16>,
    pub(super) status: Option<u16>,
    pub(super) is_success: Option<bool>,
    pub(super) total_ns: Option<u64>,
    pub(super) backend_ns: Option<u64>,
    pub(super) cache_hit: bool,
    pub(super) deployment: Option<Arc<str>>,
    pub(super) model: Option<Arc<str>>,
    pub(super) prompt: Option<u64>,
    pub(super) completion: Option<u64>,
    pub(super) tokens: Option<u64>,
    pub(super) max_tokens: Option<u64>,
    pub(super) stream: Option<bool>,
    pub(super) sequence: Option<u64>,
    pub(super) items: Option<u64>,
    pub(super) attempts: Option<u64>,
    /// Whether a dependency is a call of a backend: all of those whose kind is not told.
    pub(super) is_backend_call: bool,
    /// Whether the joined form says that its tokens were assumed.
    pub(super) is_assumed: bool,
}

/// Reads rows and shares the texts that come again and again.
#[derive(Debug, Default)]
pub(super) struct RowReader {
    names: BTreeSet<Arc<str>>,
    /// Whether a time was written with the month first.
    pub(super) has_month_first: bool,
}

const EXPECTED_TIME: &str =
    "expected a UTC time such as `2026-03-02T09:15:00.123Z` or `3/2/2026, 9:15:00.123 AM`";
const LONGEST_MS: f64 = 366.0 * 86_400_000.0;
const MOST_TOKENS: u64 = 1_000_000_000;

impl RowReader {
    /// The values of a row. Those that cannot be read are problems.
    pub(super) fn read(&mut self, cells: &[(Field, &Node)], problems: &mut Problems) -> LogRow {
        let mut row = LogRow { is_backend_call: true, ..LogRow::default() };
        for (field, node) in cells {
            if *field == Field::Properties {
                self.properties(node, &mut row);
                continue;
            }
            match scalar(node) {
                Ok(None) => {}
                Ok(Some(text)) => {
                    if let Err((what, expected)) = self.put(&mut row, *field, &text) {
                        problems.push(wrong(node.span, *field, &text, what, expected));
                    }
                }
                Err(found) => {
                    let message = format!("`{}` is {found}", field.name());
                    problems.push(
                        Diagnostic::error("log-value", node.mark(), message).label("expected a plain value"),
                    );
                }
            }
        }
        row
    }

    fn put(
        &mut self,
        row: &mut LogRow,
        field: Field,
        text: &str,
    ) -> Result<(), (&'static str, &'static str)> {
        match field {
            Field::Time | Field::Arrival => {
                let (ns, month_first) = times::parse(text).ok_or(("is not a time", EXPECTED_TIME))?;
                self.has_month_first |= month_first;
                row.time = Some(ns);
            }
            Field::Correlation => row.correlation = Some(Arc::from(text)),
            Field::Operation => row.operation = Some(Arc::from(text)),
            Field::Api => row.api = Some(self.name(text)),
            Field::Subscription => row.client = Some(self.name(text)),
            Field::Backend => row.backend = Some(self.name(text)),
            Field::BackendUrl | Field::Target => row.host = host(text).map(|host| self.name(&host)),
            Field::BackendStatus => row.backend_status = status(text)?,
            Field::Status => row.status = status(text)?,
            // Calls without an answer have words here.
            Field::ResultCode => row.status = status(text).unwrap_or(None),
            Field::IsSuccess => row.is_success = Some(flag(text)?),
            Field::Total | Field::Duration => row.total_ns = Some(milliseconds(text)?),
            Field::BackendTime => row.backend_ns = Some(milliseconds(text)?),
            Field::Cache => row.cache_hit = text.eq_ignore_ascii_case("hit"),
            Field::Deployment => row.deployment = Some(self.name(text)),
            Field::Model => row.model = Some(self.name(text)),
            Field::Prompt => row.prompt = Some(count(text)?),
            Field::Completion => row.completion = Some(count(text)?),
            Field::Tokens => row.tokens = Some(count(text)?),
            Field::MaxTokens => row.max_tokens = Some(count(text)?),
            Field::Stream => row.stream = Some(flag(text)?),
            Field::Sequence => row.sequence = Some(count(text)?),
            Field::Items => row.items = Some(count(text)?),
            Field::Attempts => row.attempts = Some(count(text)?),
            Field::Type => row.is_backend_call = text.eq_ignore_ascii_case("backend"),
            Field::TokensFrom => row.is_assumed = !text.eq_ignore_ascii_case("log"),
            Field::Region | Field::Error | Field::Properties => {}
        }
        Ok(())
    }

    /// What the gateway adds to requests in Application Insights, as JSON or as text that holds JSON.
    fn properties(&mut self, node: &Node, row: &mut LogRow) {
        let pairs: Vec<(String, String)> = match &node.value {
            Value::Object(members) => members
                .iter()
                .filter_map(|member| Some((member.name.clone(), member.value.text()?.to_owned())))
                .collect(),
            // Text that is none, or cut short, adds nothing.
            Value::Text(text) => serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
                .collect(),
            _ => Vec::new(),
        };
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "Request Id" => row.correlation = Some(Arc::from(value.as_str())),
                "Subscription Name" => row.client = Some(self.name(value)),
                "API Name" => row.api = Some(self.name(value)),
                "Cache" => row.cache_hit = value.eq_ignore_ascii_case("hit"),
                _ => {}
            }
        }
    }

    fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(text);
        self.names.insert(Arc::clone(&name));
        name
    }
}

/// The text of a plain value; nothing for null and for an empty cell.
fn scalar(node: &Node) -> Result<Option<Cow<'_, str>>, String> {
    match &node.value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(Cow::Borrowed(if *flag { "true" } else { "false" }))),
        Value::Number(text) | Value::Text(text) => {
            let text = text.trim();
            Ok((!text.is_empty()).then_some(Cow::Borrowed(text)))
        }
        Value::Array(_) | Value::Object(_) | Value::Unknown(_) => Err(node.describe()),
    }
}

fn wrong(span: Span, field: Field, text: &str, what: &str, expected: &str) -> Diagnostic {
    let message = format!("`{}` in `{}` {what}", shorten(text), field.name());
    Diagnostic::error("log-value", span, message).label(expected)
}

type Refusal = (&'static str, &'static str);

/// A whole number; Azure writes some with `.0`.
fn count(text: &str) -> Result<u64, Refusal> {
    const EXPECTED: &str = "expected a whole number from 0 to 1,000,000,000";
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    };
    let is_number = !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit());
    let value = whole.parse().ok().filter(|value| is_number && *value <= MOST_TOKENS);
    value.ok_or(("is not a count", EXPECTED))
}

/// A status; 0 stands for none.
fn status(text: &str) -> Result<Option<u16>, Refusal> {
    let refusal = ("is not a status", "expected 100 to 599, or 0 for none");
    let code = count(text).map_err(|_| refusal)?;
    match u16::try_from(code) {
        Ok(0) => Ok(None),
        Ok(code) if (100..=599).contains(&code) => Ok(Some(code)),
        _ => Err(refusal),
    }
}

fn flag(text: &str) -> Result<bool, Refusal> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(("is neither true nor false", "expected `true` or `false`")),
    }
}

/// Milliseconds, in nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most a year, and not negative"
)]
fn milliseconds(text: &str) -> Result<u64, Refusal> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    let value: Option<f64> = text.parse().ok().filter(|value: &f64| is_plain && value.is_finite());
    match value {
        Some(ms) if (0.0..=LONGEST_MS).contains(&ms) => Ok((ms * 1e6).round() as u64),
        Some(_) => Err(("is no time that a request takes", "expected milliseconds from 0 to a year")),
        None => Err(("is not a number", "expected milliseconds such as `812` or `812.5`")),
    }
}

/// The host of a URL, or of `host | more` as Application Insights writes some targets.
fn host(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', '|', ' ']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The host of the URL of a backend, to be compared with hosts in logs.
pub(super) fn host_of(url: &str) -> Option<String> {
    host(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_or_refused() {
        for (text, expected) in [("0", Some(0)), ("12", Some(12)), ("12.0", Some(12)), ("12.50", None)] {
            assert_eq!(count(text).ok(), expected, "{text}");
        }
        for text in ["", "-1", "+1", "1e3", "1,000", "12.", ".0", "1000000001", "99999999999999999999", "x"] {
            assert!(count(text).is_err(), "{text}");
        }
        for (text, expected) in [("0", Some(None)), ("200", Some(Some(200))), ("99", None), ("600", None)] {
            assert_eq!(status(text).ok(), expected, "{text}");
        }
        for (text, expected) in
            [("812", Some(812_000_000)), ("0.5", Some(500_000)), ("-1", None), ("NaN", None), ("1e99", None)]
        {
            assert_eq!(milliseconds(text).ok(), expected, "{text}");
        }
        assert!(flag("True") == Ok(true) && flag("0") == Ok(false) && flag("yes").is_err());
    }

    #[test]
    fn hosts_are_bare() {
        for (text, expected) in [
            ("https://East.openai.azure.com/openai/deployments/x?y", Some("east.openai.azure.com")),
            ("east.openai.azure.com:443", Some("east.openai.azure.com")),
            ("east.openai.azure.com | ai", Some("east.openai.azure.com")),
            ("http://user@host:8080/", Some("host:8080")),
            ("https://", None),
        ] {
            assert_eq!(host(text).as_deref(), expected, "{text}");
        }
    }
}
