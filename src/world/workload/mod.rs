//! Who sends what, when and of which size.
//!
//! Rules
//! - Size of a request depends on the seed and its number only, never on what the gateway does.
//! - Arrivals of an open loop come from one stream of their own; in a mix each client has its own streams.
//! - Memory does not grow with the number of requests (a replayed trace is held once).
//!
//! Deliberately not modelled: correlated prompt and completion sizes.

mod clients;
mod mix;
mod open_loop;
mod prefixes;
mod process;
mod replay;
mod sessions;
mod sizes;
mod trace;
mod traffic;

pub use clients::{BUDGET_DEPTH, ClientRetry, Disconnects, RetryBudget};
pub use mix::{ClientSpec, members};
pub use open_loop::{Arrival, OpenLoop};
pub use prefixes::PrefixSpec;
pub use process::{Gaps, ProcessSpec, Segment, diurnal};
pub use replay::ReplaySpec;
pub use sessions::{MAX_TURNS, SessionBegin, SessionDraws, SessionPlan, SessionSpec};
pub use sizes::{PromptSpec, Quantiles, SizeSpec, Sizes, TokenSpec, messages, one_message};
pub use trace::{
    Dropped, GzipError, Reason, SizeStats, Trace, TraceFormat, TraceRow, TraceStats, unix_ns, unpack,
};
pub use traffic::{ArrivalSpec, ScriptedRequest, Service, Start, TrafficSpec};
