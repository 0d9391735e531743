//! Answers that are given by the number of the call, whatever quota and latency would say: "the first two 429, then as
//! it is".
//!
//! Rules
//! - Calls are counted as they reach the deployment. A call that a fault keeps from it is none.
//! - An answer that names a call comes before one that names none; what no answer is for, the deployment answers.
//! - A scripted success counts as admitted and ended at once, and takes nothing of the quota.

use std::sync::Arc;

use crate::units::{Duration, StatusCode};

/// What a deployment answers instead of what it would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallScript {
    /// In the order of the file.
    pub answers: Arc<[CallAnswer]>,
}

/// One scripted answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallAnswer {
    /// The calls that it is for, counted from 1, both ends included; `None`: every call that no other answer names.
    pub calls: Option<(u64, u64)>,
    /// From sending the call until the answer, or the failure, is at the gateway. `None`: as long as a refusal, a lost
    /// connection or a whole answer of the deployment takes.
    pub delay: Option<Duration>,
    /// What comes.
    pub outcome: ScriptedOutcome,
}

/// What a scripted call ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptedOutcome {
    /// A response.
    Response {
        /// Its status.
        status: StatusCode,
        /// Headers beside those that every answer has: names and values.
        headers: Arc<[(Arc<str>, Arc<str>)]>,
        /// Its body; `None`: the usual one of the status.
        body: Option<Arc<str>>,
        /// The connection breaks after the headers.
        breaks_off: bool,
    },
    /// Nothing ever comes.
    Silence,
    /// No connection.
    NoConnection,
}

impl CallScript {
    /// Whether the deployment answers everything by itself.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// The place of the answer to a call, counted from 1; `None`: the deployment answers by itself.
    pub fn place_of(&self, call: u64) -> Option<usize> {
        let names = |answer: &CallAnswer| answer.calls.is_some_and(|(from, to)| (from..=to).contains(&call));
        let named = self.answers.iter().position(names);
        named.or_else(|| self.answers.iter().position(|answer| answer.calls.is_none()))
    }
}

impl CallAnswer {
    /// The status of the response, if one comes.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.outcome {
            ScriptedOutcome::Response { status, .. } => Some(*status),
            ScriptedOutcome::Silence | ScriptedOutcome::NoConnection => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silence(calls: Option<(u64, u64)>) -> CallAnswer {
        CallAnswer { calls, delay: None, outcome: ScriptedOutcome::Silence }
    }

    #[test]
    fn a_named_call_comes_before_all_others() {
        let answers = [silence(None), silence(Some((2, 3))), silence(Some((3, 9)))];
        let script = CallScript { answers: Arc::from(answers) };
        assert_eq!([1, 2, 3, 4, 10].map(|call| script.place_of(call)), [0, 1, 1, 2, 0].map(Some));
        let script = CallScript { answers: Arc::from([silence(Some((1, 1)))]) };
        assert_eq!([1, 2].map(|call| script.place_of(call)), [Some(0), None]);
        assert_eq!(CallScript::default().place_of(1), None);
    }
}
