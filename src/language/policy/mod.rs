//! API Management policies as data: read, checked, compiled to a flat [`Program`], with C#-like
//! expressions that are evaluated over a [`csharp::Scope`] of plain values.
//!
//! The pipeline: `scan` (XML with raw expressions inside) gives a document tree, `compile` gives a
//! program, the gateway runs it. Problems are diagnostics with places; nothing unknown is skipped.
//!
//! Not known here: pools, breakers, time sources, files, I/O. Evaluation is a function of its scope.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod base64;
mod caches;
mod calls;
pub mod check;
mod closest;
mod compile;
pub mod csharp;
pub mod document;
mod facts;
mod limits;
mod message;
pub mod operations;
mod program;
pub mod scan;
pub mod standing;
mod text;

pub use caches::{CachePolicy, ResponseLookup};
pub use calls::{CallPolicy, Credentials, SendRequest};
pub(in crate::policy) use closest::closest;
pub use compile::{
    PolicyText, Sources, compiled_policies, load, load_seen, load_sources, load_with_references, sections_of,
};
pub use facts::{Api, Deployment, Facts, Group, Identity, Operation, Origin, Product, Subscription, User};
pub use limits::{
    Increment, Limit, LimitScope, Named, NarrowLimit, Quota, RateLimit, Tell, TokenLimit, TokenPeriod,
};
pub use message::{Body, Header, HeaderValue, Headers, LastError, Request, Response};
pub use program::{
    ExistsAction, ForwardRequest, Op, Operand, Pc, Place, PolicyScope, Program, Retry, ReturnResponse,
    Section, SetBackend, SetHeader, VariableSlot,
};
pub use text::Text;
