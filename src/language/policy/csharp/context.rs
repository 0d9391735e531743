//! Everything that an expression is evaluated over, in one place: for expressions that are evaluated by
//! themselves, outside of a gateway.

use super::heap::Heap;
use super::scope::{Chance, Scope};
use super::value::Value;
use crate::policy::{Facts, LastError, Request, Response, Text};
use crate::semantics::Semantics;
use crate::units::Timestamp;

/// An owned [`Scope`]. `Default` is a plain request without variables, at the start of 1970.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// `context.Request`
    pub request: Request,
    /// `context.Response`
    pub response: Option<Response>,
    /// `context.LastError`
    pub last_error: Option<LastError>,
    /// Texts that stand for `{{name}}`.
    pub named_values: Vec<(Text, Text)>,
    /// Names of the variables.
    pub names: Vec<Text>,
    /// Their values, in the same order; `None` where the key is absent.
    pub variables: Vec<Option<Value>>,
    /// Objects that the variables refer to.
    pub heap: Heap,
    /// The rest of `context`.
    pub facts: Facts,
    /// Now.
    pub now: Timestamp,
    /// When the request arrived.
    pub started: Timestamp,
    /// Wall clock at run start, seconds since 1970-01-01T00:00:00Z.
    pub start_unix_s: i64,
    /// Number of the request.
    pub request_id: u64,
    /// Readings of what differs between .NET runtimes.
    pub semantics: Semantics,
    /// Lines written with `context.Trace`.
    pub trace: Vec<Text>,
}

impl Context {
    /// The scope, with this source of chance.
    pub fn scope<'a>(&'a mut self, chance: &'a mut dyn Chance) -> Scope<'a> {
        Scope {
            request: &mut self.request,
            response: self.response.as_mut(),
            last_error: self.last_error.as_ref(),
            variables: &self.variables,
            names: &self.names,
            heap: &mut self.heap,
            facts: &self.facts,
            now: self.now,
            started: self.started,
            start_unix_s: self.start_unix_s,
            request_id: self.request_id,
            chance,
            semantics: &self.semantics,
            trace: &mut self.trace,
        }
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<Text>, value: Value) {
        let name = name.into();
        if let Some(at) = self.names.iter().position(|known| *known == name)
            && let Some(slot) = self.variables.get_mut(at)
        {
            *slot = Some(value);
            return;
        }
        self.names.push(name);
        self.variables.push(Some(value));
    }
}
