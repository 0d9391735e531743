//! One request's run through the compiled policy, as plain data.
//!
//! A suspended exchange is a program counter, the message states, the variables and the retry loops it
//! is in: it can be copied, compared, hashed and resumed. Only [`super::Gateway`] advances it.

use std::sync::Arc;

use super::cache::ResponseKey;
use super::calls::{CallNumber, OpenCall};
use super::io::{Answerer, Ending, SideCall, TokenFacts, Usage, WakeReason};
use super::limits::Due;
use super::retry::RetryTimes;
use super::spec::BackendRef;
use crate::policy::csharp::{Heap, Value};
use crate::policy::{Facts, HeaderValue, LastError, Pc, Request, Response, Text};
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
    pub(super) response: Option<Response>,
    /// Who wrote `response`.
    pub(super) answerer: Option<Answerer>,
    pub(super) body: BodyProgress,
    pub(super) last_error: Option<Box<LastError>>,
    /// An error on its way to an enclosing retry or to on-error.
    pub(super) pending: Option<Box<LastError>>,
    pub(super) variables: Vec<Option<Value>>,
    /// Objects that the variables refer to.
    pub(super) heap: Heap,
    /// Lines that expressions wrote and nobody took yet.
    pub(super) trace: Vec<Text>,
    pub(super) frames: Vec<Frame>,
    pub(super) target: Target,
    pub(super) attempt: AttemptNumber,
    /// A forward-request has run, whether or not it found a backend.
    pub(super) forwarded: bool,
    /// The body stream was sent once without being buffered.
    pub(super) body_used: bool,
    pub(super) facts: Option<Arc<Facts>>,
    pub(super) tokens: TokenFacts,
    /// What the response of the latest attempt said it used.
    pub(super) usage: Option<Usage>,
    /// Side calls that were not answered yet.
    pub(super) calls: Vec<OpenCall>,
    pub(super) last_call: CallNumber,
    /// What limits still have to count.
    pub(super) due: Vec<Due>,
    /// Headers that limits add to the response when it is sent.
    pub(super) stamps: Vec<(Text, HeaderValue)>,
    /// Where cache-store puts the response.
    pub(super) cache_key: Option<Box<ResponseKey>>,
    /// Where a semantic-cache-store puts it.
    pub(super) meaning_key: Option<Vec<Text>>,
    /// Headers that cors adds to the response when it is sent.
    pub(super) cors: Vec<(Text, Text)>,
    /// The cookie that the answer to the latest attempt will set.
    pub(super) set_cookie: Option<Text>,
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
    /// For side calls.
    AwaitingSideCalls,
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

/// A policy that the exchange is inside of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Frame {
    /// `retry`
    Retry(RetryFrame),
    /// `limit-concurrency`, which counts this key.
    Concurrency(Text),
    /// `wait`
    Wait(WaitFrame),
}

/// How far a `wait` is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct WaitFrame {
    /// Whether one child is enough.
    pub(super) any: bool,
    /// Whether a child is done.
    pub(super) done: bool,
    /// The first error of a send-request that does not ignore errors.
    pub(super) failed: Option<Box<LastError>>,
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

    /// Objects that the variables refer to.
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// A side call that was not answered yet.
    pub fn side_call(&self, number: CallNumber) -> Option<&SideCall> {
        self.calls.iter().find(|call| call.number == number).map(|call| &call.call)
    }

    /// Forwards made so far.
    pub fn attempts(&self) -> u32 {
        self.attempt.0
    }

    /// Drops objects that no variable refers to, so that equal states are equal values.
    pub(super) fn tidy(&mut self) {
        if !self.heap.is_empty() {
            self.heap.collect(self.variables.iter_mut().flatten());
        }
    }

    /// The next time the core wants to hear of this exchange, and why.
    pub fn wake_up(&self) -> Option<(Timestamp, WakeReason)> {
        let own = match &self.phase {
            Phase::AwaitingHeaders { deadline, .. } => Some((*deadline, WakeReason::HeaderDeadline)),
            Phase::Sleeping { until, reason } => Some((*until, *reason)),
            Phase::Idle | Phase::Running | Phase::AwaitingSideCalls | Phase::Relaying | Phase::Done(_) => {
                None
            }
        };
        let calls = self.calls.iter().filter_map(|call| Some((call.deadline?, WakeReason::CallDeadline)));
        own.into_iter().chain(calls).min_by_key(|(at, _)| *at)
    }
}
