//! The decision core: one API Management gateway instance as a sans-IO state machine.
//!
//! Which backend, when to trip, when to retry, what to answer. A simulator, a verifier and an HTTP server
//! drive this same code; they differ only in who supplies time, choices and responses.
//!
//! Invariants
//! - Time is an argument and never read. Every choice comes from [`Choices`]; every undocumented point is
//!   a switch of [`crate::semantics::Semantics`], read through it.
//! - Plain data: [`GatewayState`] and [`Exchange`] are `Clone + Eq + Hash`. No float, no clock, no I/O,
//!   no async, no interior mutability.
//! - Wake-ups, trips, selections and failures carry their reason.
//! - Nothing panics, whatever the configuration and the inputs.
//!
//! Rooms: `instance` is the entrance, `pipeline` runs policies, `forward` makes attempts; `breaker`,
//! `window`, `selection`, `affinity`, `carbon`, `retry`, `retry_after` hold one rule each; `limits`, `cache`,
//! `calls` run the policies of those names, `policies` all others beyond routing; `io` and `exchange` are the
//! data, `relative` sets its clock back, `seldom` keeps what most gateways never use, `seeded` is what tests break.
//!
//! Deliberately absent: latency, quota and traffic (the world's), file formats, HTTP.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod affinity;
mod breaker;
mod cache;
mod calls;
mod carbon;
mod choices;
mod exchange;
mod forward;
mod instance;
mod io;
mod limits;
mod pipeline;
mod policies;
mod relative;
mod retry;
mod retry_after;
mod seeded;
mod seldom;
mod selection;
mod spec;
#[cfg(test)]
mod tests;
mod window;

pub use breaker::{Breaker, BreakerChange, BreakerState, FailureCause, Trip, TripLength};
pub use calls::CallNumber;
pub use carbon::{CarbonCategory, RegionCarbon};
pub use choices::{ChoiceReason, Choices, FirstChoice};
pub use exchange::{Exchange, Phase};
pub use instance::{Gateway, GatewayState};
pub use io::{
    Action, Answerer, Effects, Ending, Event, ForwardTarget, Input, RequestHead, SentBody, SideAnswer,
    SideCall, SideRequest, Step, TokenFacts, Usage, WakeReason,
};
pub(crate) use limits::{Counts, Held, PassedTokens};
pub use retry::{RetryWait, retry_waits};
pub use retry_after::retry_after;
#[cfg(test)]
pub(crate) use seeded::{Fault, with_fault};
pub use selection::{MAX_MEMBERS, Pinned, PoolState, PriorityGroup, Selection};
pub use spec::{
    BackendEntity, BackendRef, BreakerRule, GatewaySpec, PoolMember, PoolSpec, SessionAffinity, SpecError,
    Threshold,
};
pub use window::Call;
