//! Quantities and ids that cannot be mixed up.
//!
//! Rules: time is `u64` nanoseconds since run start, tokens and characters are integers, nothing here
//! is a float. Arithmetic saturates or is checked, because a wrapped time would silently reorder events.
//! Deliberately absent: calendars and time zones (a run knows only its own start), money (no part of
//! this crate prices anything yet).
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod demand;
mod duration;
mod ids;
mod level;
mod quantity;
mod timestamp;

pub use demand::{Demand, Prefix, PromptSize};
pub use duration::{Duration, ParseDurationError};
pub use ids::{AttemptNumber, BackendId, PoolId, RequestId};
pub use level::Level;
pub use quantity::{Chars, Ptu, RequestsPerMinute, StatusCode, Tokens, TokensPerMinute};
pub use timestamp::Timestamp;
