//! One request's run through the compiled policy, as plain data.
//!
//! A suspended exchange is a program counter, the message states, the variables and the retry loops it
//! is in: it can be copied, compared, hashed and resumed. Only [`super::Gateway`] advances it.

use std::sync::Arc;

use super::io::{Answerer, Ending, SideCall, WakeReason};
use super::retry::RetryTimes;
use super::spec::BackendRef;
use crate::policy::expr::Value;
use crate::policy::{Facts, LastError, Pc, Request, Response, Text};
use crate::units::{AttemptNumber, BackendId, RequestId, Timestamp};

/// One request in flight. `Default` is an empty one, ready for [`super::Gateway::start`]; a finished one
/// can be started again and keeps its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Exchange {
    pub(super) id: RequestId,
    pub(super) started: Timestamp,
    pub(super) pc: Pc,
    pub(super) phase: Phase,
    pub(super) request: Request,
    /// `None`: those of the spec.
    pub(super) facts: Option<Arc<Facts>>,
    pub(super) response: Option<Response>,
    /// Who wrote `response`.
    pub(super) answerer: Option<Answerer>,
    pub(super) body: BodyProgress,
    pub(super) last_error: Option<Box<LastError>>,
    /// An error on its way to an enclosing retry or to on-error.
    pub(super) pending: Option<Box<LastError>>,
    pub(super) variables: Vec<Option<Value>>,
    pub(super) frames: Vec<RetryFrame>,
    pub(super) target: Target,
    pub(super) attempt: AttemptNumber,
    /// A forward-request has run, whether or not it found a backend.
    pub(super) forwarded: bool,
    /// The body stream was sent once without being buffered.
    pub(super) body_used: bool,
    /// Headers that cors adds to the response when it is sent.
    pub(super) cors: Vec<(Text, Text)>,
}

/// What an exchange is waiting for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Not started.
    #[default]
    Idle,
    /// Advancing; never seen between calls into the core.
    Running,
    /// For response headers.
    AwaitingHeaders {
        /// Where the attempt went; `None` for a base URL.
        backend: Option<BackendId>,
        /// When it gives up.
        deadline: Timestamp,
        /// Whether this call is a breaker's probe.
        probe: bool,
    },
    /// For the wait before a retry to end.
    Sleeping {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: WakeReason,
    },
    /// For a side call.
    AwaitingSideCall(SideCall),
    /// The response head is with the client; the body follows.
    Relaying,
    /// Over.
    Done(Ending),
}

/// How far the body of the answering attempt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum BodyProgress {
    /// Under way.
    #[default]
    Flowing,
    /// All there.
    Ended,
    /// Broken off.
    Failed,
}

/// A retry policy that the exchange is inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RetryFrame {
    /// The `Op::Retry`.
    pub(super) at: Pc,
    /// Retries made.
    pub(super) done: u32,
    pub(super) times: RetryTimes,
}

/// What `set-backend-service` has set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// Nothing.
    #[default]
    Unset,
    /// A backend or pool; selection happens at forward-request.
    Entity(BackendRef),
    /// Selection has happened at set-backend-service; `None` when nothing was available.
    Selected(BackendRef, Option<BackendId>),
    /// A base URL.
    Url(Text),
}

impl Exchange {
    /// Which request this is.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// When the request arrived.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// What it waits for.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The request as the policy has shaped it.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The response as the policy has shaped it: the one to send when the action says so.
    pub fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    /// The error that is with on-error, or was.
    pub fn last_error(&self) -> Option<&LastError> {
        self.last_error.as_deref()
    }

    /// The variables, by slot; `None` where none is set.
    pub fn variables(&self) -> &[Option<Value>] {
        &self.variables
    }

    /// Forwards made so far.
    pub fn attempts(&self) -> u32 {
        self.attempt.0
    }

    /// The next time the core wants to hear of this exchange, and why.
    pub fn wake_up(&self) -> Option<(Timestamp, WakeReason)> {
        match &self.phase {
            Phase::AwaitingHeaders { deadline, .. } => Some((*deadline, WakeReason::HeaderDeadline)),
            Phase::Sleeping { until, reason } => Some((*until, *reason)),
            Phase::Idle | Phase::Running | Phase::AwaitingSideCall(_) | Phase::Relaying | Phase::Done(_) => {
                None
            }
        }
    }
}
