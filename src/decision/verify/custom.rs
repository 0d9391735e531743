//! Properties that somebody wrote: a policy expression over what a client gets and what it took.
//!
//! Rules
//! - It is asked when a response goes to the client: `context.Response` is that response, `context.Request` the request
//!   as the policy has shaped it.
//! - Variables tell what happened before: `attempts` (calls of backends), `retries`, `waitedMs`, `backends` (names of
//!   those that were called, in order, with commas between them), `exhausted` (whether the last forward found none
//!   ready).
//! - An expression that throws does not hold.

use crate::policy::csharp::{Context, Expression, LowestChance, Value};
use crate::policy::{Request, Response, Text};

/// Variables that an expression may ask for, in the order of their slots.
pub const VARIABLES: [&str; 5] = ["attempts", "retries", "waitedMs", "backends", "exhausted"];

/// A property that somebody wrote.
#[derive(Clone, Debug)]
pub struct Custom {
    /// Its name.
    pub name: &'static str,
    /// What it says, as a sentence without its end.
    pub what: &'static str,
    /// What holds for every response, or for some.
    pub condition: Expression,
    /// Names of variables, by slot: those of [`VARIABLES`] first.
    pub names: Vec<Text>,
    /// Whether it is to hold for some response and not for all.
    pub is_sometimes: bool,
}

/// What a response took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    pub(super) request: &'a Request,
    pub(super) response: &'a Response,
    pub(super) attempts: u32,
    pub(super) retries: u32,
    pub(super) waited_ms: u64,
    pub(super) backends: &'a str,
    pub(super) exhausted: bool,
}

impl Custom {
    /// Whether it holds for a response.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        let int = |number: u64| Value::Int(i32::try_from(number).unwrap_or(i32::MAX));
        let values = [
            int(facts.attempts.into()),
            int(facts.retries.into()),
            int(facts.waited_ms),
            Value::Str(Text::from(facts.backends.to_owned())),
            Value::Bool(facts.exhausted),
        ];
        let mut variables: Vec<Option<Value>> = values.into_iter().map(Some).collect();
        variables.resize(self.names.len().max(VARIABLES.len()), None);
        let mut context = Context {
            request: facts.request.clone(),
            response: Some(facts.response.clone()),
            names: self.names.clone(),
            variables,
            ..Context::default()
        };
        let mut chance = LowestChance;
        let mut scope = context.scope(&mut chance);
        matches!(self.condition.eval(&mut scope), Ok(Value::Bool(true)))
    }
}
