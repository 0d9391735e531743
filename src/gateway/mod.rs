//! draft
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
mod spec;
pub use spec::{
    BackendEntity, BackendRef, BreakerRule, GatewaySpec, PoolMember, PoolSpec, SpecError, Threshold,
};
