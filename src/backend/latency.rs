//! How long an answer takes.

use crate::units::Duration;

/// Time from the gateway's send, network included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceTime {
    /// Until the first token (of a stream) and the response head.
    pub first_token: Duration,
    /// Until the last token.
    pub total: Duration,
}
