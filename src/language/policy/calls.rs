//! Policies that call somebody else: send-request, send-one-way-request, and wait.
//!
//! Sources: the page of each policy in the policy reference (2026).

use super::program::{Operand, SetHeader, VariableSlot};
use super::text::Text;
use crate::units::Duration;

/// A policy that makes side calls.
#[derive(Clone, Debug)]
pub enum CallPolicy {
    /// `send-request`, `send-one-way-request`
    Send(SendRequest),
    /// Start of `wait`. Its children follow, then one [`CallPolicy::WaitEnd`].
    Wait {
        /// `for`: `any` waits for the first child, everything else for all.
        until: Operand<Text>,
        /// Whether a child is not a send-request: it is done when the end is reached.
        done_at_once: bool,
    },
    /// End of the children of `wait`.
    WaitEnd,
}

/// `send-request`, `send-one-way-request`
#[derive(Clone, Debug)]
pub struct SendRequest {
    /// `mode="copy"`: starts as the current request; else empty.
    pub copy: bool,
    /// Variable that receives the response; `None`: nobody waits for it.
    pub output: Option<VariableSlot>,
    /// Time allowed; default 60 s.
    pub timeout: Operand<Duration>,
    /// Go on without a response.
    pub ignore_error: Operand<bool>,
    /// `set-url`; `None`: that of the current request.
    pub url: Option<Operand<Text>>,
    /// `set-method`; `None`: that of the current request, else GET.
    pub method: Option<Operand<Text>>,
    /// `set-header` children.
    pub headers: Vec<SetHeader>,
    /// `set-body`.
    pub body: Option<Operand<Text>>,
    /// How the call proves who it is.
    pub credentials: Option<Credentials>,
    /// Child of `wait`: the next child runs without waiting for this one.
    pub parallel: bool,
}

/// Authentication inside of a send-request.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// `authentication-managed-identity`
    Identity {
        /// Audience of the token.
        resource: Operand<Text>,
        /// Client id of a user-assigned identity.
        client_id: Option<Text>,
        /// Variable that receives the token; `None`: the `Authorization` header.
        output: Option<VariableSlot>,
        /// Go on without a token.
        ignore_error: bool,
    },
    /// `authentication-basic`
    Basic {
        /// User name.
        username: Operand<Text>,
        /// Password.
        password: Operand<Text>,
    },
    /// `authentication-certificate`: changes nothing that is modelled.
    Certificate,
}
