//! What is verified: a gateway, the requests of its clients, and what is known of its backends.

use std::sync::Arc;

use crate::gateway::{GatewaySpec, RequestHead};
use crate::units::Duration;

/// A configuration with the requests that come to it.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The gateway.
    pub gateway: Arc<GatewaySpec>,
    /// Requests of clients, with what people call them. The first is the usual one.
    pub requests: Vec<(String, RequestHead)>,
    /// Whether each backend is capacity that is paid for whether used or not; `None`: not known.
    pub paid_for: Vec<Option<bool>>,
}

/// How far the exploration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Requests under way at the same time, 1 to [`Bounds::MOST_IN_FLIGHT`].
    pub in_flight: usize,
    /// Gateway instances, which share nothing, 1 to [`Bounds::MOST_INSTANCES`].
    pub instances: usize,
    /// Things that go wrong on a path: answers other than the first of all, side calls that fail, clients that leave.
    pub faults: u8,
    /// Events on a path.
    pub depth: u32,
    /// States that are kept at most: some hundred bytes each.
    pub states: usize,
    /// Threads.
    pub threads: usize,
}

impl Bounds {
    /// Requests under way at the same time at most.
    pub const MOST_IN_FLIGHT: usize = 4;
    /// Instances at most.
    pub const MOST_INSTANCES: usize = 4;
}

impl Default for Bounds {
    fn default() -> Self {
        Self { in_flight: 2, instances: 1, faults: 3, depth: 10, states: 10_000_000, threads: 1 }
    }
}

/// What counts as too much, where the documentation sets no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest time that a request may wait in the gateway while a backend is ready.
    pub wait: Duration,
    /// Backend calls for one request at most.
    pub calls: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wait: Duration::from_secs(10), calls: 10 }
    }
}
