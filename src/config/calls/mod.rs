//! Recorded calls to one deployment, as CSV or JSON: what `poolproof limiter replay` takes.
//!
//! Rules
//! - Columns (fields) go by name, in any order and letter case, `_` and `-` or not; unknown ones are refused.
//! - Each row has one time, not earlier than that of the row before, and a cost: given, or computed from the
//!   prompt and `max_tokens` by the rule of the model.
//! - Times are exact to the nanosecond. Rows before second 0 are earlier use: counted, not decided.
//! - Every problem has its place; the first 50 are told one by one, the others by their number.
//!
//! Deliberately not read: several files at once, compressed files, text without a header row.

mod columns;
mod number;
mod reader;
mod row;
mod table;
#[cfg(test)]
mod tests;

pub use columns::call_columns;
pub use reader::{CallRules, Recorded, RecordedCall, RecordedCalls, read_calls};
