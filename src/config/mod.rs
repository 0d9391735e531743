//! Configuration files and what they mean: scenarios, backend resources, and the files they name, lowered
//! to the specs of the modules that simulate.
//!
//! Rules
//! - Nothing else knows a file format, and nothing here does I/O except [`DiskFiles`].
//! - Every problem has a code, a place and what was expected; all are told at once.
//! - Unknown fields are refused in our own format and warned about in ARM JSON.
//! - Equal configurations have equal hashes, wherever their files are.
//!
//! Deliberately not here: evaluating ARM, Bicep or Terraform expressions, and anything that runs.

mod arm;
mod calls;
mod context;
mod files;
mod guess;
mod hash;
mod hints;
mod latencies;
mod loaded;
mod logs;
mod named;
mod places;
mod print;
mod properties;
mod ranges;
mod regions;
mod rows;
mod scenario;
mod schema;
mod strategies;
mod suite;
#[cfg(test)]
pub(crate) mod testing;
mod utc;

use crate::tree::{check, json, shape};

pub use calls::{CallRules, Recorded, RecordedCall, RecordedCalls, call_columns, read_calls};
pub use context::read_context;
pub use files::{DiskFiles, FileError, Files, MAX_FILE_BYTES, MemoryFiles};
pub use guess::{Guess, Guessed, Parts, guess_for, guess_scenario, load_guessed};
pub use hints::unknown_model;
pub use latencies::{Latencies, LatencyRow, read_latencies};
pub use loaded::{BASE, Scenario, Variant, load_scenario};
pub use logs::{
    Assumed, Counted, FileReport, ImportRules, JoinedLog, LogFile, LogKind, LogReport, LogRequest,
    MissingTokens, TimeMeaning, join_logs, read_log,
};
pub use named::{NamedFiles, named_files, named_in_variant, variant_json, with_paths};
pub use places::{ResourceSpans, resource_spans};
pub use properties::read_properties;
pub(crate) use scenario::read_trace;
pub use scenario::{Assumption, Overrides, open_switches, service_tier};
pub use schema::{properties_schema, scenario_schema, suite_schema};
pub use strategies::strategy_variants;
pub use suite::{is_suite, load_suite};
