//! The compiled policy: a flat list of operations with jumps, so that a suspended request is a program
//! counter and a few values.
//!
//! Layout rules
//! - Each section is a run of operations that ends in [`Op::SectionEnd`]; `<base/>` is expanded.
//! - [`Op::Retry`] is followed by its children and one [`Op::RetryEnd`] that names it; `Retry::end` is
//!   the operation after that `RetryEnd`.
//! - `limit-concurrency` and `wait` are a pair of operations around their children.
//! - `choose` becomes [`Op::Branch`] and [`Op::Jump`].
//! - `places` has one entry for each operation.

use super::Text;
use super::caches::CachePolicy;
use super::calls::CallPolicy;
use super::csharp::{EvalError, Expression, FromValue, Scope};
use super::limits::Limit;
use super::operations::{Guard, Record, Transform};
use crate::diagnostics::Span;
use crate::units::{Duration, StatusCode};

/// Index of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pc(pub u32);

impl Pc {
    /// The following operation.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Index of a policy variable in [`Program::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableSlot(pub u16);

/// Scopes of policy documents, broad to narrow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyScope {
    /// All APIs.
    Global,
    /// A workspace.
    Workspace,
    /// A product.
    Product,
    /// An API.
    #[default]
    Api,
    /// An operation.
    Operation,
}

impl PolicyScope {
    /// All scopes, broad to narrow.
    pub const ALL: [Self; 5] = [Self::Global, Self::Workspace, Self::Product, Self::Api, Self::Operation];

    /// The name, as `LastError.Scope` gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Workspace => "workspace",
            Self::Product => "product",
            Self::Api => "api",
            Self::Operation => "operation",
        }
    }
}

/// The four sections of a policy document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `inbound`
    Inbound,
    /// `backend`
    Backend,
    /// `outbound`
    Outbound,
    /// `on-error`
    OnError,
}

impl Section {
    /// The element name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Backend => "backend",
            Self::Outbound => "outbound",
            Self::OnError => "on-error",
        }
    }
}

/// An attribute or text that is either written out or computed.
#[derive(Clone, Debug)]
pub enum Operand<T> {
    /// Written out.
    Literal(T),
    /// Computed each time it is needed.
    Expression(Expression),
}

impl<T: FromValue + Clone> Operand<T> {
    /// The value in `scope`.
    #[inline]
    pub fn eval(&self, scope: &mut Scope<'_>) -> Result<T, EvalError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Expression(expression) => T::from_expression(expression, scope),
        }
    }
}

/// `exists-action` of set-header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExistsAction {
    /// Replace (default).
    #[default]
    Override,
    /// Leave an existing header alone.
    Skip,
    /// Add one more value.
    Append,
    /// Remove the header.
    Delete,
}

impl ExistsAction {
    /// The action that an attribute names.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "override" => Some(Self::Override),
            "skip" => Some(Self::Skip),
            "append" => Some(Self::Append),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// `set-header`.
#[derive(Clone, Debug)]
pub struct SetHeader {
    /// Header name.
    pub name: Operand<Text>,
    /// What to do when the header exists.
    pub exists_action: ExistsAction,
    /// The name of the action, where an expression gives it.
    pub computed_action: Option<Operand<Text>>,
    /// Values in order.
    pub values: Box<[Operand<Text>]>,
}

/// Target of `set-backend-service`.
#[derive(Clone, Debug)]
pub enum SetBackend {
    /// `backend-id`: a backend or a pool by name.
    Id(Operand<Text>),
    /// `base-url`: bypasses backends, pools and breakers.
    Url(Operand<Text>),
}

/// `forward-request` (policy reference, 2023-10-19).
#[derive(Clone, Debug)]
pub struct ForwardRequest {
    /// Time allowed until response headers arrive; default 300 s.
    pub timeout: Operand<Duration>,
    /// Keep the request body so that a retry can send it again; default false.
    pub buffer_request_body: bool,
    /// Read the whole response before sending it on; default true.
    pub buffer_response: bool,
    /// Status 400 to 599 raises an error; default false.
    pub fail_on_error_status_code: Operand<bool>,
}

/// `retry` (policy reference).
#[derive(Clone, Debug)]
pub struct Retry {
    /// True: go on retrying.
    pub condition: Operand<bool>,
    /// Number of retries, 1 to 50; attempts are one more.
    pub count: Operand<u32>,
    /// Wait between attempts.
    pub interval: Operand<Duration>,
    /// Upper end of the wait (exponential form).
    pub max_interval: Option<Operand<Duration>>,
    /// Increment of the wait (linear and exponential form).
    pub delta: Option<Operand<Duration>>,
    /// Whether the first retry does not wait; default false.
    pub first_fast_retry: Operand<bool>,
    /// The operation after the `RetryEnd` of this retry.
    pub end: Pc,
}

/// `return-response`.
#[derive(Clone, Debug, Default)]
pub struct ReturnResponse {
    /// `response-variable-name`: the response to begin with; an empty one when absent.
    pub variable: Option<VariableSlot>,
    /// `set-status`: code and reason; 200 OK when absent.
    pub status: Option<(Operand<StatusCode>, Operand<Text>)>,
    /// `set-header` children.
    pub headers: Vec<SetHeader>,
    /// `set-body` child.
    pub body: Option<Operand<Text>>,
}

/// One operation.
#[derive(Clone, Debug)]
pub enum Op {
    /// End of a section.
    SectionEnd(Section),
    /// `authentication-managed-identity`: fetch a token (a side call unless cached). With an output
    /// variable the token goes there, else into the `Authorization` header as `Bearer <token>`.
    ManagedIdentity {
        /// Audience of the token.
        resource: Operand<Text>,
        /// Client id of a user-assigned identity.
        client_id: Option<Text>,
        /// Variable that receives the token.
        output: Option<VariableSlot>,
        /// Go on when the token cannot be had.
        ignore_error: bool,
    },
    /// `set-header` on the request (inbound, backend) or the response (outbound, on-error).
    SetHeader(SetHeader),
    /// `set-variable`; a literal is always a string.
    SetVariable {
        /// The variable.
        slot: VariableSlot,
        /// Its value.
        value: Expression,
    },
    /// `set-backend-service`.
    SetBackendService(SetBackend),
    /// `forward-request`.
    ForwardRequest(Box<ForwardRequest>),
    /// Start of `retry`.
    Retry(Box<Retry>),
    /// End of the children of the retry at this place.
    RetryEnd(Pc),
    /// `when`: go on with the next operation if true, else at `otherwise`.
    Branch {
        /// The condition.
        condition: Operand<bool>,
        /// Where to go when it is false.
        otherwise: Pc,
    },
    /// Go on elsewhere.
    Jump(Pc),
    /// `return-response`: ends the pipeline.
    ReturnResponse(Box<ReturnResponse>),
    /// A policy that is not simulated: an error when it is reached.
    Unsupported,
    /// `set-status` on the response.
    SetStatus {
        /// Status code.
        code: Operand<StatusCode>,
        /// Status reason.
        reason: Operand<Text>,
    },
    /// Limits of concurrency, calls, volume and tokens.
    Limit(Box<Limit>),
    /// Caches.
    Cache(Box<CachePolicy>),
    /// Calls to somebody else.
    Call(Box<CallPolicy>),
    /// A policy that changes messages.
    Transform(Box<Transform>),
    /// A policy that lets a request pass or refuses it.
    Guard(Box<Guard>),
    /// A policy that changes no message: it tells or calls somebody, or it is without effect here.
    Record(Box<Record>),
}

/// Where an operation comes from.
#[derive(Clone, Debug)]
pub struct Place {
    /// The element in the policy file. `None` for the built-in global scope.
    pub span: Option<Span>,
    /// Scope of the document it stands in.
    pub scope: PolicyScope,
    /// Section.
    pub section: Section,
    /// Path in the section, for example `retry[1]/forward-request[1]` (form of `LastError.Path`).
    pub path: Text,
    /// Element name.
    pub policy: Text,
    /// `id` attribute, or empty.
    pub policy_id: Text,
}

/// A compiled policy document.
#[derive(Clone, Debug)]
pub struct Program {
    /// The operations.
    pub ops: Vec<Op>,
    /// Where each comes from.
    pub places: Vec<Place>,
    /// Names of variables, by slot.
    pub variables: Vec<Text>,
    /// First operation of inbound.
    pub inbound: Pc,
    /// First operation of backend.
    pub backend: Pc,
    /// First operation of outbound.
    pub outbound: Pc,
    /// First operation of on-error.
    pub on_error: Pc,
    /// Every literal `backend-id`, with its place.
    pub backend_references: Vec<(Text, Span)>,
    /// Whether an expression looks at the body of a response. Otherwise what it says can be left out.
    pub reads_bodies: bool,
    /// Whether an expression names a header with the id of a request. Otherwise answers need none.
    pub names_request_ids: bool,
    /// Whether an expression may look at the clock. Otherwise only durations matter to the policy, except where a
    /// policy counts by the calendar or checks a date by itself.
    pub reads_clock: bool,
}

impl Program {
    /// The operation at `pc`.
    #[inline]
    pub fn op(&self, pc: Pc) -> Option<&Op> {
        self.ops.get(pc.0 as usize)
    }

    /// Where the operation at `pc` comes from.
    pub fn place(&self, pc: Pc) -> Option<&Place> {
        self.places.get(pc.0 as usize)
    }
}
