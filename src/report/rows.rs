//! The rows of the CSV files, which are also what charts are drawn from.
//!
//! Column names are a contract with the people who read the files: units last, times in seconds or
//! milliseconds since run start, empty cells for "does not apply". The last column, `run`, is the same
//! in every row of a file: schema version, scenario hash, seed and crate version (see [`RunStamp`]).
//! Decimals are fixed, so that files are stable and short: seconds 6, milliseconds 3, shares 4.

use serde::{Deserialize, Serialize};

/// Version of the row layouts below. Raised when a column changes meaning, moves or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// What every output file says about the run it belongs to. Holds no wall time, path or host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStamp {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema: u32,
    /// First 16 hex digits of the SHA-256 of everything the run was computed from.
    pub scenario_hash: String,
    /// Master seed.
    pub seed: u64,
    /// Version of this crate.
    pub version: String,
}

impl RunStamp {
    /// The value of the `run` column, for example `v1-0123456789abcdef-s42-0.1.0`.
    pub fn column(&self) -> String {
        format!("v{}-{}-s{}-{}", self.schema, self.scenario_hash, self.seed, self.version)
    }
}

/// One client request: a row of `requests.csv`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    /// Number in order of arrival, from 0.
    pub request: u64,
    /// Arrival at the gateway, seconds since run start.
    #[serde(with = "super::cells::seconds")]
    pub arrival_s: f64,
    /// Gateway instance (unit) that handled it, from 0.
    pub instance: u32,
    /// `answered`, `cancelled` or `in_flight` (at the horizon).
    pub outcome: String,
    /// Status the client saw; empty when cancelled or in flight.
    pub status: Option<u16>,
    /// Backend whose response the client saw; empty when the gateway answered by itself.
    pub backend: String,
    /// URL of the last forward; empty when nothing was forwarded.
    pub url: String,
    /// Forwards made.
    pub attempts: u32,
    /// Each step in order, joined by ` > `: `backend:result(reason)`.
    pub path: String,
    /// Arrival to last byte at the client.
    #[serde(with = "super::cells::millis")]
    pub latency_ms: Option<f64>,
    /// Arrival to first byte at the client.
    #[serde(with = "super::cells::millis")]
    pub ttft_ms: Option<f64>,
    /// Time inside the gateway that the answering attempt did not use: waits and failed attempts.
    #[serde(with = "super::cells::millis")]
    pub wait_ms: Option<f64>,
    /// Prompt tokens.
    pub prompt_tokens: u64,
    /// Completion tokens the model would write.
    pub completion_tokens: u64,
    /// Tokens counted against quota for the answering attempt; empty when none was admitted.
    pub counted_tokens: Option<u64>,
    /// [`RunStamp::column`].
    pub run: String,
}

/// One backend in one interval: a row of `timeline.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// Start of the interval, seconds since run start.
    #[serde(with = "super::cells::seconds")]
    pub start_s: f64,
    /// Length of the interval; the last may be shorter.
    #[serde(with = "super::cells::seconds")]
    pub length_s: f64,
    /// Backend name.
    pub backend: String,
    /// Attempts the deployment admitted.
    pub admitted: u64,
    /// Attempts it refused with 429.
    pub throttled: u64,
    /// Attempts that failed otherwise: 4xx other than 429, 5xx, timeout, connection.
    pub failed: u64,
    /// Client requests that ended 2xx here, by the time of their last byte.
    pub answered: u64,
    /// Tokens counted against quota at admission.
    pub counted_tokens: u64,
    /// Fullest the token window (or PTU bucket) was, as a share of its limit; may exceed 1 for PTU.
    #[serde(with = "super::cells::share")]
    pub window_fill_max: f64,
    /// Time the breaker was tripped, summed over gateway instances, as a share of instances x length.
    #[serde(with = "super::cells::share")]
    pub tripped_share: f64,
    /// `closed`, `tripped` (whole interval, all instances) or `mixed`.
    pub breaker: String,
    /// [`RunStamp::column`].
    pub run: String,
}

/// One trip of one breaker: a row of `trips.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TripRow {
    /// Backend name.
    pub backend: String,
    /// Gateway instance (unit).
    pub instance: u32,
    /// When it tripped, seconds since run start.
    #[serde(with = "super::cells::seconds")]
    pub start_s: f64,
    /// When it ended or will end; may lie beyond the horizon.
    #[serde(with = "super::cells::seconds")]
    pub end_s: f64,
    /// Trip duration of the rule.
    #[serde(with = "super::cells::seconds")]
    pub configured_s: f64,
    /// Trip duration in force.
    #[serde(with = "super::cells::seconds")]
    pub effective_s: f64,
    /// Why the effective duration is what it is, for example `Retry-After 55 s accepted`.
    pub why: String,
    /// What tripped it, for example `429, failure 1 of 1 in 5m`.
    pub cause: String,
    /// [`RunStamp::column`].
    pub run: String,
}
