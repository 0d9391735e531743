//! What an expression is evaluated over: the gateway's `context`, and where chance comes from.

use super::heap::Heap;
use super::value::Value;
use crate::policy::{Facts, LastError, Request, Response, Text};
use crate::semantics::Semantics;
use crate::units::Timestamp;

/// Where an expression's random numbers and identifiers come from.
pub trait Chance {
    /// A number from `low` to `high`, both included; `low <= high`.
    fn between(&mut self, low: u64, high: u64) -> u64;
}

/// Takes the lowest number every time: for tests, and where nothing random may happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct LowestChance;

impl Chance for LowestChance {
    fn between(&mut self, low: u64, _high: u64) -> u64 {
        low
    }
}

/// `context` as an expression sees it. Expressions read it; what they change is the heap, the bodies that
/// they read without `preserveContent`, and the trace.
pub struct Scope<'a> {
    /// `context.Request`
    pub request: &'a mut Request,
    /// `context.Response`; `None` is null.
    pub response: Option<&'a mut Response>,
    /// `context.LastError`; `None` is null.
    pub last_error: Option<&'a LastError>,
    /// `context.Variables`, by slot; `None` where the key is absent.
    pub variables: &'a [Option<Value>],
    /// Names of the variables, by slot.
    pub names: &'a [Text],
    /// Objects that the variables refer to.
    pub heap: &'a mut Heap,
    /// The rest of `context`: API, operation, product, subscription, user, deployment.
    pub facts: &'a Facts,
    /// Now.
    pub now: Timestamp,
    /// When the request arrived.
    pub started: Timestamp,
    /// Wall clock at run start, seconds since 1970-01-01T00:00:00Z.
    pub start_unix_s: i64,
    /// Number of the request: what `context.RequestId` is made of.
    pub request_id: u64,
    /// Chance.
    pub chance: &'a mut dyn Chance,
    /// Readings of what differs between .NET runtimes.
    pub semantics: &'a Semantics,
    /// Lines written with `context.Trace`.
    pub trace: &'a mut Vec<Text>,
}

impl std::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope")
            .field("request", &self.request)
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}
