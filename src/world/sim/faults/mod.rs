//! What breaks, when, and what it does to calls.
//!
//! Rules
//! - A fault is on during a window of time, or by chance: its times in working order and in repair are
//!   exponential, from a stream of its own. What happens to one backend never shifts the draws of another.
//! - Where several faults concern a backend, a lost connection comes first, then silence, then the first
//!   answer in the order of the list; of the rest all act together.
//! - When an outage begins, calls under way are lost with their connections. Everything else concerns calls
//!   that are sent while it lasts, to their end.
//! - A call that gets no further than a fault uses no quota.
//!
//! Also here, as they change with time in the same way: overload of shared capacity, and quota that is
//! changed for a while ([`crate::backend::OverloadSpec`], [`crate::backend::QuotaStep`]).
//!
//! Deliberately not modelled: faults of the gateway itself, and of what answers side calls.

mod board;
mod clock;
mod spec;
mod watch;

pub(super) use board::{Board, Verdict};
pub use spec::{FaultKind, FaultSpec, FaultTimes, Loss, LossKind, ScriptedAnswer};
pub use watch::{Phase, PoolAbsence};
