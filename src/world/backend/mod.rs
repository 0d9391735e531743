//! How deployments of language models behave: what they admit, what they refuse and for how long, and how
//! long an answer takes.
//!
//! Rules
//! - A Standard deployment admits by two sliding windows (estimated tokens in 60 s, requests in 10 s); a
//!   provisioned one by the level of a leaky bucket; servers of one's own by the places they have. Everything
//!   that decides is integers, and what decides is driven by times and costs alone, so that recorded calls can
//!   be replayed through it ([`replay()`]).
//! - Time never runs backwards: a call with an earlier `now` than the last one acts at the last one.
//! - Chance enters only through the [`Stream`](crate::random::Stream) passed in, and only the time an answer takes.
//! - Numbers about models come with their evidence ([`Evidence`]); what is assumed says so.
//!
//! Deliberately not modelled: batching inside the service, content filters.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod audit;
mod cost;
mod deployment;
mod error_body;
mod fixed_window;
mod latency;
mod measured;
mod models;
mod prefix_cache;
mod prices;
mod ptu;
mod quota;
mod replay;
mod script;
mod servers;
mod sizing;
mod spec;
mod throttling;
mod window;

pub use audit::{Audit, Breach};
pub use cost::{CostKind, TokenCost};
pub use deployment::{Decision, Deployment, DeploymentBooks, Headroom, LimitKind, utilisation_text};
pub use error_body::{
    ErrorTexts, deployment_not_found_body, deployment_of, error_body, missing_role_body, status_body,
};
pub use fixed_window::FixedWindow;
pub use latency::ServiceTime;
pub use measured::MeasuredLatency;
pub use models::{Evidence, Fact, ModelFacts, ModelPrices, PtuFacts, PtuStep, RpmRatio, TokenPrices};
pub use prefix_cache::{CachingSpec, Found, PrefixCache};
pub use prices::{DeploymentType, HOURS_PER_MONTH, ONE_USD, PRICES_OF, Prices, UnitPrices};
pub use ptu::LeakyBucket;
pub use quota::{RateLimit, Refusal, Reservation};
pub use replay::{Call, CallDecision, CallOutcome, Replayable, replay};
pub use script::{CallAnswer, CallScript, ScriptedOutcome};
pub use servers::{Servers, ServersSpec};
pub use sizing::{PtuScope, PtuSizing, ptu_sizing};
pub use spec::{
    Capacity, DeploymentSpec, LatencyFamily, LatencySpec, OverloadSpec, PtuSpec, QuotaStep, StandardSpec,
    WindowKind,
};
pub use throttling::{HeaderUse, RetryAfterForm, Throttling};
pub use window::{Entry, SlidingWindow};
