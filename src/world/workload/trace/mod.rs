//! Recorded traffic.
//!
//! Rules
//! - The form of a file is told by its content: a gzip header, a line that begins with `{`, names of columns.
//! - A file is read whole or refused: every problem has a place, the first 50 are told one by one.
//! - Rows that no deployment could have served are left out, counted by [`Reason`] and warned about.
//!
//! Deliberately not read: text of prompts, sessions, models, blocks of shared prefixes (`hash_ids`).

mod columns;
mod format;
mod gzip;
mod jsonl;
mod problems;
mod read;
mod stats;
#[cfg(test)]
mod tests;
mod timestamp;

pub use format::TraceFormat;
pub use gzip::{GzipError, unpack};
pub use read::{Dropped, Reason, Trace, TraceRow};
pub use stats::{SizeStats, TraceStats};
pub use timestamp::unix_ns;
