//! The scenario's traffic over HTTP, in real time, against whatever listens.
//!
//! Rules
//! - Requests are sent when the scenario says, however long the answers to others take, and their latency counts from
//!   then: a server that stalls is not asked less, and what waits for it is not left out.
//! - When this client is late itself, that is measured by itself and told: it is none of the server's faults.
//! - What is drawn (times, sizes, who tries again and when) is drawn from the same streams by the same keys as in the
//!   simulator.
//! - What cannot be known from outside stays empty, and is said to ([`NOT_SEEN`]).
//!
//! Deliberately not done: clients that leave a stream before its end, service times of a script, regions of a gateway.

mod alarm;
mod body;
mod clients;
mod exchange;
mod run;
mod send;
mod tally;

pub use alarm::Alarm;
pub use run::{DriveError, Driven, Options, body_of, drive};
pub use tally::{ATTEMPTS_HEADER, BACKEND_HEADER, NOT_SEEN};

#[cfg(test)]
mod tests;
