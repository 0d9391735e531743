//! What everything that speaks HTTP has in common: listeners with bounds, bodies, and the clock.
//!
//! Rules
//! - Nothing here knows gateways or models.
//! - Every wait has an end, every buffer a bound ([`Limits`]).
//! - The time of a run is read from one [`Clock`]; what is scaled is scaled there.

mod body;
mod clock;
mod connection;
mod edge;
mod known;
mod listener;
mod traffic;
mod usage;

pub use body::{BodyError, Outgoing, too_large};
pub use clock::{Clock, system_seed, unix_now, unix_now_s};
pub use edge::Tell;
pub use known::{Known, REQUEST_HEADER};
pub use listener::{Limits, Listening, NoAnswer, Peer, Stop, stop_switch, told_to_end};
pub use usage::{Usage, usage_in};
