//! A suite as it is run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expect::Expectation;
use crate::diagnostics::Span;
use crate::gateway::GatewaySpec;
use crate::policy::{Facts, Header, Text};
use crate::units::{Duration, StatusCode, Timestamp};

/// What one backend or endpoint answers.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// In the order of the file; see [`Script::answer`].
    pub answers: Vec<Answer>,
}

/// One scripted answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The calls it is for, counted from 1, both ends included; `None`: every call that no other answer
    /// names.
    pub calls: Option<(u32, u32)>,
    /// How long it takes until response headers or failure.
    pub delay: Duration,
    /// What comes.
    pub outcome: Outcome,
}

/// What a scripted call ends in.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A response.
    Response {
        /// Its status.
        status: StatusCode,
        /// Its reason; `None`: the usual one.
        reason: Option<Text>,
        /// Its headers.
        headers: Arc<[Header]>,
        /// Its body.
        body: Option<Text>,
        /// The body breaks off after the headers.
        breaks_off: bool,
    },
    /// Nothing ever comes: the caller's timeout decides.
    Timeout,
    /// No connection.
    ConnectionFailure,
}

impl Script {
    /// The answer to call number `call`, from 1: the first that names it, else the first that names no
    /// call. `None`: 200 at once, without a body.
    pub fn answer(&self, call: u32) -> Option<&Answer> {
        let named = |a: &&Answer| a.calls.is_some_and(|(from, to)| (from..=to).contains(&call));
        self.answers.iter().find(named).or_else(|| self.answers.iter().find(|a| a.calls.is_none()))
    }
}

/// What a URL that `send-request` or a base URL names answers.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Beginning of the URL.
    pub prefix: String,
    /// What it answers.
    pub script: Script,
}

/// One request of a case.
#[derive(Clone, Debug)]
pub struct CaseRequest {
    /// Name in reports.
    pub name: String,
    /// When it arrives.
    pub at: Timestamp,
    /// HTTP method.
    pub method: Text,
    /// Path and query below the API.
    pub path: Text,
    /// Headers.
    pub headers: Arc<[Header]>,
    /// Body.
    pub body: Option<Text>,
    /// Tokens of the prompt, for token limits.
    pub prompt_tokens: Option<u32>,
    /// Who calls what.
    pub facts: Arc<Facts>,
    /// What must come out.
    pub expect: Expectation,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name in reports.
    pub name: String,
    /// Where it is written.
    pub span: Option<Span>,
    /// The configuration.
    pub gateway: Arc<GatewaySpec>,
    /// Requests by time of arrival.
    pub requests: Vec<CaseRequest>,
    /// Scripts by backend name, lower case.
    pub backends: BTreeMap<String, Script>,
    /// Scripts by URL; the longest prefix that fits wins.
    pub endpoints: Vec<Endpoint>,
    /// Breaker states after the last event: backend name to whether it is tripped.
    pub breakers: Vec<(String, bool)>,
}

/// A file of tests.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Name in reports.
    pub name: String,
    /// Its tests.
    pub cases: Vec<Case>,
}
