//! The gateway over HTTP: real requests, forwarded by the decisions of the core.
//!
//! Rules
//! - The core decides; this module carries out. Inputs reach it one after another, each with the time of the run at
//!   that moment, so that a log of them ([`Journal`]) can be played again to the same decisions.
//! - A body is kept only where the policy wants it again or looks at it, and never beyond a bound.
//! - An attempt is given again only before the first byte of its answer has gone to the client. What fails later
//!   breaks off.
//! - Secrets (keys, tokens, cookies) are in no log, metric, message or journal.
//!
//! Rooms: `settings` is what is served, `entrance` who may come in, `core` the decisions, `session` a request on
//! its way, `upstream` and `reach` the way to backends, `relay` the way back, `running` the life of a server,
//! `identity` and `aside` what policies ask others, `admin` what operators see, `observe` what others are told
//! meanwhile, `lines` what keeps a log from being waited for.
//!
//! Deliberately absent: client certificates, WebSockets, trailers.

mod admin;
mod aside;
mod core;
mod entrance;
mod error_body;
mod identity;
mod journal;
mod lines;
mod metrics;
mod observe;
mod reach;
mod relay;
mod running;
mod server;
mod session;
mod settings;
#[cfg(test)]
mod tests;
mod upstream;

pub use identity::IdentitySource;
pub use journal::{Journal, JournalHeader, Line, replay_line};
pub use metrics::BackendCount;
pub use observe::{BadDestination, Destination, Log, LogForm, LogLevel, Observing};
pub use reach::trusted_in;
pub use running::{News, RunError, Running, serve};
pub use server::{Server, Started};
pub use settings::{BackendSetting, KeyRing, ServeError, Settings, Timeouts};
