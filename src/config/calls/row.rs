//! One row: its cells as numbers, and what they cost.

use super::super::json::{Node, Value, shorten};
use super::super::rows::Problems;
use super::columns::Column;
use super::number::{self, Why};
use super::reader::{CallRules, Recorded};
use crate::diagnostics::{Diagnostic, Span};
use crate::units::{Chars, Demand, PromptSize, Tokens};
use crate::workload::unix_ns;

/// A row as it was written.
#[derive(Debug)]
pub(super) struct Row {
    /// Nanoseconds; from 1970 on when a timestamp.
    pub(super) time: i128,
    pub(super) is_timestamp: bool,
    pub(super) time_span: Span,
    pub(super) cost: Tokens,
    pub(super) end: Option<(i128, Tokens)>,
    pub(super) recorded: Recorded,
    pub(super) id: Option<String>,
}

/// A time and where it is written.
struct Instant {
    ns: i128,
    is_timestamp: bool,
    span: Span,
}

pub(super) struct RowReader<'a> {
    pub(super) span: Span,
    pub(super) cells: &'a [(Column, &'a Node)],
    pub(super) rules: &'a CallRules<'a>,
    pub(super) problems: &'a mut Problems,
}

impl RowReader<'_> {
    /// The row, if it has no problem.
    pub(super) fn read(mut self) -> Option<Row> {
        let time = self.instant([Column::TimeS, Column::TimeMs, Column::Time], "calls-no-time");
        let cost = self.cost();
        let end = self.end();
        let recorded = Recorded {
            status: self.count(Column::Status)?,
            remaining_requests: self.count(Column::RemainingRequests)?,
            remaining_tokens: self.count(Column::RemainingTokens)?,
        };
        let id = self.cell(Column::Id).and_then(|node| match &node.value {
            Value::Text(text) | Value::Number(text) => Some(shorten(text)),
            _ => None,
        });
        let (time, cost, end) = (time??, cost?, end?);
        if let Some((at, _)) = &end
            && (at.ns < time.ns || at.is_timestamp != time.is_timestamp)
        {
            let problem = if at.is_timestamp == time.is_timestamp {
                Diagnostic::error("calls-order", at.span, "the call ends before it comes")
            } else {
                Diagnostic::error("calls-time", at.span, "the times of the call are of two kinds")
            };
            self.problems.push(problem.label("expected a time like, and not before, that of the call"));
            return None;
        }
        Some(Row {
            time: time.ns,
            is_timestamp: time.is_timestamp,
            time_span: time.span,
            cost,
            end: end.map(|(at, actual)| (at.ns, actual)),
            recorded,
            id,
        })
    }

    fn cell(&self, column: Column) -> Option<&Node> {
        let found = self.cells.iter().find(|(known, _)| *known == column);
        found.map(|(_, node)| *node).filter(|node| node.value != Value::Null)
    }

    fn wrong(&mut self, span: Span, text: &str, why: Why, expected: &str) {
        let message = format!("`{}` {why}", shorten(text));
        self.problems.push(Diagnostic::error("calls-value", span, message).label(expected));
    }

    /// The count in `column`, `Some(None)` if it has none; `None` with the problem told.
    #[expect(clippy::option_option, reason = "a missing value and a wrong one are different")]
    fn count(&mut self, column: Column) -> Option<Option<u64>> {
        let Some(node) = self.cell(column) else { return Some(None) };
        let (span, text) = (node.mark(), scalar(node));
        match text.as_deref().map(number::count) {
            Some(Ok(count)) => Some(Some(count)),
            Some(Err(why)) => {
                self.wrong(span, &text.unwrap_or_default(), why, "expected a whole number of at least 0");
                None
            }
            None => {
                let message = format!("`{}` is {}", column.name(), node.describe());
                let problem = Diagnostic::error("calls-value", span, message);
                self.problems.push(problem.label("expected a whole number of at least 0"));
                None
            }
        }
    }

    /// The time in one of three columns: seconds, milliseconds, timestamp. `Some(None)` if there is none
    /// and `missing` is empty; `None` with the problem told.
    #[expect(clippy::option_option, reason = "a missing value and a wrong one are different")]
    fn instant(&mut self, columns: [Column; 3], missing: &'static str) -> Option<Option<Instant>> {
        let given: Vec<(Column, Span, Option<String>)> = columns
            .into_iter()
            .filter_map(|column| self.cell(column).map(|node| (column, node.mark(), scalar(node))))
            .collect();
        let [seconds, millis, timestamp] = columns.map(Column::name);
        match given.as_slice() {
            [] if missing.is_empty() => Some(None),
            [] => {
                let problem = Diagnostic::error(missing, self.span, "the call has no time");
                self.problems
                    .push(problem.label(format!("expected `{seconds}`, `{millis}` or `{timestamp}`")));
                None
            }
            [(column, span, text)] => {
                let text = text.clone().unwrap_or_default();
                let power = if *column == Column::TimeMs || *column == Column::CompletedMs { 6 } else { 9 };
                let may_be_timestamp = *column == Column::Time || *column == Column::Completed;
                if may_be_timestamp && let Some(ns) = timestamp_ns(&text) {
                    return Some(Some(Instant { ns, is_timestamp: true, span: *span }));
                }
                match number::scaled(&text, power) {
                    Ok(time) if time.value.unsigned_abs() > u128::from(u64::MAX) => {
                        self.wrong(*span, &text, "is too large", "expected at most 584 years");
                        None
                    }
                    Ok(time) => Some(Some(Instant { ns: time.value, is_timestamp: false, span: *span })),
                    Err(why) => {
                        let expected = match (may_be_timestamp, power) {
                            (true, _) => "expected seconds, or a time such as `2024-08-01T12:00:00.250Z`",
                            (false, 6) => "expected milliseconds",
                            (false, _) => "expected seconds",
                        };
                        self.wrong(*span, &text, why, expected);
                        None
                    }
                }
            }
            [_, (_, span, _), ..] => {
                let problem = Diagnostic::error("calls-value", *span, "the time is given twice");
                self.problems
                    .push(problem.label(format!("expected one of `{seconds}`, `{millis}`, `{timestamp}`")));
                None
            }
        }
    }

    /// What the call is estimated to cost.
    fn cost(&mut self) -> Option<Tokens> {
        let cost = self.count(Column::Cost);
        let prompt = self.prompt();
        let prompt_tokens = self.count(Column::PromptTokens);
        let cached = self.count(Column::CachedTokens);
        let max_tokens = self.count(Column::MaxTokens);
        let best_of = self.count(Column::BestOf);
        let (cost, prompt, prompt_tokens) = (cost?, prompt?, prompt_tokens?);
        let (cached, max_tokens, best_of) = (cached?, max_tokens?.map(Tokens), best_of?.unwrap_or(1));
        if let Some(cost) = cost {
            return Some(Tokens(cost));
        }
        let estimate = match self.rules {
            CallRules::Standard(rule) => {
                let prompt = match (prompt, prompt_tokens) {
                    (Some(prompt), _) => prompt,
                    // What a token is to the rule: so many characters.
                    (None, Some(tokens)) => {
                        PromptSize::One(Chars(tokens.saturating_mul(rule.chars_per_token.max(1))))
                    }
                    (None, None) if !rule.count_prompt => PromptSize::One(Chars(0)),
                    (None, None) => {
                        return self.no_cost("`cost`, `prompt_chars`, `prompt_messages` or `prompt_tokens`");
                    }
                };
                rule.estimate(&Demand {
                    prompt,
                    prompt_tokens: Tokens(0),
                    completion_tokens: Tokens(0),
                    max_tokens,
                    prefix: None,
                })
            }
            CallRules::Provisioned(bucket) => {
                let Some(tokens) = prompt_tokens else { return self.no_cost("`cost` or `prompt_tokens`") };
                let prompt = Tokens(tokens.saturating_sub(cached.unwrap_or(0)));
                bucket.weigh(prompt, max_tokens.unwrap_or(bucket.default_completion()))
            }
        };
        Some(Tokens(estimate.get().saturating_mul(best_of.max(1))))
    }

    fn no_cost(&mut self, expected: &str) -> Option<Tokens> {
        let problem = Diagnostic::error("calls-no-cost", self.span, "nothing tells what the call costs");
        self.problems.push(problem.label(format!("expected {expected}")));
        None
    }

    /// The characters of each message.
    #[expect(clippy::option_option, reason = "a missing value and a wrong one are different")]
    fn prompt(&mut self) -> Option<Option<PromptSize>> {
        let chars = self.count(Column::PromptChars)?;
        let Some(node) = self.cell(Column::PromptMessages) else {
            return Some(chars.map(|chars| PromptSize::One(Chars(chars))));
        };
        let span = node.mark();
        let texts: Vec<Result<u64, Why>> = match &node.value {
            Value::Array(elements) => elements.iter().map(message_chars).collect(),
            Value::Text(text) | Value::Number(text) => {
                text.split([';', '+', ' ']).filter(|part| !part.is_empty()).map(number::count).collect()
            }
            _ => vec![Err("is no list")],
        };
        if chars.is_some() {
            let problem = Diagnostic::error("calls-value", span, "the prompt is given twice");
            self.problems.push(problem.label("expected one of `prompt_chars` and `prompt_messages`"));
            return None;
        }
        match texts.into_iter().collect::<Result<Vec<u64>, Why>>() {
            Ok(chars) => Some(Some(PromptSize::Messages(chars.into_iter().map(Chars).collect()))),
            Err(why) => {
                let text = scalar(node).unwrap_or_else(|| "prompt_messages".to_owned());
                self.wrong(span, &text, why, "expected the characters of each message, as `59;16;673`");
                None
            }
        }
    }

    /// When the call ends and what it really used, if that is known.
    #[expect(clippy::option_option, reason = "a missing value and a wrong one are different")]
    fn end(&mut self) -> Option<Option<(Instant, Tokens)>> {
        let at = self.instant([Column::CompletedS, Column::CompletedMs, Column::Completed], "");
        let actual = self.count(Column::ActualTokens);
        let completion = self.count(Column::CompletionTokens);
        // Told where the cost is read.
        let known = |count: Option<u64>| count.unwrap_or(0);
        let prompt = self.cell(Column::PromptTokens).and_then(scalar).and_then(|t| number::count(&t).ok());
        let cached = self.cell(Column::CachedTokens).and_then(scalar).and_then(|t| number::count(&t).ok());
        let (at, actual, completion) = (at?, actual?, completion?);
        let Some(at) = at else { return Some(None) };
        let used = match (actual, prompt, completion) {
            (Some(actual), _, _) => Tokens(actual),
            (None, Some(prompt), Some(completion)) => match self.rules {
                CallRules::Standard(_) => Tokens(prompt.saturating_add(completion)),
                CallRules::Provisioned(bucket) => {
                    bucket.weigh(Tokens(prompt.saturating_sub(known(cached))), Tokens(completion))
                }
            },
            _ => {
                let problem =
                    Diagnostic::error("calls-value", at.span, "nothing tells what the call really used");
                let expected = "expected `actual_tokens`, or `prompt_tokens` and `completion_tokens`";
                self.problems.push(problem.label(expected));
                return None;
            }
        };
        Some(Some((at, used)))
    }
}

/// The text of a number or a text.
fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// Characters of a message: given as their number, as the text, or as an object with `content`.
fn message_chars(node: &Node) -> Result<u64, Why> {
    match &node.value {
        Value::Number(text) => number::count(text),
        Value::Text(text) => u64::try_from(text.chars().count()).map_err(|_| "is too long"),
        Value::Object(_) => match node.get("content").map(|content| &content.value) {
            Some(Value::Text(text)) => u64::try_from(text.chars().count()).map_err(|_| "is too long"),
            _ => Err("has a message without `content`"),
        },
        _ => Err("has an entry that is no message"),
    }
}

/// Nanoseconds from 1970 to a time with date; without an offset it is UTC.
fn timestamp_ns(text: &str) -> Option<i128> {
    unix_ns(text).or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond))
}
