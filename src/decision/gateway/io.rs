//! What goes into the core and what comes out of it.
//!
//! Inputs are facts about the world, each with the attempt it belongs to; an input for an attempt that is
//! no longer awaited is ignored. Outputs are actions for the driver and events for people: an event
//! changes nothing.

use std::sync::Arc;

use super::breaker::BreakerChange;
use super::calls::CallNumber;
use super::selection::Selection;
use super::spec::BackendRef;
use crate::policy::{Body, Facts, Header, Headers, LastError, Pc, Response, Text};
use crate::units::{AttemptNumber, BackendId, Duration, RequestId, StatusCode, Timestamp};

/// A client request as it reaches the gateway.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// Its number.
    pub id: RequestId,
    /// HTTP method.
    pub method: Text,
    /// Path and query below the API, beginning with `/`.
    pub path: Text,
    /// Headers.
    pub headers: Option<Arc<[Header]>>,
    /// Its body.
    pub body: Body,
    /// Who calls what; `None`: as the gateway's spec says.
    pub facts: Option<Arc<Facts>>,
    /// What is known of its tokens beforehand.
    pub tokens: TokenFacts,
}

/// What the gateway can tell of a request's tokens before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenFacts {
    /// Tokens of the prompt; `None`: not a request to a model. The service estimates them by a tokeniser of
    /// its own, which is not modelled: this is the number that the model counts.
    pub prompt: Option<u32>,
}

/// Tokens that a request used, as the response tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: u32,
    /// Tokens generated.
    pub completion: u32,
}

impl Usage {
    /// All of them.
    pub fn total(self) -> u64 {
        u64::from(self.prompt).saturating_add(u64::from(self.completion))
    }
}

/// Something that happened to one exchange.
#[derive(Clone, Debug)]
pub enum Input {
    /// Response headers of an attempt arrived.
    ResponseHeaders {
        /// Which attempt.
        attempt: AttemptNumber,
        /// Status, reason and headers.
        response: Response,
    },
    /// The body of an attempt's response ended well.
    BodyEnd {
        /// Which attempt.
        attempt: AttemptNumber,
        /// What the response says it used; of a streamed one the service estimates it.
        usage: Option<Usage>,
    },
    /// The body of an attempt's response broke off.
    BodyFailed {
        /// Which attempt.
        attempt: AttemptNumber,
    },
    /// The header deadline of an attempt passed.
    HeaderTimeout {
        /// Which attempt.
        attempt: AttemptNumber,
    },
    /// An attempt got no connection, or lost it before response headers.
    ConnectionFailed {
        /// Which attempt.
        attempt: AttemptNumber,
    },
    /// A wait that the core asked for is over.
    Wake,
    /// A side call was answered.
    SideCallDone {
        /// Which call.
        number: CallNumber,
        /// The answer.
        answer: SideAnswer,
    },
    /// The client went away.
    ClientCancel,
}

/// A call of the pipeline that is not a forward.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SideCall {
    /// Fetch a token of the managed identity.
    Token {
        /// Audience.
        resource: Text,
        /// User-assigned identity; `None`: the system-assigned one.
        client_id: Option<Text>,
    },
    /// Send a request of its own (send-request, send-one-way-request).
    Request(Box<SideRequest>),
}

/// The request of a side call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SideRequest {
    /// HTTP method.
    pub method: Text,
    /// Absolute URL; that of the current request, below the API, where a copy sets none.
    pub url: Text,
    /// Headers.
    pub headers: Headers,
    /// Body.
    pub body: Body,
    /// How long its answer is waited for.
    pub timeout: Duration,
    /// Nobody waits for its answer, and none is to be given.
    pub one_way: bool,
}

/// The answer to a side call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SideAnswer {
    /// A token.
    Token {
        /// The token.
        token: Text,
        /// Until when this instance may use it.
        expires: Timestamp,
    },
    /// A response to a [`SideCall::Request`].
    Response(Response),
    /// The call failed: no token, or no connection.
    Failed,
}

/// Where an attempt goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ForwardTarget {
    /// To a backend entity.
    Backend(BackendId),
    /// To a URL set by `set-backend-service base-url`: no backend entity, no breaker.
    Url(Text),
}

/// What body an attempt sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SentBody {
    /// The request has none.
    None,
    /// The whole body.
    Whole,
    /// Nothing, although the request had a body: it was not buffered and is used up. What the backend
    /// makes of it is the reading of `policy.unbuffered_retry_body`.
    Lost {
        /// Status a backend answers with.
        status: StatusCode,
    },
}

/// Why the core wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WakeReason {
    /// The wait before a retry is over.
    RetryInterval,
    /// Response headers are overdue.
    HeaderDeadline,
    /// The answer to a side call is overdue.
    CallDeadline,
}

/// Who wrote the response that the client gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answerer {
    /// A backend entity, or a base URL (`None`), in this attempt; its body follows.
    Backend {
        /// The backend.
        backend: Option<BackendId>,
        /// The attempt.
        attempt: AttemptNumber,
    },
    /// The gateway itself; there is no body to wait for.
    Gateway,
}

/// What the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send the request on. Headers and URL are in the exchange.
    Forward {
        /// Which request.
        request: RequestId,
        /// Which attempt.
        attempt: AttemptNumber,
        /// Where to.
        target: ForwardTarget,
        /// What body.
        body: SentBody,
        /// When to give up waiting for response headers ([`WakeReason::HeaderDeadline`]).
        deadline: Timestamp,
        /// Whether response chunks are collected before they go on.
        buffer_response: bool,
    },
    /// Drop an attempt that is under way or whose body nobody wants.
    Abort {
        /// Which request.
        request: RequestId,
        /// Which attempt.
        attempt: AttemptNumber,
    },
    /// Give [`Input::Wake`] at this time.
    Sleep {
        /// Which request.
        request: RequestId,
        /// When.
        until: Timestamp,
        /// Why.
        reason: WakeReason,
    },
    /// Make a side call and give [`Input::SideCallDone`].
    SideCall {
        /// Which request.
        request: RequestId,
        /// Number of the call, for its answer.
        number: CallNumber,
        /// When to give [`Input::Wake`] if no answer has come ([`WakeReason::CallDeadline`]).
        deadline: Option<Timestamp>,
        /// The call.
        call: SideCall,
    },
    /// Send the response head in the exchange to the client, then the body if a backend wrote it.
    Respond {
        /// Which request.
        request: RequestId,
        /// Whose response.
        answerer: Answerer,
    },
    /// Nothing more will come for this request.
    Finish {
        /// Which request.
        request: RequestId,
        /// How it ended.
        ending: Ending,
    },
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The client has the whole response.
    Answered,
    /// The response broke off after its head was sent.
    BrokenOff,
    /// The client went away before that.
    Cancelled,
}

/// A decision or transition, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A backend was selected for a forward.
    Selected {
        /// Which request.
        request: RequestId,
        /// What was selected and why.
        selection: Selection,
    },
    /// No backend was available. Not an attempt.
    Exhausted {
        /// Which request.
        request: RequestId,
        /// The pool, or the tripped single backend.
        target: BackendRef,
        /// Status the gateway answered with.
        status: StatusCode,
        /// Time until the first member resets.
        next_reset: Duration,
    },
    /// A breaker changed.
    Breaker {
        /// Whose.
        backend: BackendId,
        /// How.
        change: BreakerChange,
    },
    /// A retry policy goes round again.
    Retry {
        /// Which request.
        request: RequestId,
        /// Which retry, from 1.
        retry: u32,
        /// How long it waits.
        wait: Duration,
        /// The retry policy.
        place: Pc,
    },
    /// A line for the trace: `trace` policies and `context.Trace`.
    Traced {
        /// Which request.
        request: RequestId,
        /// The line.
        line: Text,
    },
    /// A request of a side call got no answer, whether or not the policy minds.
    CallFailed {
        /// Which request.
        request: RequestId,
        /// Where the side call went.
        url: Text,
        /// `Timeout` or `BackendConnectionFailure`.
        reason: &'static str,
    },
    /// A policy failed and on-error runs, or a failure ended in a plain error response.
    Failed {
        /// Which request.
        request: RequestId,
        /// What failed.
        error: Box<LastError>,
    },
}

/// What came out of one call into the core, in order. Reuse it: taking the contents keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// For the driver.
    pub actions: Vec<Action>,
    /// For people.
    pub events: Vec<Event>,
    /// Every policy that ran and every condition that was tested, for those who ask for it (coverage).
    pub steps: Option<Vec<Step>>,
}

/// What the interpreter did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A policy began.
    Ran(Pc),
    /// A condition of `when` or `retry` gave this.
    Tested(Pc, bool),
}
