//! Faults as data.

use std::sync::Arc;

use crate::backend::DeploymentSpec;
use crate::policy::{Header, Text};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultSpec {
    /// Its name: of its kind and of what it concerns. Names its random draws.
    pub name: Arc<str>,
    /// The backends that it concerns.
    pub targets: Vec<BackendId>,
    /// What it does.
    pub kind: FaultKind,
    /// When it is on.
    pub times: FaultTimes,
}

/// When a fault is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTimes {
    /// From one time to another.
    Window {
        /// The first instant.
        from: Timestamp,
        /// The first instant after it.
        until: Timestamp,
    },
    /// By chance, with exponential times between.
    Random {
        /// Nothing happens before.
        from: Timestamp,
        /// Nothing happens from here on.
        until: Timestamp,
        /// Mean time from the end of one to the begin of the next.
        mtbf: Duration,
        /// Mean time that one lasts.
        mttr: Duration,
    },
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// No connection.
    Outage(Loss),
    /// No connection for a part of each period, which begins with that part.
    Flapping {
        /// How it fails.
        loss: Loss,
        /// Length of a period.
        period: Duration,
        /// The part of it without connection.
        down: Duration,
    },
    /// Calls are taken and never answered.
    BlackHole,
    /// Answers take longer: 2 is twice as long. The network is part of it.
    Slow {
        /// How many times as long.
        factor: f64,
    },
    /// An answer that the deployment has no part in.
    Answer {
        /// The answer.
        answer: ScriptedAnswer,
        /// Share of the calls that get it.
        share: f64,
        /// How many calls get it at most; the fault ends with the last one.
        times: Option<u64>,
    },
    /// The answer breaks off after so many tokens.
    Partial {
        /// Tokens that still arrive.
        after_tokens: u64,
    },
    /// The deployment takes less, or more: 0.5 is half of its quota.
    Capacity {
        /// Share of the quota.
        factor: f64,
    },
}

/// How a connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What is lost.
    pub how: LossKind,
    /// Time until the gateway knows. `None`, assumed: a round trip for a refused connection, no time for a name,
    /// and for a reset the time of a refusal.
    pub after: Option<Duration>,
}

/// What is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// The connection is refused.
    Refused,
    /// The name of the host is not known.
    Dns,
    /// The connection is made and breaks when the request has been sent.
    Reset,
}

impl Loss {
    /// Time until the gateway knows, given or assumed.
    pub(in crate::sim) fn time(self, deployment: &DeploymentSpec) -> Duration {
        self.after.unwrap_or(match self.how {
            LossKind::Refused => deployment.network,
            LossKind::Dns => Duration::ZERO,
            LossKind::Reset => deployment.refusal_time(),
        })
    }
}

/// An answer that is given as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Headers beside those that every error has.
    pub headers: Arc<[Header]>,
    /// Its body; `None`: that of a plain error with the status.
    pub body: Option<Text>,
}

impl FaultKind {
    /// Whether connections are lost while it is on.
    pub(super) const fn loses_connections(&self) -> bool {
        matches!(self, Self::Outage(_) | Self::Flapping { .. })
    }

    /// Whether nobody is served as long as it lasts.
    pub(super) fn takes_out(&self) -> bool {
        match self {
            Self::Outage(_) | Self::Flapping { .. } | Self::BlackHole => true,
            Self::Answer { share, times, answer } => {
                *share >= 1.0 && times.is_none() && !answer.status.is_success()
            }
            Self::Slow { .. } | Self::Partial { .. } | Self::Capacity { .. } => false,
        }
    }
}
