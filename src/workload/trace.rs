//! Recorded traffic.

use crate::diagnostics::{Diagnostics, SourceId};
use crate::units::{Timestamp, Tokens};

/// A recorded sequence of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests, in order of time.
    pub rows: Vec<TraceRow>,
    /// How many rows without prompt tokens were left out.
    pub dropped: u64,
}

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// Time since the first kept row.
    pub at: Timestamp,
    /// Prompt tokens, at least 1.
    pub prompt_tokens: Tokens,
    /// Generated tokens.
    pub completion_tokens: Tokens,
}

impl Trace {
    /// Reads a trace in the columns of the public Azure LLM inference traces.
    pub fn parse(_bytes: &[u8], _source: SourceId, _diagnostics: &mut Diagnostics) -> Option<Self> {
        None
    }
}
