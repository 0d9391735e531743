//! Traffic as data.

use crate::units::Duration;

use super::{ReplaySpec, SizeSpec};

/// All traffic of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct TrafficSpec {
    /// When requests come.
    pub arrivals: ArrivalSpec,
    /// How large they are.
    pub sizes: SizeSpec,
    /// Whether clients ask for a stream of tokens.
    pub stream: bool,
    /// How long a client waits for the complete answer; `None`: for ever.
    pub client_timeout: Option<Duration>,
}

/// When requests come.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalSpec {
    /// Each client sends its next request some time after the answer to its last one.
    ClosedLoop {
        /// Clients at work at the same time.
        clients: u32,
        /// Requests of all clients together.
        requests: u64,
        /// Time between an answer and the next request of the same client.
        pause: Duration,
    },
    /// Independent arrivals at a constant mean rate.
    Poisson {
        /// Mean rate. Not above 0 or not finite: nothing ever comes.
        per_second: f64,
        /// Stop after so many; `None`: the run's end stops them.
        requests: Option<u64>,
    },
    /// The times and sizes of a recorded trace.
    Replay(ReplaySpec),
}
