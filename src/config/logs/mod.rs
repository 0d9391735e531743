//! Production logs: exports of Azure Monitor and Application Insights, joined into one list of requests.
//!
//! Rules
//! - What a file holds is told by the names of its columns, its form (CSV, JSON, JSON lines, the answer of a Log
//!   Analytics query; packed or not) by its content.
//! - Requests are those of `ApiManagementGatewayLogs`; without it those of Application Insights. Everything else
//!   is joined to them, and what finds no partner is counted.
//! - The order is that of arrival, then of the correlation id, whatever the order of the files and rows.
//! - A value that cannot be read is an error with its place; one that is missing is told with what is assumed in
//!   its place. Nothing is made up in silence.
//!
//! Deliberately not read: text of prompts and answers, headers, bodies; diagnostic logs as storage accounts and
//! event hubs keep them.

mod columns;
mod join;
mod report;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod times;
mod write;

pub use columns::LogKind;
pub use join::{ImportRules, JoinedLog, LogRequest, MissingTokens, TimeMeaning, join_logs};
pub use report::{Assumed, Counted, FileReport, LogReport};
pub use table::{LogFile, read_log};
