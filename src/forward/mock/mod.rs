//! The scenario's backends as real servers that answer like Azure OpenAI.
//!
//! Rules
//! - What is admitted, what is refused, how long it takes and what headers tell is decided by
//!   [`Services`](crate::sim::Services), the model of the simulator; nothing here copies it. Here is what a gateway
//!   never looks at: paths, keys, bodies, tokens on their way.
//! - Equal scenarios and equal orders of calls give equal draws: what is drawn for a call depends on the seed, its
//!   backend and the number of the call there.
//! - What the service works on ends when the model says so, whether or not its client is still there.
//! - Times are met to a millisecond, the step of the runtime's timers; never too early.
//! - A request that is refused for its form (path, key, version, body) takes nothing from any quota.
//!
//! Deliberately not modelled: what an answer says, content filters, images and tools as tokens, more than one choice.
//! Every deployment answers every operation, whatever its model is for.

mod answer;
mod ask;
mod beside;
mod embedding;
mod handle;
mod model;
mod options;
mod reply;
mod route;
mod run;
mod scripted;
mod server;
mod stream;
mod text;

pub use beside::TOKEN_PATH;
pub use options::{DEFAULT_KEY, Options};
pub use run::{RunError, run_until_signal};
pub use scripted::SCRIPT_HEADER;
pub use server::{Ended, Mock, Running, ServerAt, StartError, Tally, path_of};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
