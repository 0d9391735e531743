//! Traffic as data.

use std::sync::Arc;

use crate::units::{Demand, Duration, Timestamp};

use super::{ClientRetry, ClientSpec, Disconnects, ProcessSpec, ReplaySpec, SessionSpec, SizeSpec};

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
    /// Who leaves a stream before its end; `None`: nobody.
    pub disconnects: Option<Disconnects>,
    /// Whether and how clients try again; `None`: they do not.
    pub retry: Option<ClientRetry>,
}

impl TrafficSpec {
    /// Requests that are answered in one piece, of clients that wait for ever and try once.
    pub const fn plain(arrivals: ArrivalSpec, sizes: SizeSpec) -> Self {
        Self { arrivals, sizes, stream: false, client_timeout: None, disconnects: None, retry: None }
    }

    /// Whether any clients leave before their answer has arrived.
    pub fn may_leave(&self) -> bool {
        let waits = |traffic: &Self| traffic.client_timeout.is_none();
        let own = |client: &ClientSpec| !waits(&client.traffic);
        self.has_disconnects()
            || !waits(self)
            || matches!(&self.arrivals, ArrivalSpec::Mix(clients) if clients.iter().any(own))
    }

    /// Whether any clients leave streams.
    pub fn has_disconnects(&self) -> bool {
        let own = |client: &ClientSpec| client.traffic.disconnects.is_some();
        self.disconnects.is_some()
            || matches!(&self.arrivals, ArrivalSpec::Mix(clients) if clients.iter().any(own))
    }

    /// Whether any prompts begin alike.
    pub fn shares_prefixes(&self) -> bool {
        let has_prefix = |request: &ScriptedRequest| request.demand.prefix.is_some();
        self.sizes.prefixes.is_some()
            || matches!(&self.arrivals, ArrivalSpec::Scripted(requests) if requests.iter().any(has_prefix))
    }
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
    /// Independent of answers in another way.
    Process {
        /// How they come.
        process: ProcessSpec,
        /// Stop after so many; `None`: the run's end stops them.
        requests: Option<u64>,
    },
    /// A list of requests, each with its own size.
    Scripted(Arc<[ScriptedRequest]>),
    /// The times and sizes of a recorded trace.
    Replay(ReplaySpec),
    /// Users who take turns, each after the answer to the one before.
    Sessions(SessionSpec),
    /// Several clients, each with traffic of its own; the other fields of the traffic around it say nothing.
    Mix(Arc<[ClientSpec]>),
}

/// One request of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedRequest {
    /// When it is sent.
    pub start: Start,
    /// What it asks.
    pub demand: Demand,
    /// How long the deployment takes for it, when that was recorded; else its latency model says.
    pub service: Option<Service>,
}

/// When a scripted request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At a time of its own.
    At(Timestamp),
    /// So long after the client is done with the request before it in the list; the first one so long
    /// after the start of the run.
    After(Duration),
}

/// A recorded time of service, without the network between gateway and deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Until the first token of a stream; at most `total`.
    pub first_token: Duration,
    /// Until the last token.
    pub total: Duration,
}
